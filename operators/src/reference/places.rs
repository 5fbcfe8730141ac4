//! Places, counted anew for every question.

use jiff::civil::Date;
use kezek_schemas::time::{Slot, Span, Timestamp, date_of_days, days_since_epoch};

use super::Model;
use crate::booking::Code;

impl Model<'_> {
    pub(super) fn start(&self, slot: Slot) -> Timestamp { slot.start(&self.place.zone) }

    fn set_places(&self, slot: Slot) -> u32 {
        let daily = self.place.daily_capacity.unwrap_or(240);
        let by_default = daily / 24 + u32::from((slot.hour as u32) < daily % 24);
        self.capacity.get(&slot).copied().unwrap_or(by_default)
    }

    pub(super) fn day_capacity(&self, date: Date) -> u32 { (0..24).map(|hour| self.set_places(Slot { date, hour })).sum() }

    pub(super) fn closed_hour(&self, slot: Slot) -> bool {
        let start = self.start(slot);
        self.closure.is_some_and(|(from, until)| start + Span::hours(1) > from && until.is_none_or(|u| start < u))
    }

    /// Places of an hour now.
    #[must_use]
    pub fn places(&self, slot: Slot) -> u32 { if self.closed_hour(slot) { 0 } else { self.set_places(slot) } }

    /// Bookings that use a place in an hour.
    #[must_use]
    pub fn used(&self, slot: Slot) -> u32 { self.items.iter().filter(|e| e.uses_place() && e.slot == Some(slot)).count() as u32 }

    /// Every hour somebody uses.
    #[must_use]
    pub fn used_hours(&self) -> Vec<Slot> {
        let mut hours: Vec<Slot> = self.items.iter().filter(|e| e.uses_place()).filter_map(|e| e.slot).collect();
        hours.sort_unstable();
        hours.dedup();
        hours
    }

    pub(super) fn last_day(&self) -> Date {
        let today = self.place.zone.date_hour(self.now).0;
        date_of_days(days_since_epoch(today) + self.rules.horizon_days).unwrap_or(today)
    }

    /// The first free hour from `from` on that starts after now.
    pub(super) fn first_free(&self, from: Slot) -> Option<Slot> {
        let mut slot = from;
        while slot.date <= self.last_day() {
            if self.start(slot) > self.now && self.used(slot) < self.places(slot) { return Some(slot); }
            slot = slot.next();
        }
        None
    }

    pub(super) fn next_number(&mut self, date: Date) -> u32 {
        let n = self.numbers.entry(date).or_default();
        *n += 1;
        *n
    }

    pub(super) fn time_causes(&self, wish: Result<Slot, Option<Timestamp>>) -> Vec<Code> {
        let (date, past) = match wish {
            Ok(slot) => (slot.date, self.start(slot) <= self.now),
            Err(since) => (self.place.zone.date_hour(since.unwrap_or(self.now)).0, false),
        };
        let mut causes = Vec::new();
        if date > self.last_day() { causes.push(Code::HorizonExceeded); }
        if past { causes.push(Code::SlotInPast); }
        causes
    }

    pub(super) fn find_place(&self, wish: Result<Slot, Option<Timestamp>>) -> Result<Slot, Code> {
        match wish {
            Ok(slot) if self.closed_hour(slot) => Err(Code::CheckpointClosed),
            Ok(slot) if self.used(slot) < self.places(slot) => Ok(slot),
            Ok(_) => Err(Code::SlotFull),
            Err(since) => {
                let since = since.map_or(self.now, |t| t.max(self.now));
                let (date, hour) = self.place.zone.date_hour(since);
                let from = Slot { date, hour };
                let from = if self.start(from) < since { from.next() } else { from };
                let closed_for_good = self.closed_hour(from) && self.closed_hour(Slot { date: self.last_day(), hour: 23 });
                self.first_free(from).ok_or(if closed_for_good { Code::CheckpointClosed } else { Code::SlotFull })
            }
        }
    }
}
