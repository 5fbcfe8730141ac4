//! `\d`: the tables and what their columns mean. Meanings are the catalogue's; which tables there are for this user
//! is asked of the server.

use kezek_query::catalogue;

use super::client::Client;
use crate::cli::exit::Failure;

/// All tables, or the columns of one (`table` or `schema.table`).
pub(super) fn described(client: &Client, name: &str) -> Result<String, Failure> {
    if name.is_empty() { return all(client); }
    let (schema, table) = name.split_once('.').unwrap_or(("public", name));
    let plain = |text: &str| text.replace('\'', "''");
    let columns = client.ask(&format!(
        "SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = '{}' AND table_name = '{}' ORDER BY ordinal_position",
        plain(schema), plain(table)))?;
    let rows: Vec<_> = columns.into_iter().flat_map(|a| a.rows).collect();
    if rows.is_empty() { return Err(Failure::Found(format!("no table {name}"))); }
    let spec = (schema == "public").then(|| catalogue::table(table)).flatten();
    let mut out = spec.map_or_else(|| format!("{name}\n"), |s| format!("{}: {}\n", s.name, s.doc));
    for row in rows {
        let cell = |n: usize| row.get(n).cloned().flatten().unwrap_or_default();
        let column = spec.and_then(|s| s.columns.iter().find(|c| c.name == cell(0)));
        let ty = column.map_or_else(|| cell(1), |c| format!("{}{}", c.ty.sql(), if c.nullable { "" } else { " not null" }));
        out.push_str(format!("  {:<16} {ty:<34} {}", cell(0), column.map_or("", |c| c.doc)).trim_end());
        out.push('\n');
    }
    Ok(out)
}

fn all(client: &Client) -> Result<String, Failure> {
    let tables = client.ask("SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema NOT IN ('information_schema', 'pg_catalog') ORDER BY 1, 2")?;
    let lines = tables.into_iter().flat_map(|a| a.rows).map(|row| {
        let cell = |n: usize| row.get(n).cloned().flatten().unwrap_or_default();
        let name = if cell(0) == "public" { cell(1) } else { format!("{}.{}", cell(0), cell(1)) };
        let doc = if cell(0) == "public" { catalogue::table(&cell(1)).map_or("", |t| t.doc) } else { "" };
        format!("{}\n", format!("{name:<32} {doc}").trim_end())
    });
    Ok(lines.collect())
}
