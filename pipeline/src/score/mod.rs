//! `kezek score`: the alerts of a replay against what truly happened. An alert is right when an incident of its kind and
//! vehicle was going on; an incident is found when such an alert was raised. Notices about devices and alerts for the desk
//! only are not judged: nobody is sent for them.

mod matching;
mod plot;
mod report;

pub use matching::{Alert, Incident, Judged, judge};
pub use plot::svg;
pub use report::{Row, Score, score, text};

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::de::DeserializeOwned;

/// Reads a file of one JSON object a line; a file that is not there is empty when it may be.
///
/// # Errors
/// The file cannot be read, or a line is not what it should be (with its number).
pub fn lines<T: DeserializeOwned>(path: &Path, may_lack: bool) -> anyhow::Result<Vec<T>> {
    if may_lack && !path.exists() { return Ok(Vec::new()); }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty())
        .map(|(n, line)| serde_json::from_str(line).with_context(|| format!("{}:{}", path.display(), n + 1))).collect()
}
