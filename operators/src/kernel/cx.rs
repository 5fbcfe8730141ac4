//! The one thing an operator is handed: time, tables, reference data and a place for effects.

use compact_str::CompactString;
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::tables::ViewRow;
use kezek_schemas::time::{Timestamp, Zone};
use serde::Serialize;

use super::{Broadcast, Effects, Envelope, Message, Owner, Refs, Tables, TimerKey, TimerKind};

/// The context of one event.
pub struct Cx<'a> {
    /// The time of the input or timer that caused this: every output's `at`.
    pub now: Timestamp,
    /// Ownership epoch of the shard, for commands (fencing); 0 in `replay`.
    pub epoch: u64,
    /// The shard's tables.
    pub tables: &'a mut Tables,
    /// What shall happen.
    pub fx: &'a mut Effects,
    /// Reference data.
    pub refs: &'a Refs,
}

impl Cx<'_> {
    /// Sends a message to an owner. It is handled after this event, also when the owner is on this shard.
    pub fn send(&mut self, to: Owner, body: Message) {
        self.fx.messages.push(Envelope { to: Some(to), at: self.now, body });
    }
    /// Tells every shard.
    pub fn broadcast(&mut self, what: Broadcast) {
        self.fx.messages.push(Envelope { to: None, at: self.now, body: Message::Broadcast(what) });
    }
    /// Writes an output record. `record` must hold `id` and `at`.
    pub fn emit(&mut self, topic: OutTopic, key: impl AsRef<str>, record: &impl Serialize) { self.fx.emit(topic, key.as_ref(), record); }
    /// Shows a changed row of a SQL table; the closure runs only when somebody follows.
    pub fn view(&mut self, row: impl FnOnce(&Self) -> ViewRow) {
        if self.fx.wants_views {
            let row = row(self);
            self.fx.views.push(row);
        }
    }
    /// Sets a timer. One that is already due fires before the next input.
    pub fn arm(&mut self, due: Timestamp, key: impl AsRef<str>, kind: TimerKind, subject: impl AsRef<str>) {
        let key = TimerKey { due, key: CompactString::new(key.as_ref()), kind, subject: CompactString::new(subject.as_ref()) };
        self.tables.kernel.timers.insert(key, ());
    }
    /// Unsets a timer, if it is set.
    pub fn disarm(&mut self, due: Timestamp, key: impl AsRef<str>, kind: TimerKind, subject: impl AsRef<str>) {
        let key = TimerKey { due, key: CompactString::new(key.as_ref()), kind, subject: CompactString::new(subject.as_ref()) };
        if self.tables.kernel.timers.contains(&key) { self.tables.kernel.timers.remove(&key); }
    }
    /// Raises a counter.
    pub fn count(&mut self, name: &'static str) { self.fx.counts.push(name); }
    /// `now` as the wire shows it at a place.
    #[must_use]
    pub fn local(&self, zone: &Zone) -> String { self.now.to_rfc3339(zone) }
}
