//! Random arrivals of known truth at one gate: due trucks, trucks booked for tomorrow, strangers one symbol from a due
//! plate; misreads, second cameras, late copies of reads, barriers that jam, refuse, answer late or not at all, officers
//! that answer twice. Whatever happens: nobody that is not due gets in by the engine, no arrival opens twice, no late
//! read moves a barrier, and every due truck that was read exactly is let in.
//!
//! `KEZEK_SIM_ARRIVALS` raises the number of arrivals; the seed of a round is its number.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use kezek_operators::kernel::Refs;
use kezek_operators::world::World;
use kezek_schemas::decode::{Clock, decode};
use kezek_schemas::inputs::Topic;
use kezek_schemas::time::{Span, Timestamp, Zone};
use serde_json::{Value, json};

const TRUCKS: usize = 48;

/// A small generator of its own: a failing round is repeated by its number.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let x = self.0 ^ (self.0 >> 33);
        x.wrapping_mul(0xff51_afd7_ed55_8ccd) ^ (x >> 29)
    }
    fn below(&mut self, n: usize) -> usize { (self.next() % n as u64) as usize }
    fn percent(&mut self, p: usize) -> bool { self.below(100) < p }
    fn pick(&mut self, text: &str) -> char { text.chars().nth(self.below(text.len())).unwrap() }
    fn plate(&mut self) -> String {
        let digits: String = (0..3).map(|_| self.pick("0123456789")).collect();
        let letters: String = (0..3).map(|_| self.pick("ABCDEHKMOPRTXYZ")).collect();
        format!("{digits}{letters}{:02}", 1 + self.below(17))
    }
    /// The plate with one symbol replaced, lost or unread.
    fn blurred(&mut self, plate: &str) -> String {
        let mut c: Vec<char> = plate.chars().collect();
        let at = self.below(c.len());
        match self.below(4) {
            0 => { c.remove(at); }
            1 => c[at] = '?',
            _ => c[at] = if c[at].is_ascii_digit() { self.pick("0123456789") } else { self.pick("ABCDEHKMOPRTXYZ") },
        }
        c.into_iter().collect()
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind { Due, Tomorrow, Stranger }

/// `exact`: every read that came in time was exact.
struct Truck { kind: Kind, plate: String, trailer: String, exact: Option<bool> }

struct Round<'a> {
    dice: Dice,
    world: World<'a>,
    agenda: BTreeMap<(Timestamp, usize), (Topic, Value)>,
    n: usize,
    taken: usize,
    trucks: Vec<Truck>,
    reads: BTreeMap<String, (usize, bool)>,
    opened: BTreeMap<String, Vec<(Timestamp, Option<Timestamp>)>>,
    arrivals: BTreeSet<String>,
    said: Vec<Value>,
}

fn at(base: Timestamp, seconds: f64) -> Timestamp { base + Span::millis((seconds * 1000.0) as i64) }

fn text(when: Timestamp) -> String { when.to_rfc3339(&Zone::get("Asia/Almaty").unwrap()) }

impl<'a> Round<'a> {
    fn new(refs: &'a Refs, seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1);
        let mut plates = BTreeSet::new();
        let mut trucks = Vec::new();
        while trucks.len() < TRUCKS {
            let kind = match dice.below(10) { 0..=5 => Kind::Due, 6..=7 => Kind::Tomorrow, _ => Kind::Stranger };
            let plate = match (kind, trucks.len()) {
                (_, 0) | (Kind::Due, _) if dice.percent(60) => dice.plate(),
                (_, 0) => dice.plate(),
                (Kind::Due | Kind::Tomorrow | Kind::Stranger, n) => {
                    // a sister of a truck that is there already
                    let Truck { plate, .. }: &Truck = &trucks[dice.below(n)];
                    let digit = dice.pick("0123456789");
                    format!("{}{digit}{}", &plate[..2], &plate[3..])
                }
            };
            if plates.insert(plate.clone()) { trucks.push(Truck { kind, trailer: format!("{:02}TRL{:02}", trucks.len(), 1 + trucks.len() % 17), plate, exact: None }); }
        }
        Self { dice, world: World::new(refs, 3), agenda: BTreeMap::new(), n: 0, taken: 0, trucks, reads: BTreeMap::new(), opened: BTreeMap::new(), arrivals: BTreeSet::new(), said: Vec::new() }
    }

    fn put(&mut self, when: Timestamp, topic: Topic, mut record: Value) -> String {
        self.n += 1;
        let id = format!("{topic:?}:{}", self.n);
        record["id"] = json!(id);
        if record.get("at").is_none() { record["at"] = json!(text(when)); }
        self.agenda.insert((when, self.n), (topic, record));
        id
    }

    fn bookings(&mut self, base: Timestamp) {
        for day in [15, 16] {
            self.put(base - Span::hours(73), Topic::Controls, json!({"checkpoint": "aisha-bibi", "actor": {"id": "p", "role": "planner"}, "type": "capacity_set",
                "date": format!("2026-01-{day}"), "hour": 14, "capacity": 200}));
        }
        for i in 0..self.trucks.len() {
            let t = &self.trucks[i];
            if t.kind == Kind::Stranger { continue; }
            let (plate, date) = (t.plate.clone(), if t.kind == Kind::Due { "2026-01-15" } else { "2026-01-16" });
            let booking = json!({"type": "requested", "booking_id": format!("b{i}"), "account_id": format!("a{i}"), "scheme": "qorgan-2025", "checkpoint": "aisha-bibi",
                "slot": {"kind": "exact", "date": date, "hour": 14}, "vehicle": {"plate": plate, "country": "KZ", "category": "N3", "trailer_plate": t.trailer},
                "owner": {"resident": false, "kind": "legal"}, "drivers": [{"resident": false, "document": "N1"}]});
            self.put(base - Span::hours(72), Topic::Bookings, booking);
            for (check, subject) in [("insurance", "vehicle"), ("accompanying_documents", "vehicle"), ("biometrics", "driver:0")] {
                self.put(at(base - Span::hours(72), 2.0), Topic::Checks, json!({"booking_id": format!("b{i}"), "plate": plate, "check": check, "subject": subject, "result": "ok", "source": "t"}));
            }
        }
    }

    /// What the cameras see of truck `i` from `when` on.
    fn comes(&mut self, i: usize, when: Timestamp) {
        let known: BTreeSet<String> = self.trucks.iter().map(|t| t.plate.clone()).collect();
        let (truth, trailer) = (self.trucks[i].plate.clone(), self.trucks[i].trailer.clone());
        for frame in 0..1 + self.dice.below(3) {
            let second = self.dice.percent(30);
            let mut plate = if self.dice.percent(70) { truth.clone() } else { self.dice.blurred(&truth) };
            // a misread that is another truck's plate in every symbol deceives everybody
            if known.contains(&plate) && plate != truth { plate = truth.clone(); }
            let mut read = json!({"checkpoint": "aisha-bibi", "camera": if second { "aisha-bibi/gate-in-2" } else { "aisha-bibi/gate-in" }, "plate": plate, "country": "KZ", "confidence": 0.9});
            if self.dice.percent(40) { read["trailer_plate"] = json!(trailer); }
            let seen = at(when, 0.3 * frame as f64);
            let late = self.dice.percent(10);
            let received = if late { at(seen, 21.0 + self.dice.below(9000) as f64) } else { seen };
            read["at"] = json!(text(seen));
            read["received_at"] = json!(text(received));
            let again = self.dice.percent(10);
            if again { read["retransmitted"] = json!(true); }
            if !late && !again { self.trucks[i].exact = Some(plate == truth && self.trucks[i].exact != Some(false)); }
            let id = self.put(received, Topic::AnprReads, read);
            self.reads.insert(id, (i, late || again));
        }
    }

    /// Looks at what came out since, and lets the barrier and the officer answer.
    fn react(&mut self) {
        while let Some(out) = self.world.fx.outputs.get(self.taken) {
            self.taken += 1;
            let record: Value = serde_json::from_str(&out.json).unwrap();
            match out.topic {
                kezek_schemas::outputs::OutTopic::BarrierCommands => self.command(&record),
                kezek_schemas::outputs::OutTopic::GateDecisions => self.decision(&record),
                _ => {}
            }
        }
    }

    fn command(&mut self, c: &Value) {
        let issued = Timestamp::parse(c["issued_at"].as_str().unwrap()).unwrap();
        assert_eq!(Timestamp::parse(c["not_after"].as_str().unwrap()).unwrap(), issued + Span::seconds(20));
        let arrival = c["arrival_id"].as_str().unwrap().to_owned();
        assert!(self.arrivals.insert(arrival), "one open per arrival: {c}");
        let auto = c["mode"] == "auto";
        let booking = c["booking_id"].as_str().unwrap_or_default().to_owned();
        for read in c["decision"]["reads"].as_array().unwrap() {
            let (truck, late) = self.reads[read.as_str().unwrap()];
            assert!(!late, "no late read moves a barrier: {c}");
            assert_eq!(booking, format!("b{truck}"), "opened for another truck: {c}");
            assert_eq!(self.trucks[truck].kind, Kind::Due, "opened for a truck that is not due: {c}");
        }
        let opens = self.opened.entry(booking.clone()).or_default();
        assert!(!auto || opens.is_empty(), "the engine opens once for a booking: {c}");
        assert!(opens.last().is_none_or(|(since, over)| over.map_or(*since + Span::seconds(20), |o| o) < issued), "opened while an open is under way: {c}");
        let at_barrier = |kind: &str| json!({"checkpoint": "aisha-bibi", "barrier": "aisha-bibi/barrier-1", "type": kind, "command_id": c["command_id"]});
        // (seconds, what) and when it is over; a jammed or dead controller says nothing
        let fate: Vec<(f64, &str)> = match self.dice.below(20) {
            0 => vec![],
            1 => vec![(1.0, "rejected")],
            2 => vec![(21.0, "expired")],
            3 => vec![(1.0, "received"), (2.0, "failed")],
            4 => vec![(2.0, "executed"), (30.0, "not_passed")],
            5 => vec![(2.0, "executed")],
            6 => vec![(0.5, "received")],
            _ => vec![(0.5, "received"), (2.0, "executed"), (11.0, "passed"), (11.5, "passed")],
        };
        let over = match fate.last() {
            Some((_, "executed")) => Some(at(issued, 62.0)),
            Some((_, "received")) | None => None,
            Some((after, _)) => Some(at(issued, *after)),
        };
        opens.push((issued, over));
        for (after, kind) in fate { self.put(at(issued, after), Topic::BarrierEvents, at_barrier(kind)); }
    }

    fn decision(&mut self, d: &Value) {
        self.said.push(d.clone());
        let Some(read) = d["reads"][0].as_str().map(str::to_owned) else { return };
        let (truck, late) = self.reads[&read];
        if late { assert_eq!((&d["outcome"], &d["reason"]), (&json!("recorded"), &json!("stale_read"))); }
        if d["outcome"] != "ask_officer" || self.dice.percent(5) { return; }
        let when = at(Timestamp::parse(d["at"].as_str().unwrap()).unwrap(), 3.0 + self.dice.below(12) as f64);
        let booking = (self.trucks[truck].kind != Kind::Stranger && d["reason"] != "barrier_failed").then(|| format!("b{truck}"));
        let answer = json!({"checkpoint": "aisha-bibi", "actor": {"id": "o", "role": "officer"}, "type": "read_resolved", "read_id": read, "booking_id": booking});
        self.put(when, Topic::Controls, answer.clone());
        let again = at(when, 0.5 + self.dice.below(9) as f64);
        if self.dice.percent(50) { self.put(again, Topic::Controls, answer); }
    }

    fn run(mut self) -> usize {
        let base = Timestamp::parse("2026-01-15T12:05:00+05:00").unwrap();
        self.bookings(base);
        let mut when = base;
        for i in 0..self.trucks.len() {
            when = at(when, 35.0 + self.dice.below(60) as f64);
            self.comes(i, when);
        }
        while let Some(next) = self.agenda.keys().next().copied() {
            // timers between two inputs may have the barrier or the officer answer before the next one
            let soon = self.world.now + Span::seconds(1);
            if self.world.now > base && soon < next.0 && self.world.now < at(when, 120.0) {
                self.world.advance(soon);
                self.react();
                continue;
            }
            let (topic, record) = self.agenda.remove(&next).unwrap();
            let input = decode(topic, record.to_string().as_bytes(), Clock::Record).unwrap_or_else(|e| panic!("{record}: {e:?}"));
            self.world.input(topic, &input);
            self.react();
        }
        for (i, t) in self.trucks.iter().enumerate().filter(|(_, t)| t.kind == Kind::Due && t.exact == Some(true)) {
            let said: Vec<&Value> = self.said.iter().filter(|d| d["reads"][0].as_str().is_some_and(|r| self.reads[r].0 == i)).collect();
            assert!(self.opened.contains_key(&format!("b{i}")), "a due truck that was read exactly stands outside: {} {said:?}", t.plate);
        }
        self.trucks.len()
    }
}

#[test]
fn no_wrong_no_doubled_no_stale_open() {
    let wanted: usize = std::env::var("KEZEK_SIM_ARRIVALS").ok().and_then(|n| n.parse().ok()).unwrap_or(480);
    let refs = Refs::shipped().unwrap();
    let (mut done, mut seed) = (0, 0);
    while done < wanted {
        seed += 1;
        done += Round::new(&refs, seed).run();
    }
}
