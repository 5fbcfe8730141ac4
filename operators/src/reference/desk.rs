//! Cuts and closures: who is over leaves from the end, and all who leave find their new hours in the queue's order.

use core::cmp::Reverse;

use jiff::civil::Date;
use kezek_schemas::time::{Slot, Span, Timestamp};

use super::Model;
use crate::queue::entry::{Lane, Status};

impl Model<'_> {
    pub(super) fn set_capacity(&mut self, date: Date, hour: Option<i8>, places: u32) {
        for h in 0..24 {
            let part = hour.map_or(places / 24 + u32::from((h as u32) < places % 24), |_| places);
            if hour.is_none_or(|only| only == h) { self.capacity.insert(Slot { date, hour: h }, part); }
        }
        self.fit(|slot| slot.date == date && hour.is_none_or(|only| only == slot.hour));
        self.rescue();
    }

    pub(super) fn close(&mut self, until: Option<Timestamp>) {
        if until.is_some_and(|u| u <= self.now) { return; }
        let from = self.closure.filter(|(_, u)| u.is_none_or(|u| self.now < u)).map_or(self.now, |(from, _)| from);
        self.closure = Some((from, until));
        self.reopen.extend(until);
        let hours: Vec<Slot> = self.used_hours().into_iter().filter(|s| self.closed_hour(*s)).collect();
        self.fit(|slot| hours.contains(&slot));
        self.rescue();
    }

    pub(super) fn open(&mut self) {
        self.closure = None;
        self.rescue();
    }

    pub(super) fn reopened(&mut self) {
        if self.closure.is_none_or(|(_, until)| until.is_some_and(|u| u <= self.now)) { self.open(); }
    }

    fn fit(&mut self, concerns: impl Fn(Slot) -> bool) {
        let mut leavers = Vec::new();
        for slot in self.used_hours() {
            if !concerns(slot) || self.start(slot) + Span::hours(1) <= self.now { continue; }
            let mut there: Vec<usize> = (0..self.items.len())
                .filter(|i| self.items[*i].slot == Some(slot) && !self.items[*i].ended()).collect();
            // Who leaves last comes first.
            there.sort_by_key(|i| {
                let e = &self.items[*i];
                (e.held(), Reverse(e.seen), Reverse(e.lane == Lane::Priority), e.number, e.requested_at, e.wish.booking.clone())
            });
            while self.used(slot) as usize > self.places(slot) as usize + leavers.iter().filter(|i: &&usize| self.items[**i].slot == Some(slot)).count() {
                let Some(i) = there.pop() else {
                    self.overfull.insert(slot);
                    break;
                };
                leavers.push(i);
            }
        }
        leavers.sort_by(|a, b| self.items[*a].order().cmp(&self.items[*b].order()));
        let from: Vec<(usize, Slot)> = leavers.iter().filter_map(|i| self.items[*i].slot.take().map(|slot| (*i, slot))).collect();
        for (i, slot) in from {
            let found = self.first_free(slot.next());
            self.items[i].slot = Some(slot);
            match found {
                Some(new) => self.relocate(i, new),
                None => {
                    self.items[i].stranded |= self.closed_hour(slot);
                    self.overfull.insert(slot);
                }
            }
        }
    }

    /// Those who found no hour: their slot stands once it is open, if it is ahead; else the next one once the checkpoint is open.
    fn rescue(&mut self) {
        let closed = self.closure.is_some_and(|(from, until)| from <= self.now && until.is_none_or(|u| self.now < u));
        let mut waiting: Vec<usize> = (0..self.items.len()).filter(|i| self.items[*i].stranded && !self.items[*i].ended()).collect();
        waiting.sort_by(|a, b| self.items[*a].order().cmp(&self.items[*b].order()));
        for i in waiting {
            let Some(slot) = self.items[i].slot.filter(|s| !self.closed_hour(*s)) else { continue };
            if self.start(slot) > self.now {
                self.items[i].stranded = false;
                self.schedule(i);
            } else if !closed && let Some(new) = self.first_free(slot.next()) {
                self.relocate(i, new);
            }
        }
    }

    pub(super) fn relocate(&mut self, i: usize, slot: Slot) {
        let renumber = self.items[i].confirmed && self.items[i].slot.is_none_or(|old| old.date != slot.date);
        let number = if renumber { self.next_number(slot.date) } else { self.items[i].number };
        let e = &mut self.items[i];
        (e.slot, e.number, e.stranded, e.fired) = (Some(slot), number, false, [false; 4]);
        let keeps = e.held() || e.keeps_its_call();
        let status = e.status;
        if !keeps { (e.called, e.noticed) = (false, false); }
        self.status(i, Status::Rescheduled, Vec::new());
        if keeps { self.items[i].status = status; }
        self.note(i, "retimed", Vec::new());
        self.schedule(i);
    }
}
