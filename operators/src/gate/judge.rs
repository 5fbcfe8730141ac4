//! The judgement of an arrival: which vehicle, and may it. Pure: tables in, verdict out.
//!
//! The order of the rules is the order below. Exact identity comes first, similarity only for reads that equal no known
//! plate; two bounds hold over everything that opens: letting in a truck that is not due, and taking one due truck for
//! another.

use std::collections::BTreeMap;

use kezek_schemas::ids::{BookingId, Country};
use kezek_schemas::inputs::Mode;
use kezek_schemas::plate::Plate;
use kezek_schemas::time::{Span, Timestamp};

use super::arrival::{Arrival, Line};
use super::site::Site;
use super::standing::{Standing, due_in_zone, standing};
use super::verdict::{Act, Candidate, Outcome, Reason, Target, Verdict};
use crate::kernel::Cx;
use crate::matching::model::FAR_EDITS;
use crate::matching::pattern::Pattern;
use crate::matching::posterior::{Crowd, Hypothesis, Posterior, Use, posterior, readings, says_more};
use crate::matching::{edit, index};
use crate::queue::life;
use crate::risk;

/// At most this chance of letting in a truck that is not due.
pub const NOT_DUE_BOUND: f64 = 1e-4;
/// At most this chance of taking one due truck for another.
pub const SWAP_BOUND: f64 = 1e-2;
/// From this mass on a booking is worth the officer's look.
pub const ASK_MASS: f64 = 0.02;
/// A read below this confidence proves nothing.
pub const CONFIDENT: f32 = 0.5;
/// Candidates shown.
const SHOWN: usize = 3;

struct Item<'a> {
    booking: Option<&'a BookingId>,
    plate: &'a Plate,
    country: Option<&'a Country>,
    trailer: Option<&'a Plate>,
    weight: f64,
    standing: Standing,
    called: bool,
}

impl Item<'_> {
    fn target(&self) -> Target { self.booking.map_or_else(|| Target::Legacy(self.plate.clone()), |b| Target::Booking(b.clone())) }
}

struct Known { plate: Plate, country: Option<Country> }

struct Scene<'a> {
    arrival: &'a Arrival,
    due: Vec<Item<'a>>,
    here: Vec<Item<'a>>,
    known: Vec<Known>,
    certain: Posterior,
    likely: Posterior,
}

/// The slot kernel: who is expected now is likelier than who is expected at another time.
fn slot_weight(slot_start: Timestamp, now: Timestamp) -> f64 {
    if (now - slot_start).0.abs() <= Span::hours(3).0 { 1.0 } else { 0.5 }
}

/// Judges an arrival that is not stale.
#[must_use]
pub fn judge(cx: &Cx<'_>, arrival: &Arrival) -> Verdict {
    let nothing = Site::default();
    let site = cx.tables.gate.sites.get(&arrival.checkpoint).unwrap_or(&nothing);
    let zone = cx.refs.catalogue.checkpoints.get(&arrival.checkpoint).is_some_and(|c| c.waiting_zone);
    let scene = Scene::new(cx, arrival, site, zone);
    match arrival.line {
        Line::Gate => scene.gate(cx, site),
        Line::ZoneIn | Line::ZoneOut => scene.zone(),
    }
}

impl<'a> Scene<'a> {
    fn new(cx: &'a Cx<'_>, arrival: &'a Arrival, site: &'a Site, zone: bool) -> Self {
        let looks = arrival.looks(&cx.refs.plates);
        let (mut due, mut here, mut crowd) = (Vec::new(), Vec::new(), Crowd::default());
        if let Some(roster) = cx.tables.queue.entries.kept().roster(&arrival.checkpoint) {
            let reads: Vec<Pattern> = readings(&looks).into_iter().map(Pattern::of).collect();
            let mut near = Vec::new();
            roster.scan(&reads, FAR_EDITS, |stand, booking| {
                let (how, weight) = (standing(stand, zone, cx.now), slot_weight(stand.slot_start, cx.now));
                let is_due = match arrival.line { Line::Gate => how == Standing::Due, Line::ZoneIn | Line::ZoneOut => due_in_zone(stand) };
                crowd.add(is_due, weight);
                if let Some(e) = booking.and_then(|b| life::entry(cx, b)) { near.push((e, how, weight, is_due)); }
            });
            near.sort_by(|(a, ..), (b, ..)| (a.order(), &a.booking_id).cmp(&(b.order(), &b.booking_id)));
            for (e, standing, weight, is_due) in near {
                let item = Item { booking: Some(&e.booking_id), plate: &e.plate, country: Some(&e.country), trailer: e.trailer.as_ref(),
                    weight, standing, called: e.called };
                if is_due { due.push(item) } else { here.push(item) }
            }
        }
        if arrival.line == Line::Gate {
            for (i, l) in site.legacy.iter().enumerate() {
                let how = site.legacy_standing(i);
                let item = Item { booking: None, plate: &l.plate, country: l.country.as_ref(), trailer: None, weight: 1.0, standing: how, called: true };
                crowd.add(how == Standing::Due, item.weight);
                if how == Standing::Due { due.push(item) } else { here.push(item) }
            }
        }
        // One vehicle is one hypothesis: its best booking here.
        here.sort_by_key(|i| i.standing);
        let mut vehicles: BTreeMap<&Plate, Vec<Option<&Country>>> = BTreeMap::new();
        let mut first = |i: &Item<'a>| {
            let countries = vehicles.entry(i.plate).or_default();
            let new = !countries.iter().any(|c| *c == i.country || c.is_none() || i.country.is_none());
            if new { countries.push(i.country); }
            new
        };
        due.retain(&mut first);
        here.retain(&mut first);
        let mut known: Vec<Known> = Vec::new();
        for s in &arrival.shown {
            for plate in index::within_one(&cx.tables.matching, &s.plate.plate) {
                for country in index::countries(&cx.tables.matching, &plate) {
                    let booked = due.iter().chain(&here).any(|i| *i.plate == plate && (country.is_none() || i.country.is_none() || i.country == country.as_ref()));
                    if !booked && !known.iter().any(|k| k.plate == plate && k.country == country) { known.push(Known { plate: plate.clone(), country }); }
                }
            }
        }
        let of = |items: &[Item<'a>]| -> Vec<Hypothesis<'a>> { items.iter().map(|i| Hypothesis { plate: i.plate, country: i.country, trailer: i.trailer, weight: i.weight }).collect() };
        let others: Vec<Hypothesis<'_>> = known.iter().map(|k| Hypothesis { plate: &k.plate, country: k.country.as_ref(), trailer: None, weight: 1.0 }).collect();
        let (due_here, elsewhere) = (of(&due), of(&here));
        let p = |using| posterior(&cx.refs.reader, &cx.refs.plates, &looks, &crowd, &due_here, &elsewhere, &others, using);
        let certain = p(Use::Read);
        let likely = if says_more(&looks) { p(Use::Everything) } else { certain.clone() };
        drop((due_here, elsewhere));
        drop(others);
        Self { arrival, due, here, known, certain, likely }
    }

    fn candidate(&self, item: &Item<'_>, posterior: f64) -> Candidate {
        let differs = self.arrival.shown.iter().map(|s| edit::differing(&s.plate.plate, item.plate)).min_by_key(Vec::len).unwrap_or_default();
        Candidate { booking: item.booking.cloned(), plate: item.plate.clone(), posterior, differs }
    }

    /// Everybody worth the officer's look, the likeliest first. Where the booked mass lies on many and on none of them
    /// enough, the likeliest of them are shown all the same.
    fn candidates(&self) -> Vec<Candidate> {
        let mut all: Vec<(&Item<'_>, f64)> = self.due.iter().zip(&self.likely.due).chain(self.here.iter().zip(&self.likely.here))
            .filter(|(i, _)| !matches!(i.standing, Standing::Gone | Standing::Revoked)).map(|(i, p)| (i, *p)).collect();
        all.sort_by(|(a, p), (b, q)| q.total_cmp(p).then_with(|| (a.plate, a.booking).cmp(&(b.plate, b.booking))));
        let many = self.likely.booked() >= ASK_MASS && all.first().is_some_and(|(_, p)| *p < ASK_MASS);
        all.into_iter().take(SHOWN).filter(|(_, p)| many || *p >= ASK_MASS).map(|(i, p)| self.candidate(i, p)).collect()
    }

    fn of_due(&self, indexes: &[usize]) -> Vec<Candidate> {
        let mut all: Vec<Candidate> = indexes.iter().map(|i| self.candidate(&self.due[*i], self.likely.due[*i])).collect();
        all.sort_by(|a, b| b.posterior.total_cmp(&a.posterior).then_with(|| (&a.plate, &a.booking).cmp(&(&b.plate, &b.booking))));
        all.truncate(SHOWN);
        all
    }

    fn ask_due(&self, i: usize, reason: Reason) -> Verdict { Verdict::says(Outcome::AskOfficer, reason, self.of_due(&[i])).about(self.due[i].target()) }

    fn is_exact(&self, item: &Item<'_>) -> bool { self.arrival.exact(item.plate).next().is_some() }

    fn contradiction(&self, item: &Item<'_>) -> Option<Country> { self.arrival.contradicts(item.plate, item.country) }

    /// Due bookings read exactly whose country is not contradicted; all of them if each is.
    fn exact_due(&self) -> Vec<usize> {
        let all: Vec<usize> = (0..self.due.len()).filter(|i| self.is_exact(&self.due[*i])).collect();
        let agreeing: Vec<usize> = all.iter().copied().filter(|i| self.contradiction(&self.due[*i]).is_none()).collect();
        if agreeing.is_empty() { all } else { agreeing }
    }

    /// Due bookings one edit or erasure from a read.
    fn in_reach(&self) -> Vec<usize> {
        (0..self.due.len()).filter(|i| self.arrival.shown.iter().any(|s| edit::near(&s.plate.plate, self.due[*i].plate))).collect()
    }

    /// The known vehicle, not booked here, whose plate was read exactly.
    fn exact_known(&self) -> bool {
        self.known.iter().any(|k| self.arrival.exact(&k.plate).next().is_some() && self.arrival.contradicts(&k.plate, k.country.as_ref()).is_none())
    }

    fn exact_here(&self) -> Option<usize> {
        (0..self.here.len()).filter(|i| self.is_exact(&self.here[*i]) && self.contradiction(&self.here[*i]).is_none())
            .min_by_key(|i| self.here[*i].standing)
    }

    /// Somebody else's plate was read exactly too.
    fn read_as_another(&self, plate: &Plate) -> bool {
        self.known.iter().any(|k| k.plate != *plate && self.arrival.exact(&k.plate).next().is_some())
            || self.here.iter().any(|h| h.plate != plate && self.is_exact(h))
    }

    fn confident(&self, plate: &Plate) -> bool {
        self.arrival.shown.iter().any(|s| edit::distance(&s.plate.plate, plate) <= 1 && s.confidence.is_none_or(|c| c >= CONFIDENT))
    }

    fn trailer_read(&self, i: usize) -> bool {
        self.due[i].trailer.is_some_and(|t| self.arrival.shown.iter().any(|s| s.trailer.as_ref() == Some(t)))
    }

    /// What stands against opening for due booking `i`.
    fn unbound(&self, i: usize) -> Option<Reason> {
        if self.certain.swap(i) > SWAP_BOUND { return Some(Reason::Ambiguous); }
        if self.certain.not_due() > NOT_DUE_BOUND { return Some(Reason::FleetNeighbour); }
        None
    }

    fn no_booking(&self, site: &Site, closed: bool) -> Verdict {
        match site.mode {
            Mode::Mixed if closed => Verdict::says(Outcome::Refuse, Reason::CheckpointClosed, Vec::new()),
            Mode::Mixed => Verdict::says(Outcome::AskOfficer, Reason::LiveLane, Vec::new()),
            Mode::Mandatory | Mode::Offline => Verdict::says(Outcome::Refuse, Reason::NoBooking, Vec::new()),
        }
    }

    /// The verdict at the gate. A held barrier only asks: whatever the engine would have said by itself, the officer says.
    fn gate(&self, cx: &Cx<'_>, site: &Site) -> Verdict {
        let v = self.by_itself(cx, site);
        if v.reason == Reason::Offline || !super::command::held(cx, &self.arrival.checkpoint) { return v; }
        let candidates = if v.candidates.is_empty() { self.candidates() } else { v.candidates };
        Verdict { outcome: Outcome::AskOfficer, reason: Reason::BarrierHeld, target: v.target, candidates, act: Act::Nothing }
    }

    fn by_itself(&self, cx: &Cx<'_>, site: &Site) -> Verdict {
        let exact = self.exact_due();
        if site.mode == Mode::Offline {
            let v = Verdict::says(Outcome::AskOfficer, Reason::Offline, self.candidates());
            return if let [i] = exact[..] { v.about(self.due[i].target()) } else { v };
        }
        let closed = site.closed_at(cx.now);
        let shut = |i: usize| Verdict::says(Outcome::Refuse, Reason::CheckpointClosed, self.of_due(&[i])).about(self.due[i].target());
        let open = |i: usize, reason: Reason| Verdict::says(Outcome::Open, reason, self.of_due(&[i])).about(self.due[i].target()).and(Act::Open);
        let watched = |i: usize| risk::watched(cx, self.due[i].plate, self.due[i].country).is_some();
        match exact[..] {
            [] => {}
            [i] => {
                let plate = self.due[i].plate;
                if let Some(read) = self.contradiction(&self.due[i]) {
                    if let Some(h) = self.here.iter().position(|h| self.is_exact(h) && h.country == Some(&read)) { return self.not_due(h, site, closed); }
                    if self.known.iter().any(|k| k.plate == *plate && k.country.as_ref() == Some(&read)) { return self.no_booking(site, closed); }
                    return if closed { shut(i) } else { self.ask_due(i, Reason::CountryConflict) };
                }
                if closed { return shut(i); }
                if watched(i) { return self.ask_due(i, Reason::WatchList); }
                if !self.arrival.exact(plate).any(|s| s.confidence.is_none_or(|c| c >= CONFIDENT)) { return self.ask_due(i, Reason::LowConfidence); }
                if self.read_as_another(plate) { return self.ask_due(i, Reason::FleetNeighbour); }
                if let Some(reason) = self.unbound(i) {
                    return if reason == Reason::Ambiguous { Verdict::says(Outcome::AskOfficer, reason, self.candidates()).about(self.due[i].target()) } else { self.ask_due(i, reason) };
                }
                let by = |second: bool, exact: bool| self.arrival.shown.iter().any(|s| s.second == second && (s.plate.plate == *plate) == exact);
                let other_camera_proved = [false, true].into_iter().any(|c| by(c, true) && !by(!c, true) && by(!c, false));
                return open(i, if other_camera_proved { Reason::Proof } else { Reason::Clean });
            }
            [..] => return Verdict::says(Outcome::AskOfficer, Reason::Ambiguous, self.of_due(&exact)),
        }
        if let Some(h) = self.exact_here() { return self.not_due(h, site, closed); }
        let reach = self.in_reach();
        if self.exact_known() {
            return match reach[..] {
                [i] if self.trailer_read(i) && !closed => self.ask_due(i, Reason::FleetNeighbour),
                _ => self.no_booking(site, closed),
            };
        }
        match reach[..] {
            [] => {}
            [i] => {
                if closed { return shut(i); }
                if watched(i) { return self.ask_due(i, Reason::WatchList); }
                if !self.trailer_read(i) { return self.ask_due(i, Reason::OneEdit); }
                if self.contradiction(&self.due[i]).is_some() { return self.ask_due(i, Reason::CountryConflict); }
                if !self.confident(self.due[i].plate) { return self.ask_due(i, Reason::LowConfidence); }
                return match self.unbound(i) { Some(reason) => self.ask_due(i, reason), None => open(i, Reason::Proof) };
            }
            [..] if closed => return Verdict::says(Outcome::Refuse, Reason::CheckpointClosed, self.of_due(&reach)),
            [..] => return Verdict::says(Outcome::AskOfficer, Reason::Ambiguous, self.of_due(&reach)),
        }
        if let Some(h) = (0..self.here.len()).find(|h| self.here[*h].standing == Standing::Reopened
            && self.arrival.shown.iter().any(|s| edit::near(&s.plate.plate, self.here[*h].plate))) {
            return self.not_due(h, site, closed);
        }
        if self.likely.booked() >= ASK_MASS {
            let reason = if closed { Reason::CheckpointClosed } else { Reason::LowConfidence };
            return Verdict::says(if closed { Outcome::Refuse } else { Outcome::AskOfficer }, reason, self.candidates());
        }
        self.no_booking(site, closed)
    }

    /// The vehicle is known here and not due.
    fn not_due(&self, h: usize, site: &Site, closed: bool) -> Verdict {
        let item = &self.here[h];
        let candidates = vec![self.candidate(item, self.likely.here[h])];
        let says = |outcome, reason| Verdict::says(outcome, reason, candidates.clone()).about(item.target());
        match item.standing {
            Standing::Reopened | Standing::NotFromZone | Standing::NotDue if closed => says(Outcome::Refuse, Reason::CheckpointClosed),
            Standing::Reopened => says(Outcome::AskOfficer, Reason::Reopened),
            Standing::NotFromZone => says(Outcome::AskOfficer, Reason::NotFromZone),
            Standing::Due | Standing::NotDue | Standing::Consumed | Standing::Revoked => says(Outcome::Refuse, item.standing.refusal()),
            Standing::Gone => self.no_booking(site, closed),
        }
    }

    fn zone(&self) -> Verdict {
        let unbooked = || Verdict::says(Outcome::Recorded, Reason::Zone, Vec::new());
        let exact = self.exact_due();
        match exact[..] {
            [] => {}
            [i] => {
                let item = &self.due[i];
                if let Some(read) = self.contradiction(item) {
                    let another = self.known.iter().any(|k| k.plate == *item.plate && k.country.as_ref() == Some(&read));
                    return if another { unbooked() } else { self.ask_due(i, Reason::CountryConflict) };
                }
                if !self.arrival.exact(item.plate).any(|s| s.confidence.is_none_or(|c| c >= CONFIDENT)) { return self.ask_due(i, Reason::LowConfidence); }
                if self.read_as_another(item.plate) { return self.ask_due(i, Reason::FleetNeighbour); }
                if let Some(reason) = self.unbound(i) { return self.ask_due(i, reason); }
                return zone_step(self.arrival.line, item.called, self.of_due(&[i]), item.target());
            }
            [..] => return Verdict::says(Outcome::AskOfficer, Reason::Ambiguous, self.of_due(&exact)),
        }
        if self.exact_here().is_some() || self.exact_known() { return unbooked(); }
        match self.in_reach()[..] {
            [] if self.likely.booked() >= ASK_MASS => Verdict::says(Outcome::AskOfficer, Reason::LowConfidence, self.candidates()),
            [] => unbooked(),
            [i] => self.ask_due(i, Reason::OneEdit),
            ref several => Verdict::says(Outcome::AskOfficer, Reason::Ambiguous, self.of_due(several)),
        }
    }
}

/// What a zone camera records of a booking that is known to be this one.
#[must_use]
pub fn zone_step(line: Line, called: bool, candidates: Vec<Candidate>, target: Target) -> Verdict {
    let says = |reason| Verdict::says(Outcome::Recorded, reason, candidates).about(target);
    match line {
        Line::ZoneOut if called => says(Reason::Zone).and(Act::LeaveZone),
        Line::ZoneOut => says(Reason::LeftUncalled).and(Act::Seen),
        Line::ZoneIn | Line::Gate => says(Reason::Zone).and(Act::EnterZone),
    }
}
