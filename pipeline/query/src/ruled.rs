//! A table under a role's rule: columns left out, rows left out, plates masked. The rule is part of the table, as a
//! view's query is: a filter of the user works on what the rule leaves, never before it.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::datasource::{TableProvider, TableType, ViewTable, provider_as_source};
use datafusion::error::Result;
use datafusion::execution::FunctionRegistry as _;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableProviderFilterPushDown, ident};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;

use crate::roles::{Role, Rule};

/// The table as the role sees it.
pub(crate) fn table(table: Arc<dyn TableProvider>, rule: Rule, role: Role, context: &SessionContext) -> Result<Arc<dyn TableProvider>> {
    let schema = table.schema();
    let masked = schema.fields().iter().any(|f| role.masks(f.name()));
    if rule.hidden.is_empty() && rule.rows.is_none() && !masked { return Ok(table); }
    let mut builder = LogicalPlanBuilder::scan(rule.table, provider_as_source(table), None)?;
    if let Some(rows) = rule.rows {
        let condition = context.parse_sql_expr(rows, builder.schema())?;
        builder = builder.filter(condition)?;
    }
    let mask = context.udf("mask_plate")?;
    let columns = schema.fields().iter().filter(|f| !rule.hidden.contains(&f.name().as_str())).map(|f| {
        let column = ident(f.name());
        if role.masks(f.name()) { mask.call(vec![column]).alias(f.name()) } else { column }
    });
    let plan = builder.project(columns.collect::<Vec<Expr>>())?.build()?;
    Ok(Arc::new(RuledTable(ViewTable::new(plan, None))))
}

/// A view that clients see as a table.
#[derive(Debug)]
struct RuledTable(ViewTable);

#[async_trait]
impl TableProvider for RuledTable {
    fn schema(&self) -> SchemaRef { self.0.schema() }

    fn table_type(&self) -> TableType { TableType::Base }

    fn get_logical_plan(&self) -> Option<Cow<'_, LogicalPlan>> { self.0.get_logical_plan() }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        self.0.supports_filters_pushdown(filters)
    }

    async fn scan(&self, state: &dyn Session, projection: Option<&Vec<usize>>, filters: &[Expr], limit: Option<usize>)
        -> Result<Arc<dyn ExecutionPlan>> {
        self.0.scan(state, projection, filters, limit).await
    }
}
