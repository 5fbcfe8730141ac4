//! One suite for every log: the promises of [`port`](super::port), tried out.
//!
//! An adapter provides a [`Bed`]; its own tests call [`check`]. The checks assume nothing about
//! what the log already holds, so they may run one after the other on one log, and they know
//! only the port. What an adapter can do beyond it (crashes, faults, several processes) is
//! tested beside the adapter.

mod journal;
mod ownership;
mod reading;
mod stage;
mod writing;

use std::fmt;

use super::catalogue::{Catalogue, INTERNAL, JOURNAL, Retention, TopicRole, TopicSpec};
use super::error::{CommitError, LogError};
use super::port::Log;

const fn topic(name: &'static str, role: TopicRole) -> TopicSpec {
    TopicSpec {
        name,
        role,
        max_bytes: 1024 * 1024,
        retention: Retention::Unlimited,
    }
}

/// The topics that a bed must have: few, because some logs make topics slowly.
pub const TOPICS: &[TopicSpec] = &[
    topic("left", TopicRole::Input),
    topic("right", TopicRole::Input),
    topic("out", TopicRole::Output),
    topic("other", TopicRole::Output),
    topic(INTERNAL, TopicRole::Internal),
    topic(JOURNAL, TopicRole::Journal),
];

/// The catalogue of [`TOPICS`].
#[must_use]
pub const fn catalogue() -> Catalogue {
    Catalogue::of(TOPICS)
}

/// A log to be tried. It must have [`catalogue`] and at least two partitions.
pub trait Bed {
    /// Opens the log; called again after everything from the last opening was dropped.
    ///
    /// # Errors
    /// Whatever the adapter reports.
    fn open(&mut self) -> Result<Box<dyn Log>, LogError>;
}

/// A promise that was not kept.
#[derive(Debug)]
pub struct Violation {
    /// What was expected and what was found.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl From<LogError> for Violation {
    fn from(error: LogError) -> Self {
        Self {
            what: format!("unexpected log error: {error}"),
        }
    }
}

impl From<CommitError> for Violation {
    fn from(error: CommitError) -> Self {
        Self {
            what: format!("unexpected commit error: {error}"),
        }
    }
}

/// One check.
pub type Check = fn(&mut dyn Bed) -> Result<(), Violation>;

/// All checks by name.
pub const CHECKS: &[(&str, Check)] = &[
    (
        "a commit shows everything at once",
        writing::a_commit_shows_everything_at_once,
    ),
    (
        "a refused commit leaves no trace",
        writing::a_refused_commit_leaves_no_trace,
    ),
    (
        "internal messages reach their shard after the commit",
        writing::internal_messages_follow_the_commit,
    ),
    (
        "shards commit side by side",
        writing::shards_commit_side_by_side,
    ),
    (
        "records come once and in order",
        reading::records_come_once_and_in_order,
    ),
    (
        "bytes come back as they went in",
        reading::bytes_come_back_as_they_went_in,
    ),
    (
        "a partition belongs to its shard",
        reading::a_partition_belongs_to_its_shard,
    ),
    (
        "an uncommitted poll is forgotten",
        reading::an_uncommitted_poll_is_forgotten,
    ),
    (
        "positions survive reopening",
        reading::positions_survive_reopening,
    ),
    (
        "a topic is read from any offset",
        reading::a_topic_is_read_from_any_offset,
    ),
    ("the journal reads back", journal::the_journal_reads_back),
    (
        "followers see every shard in order",
        journal::followers_see_every_shard_in_order,
    ),
    (
        "the outcome of a commit can be asked",
        journal::the_outcome_of_a_commit_can_be_asked,
    ),
    (
        "epochs rise with every owner",
        ownership::epochs_rise_with_every_owner,
    ),
    (
        "a former owner is fenced",
        ownership::a_former_owner_is_fenced,
    ),
];

/// Runs all checks on one bed.
///
/// # Errors
/// The first broken promise, with the name of its check.
pub fn check(bed: &mut dyn Bed) -> Result<(), Violation> {
    for (name, check) in CHECKS {
        check(bed).map_err(|violation| Violation {
            what: format!("{name}: {violation}"),
        })?;
    }
    Ok(())
}
