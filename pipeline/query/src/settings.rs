//! `SET`, `SHOW` and `RESET`, answered by ourselves: a setting of one session never reaches the engine of another,
//! and what would loosen a bound or allow writing is refused.
//!
//! Known settings are a closed list. Names with a dot are the client's own, as in PostgreSQL.

use std::collections::BTreeMap;
use std::time::Duration;

use datafusion::arrow::array::timezone::Tz;
use datafusion::sql::sqlparser::ast::{Expr, Set, Statement, TransactionAccessMode, TransactionMode, Value};
use datafusion_postgres::pgwire::types::format::FormatOptions;

use crate::limits::{OWN_SETTINGS, SETTING_BYTES, STATEMENT_TIME};
use crate::sqlstate::Refusal;

/// The version of PostgreSQL whose manners we have.
pub(crate) const SERVER_VERSION: &str = "16.6 (Kezek)";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The client may choose.
    Free,
    /// Told to the client at once when it changes.
    Reported,
    /// Fixed.
    Fixed,
    /// Must stay on: nothing here writes.
    ReadOnly,
}

const KNOWN: &[(&str, &str, Kind)] = &[
    ("application_name", "", Kind::Reported),
    ("bytea_output", "hex", Kind::Free),
    ("client_encoding", "UTF8", Kind::Reported),
    ("client_min_messages", "notice", Kind::Free),
    ("datestyle", "ISO, YMD", Kind::Reported),
    ("default_transaction_isolation", "read committed", Kind::Free),
    ("default_transaction_read_only", "on", Kind::ReadOnly),
    ("enable_nestloop", "on", Kind::Free),
    ("enable_seqscan", "on", Kind::Free),
    ("extra_float_digits", "1", Kind::Free),
    ("geqo", "on", Kind::Free),
    ("idle_in_transaction_session_timeout", "0", Kind::Free),
    ("in_hot_standby", "off", Kind::Fixed),
    ("integer_datetimes", "on", Kind::Fixed),
    ("intervalstyle", "postgres", Kind::Reported),
    ("is_superuser", "off", Kind::Fixed),
    ("jit", "off", Kind::Free),
    ("lc_collate", "C", Kind::Fixed),
    ("lc_ctype", "C", Kind::Fixed),
    ("lc_messages", "C", Kind::Free),
    ("lc_monetary", "C", Kind::Free),
    ("lc_numeric", "C", Kind::Free),
    ("lc_time", "C", Kind::Free),
    ("lock_timeout", "0", Kind::Free),
    ("max_identifier_length", "63", Kind::Fixed),
    ("max_index_keys", "32", Kind::Fixed),
    ("row_security", "on", Kind::Free),
    ("search_path", "public", Kind::Free),
    ("server_encoding", "UTF8", Kind::Fixed),
    ("server_version", SERVER_VERSION, Kind::Fixed),
    ("server_version_num", "160006", Kind::Fixed),
    ("standard_conforming_strings", "on", Kind::Fixed),
    ("statement_timeout", "60000", Kind::Free),
    ("synchronize_seqscans", "on", Kind::Free),
    ("timezone", "UTC", Kind::Reported),
    ("transaction_isolation", "read committed", Kind::Free),
    ("transaction_read_only", "on", Kind::ReadOnly),
];

/// The name of a reported setting as the protocol spells it.
fn spelled(name: &str) -> &str {
    match name {
        "datestyle" => "DateStyle",
        "intervalstyle" => "IntervalStyle",
        "timezone" => "TimeZone",
        other => other,
    }
}

/// The settings of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    values: BTreeMap<String, String>,
}

impl Settings {
    /// A setting's value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).or_else(|| KNOWN.iter().find(|(n, ..)| *n == name).map(|(_, v, _)| *v))
    }

    /// What the protocol tells a client who has just come.
    pub(crate) fn reported(&self) -> impl Iterator<Item = (&str, &str)> {
        KNOWN.iter().filter(|(name, _, kind)| match kind {
            Kind::Reported => true,
            Kind::Fixed => !name.starts_with("lc_") && !name.starts_with("max_") && *name != "server_version_num",
            Kind::ReadOnly => *name == "default_transaction_read_only",
            Kind::Free => false,
        }).map(|(name, value, _)| (spelled(name), self.get(name).unwrap_or(value)))
    }

    /// Every setting, for `SHOW ALL`.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        let known = KNOWN.iter().map(|(n, v, _)| (spelled(n).to_owned(), self.get(n).unwrap_or(v).to_owned()));
        let own = self.values.iter().filter(|(n, _)| n.contains('.')).map(|(n, v)| (n.clone(), v.clone()));
        known.chain(own).collect()
    }

    /// Sets one; gives its name and value if the protocol tells it.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<Option<(String, String)>, Refusal> {
        let name = name.to_lowercase();
        if value.len() > SETTING_BYTES { return Err(Refusal::BadSetting(name)); }
        let Some((_, default, kind)) = KNOWN.iter().find(|(n, ..)| *n == name) else { return self.set_own(name, value) };
        let is_default = value.eq_ignore_ascii_case("default");
        let value = if is_default { default } else { value };
        match kind {
            Kind::Fixed if value.eq_ignore_ascii_case(default) => return Ok(None),
            Kind::Fixed => return Err(Refusal::NotAllowed(format!("parameter \"{name}\" cannot be changed"))),
            Kind::ReadOnly if truth(value) == Some(true) => return Ok(None),
            Kind::ReadOnly => return Err(Refusal::ReadOnly(format!("SET {name}"))),
            Kind::Free | Kind::Reported => {}
        }
        let value = checked(&name, value)?;
        let told = (*kind == Kind::Reported).then(|| (spelled(&name).to_owned(), value.clone()));
        self.values.insert(name, value);
        Ok(told)
    }

    fn set_own(&mut self, name: String, value: &str) -> Result<Option<(String, String)>, Refusal> {
        if name.starts_with("datafusion.") { return Err(Refusal::NotAllowed("settings of the engine".to_owned())); }
        if !name.contains('.') || name.len() > SETTING_BYTES { return Err(Refusal::NoSetting(name)); }
        if !self.values.contains_key(&name) && self.values.keys().filter(|n| n.contains('.')).count() >= OWN_SETTINGS {
            return Err(Refusal::Limit("too many settings"));
        }
        self.values.insert(name, value.to_owned());
        Ok(None)
    }

    /// Back to the default.
    pub(crate) fn reset(&mut self, name: Option<&str>) -> Result<(), Refusal> {
        match name.map(str::to_lowercase) {
            None => self.values.clear(),
            Some(name) if KNOWN.iter().any(|(n, ..)| *n == name) || name.contains('.') => { self.values.remove(&name); }
            Some(name) => return Err(Refusal::NoSetting(name)),
        }
        Ok(())
    }

    /// Carries out a `SET`.
    pub(crate) fn apply(&mut self, set: &Set) -> Result<Option<(String, String)>, Refusal> {
        match set {
            Set::SingleAssignment { variable, values, .. } => {
                let name = variable.0.iter().map(|p| p.as_ident().map_or_else(|| p.to_string(), |i| i.value.clone())).collect::<Vec<_>>().join(".");
                let value = values.iter().map(text).collect::<Vec<_>>().join(", ");
                self.set(&name, &value)
            }
            Set::SetTimeZone { value, .. } => self.set("timezone", &text(value)),
            Set::SetNames { charset_name, .. } => self.set("client_encoding", &charset_name.value),
            Set::SetTransaction { modes, .. } => modes_read(modes).map(|()| None),
            Set::SetRole { .. } | Set::SetSessionAuthorization(_) => Err(Refusal::NotAllowed("SET ROLE".to_owned())),
            other => Err(Refusal::Unsupported(other.to_string())),
        }
    }

    /// How long a statement may run: what the client asked for, never longer than we allow.
    pub(crate) fn statement_time(&self) -> Duration {
        match self.get("statement_timeout").and_then(milliseconds) {
            Some(ms) if ms > 0 => Duration::from_millis(ms).min(STATEMENT_TIME),
            _ => STATEMENT_TIME,
        }
    }

    /// The time zone, as the engine's types name it.
    pub(crate) fn time_zone(&self) -> &str {
        match self.get("timezone") {
            Some("UTC") | None => crate::columns::UTC,
            Some(zone) => zone,
        }
    }

    /// How values are written as text.
    pub(crate) fn format_options(&self) -> FormatOptions {
        let mut options = FormatOptions::default();
        let of = |name| self.get(name).unwrap_or_default().to_owned();
        options.date_style = of("datestyle");
        options.interval_style = of("intervalstyle");
        options.bytea_output = of("bytea_output");
        options.time_zone = of("timezone");
        options.extra_float_digits = of("extra_float_digits").parse().unwrap_or(1);
        options
    }
}

/// A transaction that wants to write is refused when it begins.
pub(crate) fn modes_read(modes: &[TransactionMode]) -> Result<(), Refusal> {
    let writes = modes.iter().any(|m| matches!(m, TransactionMode::AccessMode(TransactionAccessMode::ReadWrite)));
    if writes { Err(Refusal::ReadOnly("READ WRITE".to_owned())) } else { Ok(()) }
}

/// The setting that `SHOW` asks for.
pub(crate) fn shown(statement: &Statement) -> Option<String> {
    let Statement::ShowVariable { variable } = statement else { return None };
    let words: Vec<String> = variable.iter().map(|v| v.value.to_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Some(match words.as_slice() {
        ["time", "zone"] => "timezone".to_owned(),
        ["transaction", "isolation", "level"] => "transaction_isolation".to_owned(),
        ["session", "authorization"] => "session_authorization".to_owned(),
        words => words.join("."),
    })
}

fn checked(name: &str, value: &str) -> Result<String, Refusal> {
    let bad = || Refusal::BadSetting(name.to_owned());
    Ok(match name {
        "timezone" => {
            let zone = if ["utc", "etc/utc", "gmt", "z", "local"].contains(&value.to_lowercase().as_str()) { "UTC".to_owned() } else { value.to_owned() };
            if zone != "UTC" { zone.parse::<Tz>().map_err(|_| bad())?; }
            zone
        }
        "client_encoding" if ["utf8", "utf-8", "unicode"].contains(&value.to_lowercase().as_str()) => "UTF8".to_owned(),
        "client_encoding" => return Err(bad()),
        "statement_timeout" => milliseconds(value).ok_or_else(bad)?.to_string(),
        "extra_float_digits" => value.parse::<i8>().ok().filter(|n| (-15..=3).contains(n)).ok_or_else(bad)?.to_string(),
        "datestyle" => {
            if !value.to_lowercase().contains("iso") { return Err(bad()); }
            value.to_owned()
        }
        _ => value.to_owned(),
    })
}

/// A duration as PostgreSQL writes it: milliseconds without a unit.
fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: u64 = number.parse().ok()?;
    let factor = match unit.trim() {
        "" | "ms" => 1,
        "s" => 1000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

fn truth(value: &str) -> Option<bool> {
    match value.to_lowercase().as_str() {
        "on" | "true" | "1" | "yes" | "t" => Some(true),
        "off" | "false" | "0" | "no" | "f" => Some(false),
        _ => None,
    }
}

/// A value as it was meant: without its quotes.
fn text(value: &Expr) -> String {
    match value {
        Expr::Value(v) => match &v.value {
            Value::SingleQuotedString(s) | Value::DoubleQuotedString(s) | Value::EscapedStringLiteral(s) => s.clone(),
            other => other.to_string(),
        },
        Expr::Identifier(name) => name.value.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use datafusion_postgres::datafusion_pg_catalog::sql::PostgresCompatibilityParser;

    use super::*;

    #[test]
    fn sets() {
        let parser = PostgresCompatibilityParser::new();
        for (sql, name, outcome) in [
            ("set statement_timeout = '5s'", "statement_timeout", Ok("5000")),
            ("set statement_timeout to 100", "statement_timeout", Ok("100")),
            ("set statement_timeout = 'soon'", "statement_timeout", Err("22023")),
            ("set time zone 'Asia/Almaty'", "timezone", Ok("Asia/Almaty")),
            ("set timezone to 'Asia/Nowhere'", "timezone", Err("22023")),
            ("set datestyle = 'ISO'", "datestyle", Ok("ISO")),
            ("set application_name = 'grafana'", "application_name", Ok("grafana")),
            ("set client_encoding to 'UTF8'", "client_encoding", Ok("UTF8")),
            ("set client_encoding to 'KOI8R'", "client_encoding", Err("22023")),
            ("set my.own = 'x'", "my.own", Ok("x")),
            ("set datafusion.execution.batch_size = 1", "", Err("42501")),
            ("set nonsense = 1", "", Err("42704")),
            ("set server_version = '99'", "", Err("42501")),
            ("set default_transaction_read_only = off", "", Err("25006")),
            ("set default_transaction_read_only = on", "default_transaction_read_only", Ok("on")),
            ("set transaction read write", "", Err("25006")),
            ("set role postgres", "", Err("42501")),
        ] {
            let mut settings = Settings::default();
            let statements = parser.parse(sql).unwrap();
            let Some(Statement::Set(set)) = statements.first() else { panic!("{sql}") };
            match (settings.apply(set), outcome) {
                (Ok(_), Ok(value)) => assert_eq!(settings.get(name), Some(value), "{sql}"),
                (Err(e), Err(code)) => assert_eq!(e.sqlstate(), code, "{sql}"),
                (got, _) => panic!("{sql}: {got:?}"),
            }
        }
    }

    #[test]
    fn a_client_cannot_run_longer_than_we_allow() {
        let mut settings = Settings::default();
        for (value, time) in [("0", STATEMENT_TIME), ("10", Duration::from_millis(10)), ("2h", STATEMENT_TIME)] {
            settings.set("statement_timeout", value).unwrap();
            assert_eq!(settings.statement_time(), time);
        }
        settings.reset(None).unwrap();
        assert_eq!(settings.statement_time(), STATEMENT_TIME);
    }
}
