//! A country in one thread: any number of shards' tables under one virtual clock. `replay`, tests and the reference
//! runs drive it. Timers fire in global order before each input, and messages run to quiescence, in the order in
//! which they were sent, before anything else happens: so the outcome does not depend on the shard count.

use std::collections::VecDeque;

use kezek_schemas::inputs::{Input, Topic};
use kezek_schemas::time::Timestamp;

use crate::kernel::{Cx, Effects, Envelope, Message, Refs, Tables, TimerKey};
use crate::topology;

/// The shards of a replay.
#[derive(Debug)]
pub struct World<'a> {
    refs: &'a Refs,
    shards: Vec<Tables>,
    pending: VecDeque<Envelope>,
    /// Effects since the caller last took them; `messages` is always empty here.
    pub fx: Effects,
    /// Virtual time: the newest arrival or timer.
    pub now: Timestamp,
}

impl<'a> World<'a> {
    /// An empty country of `shards` shards.
    #[must_use]
    pub fn new(refs: &'a Refs, shards: u32) -> Self {
        let shards = (0..shards.max(1)).map(|_| {
            let mut tables = Tables::default();
            tables.set_tracking(false);
            tables
        }).collect();
        Self { refs, shards, pending: VecDeque::new(), fx: Effects::default(), now: Timestamp::MIN }
    }

    /// The tables of each shard, for inspection.
    pub fn tables(&mut self) -> &mut [Tables] { &mut self.shards }

    /// Handles an input: first every timer due up to its arrival, then the input, then all messages.
    pub fn input(&mut self, topic: Topic, input: &Input) {
        self.advance(input.arrived);
        // The id's own owner remembers it, so that a doubled id is found at any shard count.
        let keeper = kezek_schemas::keys::partition(input.id.as_str().as_bytes(), self.shards.len() as u32) as usize;
        if !self.shards[keeper].seen.first(topic, &input.id, self.now) {
            self.fx.counts.push("duplicates");
            return;
        }
        let owner = topology::owner_of(input);
        let shard = owner.shard(self.shards.len() as u32) as usize;
        self.on_shard(shard, self.now, |cx| topology::on_input(cx, input));
        self.settle();
    }

    /// Fires all timers due up to `until` and moves the clock there; it never goes back.
    pub fn advance(&mut self, until: Timestamp) {
        while let Some((shard, timer)) = self.next_timer(until) {
            self.now = self.now.max(timer.due);
            let now = self.now;
            self.on_shard(shard, now, |cx| {
                cx.tables.kernel.timers.remove(&timer);
                topology::on_timer(cx, &timer);
            });
            self.settle();
        }
        self.now = self.now.max(until);
    }

    /// The first timer of all shards, if it is due by then.
    fn next_timer(&self, until: Timestamp) -> Option<(usize, TimerKey)> {
        let mut best: Option<(usize, &TimerKey)> = None;
        for (i, tables) in self.shards.iter().enumerate() {
            if let Some(t) = tables.next_timer().filter(|t| t.due <= until)
                && best.is_none_or(|(_, b)| t < b)
            {
                best = Some((i, t));
            }
        }
        best.map(|(i, t)| (i, t.clone()))
    }

    fn on_shard(&mut self, shard: usize, now: Timestamp, f: impl FnOnce(&mut Cx<'_>)) {
        f(&mut Cx { now, epoch: 0, tables: &mut self.shards[shard], fx: &mut self.fx, refs: self.refs });
        self.pending.extend(self.fx.messages.drain(..));
    }

    fn settle(&mut self) {
        while let Some(Envelope { to, at, body }) = self.pending.pop_front() {
            match to {
                Some(owner) => {
                    let shard = owner.shard(self.shards.len() as u32) as usize;
                    self.on_shard(shard, at, |cx| topology::on_message(cx, &owner, body));
                }
                None => {
                    let Message::Broadcast(what) = body else { continue };
                    for shard in 0..self.shards.len() {
                        let what = what.clone();
                        self.on_shard(shard, at, |cx| topology::on_broadcast(cx, what));
                    }
                }
            }
        }
    }
}
