//! The live view: committed outputs and rows folded into what people ask for.
//!
//! One writer (the journal's follower) calls [`LiveView::apply`]; many readers take the lock for the time of one
//! answer. Everything is bounded; what leaves is found in history. A replayed commit changes nothing twice.

mod answers;
mod explain;
mod feeds;
mod fold_outputs;
mod fold_rows;
mod search;
mod state;

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use kezek_schemas::outputs::OutRecord;
use kezek_schemas::reference::Catalogue;
use kezek_schemas::tables::ViewRow;
use kezek_schemas::time::Timestamp;
use tokio::sync::watch;

pub use feeds::{Feeds, Page};
pub use search::{identity_number, vehicle_of};
pub(crate) use state::State;

use crate::bounds::RESUME_TOKENS;

/// One commit of one shard, as the journal's follower sees it.
#[derive(Clone, Debug)]
pub struct FollowedCommit {
    /// The shard.
    pub shard: u32,
    /// Its commit number, growing by one.
    pub number: u64,
    /// Live time of the commit.
    pub at: Timestamp,
    /// What it sent.
    pub outputs: Vec<OutRecord>,
    /// What it changed.
    pub rows: Vec<ViewRow>,
}

/// The live view.
pub struct LiveView {
    state: RwLock<State>,
    changed: watch::Sender<u64>,
    catalogue: Arc<Catalogue>,
}

impl LiveView {
    /// An empty view over a catalogue.
    #[must_use]
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { state: RwLock::new(State::new(&catalogue)), changed: watch::Sender::new(0), catalogue }
    }

    /// Folds one commit in. Commits of a shard come in order; an older one is ignored.
    pub fn apply(&self, commit: &FollowedCommit) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.commits.get(&commit.shard).is_some_and(|(n, _)| *n >= commit.number) { return; }
        state.commits.insert(commit.shard, (commit.number, commit.at));
        state.now = state.now.max(commit.at);
        for record in &commit.outputs { fold_outputs::fold(&mut state, &self.catalogue, record, commit.at); }
        for row in &commit.rows { fold_rows::fold(&mut state, row, commit.at); }
        state.version += 1;
        let (version, token) = (state.version, state.token());
        state.tokens.push_back((token, version));
        if state.tokens.len() > RESUME_TOKENS { state.tokens.pop_front(); }
        drop(state);
        self.changed.send_replace(version);
    }

    /// The number of the last change.
    #[must_use]
    pub fn version(&self) -> u64 { *self.changed.borrow() }

    /// Tells of changes.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> { self.changed.subscribe() }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> { self.state.read().unwrap_or_else(PoisonError::into_inner) }

    pub(crate) fn catalogue(&self) -> &Catalogue { &self.catalogue }

    /// An owner's booking, for the search by ИИН or БИН.
    pub(crate) fn note_owner(&self, owner: &str, booking_id: &str) {
        self.state.write().unwrap_or_else(PoisonError::into_inner).note_owner(owner, booking_id);
    }
}

/// Pushes at the end of a bounded list, dropping the oldest.
fn push_bounded<T>(list: &mut VecDeque<T>, item: T, max: usize) {
    if list.len() >= max { list.pop_front(); }
    list.push_back(item);
}
