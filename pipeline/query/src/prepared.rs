//! From a client's text to something that can run: bounded, parsed, judged, planned.
//!
//! All of it happens on the SQL threads, whose stacks are deep: a statement may nest, but only as far as
//! [`crate::limits::STATEMENT_PARTS`] allows.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::sql::parser::Statement as EngineStatement;
use datafusion::sql::sqlparser::ast::Statement;
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use datafusion_postgres::arrow_pg::datatypes::{PG_OID_ALIAS_KEY, into_pg_type, pg_type_for_alias_kind};
use datafusion_postgres::datafusion_pg_catalog::sql::PostgresCompatibilityParser;
use datafusion_postgres::pgwire::api::Type;
use datafusion_postgres::pgwire::error::{ErrorInfo, PgWireError, PgWireResult};

use crate::audit;
use crate::engine::Session;
use crate::limits::{STATEMENT_BYTES, STATEMENT_PARTS};
use crate::readonly;
use crate::shown;
use crate::sqlstate::{Refusal, engine_failed};

/// A parameter `$n` of a statement.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// The engine's type, if it follows from the statement.
    pub(crate) arrow: Option<DataType>,
    /// The type that clients are told.
    pub(crate) wire: Type,
}

/// What a statement does.
pub(crate) enum Kind {
    /// It is a query.
    Query {
        /// Its plan, before parameters.
        plan: Box<LogicalPlan>,
        /// Names of its columns where they differ from the plan's.
        names: Vec<Option<String>>,
        /// Its parameters, in order.
        parameters: Vec<Parameter>,
    },
    /// It concerns the session.
    Command(Box<Statement>),
}

/// A statement ready to run.
pub(crate) struct Prepared {
    /// For the audit.
    pub(crate) shape: String,
    /// What it does.
    pub(crate) kind: Kind,
}

/// Parses a text of several statements.
pub(crate) fn parse(text: &str) -> PgWireResult<Vec<Statement>> {
    bounded(text)?;
    PostgresCompatibilityParser::new().parse(text).map_err(|e| {
        let code = if matches!(e, datafusion::sql::sqlparser::parser::ParserError::RecursionLimitExceeded) { "54001" } else { "42601" };
        PgWireError::UserError(Box::new(ErrorInfo::new("ERROR".to_owned(), code.to_owned(), e.to_string())))
    })
}

/// Judges and plans one statement.
pub(crate) async fn prepare(session: &Session, statement: Statement) -> PgWireResult<Prepared> {
    readonly::permitted(&statement)?;
    let shape = audit::shape(&statement.to_string());
    if is_command(&statement) { return Ok(Prepared { shape, kind: Kind::Command(Box::new(statement)) }); }
    let names = shown::names(&statement);
    let state = session.context.state();
    let plan = state.statement_to_plan(EngineStatement::Statement(Box::new(statement))).await.map_err(|e| session.refused(&e))?;
    readonly::reads_only(&plan)?;
    let parameters = parameters(&plan).map_err(|e| engine_failed(&e))?;
    Ok(Prepared { shape, kind: Kind::Query { plan: Box::new(plan), names, parameters } })
}

/// Whether a statement is answered by the session itself.
fn is_command(statement: &Statement) -> bool {
    matches!(statement, Statement::Set(_) | Statement::ShowVariable { .. } | Statement::Reset(_) | Statement::StartTransaction { .. }
        | Statement::Commit { .. } | Statement::Rollback { .. } | Statement::Savepoint { .. } | Statement::ReleaseSavepoint { .. }
        | Statement::Discard { .. } | Statement::Deallocate { .. } | Statement::Declare { .. } | Statement::Fetch { .. }
        | Statement::Close { .. })
}

/// Refuses a text that is too long, or so deep that planning it would need an unbounded stack.
fn bounded(text: &str) -> PgWireResult<()> {
    if text.len() > STATEMENT_BYTES { return Err(Refusal::Limit("statement is too long").into()); }
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, text).tokenize() else { return Ok(()) };
    let nesting = tokens.iter().filter(|token| match token {
        Token::LParen | Token::LBracket | Token::Plus | Token::Minus | Token::Mul | Token::Div | Token::Mod | Token::StringConcat
        | Token::Eq | Token::Neq | Token::Lt | Token::Gt | Token::LtEq | Token::GtEq | Token::DoubleColon | Token::Tilde
        | Token::Arrow | Token::LongArrow | Token::Pipe | Token::Ampersand | Token::Caret => true,
        Token::Word(word) => matches!(word.keyword, Keyword::AND | Keyword::OR | Keyword::NOT | Keyword::UNION | Keyword::INTERSECT
            | Keyword::EXCEPT | Keyword::JOIN | Keyword::CASE | Keyword::WHEN | Keyword::SELECT | Keyword::IS | Keyword::LIKE | Keyword::BETWEEN),
        _ => false,
    }).count();
    if nesting > STATEMENT_PARTS { return Err(Refusal::TooDeep.into()); }
    Ok(())
}

/// The parameters of a plan, in order, with what follows for their types from casts and comparisons.
fn parameters(plan: &LogicalPlan) -> Result<Vec<Parameter>, DataFusionError> {
    let mut found: BTreeMap<usize, Parameter> = BTreeMap::new();
    let types = plan.get_parameter_types()?;
    let number = |id: &str| id.trim_start_matches('$').parse::<usize>().ok();
    for (id, arrow) in types {
        let Some(n) = number(&id) else { continue };
        found.insert(n, Parameter { arrow, wire: Type::UNKNOWN });
    }
    plan.apply(|node| {
        if let LogicalPlan::Limit(limit) = node {
            for expr in limit.skip.iter().chain(&limit.fetch) {
                if let Expr::Placeholder(placeholder) = expr.as_ref()
                    && let Some(n) = number(&placeholder.id)
                {
                    found.entry(n).or_insert(Parameter { arrow: None, wire: Type::UNKNOWN }).arrow.get_or_insert(DataType::Int64);
                }
            }
        }
        for expr in node.expressions() {
            expr.apply(|e| {
                let (inner, cast) = match e {
                    Expr::Cast(cast) => (cast.expr.as_ref(), Some(cast.field.data_type().clone())),
                    other => (other, None),
                };
                if let Expr::Placeholder(placeholder) = inner
                    && let Some(n) = number(&placeholder.id)
                {
                    let parameter = found.entry(n).or_insert(Parameter { arrow: None, wire: Type::UNKNOWN });
                    if parameter.arrow.is_none() { parameter.arrow = cast; }
                    if let Some(field) = &placeholder.field
                        && *field.data_type() == DataType::Int32
                        && let Some(alias) = field.metadata().get(PG_OID_ALIAS_KEY).and_then(|kind| pg_type_for_alias_kind(kind))
                    {
                        parameter.wire = alias;
                    }
                }
                Ok(TreeNodeRecursion::Continue)
            })?;
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    let last = found.keys().next_back().copied().unwrap_or(0);
    Ok((1..=last).map(|n| {
        let mut parameter = found.remove(&n).unwrap_or(Parameter { arrow: None, wire: Type::UNKNOWN });
        if parameter.wire == Type::UNKNOWN
            && let Some(arrow) = &parameter.arrow
            && let Ok(wire) = into_pg_type(arrow)
        {
            parameter.wire = wire;
        }
        parameter
    }).collect())
}

/// What a session's statement is kept as.
pub(crate) type Kept = Arc<Prepared>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        for (text, fits) in [
            ("select 1".to_owned(), true),
            (format!("select 1{}", " + 1".repeat(900)), true),
            (format!("select 1{}", " + 1".repeat(5000)), false),
            (format!("select {}1{}", "(".repeat(5000), ")".repeat(5000)), false),
            (format!("select '{}'", "+".repeat(5000)), true),
            (format!("select 1 where x in ({})", vec!["1"; 50_000].join(",")), true),
            (format!("select '{}'", "x".repeat(STATEMENT_BYTES)), false),
        ] {
            assert_eq!(bounded(&text).is_ok(), fits, "{}", &text[..20.min(text.len())]);
        }
    }
}
