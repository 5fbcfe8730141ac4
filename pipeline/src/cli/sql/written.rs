//! An answer as text: a table for eyes, CSV (RFC 4180 with newlines) or one JSON object a row.

use serde_json::Value;
use tokio_postgres::types::Type;

use super::Shown;
use super::client::{Answer, Column};

/// The answer in the chosen form; a statement without rows says nothing.
pub(super) fn written(answer: &Answer, shown: Shown) -> String {
    match shown {
        Shown::Table => table(answer),
        Shown::Csv => csv(answer),
        Shown::Json => answer.rows.iter().map(|row| format!("{}\n", object(&answer.columns, row))).collect(),
    }
}

fn is_number(column: &Column) -> bool {
    column.ty.as_ref().is_some_and(|ty| {
        [Type::INT2, Type::INT4, Type::INT8, Type::FLOAT4, Type::FLOAT8, Type::NUMERIC, Type::OID].contains(ty)
    })
}

fn table(answer: &Answer) -> String {
    let width = |text: &str| text.chars().count();
    let cell = |row: &[Option<String>], n: usize| row.get(n).cloned().flatten().unwrap_or_default();
    let widths: Vec<usize> = answer.columns.iter().enumerate()
        .map(|(n, c)| answer.rows.iter().map(|r| width(&cell(r, n))).max().unwrap_or(0).max(width(&c.name))).collect();
    let line = |cells: Vec<String>| format!(" {}\n", cells.join(" | ").trim_end());
    let centred = |text: &str, w: usize| format!("{text:^w$}");
    let mut out = line(answer.columns.iter().zip(&widths).map(|(c, w)| centred(&c.name, *w)).collect());
    out.push_str(&widths.iter().map(|w| "-".repeat(w + 2)).collect::<Vec<_>>().join("+"));
    out.push('\n');
    for row in &answer.rows {
        out.push_str(&line(answer.columns.iter().zip(&widths).enumerate().map(|(n, (c, w))| {
            let text = cell(row, n);
            if is_number(c) { format!("{text:>w$}") } else { format!("{text:<w$}") }
        }).collect()));
    }
    out.push_str(&format!("({} row{})\n", answer.rows.len(), if answer.rows.len() == 1 { "" } else { "s" }));
    out
}

fn csv(answer: &Answer) -> String {
    let line = |cells: Vec<String>| format!("{}\n", cells.join(","));
    let mut out = line(answer.columns.iter().map(|c| quoted(&c.name)).collect());
    for row in &answer.rows { out.push_str(&line(row.iter().map(|v| v.as_deref().map_or_else(String::new, quoted)).collect())); }
    out
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn object(columns: &[Column], row: &[Option<String>]) -> Value {
    Value::Object(columns.iter().zip(row).map(|(c, v)| (c.name.clone(), value(c, v.as_deref()))).collect())
}

fn value(column: &Column, text: Option<&str>) -> Value {
    let Some(text) = text else { return Value::Null };
    match &column.ty {
        Some(ty) if *ty == Type::BOOL => Value::Bool(text == "t" || text == "true"),
        Some(ty) if *ty == Type::TIMESTAMPTZ => instant(text).into(),
        _ if is_number(column) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        _ => text.into(),
    }
}

/// PostgreSQL's `2026-01-02 03:04:05.000000+00` as RFC 3339.
fn instant(text: &str) -> String {
    let text = text.replacen(' ', "T", 1);
    let at = text.rfind(['+', '-']).filter(|at| *at > 10);
    match at.map(|at| text.split_at(at)) {
        Some((time, zone)) => {
            let time = if time.contains('.') { time.trim_end_matches('0').trim_end_matches('.') } else { time };
            match zone {
                "+00" | "+00:00" => format!("{time}Z"),
                zone if zone.len() == 3 => format!("{time}{zone}:00"),
                zone => format!("{time}{zone}"),
            }
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let column = |name: &str, ty| Column { name: name.into(), ty: Some(ty) };
        let answer = Answer {
            columns: vec![column("plate", Type::TEXT), column("n", Type::INT8), column("at", Type::TIMESTAMPTZ), column("seen", Type::BOOL)],
            rows: vec![
                vec![Some("123ABC02".into()), Some("7".into()), Some("2026-01-02 03:04:05.500000+00".into()), Some("t".into())],
                vec![Some("a,\"b\"".into()), None, Some("2026-01-02 03:04:05+05".into()), Some("f".into())],
            ],
        };
        for (shown, text) in [
            (Shown::Csv, "plate,n,at,seen\n123ABC02,7,2026-01-02 03:04:05.500000+00,t\n\"a,\"\"b\"\"\",,2026-01-02 03:04:05+05,f\n"),
            (Shown::Json, "{\"at\":\"2026-01-02T03:04:05.5Z\",\"n\":7,\"plate\":\"123ABC02\",\"seen\":true}\n{\"at\":\"2026-01-02T03:04:05+05:00\",\"n\":null,\"plate\":\"a,\\\"b\\\"\",\"seen\":false}\n"),
            (Shown::Table, "  plate   | n |              at               | seen\n----------+---+-------------------------------+------\n 123ABC02 | 7 | 2026-01-02 03:04:05.500000+00 | t\n a,\"b\"    |   | 2026-01-02 03:04:05+05        | f\n(2 rows)\n"),
        ] {
            assert_eq!(written(&answer, shown), text);
        }
    }
}
