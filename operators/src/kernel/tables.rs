//! All tables of a shard. Id ranges: kernel 0x00, directory 0x10, booking 0x20, queue 0x30, gate 0x40, matching 0x50,
//! boards 0x60, journey 0x70, risk 0x80, dispatch 0x90, permits 0xa0.

use super::table::{AnyTable, table_set};
use super::{TableSet, TimerKey};

table_set! {
    /// The kernel's own rows.
    pub struct KernelTables {
        /// Timers that are set.
        timers: OrderedTable<TimerKey, ()> = 0x00,
    }
}

/// Every table of one shard.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Tables {
    pub kernel: KernelTables,
    pub seen: super::Seen,
    pub directory: crate::directory::DirectoryTables,
    pub booking: crate::booking::BookingTables,
    pub queue: crate::queue::QueueTables,
    pub gate: crate::gate::GateTables,
    pub matching: crate::matching::MatchingTables,
    pub boards: crate::boards::BoardTables,
    pub journey: crate::journey::JourneyTables,
    pub risk: crate::risk::RiskTables,
    pub dispatch: crate::dispatch::DispatchTables,
    pub permits: crate::permits::PermitTables,
}

impl TableSet for Tables {
    fn each(&mut self, f: &mut dyn FnMut(u16, &'static str, &mut dyn AnyTable)) {
        self.kernel.each(f);
        f(0x01, "seen", &mut self.seen);
        self.directory.each(f);
        self.booking.each(f);
        self.queue.each(f);
        self.gate.each(f);
        self.matching.each(f);
        self.boards.each(f);
        self.journey.each(f);
        self.risk.each(f);
        self.dispatch.each(f);
        self.permits.each(f);
    }
}

impl Tables {
    /// The next timer.
    #[must_use]
    pub fn next_timer(&self) -> Option<&TimerKey> { self.kernel.timers.first().map(|(k, ())| k) }
    /// Switches dirty tracking of all tables.
    pub fn set_tracking(&mut self, on: bool) { self.each(&mut |_, _, t| t.set_tracking(on)); }
    /// The changes since the last commit, as a journal block's table part.
    #[must_use]
    pub fn changes(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.each(&mut |id, _, t| t.encode_changes(id, &mut out));
        out
    }
    /// The commit stands.
    pub fn commit(&mut self) { self.each(&mut |_, _, t| t.commit()); }
    /// The commit failed.
    pub fn rollback(&mut self) { self.each(&mut |_, _, t| t.rollback()); }
    /// Every row, in a form that is equal for equal tables.
    #[must_use]
    pub fn dump(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.each(&mut |id, _, t| t.dump(id, &mut out));
        out
    }
}
