//! The query engine: for each role one template of everything that its sessions share (tables under the role's
//! rules, catalogue tables, functions), from which each connection gets a session of its own, so that no `SET` of
//! one client reaches another. Memory and disk are one pool for all.

use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{ArrayRef, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider, TableProvider};
use datafusion::common::SchemaError;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion_postgres::datafusion_pg_catalog::pg_catalog::context::EmptyContextProvider;
use datafusion_postgres::datafusion_pg_catalog::setup_pg_catalog;
use datafusion_postgres::pgwire::error::PgWireError;
use kezek_schemas::reference::Catalogue;

use crate::audit::{self, Audit, StatementsTable};
use crate::catalogue::{self, STATUS_TABLE};
use crate::columns::UTC;
use crate::functions;
use crate::limits::{PLAN_PARTITIONS, QUERY_MEMORY_BYTES, SPILL_BYTES};
use crate::provider::{LiveTable, Pinned, StatusTable};
use crate::roles::Role;
use crate::ruled;
use crate::settings::SERVER_VERSION;
use crate::sqlstate::{Refusal, engine_failed};
use crate::store::View;
use crate::views;

/// The database's name.
pub const DATABASE: &str = "kezek";

/// The schema of the live tables.
pub const SCHEMA: &str = "public";

/// What all sessions share.
pub(crate) struct Engines {
    view: View,
    audit: Arc<Audit>,
    catalogue: Arc<Catalogue>,
    runtime: Arc<RuntimeEnv>,
    /// By the order of [`Role::ALL`], made when the first of a role comes.
    templates: [OnceLock<SessionState>; Role::ALL.len()],
}

/// One client's session.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) context: Arc<SessionContext>,
    pub(crate) pinned: Arc<Pinned>,
    role: Role,
}

impl Engines {
    /// Engines over the tables that a store publishes, with the shipped catalogue's names.
    pub(crate) fn new(view: &View, audit: &Arc<Audit>) -> Result<Self> {
        let catalogue = Catalogue::shipped().map_err(|e| DataFusionError::Configuration(e.to_string()))?;
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::OsTmpDirectory).with_max_temp_directory_size(SPILL_BYTES);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(QUERY_MEMORY_BYTES)))
            .with_disk_manager_builder(disk)
            .build_arc()?;
        Ok(Self { view: view.clone(), audit: audit.clone(), catalogue: Arc::new(catalogue), runtime, templates: Default::default() })
    }

    /// A session of a user.
    pub(crate) fn session(&self, role: Role, user: &str) -> Result<Session> {
        let template = self.template(role)?;
        let pinned = Arc::new(Pinned::new(&self.view));
        let config = template.config().clone().with_extension(pinned.clone());
        let state = SessionStateBuilder::new_from_existing(template).with_config(config).build();
        let context = SessionContext::new_with_state(state);
        for name in ["session_user", "current_user", "user"] { context.register_udf(says(name, user)); }
        context.register_udf(says("version", &format!("PostgreSQL {SERVER_VERSION}")));
        Ok(Session { context: Arc::new(context), pinned, role })
    }

    fn template(&self, role: Role) -> Result<SessionState> {
        let Some(cell) = Role::ALL.iter().position(|r| *r == role).and_then(|n| self.templates.get(n)) else { return self.build(role) };
        if let Some(made) = cell.get() { return Ok(made.clone()); }
        let made = self.build(role)?;
        Ok(cell.get_or_init(|| made).clone())
    }

    fn tables(&self) -> Vec<(&'static str, Arc<dyn TableProvider>)> {
        let live = LiveTable::all(&self.view).into_iter().map(|(name, table)| (name, table as Arc<dyn TableProvider>));
        let status: Arc<dyn TableProvider> = Arc::new(StatusTable::new(&self.view));
        let statements: Arc<dyn TableProvider> = Arc::new(StatementsTable::new(&self.audit));
        live.chain([(STATUS_TABLE, status), (audit::TABLE, statements)]).collect()
    }

    fn build(&self, role: Role) -> Result<SessionState> {
        let mut config = SessionConfig::new()
            .with_default_catalog_and_schema(DATABASE, SCHEMA)
            .with_create_default_catalog_and_schema(false)
            .with_information_schema(true)
            .with_target_partitions(PLAN_PARTITIONS);
        let options = config.options_mut();
        options.execution.time_zone = Some(UTC.to_owned());
        options.sql_parser.map_string_types_to_utf8view = false;
        options.sql_parser.dialect = "postgresql".parse()?;
        let state = SessionStateBuilder::new().with_config(config).with_runtime_env(self.runtime.clone()).with_default_features().build();
        let context = SessionContext::new_with_state(state);
        for function in functions::all(&self.catalogue) { context.register_udf(function); }
        let public = MemorySchemaProvider::new();
        for (name, table) in self.tables() {
            let Some(rule) = role.sees(name) else { continue };
            public.register_table(name.to_owned(), ruled::table(table, rule, role, &context)?)?;
        }
        let database = MemoryCatalogProvider::new();
        database.register_schema(SCHEMA, Arc::new(public))?;
        let database = Arc::new(database);
        context.register_catalog(DATABASE, database.clone());
        database.register_schema(views::VIEWS, views::schema(&context)?)?;
        setup_pg_catalog(&context, DATABASE, EmptyContextProvider).map_err(|e| *e)?;
        Ok(context.state())
    }
}

/// A function without arguments that says one thing.
fn says(name: &str, text: &str) -> ScalarUDF {
    let array: ArrayRef = Arc::new(StringArray::from(vec![text]));
    let function = Arc::new(move |_: &[ColumnarValue]| Ok(ColumnarValue::Array(array.clone())));
    create_udf(name, vec![], DataType::Utf8, Volatility::Stable, function)
}

impl Session {
    /// An error of planning; what exists, but not for this role, is told as not permitted.
    pub(crate) fn refused(&self, error: &DataFusionError) -> PgWireError {
        match missing(error) {
            Some(name) if catalogue::table(&name).is_some() || name == audit::TABLE || name == STATUS_TABLE => {
                Refusal::NotAllowed(format!("table {name}")).into()
            }
            Some(name) if self.hides(&name) => Refusal::NotAllowed(format!("column {name}")).into(),
            _ => engine_failed(error),
        }
    }

    /// Whether a table that the role sees has that column, but not for the role.
    fn hides(&self, column: &str) -> bool {
        catalogue::tables().iter().any(|t| t.column(column).is_some() && self.role.sees(t.name).is_some_and(|r| r.hidden.contains(&column)))
    }
}

/// The table or column that an error says is not there.
fn missing(error: &DataFusionError) -> Option<String> {
    match error {
        DataFusionError::SchemaError(e, _) => match e.as_ref() {
            SchemaError::FieldNotFound { field, .. } => Some(field.name.clone()),
            _ => None,
        },
        DataFusionError::Plan(message) => {
            let table = message.strip_prefix("table '")?.split_once("' not found")?.0;
            table.rsplit('.').next().map(str::to_owned)
        }
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => missing(inner),
        DataFusionError::Collection(errors) => errors.first().and_then(missing),
        _ => None,
    }
}
