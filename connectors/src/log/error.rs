//! What can go wrong with a log, sorted by what the caller has to do about it.
//!
//! There is no `Other`: an adapter that meets an error it does not know reports it as fatal,
//! because going on after a misunderstood commit is how records are lost.

use thiserror::Error;

/// Why reading, opening or taking over failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogError {
    /// Nothing happened and nothing is broken; the same call may be made again, after a pause.
    #[error("the log is not reachable now: {0}")]
    Retry(String),
    /// The shard has been taken away in an orderly way. Finish or drop the open step, then drop
    /// the handle: the shard is given up when the handle is gone.
    #[error("shard {shard} is being given up")]
    Revoked {
        /// The shard that leaves.
        shard: u32,
    },
    /// Somebody else owns the shard. Drop all state of the shard without committing.
    #[error("shard {shard} was taken over by epoch {current}, we are epoch {ours}")]
    Fenced {
        /// The shard in question.
        shard: u32,
        /// The epoch this handle was given.
        ours: u64,
        /// The newest epoch known to the log, if it can tell; else 0.
        current: u64,
    },
    /// The topics that exist are not those that the configuration asks for.
    #[error("the log disagrees with the configuration: {0}")]
    Mismatch(String),
    /// Another process holds the embedded log.
    #[error("the log directory is in use by another process: {0}")]
    InUse(String),
    /// The process must stop; a restart recovers from the journal.
    #[error("the log failed: {0}")]
    Fatal(String),
}

/// Why a commit was not confirmed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CommitError {
    /// Nothing was written; the same commit may be offered again.
    #[error("nothing was written, try again: {0}")]
    Retry(String),
    /// Nothing of it is visible and nothing of it ever will be. Drop the overlay, call
    /// [`seek_to_committed`](crate::log::ShardLog::seek_to_committed) and redo the step.
    #[error("the commit was rolled back: {0}")]
    Abort(String),
    /// Somebody else owns the shard; nothing was written. Drop all state of the shard.
    #[error("the shard was taken over by epoch {current}, we are epoch {ours}")]
    Fenced {
        /// The epoch this handle was given.
        ours: u64,
        /// The newest epoch known to the log, if it can tell; else 0.
        current: u64,
    },
    /// It may or may not have been written. Call
    /// [`resolve`](crate::log::ShardLog::resolve) before anything else.
    #[error("the outcome of the commit is unknown: {0}")]
    UnknownOutcome(String),
    /// The process must stop; a restart recovers from the journal.
    #[error("the commit failed: {0}")]
    Fatal(String),
}
