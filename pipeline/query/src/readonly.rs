//! Nothing that writes, loads or copies gets through: a closed list of statements that may run, by their syntax,
//! and a second look at the plan for what hides inside a query.

use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::{Set, Statement};

use crate::sqlstate::Refusal;

/// Whether the statement is of a kind that may run at all.
pub(crate) fn permitted(statement: &Statement) -> Result<(), Refusal> {
    match statement {
        Statement::Query(_)
        | Statement::ExplainTable { .. }
        | Statement::ShowVariable { .. }
        | Statement::ShowVariables { .. }
        | Statement::ShowTables { .. }
        | Statement::ShowColumns { .. }
        | Statement::ShowSchemas { .. }
        | Statement::ShowCatalogs { .. }
        | Statement::ShowDatabases { .. }
        | Statement::ShowFunctions { .. }
        | Statement::StartTransaction { .. }
        | Statement::Commit { .. }
        | Statement::Rollback { .. }
        | Statement::Savepoint { .. }
        | Statement::ReleaseSavepoint { .. }
        | Statement::Fetch { .. }
        | Statement::Close { .. }
        | Statement::Discard { .. }
        | Statement::Deallocate { .. }
        | Statement::Reset(_) => Ok(()),
        Statement::Explain { statement, .. } => permitted(statement),
        Statement::Declare { stmts } => {
            if stmts.iter().all(|d| d.for_query.is_some()) { Ok(()) } else { Err(Refusal::Unsupported("DECLARE without a query".to_owned())) }
        }
        Statement::Set(set) => match set {
            Set::SetRole { .. } | Set::SetSessionAuthorization(_) => Err(Refusal::NotAllowed("SET ROLE".to_owned())),
            _ => Ok(()),
        },
        Statement::Prepare { .. } | Statement::Execute { .. } => {
            Err(Refusal::Unsupported("PREPARE and EXECUTE as statements; the protocol's prepared statements work".to_owned()))
        }
        other => Err(Refusal::ReadOnly(verb(&other.to_string()))),
    }
}

/// Whether the plan only reads.
pub(crate) fn reads_only(plan: &LogicalPlan) -> Result<(), Refusal> {
    let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    options.verify_plan(plan).map_err(|e: DataFusionError| Refusal::ReadOnly(e.strip_backtrace()))
}

/// The statement's first words, for the message.
fn verb(text: &str) -> String { text.split_whitespace().next().unwrap_or("this").to_uppercase() }

#[cfg(test)]
mod tests {
    use datafusion_postgres::datafusion_pg_catalog::sql::PostgresCompatibilityParser;

    use super::*;

    #[test]
    fn statements() {
        let parser = PostgresCompatibilityParser::new();
        for (sql, code) in [
            ("select 1", None),
            ("with a as (select 1) select * from a", None),
            ("values (1)", None),
            ("explain select 1", None),
            ("explain analyze select 1", None),
            ("show server_version", None),
            ("show transaction isolation level", None),
            ("set extra_float_digits = 3", None),
            ("set time zone 'UTC'", None),
            ("begin", None),
            ("begin read only", None),
            ("start transaction", None),
            ("commit", None),
            ("rollback", None),
            ("discard all", None),
            ("deallocate all", None),
            ("savepoint a", None),
            ("declare c cursor for select 1", None),
            ("fetch 10 from c", None),
            ("close c", None),
            ("reset all", None),
            ("insert into bookings select * from bookings", Some("25006")),
            ("update bookings set plate = 'x'", Some("25006")),
            ("delete from bookings", Some("25006")),
            ("truncate bookings", Some("25006")),
            ("create table t (a int)", Some("25006")),
            ("create view v as select 1", Some("25006")),
            ("drop table bookings", Some("25006")),
            ("alter table bookings add column x int", Some("25006")),
            ("create external table t stored as csv location '/etc/passwd'", Some("25006")),
            ("copy bookings to stdout", Some("25006")),
            ("copy (select 1) to '/tmp/x.csv'", Some("25006")),
            ("copy bookings from stdin", Some("25006")),
            ("explain insert into bookings select * from bookings", Some("25006")),
            ("grant all on bookings to x", Some("25006")),
            ("vacuum", Some("25006")),
            ("call x()", Some("25006")),
            ("set role postgres", Some("42501")),
            ("prepare p as select 1", Some("0A000")),
        ] {
            let Ok(statements) = parser.parse(sql) else {
                assert!(code.is_some(), "{sql}: not understood");
                continue;
            };
            let got = statements.iter().find_map(|s| permitted(s).err()).map(|r| r.sqlstate());
            assert_eq!(got, code, "{sql}");
        }
    }
}
