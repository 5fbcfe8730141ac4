//! What is due, looked for in the whole list each time: the earliest first, at one instant by key, kind and booking.

use kezek_schemas::time::{Span, Timestamp};

use super::Model;
use crate::queue::entry::Status;

/// Something due: when, whose key, of what kind, which booking.
type Due = (Timestamp, String, u8, String);

const REOPEN: u8 = 0;
const SOURCE: u8 = 5;
const HOLD: u8 = 6;

impl Model<'_> {
    /// Everything due up to `until` happens, in its order.
    pub fn advance(&mut self, until: Timestamp) {
        while let Some((at, _, kind, booking)) = self.next_due().filter(|d| d.0 <= until) {
            self.now = self.now.max(at);
            if kind == REOPEN {
                self.reopen.retain(|r| *r != at);
                self.reopened();
                continue;
            }
            let Some(i) = self.find(&booking) else { continue };
            match kind {
                SOURCE => self.wait(i),
                HOLD => {
                    let codes = self.open_checks(i);
                    self.refuse(i, codes);
                }
                step => self.step(i, step as usize - 1),
            }
        }
        self.now = self.now.max(until);
    }

    fn next_due(&self) -> Option<Due> {
        let key = self.place.id.as_str();
        let mut due: Vec<Due> = self.reopen.iter().map(|at| (*at, key.to_owned(), REOPEN, String::new())).collect();
        for (i, e) in self.items.iter().enumerate() {
            let id = &e.wish.booking;
            if e.held() {
                let at = e.requested_at;
                if !e.waiting_told { due.push((at + self.rules.source_deadline(), e.skeleton.clone(), SOURCE, id.clone())); }
                due.push((at + self.rules.hold(), e.skeleton.clone(), HOLD, id.clone()));
            } else if e.live() && !e.stranded {
                let steps = self.times(i).into_iter().zip(1u8..).zip(e.fired).filter(|(_, fired)| !fired);
                due.extend(steps.map(|((at, kind), _)| (at, key.to_owned(), kind, id.clone())));
            }
        }
        due.into_iter().min()
    }

    /// Notice, call, late, annulment.
    fn times(&self, i: usize) -> [Timestamp; 4] {
        let Some(slot) = self.items[i].slot else { return [Timestamp(i64::MAX); 4] };
        let (start, end) = (self.start(slot), self.start(slot) + Span::hours(1));
        [start - self.rules.notice(), start - self.rules.call(slot), end, end + self.rules.grace()]
    }

    /// A new slot: what is already due happens at once.
    pub(super) fn schedule(&mut self, i: usize) {
        for n in 0..4 {
            if self.items[i].live() && !self.items[i].stranded && self.times(i)[n] <= self.now { self.step(i, n); }
        }
    }

    fn step(&mut self, i: usize, n: usize) {
        let e = &mut self.items[i];
        e.fired[n] = true;
        match n {
            0 if !e.noticed => {
                e.noticed = true;
                if matches!(e.status, Status::Confirmed | Status::Rescheduled) { self.status(i, Status::Notified, Vec::new()); }
                self.note(i, "arrive", Vec::new());
            }
            1 if !e.called => {
                e.called = true;
                self.status(i, Status::Called, Vec::new());
                self.note(i, "call", Vec::new());
            }
            2 if !e.seen && e.status != Status::Late => {
                self.status(i, Status::Late, Vec::new());
                self.note(i, "late", Vec::new());
            }
            3 if !e.seen => {
                self.status(i, Status::Annulled, Vec::new());
                self.note(i, "annulled", Vec::new());
            }
            0..=3 | 4.. => {}
        }
    }
}
