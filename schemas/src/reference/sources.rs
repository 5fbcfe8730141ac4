//! The registry of source systems (`data/sources.toml`): what each answers or sends, by when, what its silence means, and from
//! which shares and gaps its health is told. A name that is not here still answers; it is only not watched.

use serde::Deserialize;

use super::ReferenceError;
use crate::ids::RegionId;
use crate::inputs::Check;
use crate::time::Span;

/// What happens while a source does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// A blocking check waits and keeps its place.
    Hold,
    /// Advisory: shown as unavailable.
    Pass,
    /// It sends of itself; nobody asks.
    Feed,
}

/// One source system.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The name it gives itself in `checks.source`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Who runs it.
    pub owner: String,
    /// The checks it answers.
    #[serde(default)]
    pub answers: Vec<Check>,
    /// The topics it writes.
    #[serde(default)]
    pub sends: Vec<String>,
    /// The topics it reads.
    #[serde(default)]
    pub receives: Vec<String>,
    /// When an answer is due.
    pub deadline_s: Option<u32>,
    /// What its silence means.
    pub policy: Policy,
    /// Rows of the customer's lists.
    pub documents: Vec<String>,
}

/// From what the health of a source is told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct HealthLimits {
    pub window_minutes: i64, pub least_answers: u32, pub degraded_percent: u32, pub down_percent: u32,
    pub silent_gaps: i64, pub silent_minutes: i64, pub rhythm_answers: u64, pub region: RegionId,
}

impl HealthLimits {
    /// Answers are counted over this and the one before it.
    #[must_use]
    pub const fn window(&self) -> Span { Span::minutes(self.window_minutes) }
    /// The shortest silence that is told.
    #[must_use]
    pub const fn silence(&self) -> Span { Span::minutes(self.silent_minutes) }
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    /// Limits.
    pub health: HealthLimits,
    #[serde(rename = "source")]
    all: Vec<Source>,
}

impl Sources {
    /// The shipped registry.
    ///
    /// # Errors
    /// Never for the file as shipped (a test reads it).
    pub fn shipped() -> Result<Self, ReferenceError> { Self::parse(include_str!("../../data/sources.toml")) }

    /// Reads a registry.
    ///
    /// # Errors
    /// What is wrong, with the line.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> { super::rules::read("sources.toml", text) }

    /// The source of that name.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Source> { self.all.iter().find(|s| s.id == id) }

    /// All sources, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Source> { self.all.iter() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::reference::rules::RuleSets;

    #[test]
    fn every_row_of_the_documents_and_every_check_has_its_source() {
        let sources = Sources::shipped().unwrap();
        let rows: BTreeSet<&str> = sources.iter().flat_map(|s| s.documents.iter().map(String::as_str)).collect();
        let expected: Vec<String> = (1..=28).map(|n| format!("s000.{n}")).chain((1..=10).map(|n| format!("s004.L{n}")))
            .chain((1..=5).map(|n| format!("s004.W{n}"))).collect();
        assert_eq!(rows, expected.iter().map(String::as_str).collect());
        for check in Check::ALL { assert!(sources.iter().any(|s| s.answers.contains(&check)), "{check:?}"); }
        assert_eq!(sources.iter().map(|s| &s.id).collect::<BTreeSet<_>>().len(), sources.iter().count(), "names are unique");
    }

    #[test]
    fn a_source_that_holds_answers_a_blocking_check() {
        let (sources, rules) = (Sources::shipped().unwrap(), RuleSets::shipped().unwrap());
        let blocks = |c: &Check| ["seo-2023", "dostyk-2022", "qorgan-2025"].iter().any(|s| rules.of(&(*s).into()).blocking.iter().any(|b| b.check == *c));
        for s in sources.iter() {
            let blocking = s.answers.iter().any(blocks);
            assert_eq!(blocking, s.policy == Policy::Hold, "{}", s.id);
            assert_eq!(s.answers.is_empty(), s.policy == Policy::Feed || s.deadline_s.is_none(), "{}", s.id);
        }
    }
}
