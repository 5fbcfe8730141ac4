//! The engine of one shard: a value with a step. Production threads and simulations drive the same code; it has no
//! clock, no IO and no thread of its own.
//!
//! A step takes a batch and gives a commit. Until the shell says what became of the commit, the tables hold its
//! changes with their before-images: `committed` forgets the images, `aborted` puts them back.

use std::collections::VecDeque;
use std::sync::Arc;

use kezek_connectors::log::{Batch, Commit, OutRecord as LogRecord, Record, TopicId};
use kezek_operators::kernel::{Cx, Effects, Envelope, Message, Refs, TableSet as _, Tables};
use kezek_operators::topology;
use kezek_schemas::decode::{Clock, decode};
use kezek_schemas::inputs::{Input, Topic};
use kezek_schemas::time::{Timestamp, Zone};

use super::block::{Block, BlockError, Chain};
use super::snapshot::Snapshot;
use crate::dead_letter::{Place, dead_letter};
use crate::limits::STEP_MESSAGES;

/// Recovery cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// A block cannot be used.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// The tables cannot be rebuilt.
    #[error(transparent)]
    Tables(#[from] kezek_operators::kernel::Corrupt),
    /// The journal is of another deployment.
    #[error("the journal was written with {found} shards, the configuration says {wanted}")]
    Shards {
        /// In the journal.
        found: u32,
        /// Configured.
        wanted: u32,
    },
    /// The tz database lacks the country's zone.
    #[error("the tz database lacks Asia/Almaty")]
    Zone,
    /// The log failed.
    #[error(transparent)]
    Log(#[from] kezek_connectors::log::LogError),
}

/// One shard's tables, clock and place in its journal.
pub struct Engine {
    shard: u32,
    shards: u32,
    epoch: u64,
    refs: Arc<Refs>,
    zone: Zone,
    topics: Vec<Topic>,
    tables: Tables,
    now: Timestamp,
    chain: Chain,
    /// Of the step that waits for its outcome: the clock before, and the chain after.
    open: Option<(Timestamp, Chain)>,
    fx: Effects,
}

impl Engine {
    /// An engine that has seen nothing. `topics` are the log's input topics in the order of their ids.
    ///
    /// # Errors
    /// [`RecoveryError::Zone`].
    pub fn new(shard: u32, shards: u32, epoch: u64, refs: Arc<Refs>, topics: Vec<Topic>) -> Result<Self, RecoveryError> {
        let zone = Zone::get("Asia/Almaty").ok_or(RecoveryError::Zone)?;
        let fx = Effects { wants_views: true, ..Effects::default() };
        Ok(Self { shard, shards, epoch, refs, zone, topics, tables: Tables::default(), now: Timestamp::MIN, chain: Chain::default(), open: None, fx })
    }

    /// Goes on from a snapshot.
    ///
    /// # Errors
    /// The snapshot's rows cannot be read.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), RecoveryError> {
        self.check_shards(snapshot.shards)?;
        self.tables.apply_changes(&snapshot.tables)?;
        (self.now, self.chain) = (snapshot.at, snapshot.chain);
        Ok(())
    }

    /// Applies one journal block after the snapshot.
    ///
    /// # Errors
    /// The block does not follow or cannot be read.
    pub fn apply(&mut self, bytes: &[u8]) -> Result<(), RecoveryError> {
        let (chain, block) = self.chain.follow(bytes)?;
        self.check_shards(block.shards)?;
        self.tables.apply_changes(&block.changes)?;
        (self.now, self.chain) = (block.at, chain);
        Ok(())
    }

    fn check_shards(&self, found: u32) -> Result<(), RecoveryError> {
        if found == self.shards { Ok(()) } else { Err(RecoveryError::Shards { found, wanted: self.shards }) }
    }

    /// The last commit.
    #[must_use]
    pub const fn chain(&self) -> Chain { self.chain }
    /// When the next timer is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> { self.tables.next_timer().map(|t| t.due) }
    /// The shard's clock.
    #[must_use]
    pub const fn now(&self) -> Timestamp { self.now }
    /// The tables, for inspection.
    pub fn tables(&mut self) -> &mut Tables { &mut self.tables }

    /// Handles a batch; with `idle_until` (the wall clock before it was found that no input waits) also lets the timers due by
    /// then fire. The clock stops at the last of them: a record that the log has already stamped but not yet shown keeps
    /// its own arrival time, so that a replay of what was recorded says the same. Gives the commit that makes it true, or nothing when nothing happened.
    pub fn step(&mut self, batch: &Batch, idle_until: Option<Timestamp>) -> Option<Commit> {
        let before = self.now;
        let mut step = Step { messages: VecDeque::new(), internal: Vec::new(), handled: 0 };
        let mut positions: Vec<(TopicId, u64)> = Vec::new();
        for record in batch.iter() {
            match positions.iter_mut().find(|(t, _)| *t == record.topic) {
                Some((_, next)) => *next = record.offset + 1,
                None => positions.push((record.topic, record.offset + 1)),
            }
            self.record(&mut step, record);
        }
        if let Some(until) = idle_until { self.fire(&mut step, until); }
        if positions.is_empty() && step.handled == 0 { return None; }
        let commit = self.commit_of(step, positions);
        self.open = Some((before, Chain::of(commit.number, &commit.journal)));
        Some(commit)
    }

    /// The commit stands.
    pub fn committed(&mut self) {
        if let Some((_, chain)) = self.open.take() { self.chain = chain; }
        self.tables.commit();
    }

    /// What was counted since the last time of asking; asked after every step, so it stays as small as a step.
    pub fn counted(&mut self) -> impl Iterator<Item = &'static str> { self.fx.counts.drain(..) }

    /// The commit left no trace.
    pub fn aborted(&mut self) {
        self.fx.counts.clear();
        if let Some((before, _)) = self.open.take() { self.now = before; }
        self.tables.rollback();
    }

    fn commit_of(&mut self, step: Step, positions: Vec<(TopicId, u64)>) -> Commit {
        let (outputs, views) = (core::mem::take(&mut self.fx.outputs), core::mem::take(&mut self.fx.views));
        let log_outputs = outputs.iter().map(|o| LogRecord { topic: o.topic.name(), partition: self.shard, key: o.key.as_bytes().to_vec(),
            value: o.json.as_bytes().to_vec() }).collect();
        let block = Block { shard: self.shard, shards: self.shards, number: self.chain.number + 1, epoch: self.epoch, at: self.now,
            previous: self.chain.hash, positions: positions.iter().map(|(t, o)| (t.0, *o)).collect(), changes: self.tables.changes(), outputs, views };
        Commit { shard: self.shard, number: block.number, epoch: self.epoch, outputs: log_outputs, internal: step.internal,
            journal: block.encode(), positions }
    }

    fn record(&mut self, step: &mut Step, record: Record<'_>) {
        let received = Timestamp(record.received_at_us);
        if record.topic == TopicId::INTERNAL {
            self.advance(step, received);
            step.handled += 1;
            match postcard::from_bytes::<Envelope>(record.value) {
                // A broadcast that came from another shard is for this one; it is not told on.
                Ok(Envelope { to: None, at, body: Message::Broadcast(what) }) => self.handle(step, at, |cx| topology::on_broadcast(cx, what)),
                Ok(envelope) => step.messages.push_back(envelope),
                Err(_) => self.fx.counts.push("internal_unreadable"),
            }
            self.settle(step);
            return;
        }
        let Some(&topic) = self.topics.get(usize::from(record.topic.0)) else { return };
        // Live time is the newest arrival; it never goes back.
        let arrived = received.max(self.now);
        self.advance(step, arrived);
        match decode(topic, record.value, Clock::Log(received)) {
            Ok(mut input) => {
                input.arrived = arrived;
                self.input(step, topic, input);
            }
            Err(rejection) => {
                let place = Place { topic, partition: record.partition, offset: record.offset };
                let (letter, row) = dead_letter(place, record.value, &rejection, arrived, &self.zone);
                self.fx.outputs.push(letter);
                self.fx.views.push(row);
            }
        }
    }

    fn input(&mut self, step: &mut Step, topic: Topic, input: Input) {
        if !self.tables.seen.first(topic, &input.id, self.now) {
            self.fx.counts.push("duplicates");
            return;
        }
        let owner = topology::owner_of(&input);
        if owner.shard(self.shards) == self.shard {
            self.handle(step, self.now, |cx| topology::on_input(cx, &input));
        } else {
            step.messages.push_back(Envelope { to: Some(owner), at: self.now, body: Message::Forwarded(Box::new(input)) });
        }
        self.settle(step);
    }

    fn advance(&mut self, step: &mut Step, until: Timestamp) {
        self.fire(step, until);
        self.now = self.now.max(until);
    }

    fn fire(&mut self, step: &mut Step, until: Timestamp) {
        while let Some(timer) = self.tables.next_timer().filter(|t| t.due <= until).cloned() {
            self.now = self.now.max(timer.due);
            self.handle(step, self.now, |cx| {
                cx.tables.kernel.timers.remove(&timer);
                topology::on_timer(cx, &timer);
            });
            step.handled += 1;
            self.settle(step);
        }
    }

    fn handle(&mut self, step: &mut Step, at: Timestamp, f: impl FnOnce(&mut Cx<'_>)) {
        f(&mut Cx { now: at, epoch: self.epoch, tables: &mut self.tables, fx: &mut self.fx, refs: &self.refs });
        step.messages.extend(self.fx.messages.drain(..));
    }

    /// Messages to owners of this shard are handled in the same commit as their cause; the others go to `internal`.
    fn settle(&mut self, step: &mut Step) {
        let mut handled = 0;
        while let Some(envelope) = step.messages.pop_front() {
            handled += 1;
            assert!(handled <= STEP_MESSAGES, "owners of one shard send each other messages without end");
            match &envelope.to {
                Some(owner) if owner.shard(self.shards) == self.shard => {
                    let owner = owner.clone();
                    match envelope.body {
                        Message::Forwarded(input) => self.forwarded(step, *input, envelope.at),
                        body => self.handle(step, envelope.at, |cx| topology::on_message(cx, &owner, body)),
                    }
                }
                Some(owner) => {
                    let partition = owner.shard(self.shards);
                    let key = owner.key().as_bytes().to_vec();
                    step.internal.push(internal(partition, key, &envelope));
                }
                None => {
                    for partition in (0..self.shards).filter(|p| *p != self.shard) {
                        step.internal.push(internal(partition, Vec::new(), &Envelope { to: None, ..envelope.clone() }));
                    }
                    if let Message::Broadcast(what) = envelope.body {
                        self.handle(step, envelope.at, |cx| topology::on_broadcast(cx, what));
                    }
                }
            }
        }
    }

    /// An input that arrived on another shard: its id may also have arrived here directly.
    fn forwarded(&mut self, step: &mut Step, input: Input, at: Timestamp) {
        let topic = input.body.topic();
        if self.tables.seen.first(topic, &input.id, self.now) {
            self.handle(step, at, |cx| topology::on_input(cx, &input));
        } else {
            self.fx.counts.push("duplicates");
        }
    }
}

struct Step {
    messages: VecDeque<Envelope>,
    internal: Vec<LogRecord>,
    handled: usize,
}

fn internal(partition: u32, key: Vec<u8>, envelope: &Envelope) -> LogRecord {
    let value = match postcard::to_allocvec(envelope) {
        Ok(bytes) => bytes,
        Err(e) => unreachable!("a message of our own types always encodes: {e}"),
    };
    LogRecord { topic: kezek_connectors::log::catalogue::INTERNAL, partition, key, value }
}
