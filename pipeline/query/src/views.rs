//! Questions that people ask again and again, as views: SQL files of `views/`, each beginning with a comment that
//! says what it tells. They are planned once per role, over the tables the role has; a view that needs more than a
//! role may see is not there for the role.
//!
//! A view is computed when it is asked, over the statement's snapshot, so it is never staler than a table.

use std::sync::Arc;

use datafusion::catalog::{MemorySchemaProvider, SchemaProvider};
use datafusion::datasource::ViewTable;
use datafusion::error::Result;
use datafusion::prelude::SessionContext;

/// The schema of the views.
pub(crate) const VIEWS: &str = "views";

/// Name and query of every view.
pub(crate) const ALL: &[(&str, &str)] = &[
    ("alert_precision", include_str!("../views/alert_precision.sql")),
    ("automatic_opens", include_str!("../views/automatic_opens.sql")),
    ("free_slots", include_str!("../views/free_slots.sql")),
    ("misreads", include_str!("../views/misreads.sql")),
    ("no_shows", include_str!("../views/no_shows.sql")),
    ("officer_overrides", include_str!("../views/officer_overrides.sql")),
    ("throughput", include_str!("../views/throughput.sql")),
];

/// The views that a role's tables carry. Planning them reads no rows and waits for nothing.
pub(crate) fn schema(context: &SessionContext) -> Result<Arc<dyn SchemaProvider>> {
    let schema = MemorySchemaProvider::new();
    for (name, sql) in ALL {
        if let Ok(frame) = futures::executor::block_on(context.sql(sql)) {
            let plan = frame.into_unoptimized_plan();
            schema.register_table((*name).to_owned(), Arc::new(ViewTable::new(plan, Some((*sql).to_owned()))))?;
        }
    }
    Ok(Arc::new(schema))
}
