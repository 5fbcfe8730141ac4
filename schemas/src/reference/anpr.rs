//! What plate readers get wrong: pairs of what stood there and what was read, from public measurements of several
//! countries. The matching model is trained on them; they hold misreads only, never how often a read is right.

use super::ReferenceError;
use crate::plate::Plate;

/// The shipped misreads.
pub const SHIPPED_MISREADS: &str = include_str!("../../data/anpr/misreads_train.csv");
/// The shipped counts of single symbols, of the same measurements.
pub const SHIPPED_CONFUSIONS: &str = include_str!("../../data/anpr/confusion_counts_train.csv");

/// One misread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// Where, as the file names it.
    pub country: String,
    /// What stood there.
    pub truth: Plate,
    /// What was read.
    pub read: Plate,
}

/// How often a symbol was read as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// What stood there; `None`: nothing (an insertion).
    pub truth: Option<char>,
    /// What was read; `None`: nothing (a deletion).
    pub read: Option<char>,
    /// How often.
    pub count: u32,
}

fn rows(file: &str, text: &str) -> Result<Vec<csv::StringRecord>, ReferenceError> {
    csv::Reader::from_reader(text.as_bytes()).into_records().map(|r| r.map_err(|e| ReferenceError {
        file: file.to_owned(), line: e.position().map_or(0, csv::Position::line), what: e.to_string() })).collect()
}

/// Reads misreads (`country,truth,read,edit_distance`).
///
/// # Errors
/// The first line that is no such row.
pub fn misreads(text: &str) -> Result<Vec<Misread>, ReferenceError> {
    Ok(rows("misreads_train.csv", text)?.iter().map(|r| Misread {
        country: r.get(0).unwrap_or_default().to_owned(),
        truth: Plate::normalise(r.get(1).unwrap_or_default()),
        read: Plate::normalise(r.get(2).unwrap_or_default()),
    }).collect())
}

/// Reads counts (`truth_char,read_char,count`).
///
/// # Errors
/// The first line that is no such row.
pub fn confusions(text: &str) -> Result<Vec<Confusion>, ReferenceError> {
    let file = "confusion_counts_train.csv";
    rows(file, text)?.iter().map(|r| {
        let count = r.get(2).and_then(|n| n.parse().ok()).ok_or_else(|| ReferenceError {
            file: file.to_owned(), line: r.position().map_or(0, csv::Position::line), what: "no count".into() })?;
        Ok(Confusion { truth: r.get(0).and_then(|s| s.chars().next()), read: r.get(1).and_then(|s| s.chars().next()), count })
    }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_counts_are_whole() {
        let (m, c) = (misreads(SHIPPED_MISREADS).unwrap(), confusions(SHIPPED_CONFUSIONS).unwrap());
        assert_eq!((m.len(), c.len()), (2170, 597));
        assert!(c.iter().any(|c| c.truth == Some('7') && c.read.is_none() && c.count == 54));
    }
}
