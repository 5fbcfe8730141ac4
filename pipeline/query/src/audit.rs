//! Who asked what: the newest statements, for auditors, as the table `kezek_statements`, and one log line each.
//!
//! A statement is kept as its shape: every literal is a question mark and quoted names and comments are left out, so
//! neither the table nor the log says which plate somebody looked for. The log names the role and the session, the
//! table also the user.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::Session;
use datafusion::datasource::{TableProvider, TableType};
use datafusion::error::Result;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use crate::columns::UTC;
use crate::limits::{AUDIT_ROWS, AUDIT_TEXT_CHARS};
use crate::provider::scan_of;

/// The table's name.
pub(crate) const TABLE: &str = "kezek_statements";

/// The outcome of a statement that ended well.
pub(crate) const OK: &str = "00000";

/// One statement.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at_us: i64,
    pub(crate) user: Arc<str>,
    pub(crate) role: &'static str,
    pub(crate) session: i32,
    pub(crate) text: String,
    pub(crate) rows: i64,
    pub(crate) took_ms: i64,
    pub(crate) code: String,
}

/// The newest statements.
#[derive(Debug, Default)]
pub(crate) struct Audit(Mutex<VecDeque<Asked>>);

/// Now, for [`Asked::at_us`].
pub(crate) fn now_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX))
}

/// The statement's shape.
pub(crate) fn shape(sql: &str) -> String {
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize() else { return "(not understood)".to_owned() };
    let mut out = String::new();
    for token in tokens {
        let text = match token {
            Token::Whitespace(_) => {
                if !out.ends_with(' ') { out.push(' '); }
                continue;
            }
            Token::Word(word) if word.quote_style.is_none() => word.value,
            Token::Word(_) | Token::Number(..) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_)
            | Token::TripleSingleQuotedString(_) | Token::TripleDoubleQuotedString(_) | Token::DollarQuotedString(_)
            | Token::SingleQuotedByteStringLiteral(_) | Token::DoubleQuotedByteStringLiteral(_)
            | Token::TripleSingleQuotedByteStringLiteral(_) | Token::TripleDoubleQuotedByteStringLiteral(_)
            | Token::SingleQuotedRawStringLiteral(_) | Token::DoubleQuotedRawStringLiteral(_)
            | Token::TripleSingleQuotedRawStringLiteral(_) | Token::TripleDoubleQuotedRawStringLiteral(_)
            | Token::NationalStringLiteral(_) | Token::EscapedStringLiteral(_) | Token::UnicodeStringLiteral(_)
            | Token::HexStringLiteral(_) | Token::Char(_) => "?".to_owned(),
            Token::EOF => continue,
            other => other.to_string(),
        };
        out.push_str(&text);
        if out.len() > AUDIT_TEXT_CHARS { break; }
    }
    out.trim().chars().take(AUDIT_TEXT_CHARS).collect()
}

impl Audit {
    /// Keeps a statement that ended.
    pub(crate) fn ended(&self, asked: Asked) {
        tracing::info!(target: "kezek::audit::sql", role = asked.role, session = asked.session, rows = asked.rows, took_ms = asked.took_ms,
            code = %asked.code, statement = %asked.text, "sql");
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.len() >= AUDIT_ROWS { newest.pop_front(); }
        newest.push_back(asked);
    }

    fn batch(&self, schema: &SchemaRef) -> Result<RecordBatch> {
        let newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let texts = |f: fn(&Asked) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(newest.iter().map(f))) };
        let numbers = |f: fn(&Asked) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(newest.iter().map(f))) };
        Ok(RecordBatch::try_new(schema.clone(), vec![
            Arc::new(TimestampMicrosecondArray::from_iter_values(newest.iter().map(|a| a.at_us)).with_timezone(UTC)),
            texts(|a| &a.user),
            texts(|a| a.role),
            Arc::new(Int32Array::from_iter_values(newest.iter().map(|a| a.session))),
            texts(|a| &a.text),
            numbers(|a| a.rows),
            numbers(|a| a.took_ms),
            texts(|a| &a.code),
        ])?)
    }
}

/// The table of statements.
#[derive(Debug)]
pub(crate) struct StatementsTable {
    schema: SchemaRef,
    audit: Arc<Audit>,
}

impl StatementsTable {
    pub(crate) fn new(audit: &Arc<Audit>) -> Self {
        let text = |name| Field::new(name, DataType::Utf8, false);
        let schema = Arc::new(Schema::new(vec![
            Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())), false),
            text("user_name"), text("role"), Field::new("session", DataType::Int32, false), text("statement"),
            Field::new("rows", DataType::Int64, false), Field::new("took_ms", DataType::Int64, false), text("sqlstate"),
        ]));
        Self { schema, audit: audit.clone() }
    }
}

#[async_trait]
impl TableProvider for StatementsTable {
    fn schema(&self) -> SchemaRef { self.schema.clone() }

    fn table_type(&self) -> TableType { TableType::Base }

    async fn scan(&self, _: &dyn Session, projection: Option<&Vec<usize>>, _: &[Expr], limit: Option<usize>)
        -> Result<Arc<dyn ExecutionPlan>> {
        scan_of(vec![self.audit.batch(&self.schema)?], &self.schema, projection, limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_tell_no_plate() {
        for (sql, kept) in [
            ("select * from bookings where plate = '123ABC02'", "select * from bookings where plate = ?"),
            ("select \"123ABC02\" -- 123ABC02\n from x limit 10", "select ? from x limit ?"),
            ("select E'1\\n2', $$123ABC02$$, $1", "select ?, ?, $1"),
            ("select 'open", "(not understood)"),
        ] {
            assert_eq!(shape(sql), kept);
        }
        assert!(shape(&"select a, ".repeat(1000)).len() <= AUDIT_TEXT_CHARS);
    }
}
