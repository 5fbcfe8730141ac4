//! Who looked at whom, and who ordered what: one line each in a file of its own, readable by the service's user alone. It holds
//! what was looked for, so it is no log: nothing of it goes to stderr, metrics or pages. Bounded: a full file becomes `.1`.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use kezek_http::AuditEntry;
use serde_json::json;

const MAX_BYTES: u64 = 64 << 20;

/// The file.
pub struct Looks {
    path: PathBuf,
    file: Mutex<(File, u64)>,
}

impl Looks {
    /// Opens `audit/looks.ndjson` under the data folder.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn open(data_dir: &Path) -> io::Result<Self> {
        let folder = data_dir.join("audit");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join("looks.ndjson");
        let file = append(&path)?;
        Ok(Self { path, file: Mutex::new(file) })
    }

    /// Adds a line.
    ///
    /// # Errors
    /// The disk's.
    pub fn add(&self, at: &str, entry: &AuditEntry<'_>) -> io::Result<()> {
        let line = format!("{}\n", json!({"at": at, "user": entry.user, "role": entry.role, "action": entry.action, "subject": entry.subject}));
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.1 + line.len() as u64 > MAX_BYTES {
            std::fs::rename(&self.path, self.path.with_extension("ndjson.1"))?;
            *file = append(&self.path)?;
        }
        file.0.write_all(line.as_bytes())?;
        file.1 += line.len() as u64;
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_and_nobody_else_reads_them() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        for subject in ["123ABC02", "B-1"] {
            let looks = Looks::open(folder.path()).unwrap();
            looks.add("2026-01-15T12:00:00+05:00", &AuditEntry { user: "oraz", role: "officer", action: "search", subject }).unwrap();
        }
        let path = folder.path().join("audit/looks.ndjson");
        let text = std::fs::read_to_string(&path).unwrap();
        let subjects: Vec<String> = text.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["subject"].as_str().unwrap().to_owned()).collect();
        assert_eq!(subjects, ["123ABC02", "B-1"]);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
