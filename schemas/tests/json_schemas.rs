//! The checked-in JSON Schemas are what the tables say. `KEZEK_BLESS=1` writes them anew.

use std::fs;
use std::path::Path;

#[test]
fn files_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("json");
    let bless = std::env::var_os("KEZEK_BLESS").is_some();
    if bless { fs::create_dir_all(&folder).unwrap(); }
    let mut expected = Vec::new();
    for (topic, schema) in kezek_schemas::json_schema::all() {
        let path = folder.join(format!("{topic}.schema.json"));
        if bless { fs::write(&path, serde_json::to_string_pretty(&schema).unwrap() + "\n").unwrap(); }
        let there: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap_or_default()).unwrap_or_default();
        assert!(there == schema, "{}: differs from the tables, run with KEZEK_BLESS=1", path.display());
        expected.push(path);
    }
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert!(expected.contains(&path), "{}: no such topic", path.display());
    }
}
