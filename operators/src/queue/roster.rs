//! How a queue's entries are kept: by booking, and for each checkpoint in dense columns. At every read the gate must know
//! how many are due and which of thousands may be meant; it runs over the columns and looks up only those few.

use hashbrown::HashMap;
use kezek_schemas::ids::{BookingId, CheckpointId};
use rustc_hash::FxBuildHasher;

use super::entry::{QueueEntry, Stand, Status};
use crate::kernel::Rows;
use crate::matching::pattern::{Packed, Pattern};

/// The entries of one checkpoint, in no order.
#[derive(Debug, Default)]
pub struct Roster {
    bookings: Vec<BookingId>,
    stands: Vec<Stand>,
    plates: Vec<Packed>,
}

impl Roster {
    /// Every entry that is or was confirmed: how it stands, and its booking where its plate may be within so many edits of
    /// one of the reads.
    pub fn scan<'a>(&'a self, reads: &[Pattern], edits: u32, mut each: impl FnMut(&'a Stand, Option<&'a BookingId>)) {
        for (i, stand) in self.stands.iter().enumerate() {
            if matches!(stand.status, Status::Requested | Status::WaitingSource | Status::Refused) { continue; }
            let near = reads.iter().any(|r| r.reaches(&self.plates[i], edits));
            each(stand, near.then(|| &self.bookings[i]));
        }
    }

    /// Everybody, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Stand, &BookingId)> { self.stands.iter().zip(&self.bookings) }

    fn seat(&mut self, entry: &QueueEntry) -> usize {
        self.bookings.push(entry.booking_id.clone());
        self.stands.push(entry.stand());
        self.plates.push(Packed::of(&entry.plate));
        self.bookings.len() - 1
    }

    /// Empties a seat; the booking that moved into it from the end.
    fn leave(&mut self, seat: usize) -> Option<&BookingId> {
        self.bookings.swap_remove(seat);
        self.stands.swap_remove(seat);
        self.plates.swap_remove(seat);
        self.bookings.get(seat)
    }
}

#[derive(Debug)]
struct Seated {
    entry: QueueEntry,
    seat: usize,
}

/// The entries of all checkpoints.
#[derive(Debug, Default)]
pub struct Entries {
    rows: HashMap<BookingId, Seated, FxBuildHasher>,
    rosters: HashMap<CheckpointId, Roster, FxBuildHasher>,
}

impl Entries {
    /// The entries of a checkpoint, if it ever had one.
    #[must_use]
    pub fn roster(&self, checkpoint: &CheckpointId) -> Option<&Roster> { self.rosters.get(checkpoint) }
}

impl Rows<BookingId, QueueEntry> for Entries {
    fn row(&self, booking: &BookingId) -> Option<&QueueEntry> { self.rows.get(booking).map(|s| &s.entry) }
    fn put(&mut self, booking: BookingId, entry: QueueEntry) -> Option<QueueEntry> {
        if let Some(Seated { entry: old, seat }) = self.rows.get_mut(&booking)
            && old.checkpoint == entry.checkpoint
            && let Some(roster) = self.rosters.get_mut(&entry.checkpoint) {
            roster.stands[*seat] = entry.stand();
            if old.plate != entry.plate { roster.plates[*seat] = Packed::of(&entry.plate); }
            return Some(core::mem::replace(old, entry));
        }
        let old = self.take(&booking);
        let seat = self.rosters.entry(entry.checkpoint.clone()).or_default().seat(&entry);
        self.rows.insert(booking, Seated { entry, seat });
        old
    }
    fn take(&mut self, booking: &BookingId) -> Option<QueueEntry> {
        let Seated { entry, seat } = self.rows.remove(booking)?;
        if let Some(moved) = self.rosters.get_mut(&entry.checkpoint).and_then(|r| r.leave(seat))
            && let Some(moved) = self.rows.get_mut(moved) { moved.seat = seat; }
        Some(entry)
    }
    fn count(&self) -> usize { self.rows.len() }
    fn visit(&self, f: &mut dyn FnMut(&BookingId, &QueueEntry)) { for (k, s) in &self.rows { f(k, &s.entry); } }
}

#[cfg(test)]
mod tests {
    use kezek_schemas::ids::{AccountId, Country, SchemeId};
    use kezek_schemas::plate::Plate;
    use kezek_schemas::time::{Slot, Timestamp};
    use proptest::prelude::*;

    use super::*;
    use crate::queue::entry::Lane;

    fn entry(n: u8, place: u8, status: Status) -> QueueEntry {
        let (slot, at) = (Slot { date: "2026-01-15".parse().unwrap(), hour: 9 }, Timestamp(0));
        QueueEntry { booking_id: BookingId(format!("b{n}").into()), checkpoint: CheckpointId(format!("c{place}").into()), scheme: SchemeId::default(),
            account_id: AccountId::default(), plate: Plate::normalise(&format!("{n:03}ABC02")), plate_raw: "".into(), vehicle: Plate::normalise("1").skeleton(),
            country: Country("KZ".into()), trailer: None, vin: None, slot, slot_start: at, number: 1, lane: Lane::Turn, status, called: false, seen: false,
            accepted: false, in_zone: false, noticed: false, stranded: false, held_at: at, quota: None, released_at: None, ended_at: None }
    }

    proptest! {
        /// Whatever is put and taken, the columns say what the rows say.
        #[test]
        fn columns_follow_rows(steps in proptest::collection::vec((0u8..12, 0u8..3, 0u8..4), 0..200)) {
            let mut entries = Entries::default();
            for (n, place, what) in steps {
                let booking = BookingId(format!("b{n}").into());
                match what {
                    0 => { entries.take(&booking); }
                    1 => { entries.put(booking, entry(n, place, Status::Called)); }
                    _ => { entries.put(booking, entry(n, place, Status::Confirmed)); }
                }
            }
            let mut seen = 0;
            for roster in entries.rosters.values() {
                for (i, booking) in roster.bookings.iter().enumerate() {
                    let row = entries.row(booking).expect("a seat has a row");
                    prop_assert_eq!((roster.stands[i], roster.plates[i]), (row.stand(), Packed::of(&row.plate)));
                    seen += 1;
                }
            }
            prop_assert_eq!(seen, entries.count());
        }
    }
}
