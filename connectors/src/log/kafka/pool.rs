//! Consumers that wait for their next reader: making one costs threads and connections, and many
//! questions (the end of a topic, a page of records) need one for a moment only.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::KafkaOptions;
use super::feed::Feed;
use crate::log::error::LogError;

/// Idle consumers that are kept.
const KEPT: usize = 4;

pub(super) struct Pool {
    options: KafkaOptions,
    /// All that are kept; those that nobody else holds are idle.
    kept: Mutex<Vec<Arc<Mutex<Feed>>>>,
}

impl Pool {
    pub(super) fn new(options: &KafkaOptions) -> Self {
        Self {
            options: options.clone(),
            kept: Mutex::default(),
        }
    }

    /// A consumer that reads nothing yet.
    pub(super) fn lend(&self) -> Result<Lent, LogError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(idle) = kept.iter().find(|feed| Arc::strong_count(feed) == 1) {
            return Ok(Lent(Arc::clone(idle)));
        }
        let feed = Arc::new(Mutex::new(Feed::open(&self.options)?));
        if kept.len() < KEPT {
            kept.push(Arc::clone(&feed));
        }
        Ok(Lent(feed))
    }
}

/// A consumer on loan to one reader.
pub(super) struct Lent(Arc<Mutex<Feed>>);

impl Lent {
    /// The consumer; nobody else ever waits for it.
    pub(super) fn feed(&mut self) -> MutexGuard<'_, Feed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // If it cannot rest, it only fetches until its queue is full.
        let _still_fetching = self.feed().rest();
    }
}
