//! How an answer's columns are shown to clients of PostgreSQL: types that they know, and the names that PostgreSQL
//! gives to columns without one.
//!
//! The engine has more types than the wire: unsigned and view types, dictionaries, nanoseconds. They become the
//! nearest type that every driver reads; an instant gets the session's time zone.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::error::ArrowError;
use datafusion::sql::sqlparser::ast::{Expr, Query, Select, SelectItem, SetExpr, Statement};

/// The schema as shown.
pub(crate) fn schema(schema: &Schema, names: &[Option<String>], zone: &str) -> SchemaRef {
    let fields = schema.fields().iter().enumerate().map(|(n, field)| {
        let name = names.get(n).and_then(Option::as_ref).unwrap_or(field.name());
        Field::new(name, shown_type(field.data_type(), zone), true).with_metadata(field.metadata().clone())
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// A batch as shown.
pub(crate) fn batch(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let columns = batch.columns().iter().zip(schema.fields())
        .map(|(column, field)| {
            if column.data_type() == field.data_type() { Ok(column.clone()) } else { cast_with_options(column, field.data_type(), &options) }
        })
        .collect::<Result<Vec<_>, _>>()?;
    let rows = datafusion::arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), columns, &rows)
}

fn shown_type(ty: &DataType, zone: &str) -> DataType {
    match ty {
        DataType::UInt64 => DataType::Int64,
        DataType::Utf8View | DataType::LargeUtf8 | DataType::Null => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        DataType::Float16 => DataType::Float32,
        DataType::Date64 => DataType::Date32,
        DataType::Dictionary(_, value) => shown_type(value, zone),
        DataType::Timestamp(_, Some(_)) => DataType::Timestamp(TimeUnit::Microsecond, Some(zone.into())),
        DataType::Timestamp(_, None) => DataType::Timestamp(TimeUnit::Microsecond, None),
        other => other.clone(),
    }
}

/// The names that PostgreSQL gives to the columns of a query, where they have none of their own: a function's, a
/// cast's type, or `?column?`.
pub(crate) fn names(statement: &Statement) -> Vec<Option<String>> {
    let Statement::Query(query) = statement else { return Vec::new() };
    let Some(select) = first_select(query) else { return Vec::new() };
    let mut names = Vec::with_capacity(select.projection.len());
    for item in &select.projection {
        match item {
            SelectItem::UnnamedExpr(expr) => names.push(name(expr)),
            SelectItem::ExprWithAlias { .. } => names.push(None),
            // How many columns a star stands for is not known here.
            _ => return names,
        }
    }
    names
}

fn first_select(query: &Query) -> Option<&Select> {
    let mut body = query.body.as_ref();
    loop {
        body = match body {
            SetExpr::Select(select) => return Some(select),
            SetExpr::Query(query) => query.body.as_ref(),
            SetExpr::SetOperation { left, .. } => left,
            _ => return None,
        };
    }
}

fn name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => None,
        Expr::Function(f) => f.name.0.last().and_then(|p| p.as_ident()).map(|i| i.value.to_lowercase()),
        Expr::Cast { expr, data_type, .. } => name(expr).filter(|n| n != UNNAMED).or_else(|| match expr.as_ref() {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => None,
            _ => Some(data_type.to_string().to_lowercase()),
        }),
        Expr::Nested(inner) => name(inner),
        Expr::Case { .. } => Some("case".to_owned()),
        Expr::Exists { .. } => Some("exists".to_owned()),
        Expr::Extract { .. } => Some("extract".to_owned()),
        Expr::Substring { .. } => Some("substring".to_owned()),
        Expr::Trim { .. } => Some("btrim".to_owned()),
        Expr::Position { .. } => Some("position".to_owned()),
        Expr::Floor { .. } => Some("floor".to_owned()),
        Expr::Ceil { .. } => Some("ceil".to_owned()),
        Expr::Array(_) => Some("array".to_owned()),
        Expr::Value(_) | Expr::BinaryOp { .. } | Expr::UnaryOp { .. } | Expr::IsNull(_) | Expr::IsNotNull(_) | Expr::InList { .. }
        | Expr::Between { .. } | Expr::Like { .. } | Expr::ILike { .. } => Some(UNNAMED.to_owned()),
        _ => None,
    }
}

/// A column that PostgreSQL has no name for.
const UNNAMED: &str = "?column?";

#[cfg(test)]
mod tests {
    use datafusion_postgres::datafusion_pg_catalog::sql::PostgresCompatibilityParser;

    use super::*;

    #[test]
    fn names_are_those_of_postgresql() {
        let parser = PostgresCompatibilityParser::new();
        for (sql, expected) in [
            ("select count(*), max(at), plate, a.b, 1, 1 + 1, 'x'", &[Some("count"), Some("max"), None, None, Some("?column?"), Some("?column?"), Some("?column?")][..]),
            ("select count(*) as n, x::text, '1'::int", &[None, None, Some("int")]),
            ("select case when true then 1 end, *, count(*)", &[Some("case")]),
            ("show server_version", &[]),
        ] {
            let statement = parser.parse(sql).unwrap().remove(0);
            let got = names(&statement);
            assert_eq!(got.iter().map(Option::as_deref).collect::<Vec<_>>(), expected, "{sql}");
        }
    }
}
