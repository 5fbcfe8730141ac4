//! The naive model of the queue: one list of bookings of one checkpoint, walked from its head for every question. No index,
//! no message, no shard, no timer row: what is due is looked for, what is free is counted. It exists to disagree with
//! the operators when one of them is wrong: a property test gives both the same history and compares what they tell.
//!
//! It knows requests, answers, moves, cancellations, capacity, closures, zone entries and crossings under one rule set
//! for residents with one driver. What it leaves out (gates, transfers beyond the account, added drivers) has tests of
//! its own.

mod clock;
mod desk;
mod places;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use kezek_schemas::inputs::CheckResult;
use kezek_schemas::reference::Checkpoint;
use kezek_schemas::reference::rules::RuleSet;
use kezek_schemas::time::{Slot, Timestamp};

use crate::booking::Code;
use crate::queue::entry::{Lane, Quota, Status};

/// The blocking checks of a resident with one driver, by position; `WANTED` and `INSURANCE` revoke.
pub const CHECKS: usize = 8;
/// The position of the insurance.
pub const INSURANCE: usize = 4;
/// The first of the two searches.
pub const WANTED: usize = 5;

/// What a request asks.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Its id.
    pub booking: String,
    /// The plate in normal form.
    pub plate: String,
    /// The VIN.
    pub vin: Option<String>,
    /// The slot: this one, or the first free one not before that.
    pub slot: Result<Slot, Option<Timestamp>>,
    /// The fee asks for the priority lane.
    pub pays: bool,
}

/// Something that happens.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Event {
    Request(Wish),
    /// Blocking check number `check` of a booking.
    Answer { booking: String, check: usize, result: CheckResult },
    Move { booking: String, owner: bool, slot: Result<Slot, Option<Timestamp>> },
    Cancel { booking: String, owner: bool },
    Capacity { date: Date, hour: Option<i8>, places: u32 },
    Closed { until: Option<Timestamp> },
    Opened,
    ZoneEntry { plate: String },
    Crossing { plate: String },
}

/// What is told about a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The booking.
    pub booking: String,
    /// When.
    pub at: Timestamp,
    /// A status, or `note:` and the kind of a notification.
    pub what: String,
    /// The slot, where a place is held.
    pub slot: Option<Slot>,
    /// The number, once there is one.
    pub number: u32,
    /// Codes of the reasons.
    pub codes: Vec<&'static str>,
}

/// A booking.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    wish: Wish,
    skeleton: String,
    requested_at: Timestamp,
    answers: [Option<CheckResult>; CHECKS],
    confirmed: bool,
    waiting_told: bool,
    status: Status,
    slot: Option<Slot>,
    number: u32,
    lane: Lane,
    quota: Option<Quota>,
    called: bool,
    noticed: bool,
    seen: bool,
    in_zone: bool,
    stranded: bool,
    fired: [bool; 4],
}

impl Item {
    const fn ended(&self) -> bool { self.status.ended() }
    const fn held(&self) -> bool { !self.confirmed && !self.ended() }
    const fn live(&self) -> bool { self.confirmed && !self.ended() }
    /// It uses a place: held, live, or gone over the border.
    const fn uses_place(&self) -> bool { self.slot.is_some() && (!self.ended() || matches!(self.status, Status::Crossed)) }
    const fn keeps_its_call(&self) -> bool { self.called && self.in_zone }
    fn order(&self) -> (bool, Lane, Option<Slot>, u32, Timestamp, &str) {
        (self.held(), self.lane, self.slot, self.number, self.requested_at, &self.wish.booking)
    }
}

/// The model of one checkpoint.
#[derive(Debug)]
pub struct Model<'a> {
    place: &'a Checkpoint,
    rules: &'a RuleSet,
    /// Virtual time.
    pub now: Timestamp,
    items: Vec<Item>,
    capacity: BTreeMap<Slot, u32>,
    closure: Option<(Timestamp, Option<Timestamp>)>,
    reopen: Vec<Timestamp>,
    numbers: BTreeMap<Date, u32>,
    early: Vec<(Timestamp, String, usize, CheckResult)>,
    /// Everything told so far.
    pub told: Vec<Told>,
    /// Hours that stay over their capacity: nobody who could leave found a free hour.
    pub overfull: BTreeSet<Slot>,
}

impl<'a> Model<'a> {
    /// An empty queue.
    #[must_use]
    pub const fn new(place: &'a Checkpoint, rules: &'a RuleSet) -> Self {
        Self { place, rules, now: Timestamp::MIN, items: Vec::new(), capacity: BTreeMap::new(), closure: None, reopen: Vec::new(),
            numbers: BTreeMap::new(), early: Vec::new(), told: Vec::new(), overfull: BTreeSet::new() }
    }

    /// Something happens at `at`, after everything that is due until then.
    pub fn event(&mut self, at: Timestamp, event: &Event) {
        self.advance(at);
        match event {
            Event::Request(wish) => self.request(wish),
            Event::Answer { booking, check, result } => self.answer(booking, *check, *result),
            Event::Move { booking, owner, slot } => self.move_to(booking, *owner, *slot),
            Event::Cancel { booking, owner } => self.cancel(booking, *owner),
            Event::Capacity { date, hour, places } => self.set_capacity(*date, *hour, *places),
            Event::Closed { until } => self.close(*until),
            Event::Opened => self.open(),
            Event::ZoneEntry { plate } => self.zone_entry(plate),
            Event::Crossing { plate } => self.crossing(plate),
        }
    }

    fn find(&self, booking: &str) -> Option<usize> { self.items.iter().position(|i| i.wish.booking == booking) }

    fn say(&mut self, i: usize, what: String, codes: Vec<&'static str>) {
        let e = &self.items[i];
        self.told.push(Told { booking: e.wish.booking.clone(), at: self.now, what, slot: e.slot, number: e.number, codes });
    }
    fn status(&mut self, i: usize, status: Status, codes: Vec<&'static str>) {
        self.items[i].status = status;
        self.say(i, status.name().to_owned(), codes);
    }
    fn note(&mut self, i: usize, kind: &str, codes: Vec<&'static str>) { self.say(i, format!("note:{kind}"), codes); }

    fn request(&mut self, wish: &Wish) {
        if self.find(&wish.booking).is_some() { return; }
        let skeleton = kezek_schemas::plate::Plate::normalise(&wish.plate).skeleton().as_str().to_owned();
        let i = self.items.len();
        self.items.push(Item { wish: wish.clone(), skeleton, requested_at: self.now, answers: [None; CHECKS], confirmed: false, waiting_told: false,
            status: Status::Requested, slot: None, number: 0, lane: Lane::Turn, quota: None, called: false, noticed: false, seen: false,
            in_zone: false, stranded: false, fired: [false; 4] });
        let since = self.now - kezek_schemas::time::Span::minutes(15);
        for (at, booking, check, result) in core::mem::take(&mut self.early) {
            if booking == wish.booking && at > since { self.items[i].answers[check] = Some(result); }
            if booking != wish.booking { self.early.push((at, booking, check, result)); }
        }
        self.status(i, Status::Requested, Vec::new());
        let mut causes = self.time_causes(wish.slot);
        let others = || self.items[..i].iter().filter(|o| !o.ended());
        let same_plate = others().any(|o| o.wish.plate == wish.plate);
        let same_vin = wish.vin.is_some() && others().any(|o| o.wish.vin == wish.vin && o.wish.plate != wish.plate);
        let place = self.find_place(wish.slot);
        if let Err(code) = place { causes.push(code); }
        if same_plate { causes.push(Code::AlreadyActive); }
        if same_vin { causes.push(Code::VinActive); }
        causes.sort_unstable();
        match place {
            Ok(slot) if causes.is_empty() => {
                self.items[i].slot = Some(slot);
                self.judge(i);
            }
            Ok(_) | Err(_) => self.refuse(i, causes.into_iter().map(Code::name).collect()),
        }
    }

    fn refuse(&mut self, i: usize, codes: Vec<&'static str>) {
        self.status(i, Status::Refused, codes.clone());
        self.note(i, "refused", codes);
    }

    fn answer(&mut self, booking: &str, check: usize, result: CheckResult) {
        let Some(i) = self.find(booking) else { return self.early.push((self.now, booking.to_owned(), check, result)) };
        if self.items[i].ended() { return; }
        self.items[i].answers[check] = Some(result);
        if self.items[i].held() { return self.judge(i); }
        let revoking = [INSURANCE, WANTED, WANTED + 1];
        if revoking.iter().any(|c| self.items[i].answers[*c] == Some(CheckResult::Fail)) {
            self.status(i, Status::Revoked, vec!["check_failed"]);
            self.note(i, "revoked", vec!["check_failed"]);
        }
    }

    fn judge(&mut self, i: usize) {
        let answers = self.items[i].answers;
        if answers.contains(&Some(CheckResult::Fail)) {
            self.refuse(i, vec!["check_failed"]);
        } else if answers.iter().all(|a| *a == Some(CheckResult::Ok)) {
            self.confirm(i);
        } else if answers.contains(&Some(CheckResult::Unavailable)) {
            self.wait(i);
        }
    }

    fn open_checks(&self, i: usize) -> Vec<&'static str> {
        self.items[i].answers.iter().filter(|a| **a != Some(CheckResult::Ok)).map(|_| "source_unavailable").collect()
    }

    fn wait(&mut self, i: usize) {
        if core::mem::replace(&mut self.items[i].waiting_told, true) { return; }
        let codes = self.open_checks(i);
        self.status(i, Status::WaitingSource, codes);
    }

    fn confirm(&mut self, i: usize) {
        let Some(slot) = self.items[i].slot else { return };
        let quota = self.rules.quota(Some(kezek_schemas::inputs::Fee::OutOfTurn), self.day_capacity(slot.date));
        let used = self.items.iter().filter(|o| o.quota.is_some() && o.uses_place() && o.slot.is_some_and(|s| s.date == slot.date)).count();
        let number = self.next_number(slot.date);
        let e = &mut self.items[i];
        e.confirmed = true;
        e.number = number;
        if e.wish.pays && (used as u32) < quota { (e.lane, e.quota) = (Lane::Priority, Some(Quota::OutOfTurn)); }
        self.status(i, Status::Confirmed, Vec::new());
        self.note(i, "confirmed", Vec::new());
        self.schedule(i);
    }

    fn cancel(&mut self, booking: &str, owner: bool) {
        let Some(i) = self.find(booking).filter(|_| owner) else { return };
        if self.items[i].ended() { return self.note(i, "refused", vec!["change_forbidden"]); }
        self.status(i, Status::Cancelled, Vec::new());
    }

    fn move_to(&mut self, booking: &str, owner: bool, wish: Result<Slot, Option<Timestamp>>) {
        let Some(i) = self.find(booking) else { return };
        if !owner { return self.note(i, "refused", vec!["transfer_forbidden"]); }
        if self.items[i].ended() { return self.note(i, "refused", vec!["change_forbidden"]); }
        if let Some(code) = self.time_causes(wish).first() { return self.note(i, "refused", vec![code.name()]); }
        if wish.ok().is_some_and(|slot| self.items[i].slot == Some(slot)) { return; }
        match self.find_place(wish) {
            Err(code) => self.note(i, "refused", vec![code.name()]),
            Ok(slot) if self.items[i].slot == Some(slot) => {}
            Ok(slot) => self.relocate(i, slot),
        }
    }

    fn zone_entry(&mut self, plate: &str) {
        let Some(i) = self.items.iter().position(|e| e.live() && e.wish.plate == plate) else { return };
        let e = &mut self.items[i];
        e.seen = true;
        if e.in_zone { return; }
        e.in_zone = true;
        self.status(i, Status::InZone, Vec::new());
    }

    fn crossing(&mut self, plate: &str) {
        let Some(i) = self.items.iter().position(|e| e.live() && e.wish.plate == plate) else { return };
        self.status(i, Status::Crossed, Vec::new());
    }
}
