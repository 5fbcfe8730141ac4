//! What a filter lets a scan leave out.
//!
//! Understood: `column = text`, `column IN (texts)` on indexed columns, and comparisons of a time column with an
//! instant. Everything else narrows nothing and is left to the engine.

use datafusion::logical_expr::{BinaryExpr, Expr, Operator, expr::InList};
use datafusion::scalar::ScalarValue;

use crate::catalogue::{INDEXED, TableSpec};
use crate::chunk::{Wanted, hash};
use crate::columns::ColumnType;

/// What the filter asks of a chunk, if it is understood.
pub(crate) fn wanted(spec: &TableSpec, filter: &Expr) -> Option<Wanted> {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match (left.as_ref(), right.as_ref()) {
            (Expr::Column(c), Expr::Literal(value, _)) => compared(spec, &c.name, *op, value),
            (Expr::Literal(value, _), Expr::Column(c)) => compared(spec, &c.name, op.swap()?, value),
            _ => None,
        },
        Expr::InList(InList { expr, list, negated: false }) => {
            let Expr::Column(column) = expr.as_ref() else { return None };
            let column = indexed(spec, &column.name)?;
            let hashes = list.iter().map(|item| match item {
                Expr::Literal(value, _) => text(value).map(hash),
                _ => None,
            }).collect::<Option<Vec<_>>>()?;
            Some(Wanted::Text { column, hashes })
        }
        _ => None,
    }
}

fn compared(spec: &TableSpec, name: &str, op: Operator, value: &ScalarValue) -> Option<Wanted> {
    if op == Operator::Eq
        && let Some(column) = indexed(spec, name)
    {
        return Some(Wanted::Text { column, hashes: vec![hash(text(value)?)] });
    }
    let column = spec.column(name)?;
    if spec.columns.get(column)?.ty != ColumnType::Time { return None; }
    let ScalarValue::TimestampMicrosecond(Some(at), _) = value else { return None };
    let (from, to) = match op {
        Operator::Eq => (*at, *at),
        Operator::Gt | Operator::GtEq => (*at, i64::MAX),
        Operator::Lt | Operator::LtEq => (i64::MIN, *at),
        _ => return None,
    };
    Some(Wanted::Time { column, from, to })
}

fn indexed(spec: &TableSpec, name: &str) -> Option<usize> {
    let column = spec.column(name)?;
    (INDEXED.contains(&name) && spec.columns.get(column)?.ty == ColumnType::Text).then_some(column)
}

fn text(value: &ScalarValue) -> Option<&str> {
    match value {
        ScalarValue::Utf8(Some(s)) | ScalarValue::LargeUtf8(Some(s)) | ScalarValue::Utf8View(Some(s)) => Some(s),
        _ => None,
    }
}
