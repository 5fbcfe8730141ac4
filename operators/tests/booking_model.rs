//! Random histories given to the operators and to the naive model: both must tell the same, at every shard count, and what
//! is told must keep the promises of the queue. `KEZEK_MODEL_CASES` sets how many histories are tried.

#![allow(clippy::unwrap_used)]

mod story;

use std::collections::{BTreeMap, BTreeSet};

use kezek_operators::kernel::Refs;
use kezek_operators::reference::{CHECKS, Event, Model, Told, Wish};
use kezek_operators::world::World;
use kezek_schemas::inputs::{
    Body, BookingEdit, BookingKind, CheckResult, ControlKind, Crossing, DateOnly, Direction, Fee, PlateText, SlotWish, Topic,
};
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::reference::rules::{RuleSets, SHIPPED_RULES, SHIPPED_TEXTS};
use kezek_schemas::tables::ViewRow;
use kezek_schemas::time::{Slot, Span, Timestamp, Zone};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::Value;
use story::{NEEDED, Story, at, codes, request};

const CP: &str = "dostyk";
/// Far from each other: no read of one is taken for another.
const PLATES: [&str; 8] = ["123ABC02", "456KLM05", "789XYZ13", "314DEF08", "951GHT16", "268UVW07", "847PRS10", "602NTJ11"];
const VINS: [&str; 3] = ["VIN1", "VIN2", "VIN3"];

/// The shipped rules with a horizon so near that hours run out.
fn refs() -> Refs {
    let mut refs = Refs::shipped().unwrap();
    let near = SHIPPED_RULES[0].1.replace("horizon_days = 90", "horizon_days = 1");
    refs.rules = RuleSets::parse(&[("seo-2023.toml", &near)], SHIPPED_TEXTS).unwrap();
    refs
}

/// A step of a history; slots are hours from now.
#[derive(Clone, Debug)]
enum Step {
    Ask { booking: u8, plate: u8, vin: Option<u8>, hours: Option<i64>, pays: bool, answered: bool },
    Answer { booking: u8, check: usize, result: CheckResult },
    Answers { booking: u8 },
    Move { booking: u8, owner: bool, hours: Option<i64> },
    Cancel { booking: u8, owner: bool },
    Capacity { hours: i64, places: u32, whole_day: bool },
    Close { minutes: Option<i64> },
    Open,
    ZoneEntry { plate: u8 },
    Cross { plate: u8 },
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let booking = 0..20u8;
    let plate = 0..PLATES.len() as u8;
    let hours = || proptest::option::weighted(0.8, -1..30i64);
    let result = prop_oneof![6 => Just(CheckResult::Ok), 1 => Just(CheckResult::Fail), 2 => Just(CheckResult::Unavailable)];
    let step = prop_oneof![
        8 => (booking.clone(), plate.clone(), proptest::option::weighted(0.3, 0..3u8), hours(), any::<bool>(), any::<bool>())
            .prop_map(|(booking, plate, vin, hours, pays, answered)| Step::Ask { booking, plate, vin, hours, pays, answered }),
        2 => (booking.clone(), 0..CHECKS, result).prop_map(|(booking, check, result)| Step::Answer { booking, check, result }),
        3 => booking.clone().prop_map(|booking| Step::Answers { booking }),
        2 => (booking.clone(), proptest::bool::weighted(0.9), hours()).prop_map(|(booking, owner, hours)| Step::Move { booking, owner, hours }),
        1 => (booking, proptest::bool::weighted(0.8)).prop_map(|(booking, owner)| Step::Cancel { booking, owner }),
        3 => (0..30i64, 0..3u32, proptest::bool::weighted(0.2)).prop_map(|(hours, places, whole_day)| Step::Capacity { hours, places, whole_day }),
        1 => proptest::option::weighted(0.7, 1..900i64).prop_map(|minutes| Step::Close { minutes }),
        1 => Just(Step::Open),
        2 => plate.clone().prop_map(|plate| Step::ZoneEntry { plate }),
        1 => plate.prop_map(|plate| Step::Cross { plate }),
    ];
    let wait = prop_oneof![4 => 1..90i64, 3 => 90..1_000i64, 1 => 1_000..20_000i64];
    proptest::collection::vec((wait, step), 5..70)
}

fn slot_of(zone: &Zone, now: Timestamp, hours: i64) -> Slot {
    let (date, hour) = zone.date_hour(now + Span::hours(hours));
    Slot { date, hour }
}

/// The same steps as events of the model, each with its time.
fn history(zone: &Zone, steps: &[(i64, Step)]) -> Vec<(Timestamp, Event)> {
    let mut now = at("2026-03-30 08:00");
    let mut events = Vec::new();
    for day in 0..3 {
        events.push((now, Event::Capacity { date: slot_of(zone, now, day * 24).date, hour: None, places: 24 }));
    }
    for (wait, step) in steps {
        // Looks of one plate within two minutes are one arrival: the gate's business, not this model's.
        let wait = if matches!(step, Step::ZoneEntry { .. }) { wait + 180 } else { *wait };
        now = now + Span::seconds(wait);
        let id = |b: &u8| format!("b{b}");
        let wish = |hours: &Option<i64>| hours.map(|h| slot_of(zone, now, h)).ok_or(None);
        let mut say = |e: Event| events.push((now, e));
        match step {
            Step::Ask { booking, plate, vin, hours, pays, answered } => {
                say(Event::Request(Wish { booking: id(booking), plate: PLATES[*plate as usize].into(), vin: vin.map(|v| VINS[v as usize].into()),
                    slot: wish(hours), pays: *pays }));
                if *answered { for check in 0..CHECKS { say(Event::Answer { booking: id(booking), check, result: CheckResult::Ok }); } }
            }
            Step::Answer { booking, check, result } => say(Event::Answer { booking: id(booking), check: *check, result: *result }),
            Step::Answers { booking } => for check in 0..CHECKS { say(Event::Answer { booking: id(booking), check, result: CheckResult::Ok }); },
            Step::Move { booking, owner, hours } => say(Event::Move { booking: id(booking), owner: *owner, slot: wish(hours) }),
            Step::Cancel { booking, owner } => say(Event::Cancel { booking: id(booking), owner: *owner }),
            Step::Capacity { hours, places, whole_day } => {
                let slot = slot_of(zone, now, *hours);
                let (hour, places) = if *whole_day { (None, places * 12) } else { (Some(slot.hour), *places) };
                say(Event::Capacity { date: slot.date, hour, places });
            }
            Step::Close { minutes } => say(Event::Closed { until: minutes.map(|m| now + Span::minutes(m)) }),
            Step::Open => say(Event::Opened),
            Step::ZoneEntry { plate } => say(Event::ZoneEntry { plate: PLATES[*plate as usize].into() }),
            Step::Cross { plate } => say(Event::Crossing { plate: PLATES[*plate as usize].into() }),
        }
    }
    events
}

fn wished(slot: Result<Slot, Option<Timestamp>>) -> SlotWish {
    slot.map_or_else(|not_before| SlotWish::FirstFree { not_before }, SlotWish::Exact)
}

/// Gives one event to the country.
fn play(s: &mut Story<'_>, when: Timestamp, event: &Event) {
    let account = |booking: &str, owner: bool| if owner { format!("acc-{booking}") } else { "acc-stranger".to_owned() };
    match event {
        Event::Request(w) => {
            let mut r = request(CP, &w.plate, wished(w.slot));
            r.vehicle.vin = w.vin.as_deref().map(Into::into);
            r.fee = w.pays.then_some(Fee::OutOfTurn);
            s.book_record(when, &w.booking, &account(&w.booking, true), BookingKind::Requested(Box::new(r)));
        }
        Event::Answer { booking, check, result } => {
            let (name, subject) = NEEDED[*check];
            s.answer_at(when, booking, "000XXX00", name, subject, *result);
        }
        Event::Move { booking, owner, slot } => {
            let edit = BookingEdit { slot: Some(wished(*slot)), ..BookingEdit::default() };
            s.book_record(when, booking, &account(booking, *owner), BookingKind::Rescheduled(Box::new(edit)));
        }
        Event::Cancel { booking, owner } => s.book_record(when, booking, &account(booking, *owner), BookingKind::Cancelled),
        Event::Capacity { date, hour, places } => s.control_at(when, CP, ControlKind::CapacitySet { date: DateOnly(*date), hour: *hour, capacity: *places }),
        Event::Closed { until } => s.control_at(when, CP, ControlKind::Closed { until: *until, reason: "x".into() }),
        Event::Opened => s.control_at(when, CP, ControlKind::Opened),
        Event::ZoneEntry { plate } => s.read_at(when, &format!("{CP}/zone-in"), plate),
        Event::Crossing { plate } => {
            let crossing = Crossing { checkpoint: CP.into(), direction: Direction::Exit, plate: PlateText::new(plate, Some("KZ")) };
            s.put_at(Topic::Crossings, when, Body::Crossing(crossing));
        }
    }
}

/// What a record of `booking.events` or `notifications` says, in the model's words.
fn told(topic: OutTopic, v: &Value) -> Option<Told> {
    let what = match topic {
        OutTopic::BookingEvents => v["status"].as_str().unwrap().to_owned(),
        OutTopic::Notifications => format!("note:{}", v["kind"].as_str().unwrap()),
        OutTopic::BarrierCommands | OutTopic::GateDecisions | OutTopic::Boards | OutTopic::RiskAlerts | OutTopic::GroupTasks
        | OutTopic::PermitEvents | OutTopic::DeadLetters => return None,
    };
    let is_note = what.starts_with("note:");
    let slot = v.get("interval").filter(|_| !is_note).map(|_| {
        Slot { date: v["slot"]["date"].as_str().unwrap().parse().unwrap(), hour: v["slot"]["hour"].as_i64().unwrap() as i8 }
    });
    let codes = codes(v).split_whitespace().map(code).collect();
    Some(Told { booking: v["booking_id"].as_str().unwrap().into(), at: Timestamp::parse(v["at"].as_str().unwrap()).unwrap(), what, slot,
        number: v["number"].as_u64().unwrap_or(0) as u32, codes })
}

fn code(name: &str) -> &'static str {
    ["slot_in_past", "horizon_exceeded", "slot_full", "already_active", "vin_active", "check_failed", "source_unavailable", "checkpoint_closed",
        "transfer_forbidden", "change_forbidden"].into_iter().find(|c| *c == name).unwrap_or("another")
}

fn bare(t: &Told) -> Told {
    let note = t.what.starts_with("note:");
    Told { slot: t.slot.filter(|_| !note), number: if note { 0 } else { t.number }, ..t.clone() }
}

fn by_booking(all: impl Iterator<Item = Told>) -> BTreeMap<String, Vec<Told>> {
    let mut map: BTreeMap<String, Vec<Told>> = BTreeMap::new();
    for t in all { map.entry(t.booking.clone()).or_default().push(t); }
    map
}

/// The promises, read off what was told alone.
fn promises(told: &BTreeMap<String, Vec<Told>>, end: Timestamp) -> Result<(), TestCaseError> {
    let mut numbers = BTreeSet::new();
    for (booking, life) in told {
        let statuses: Vec<&str> = life.iter().map(|t| t.what.as_str()).filter(|w| !w.starts_with("note:")).collect();
        let verdicts = statuses.iter().filter(|s| matches!(**s, "confirmed" | "refused")).count();
        let given_up = statuses.last() == Some(&"cancelled");
        prop_assert!(verdicts == 1 || (verdicts == 0 && given_up), "one verdict: {booking} {statuses:?}");
        let ended = |s: &&str| matches!(*s, "refused" | "cancelled" | "revoked" | "annulled" | "crossed");
        let seen = statuses.contains(&"in_zone");
        prop_assert!(seen || statuses.last().is_some_and(ended), "nobody is lost: {booking} {statuses:?} at {end:?}");
        prop_assert_eq!(statuses.iter().filter(|s| ended(s)).count(), usize::from(statuses.last().is_some_and(ended)), "nothing after the end");
        let mut mine = BTreeSet::new();
        for t in life.iter().filter(|t| t.number > 0) { mine.insert((t.slot.unwrap().date, t.number)); }
        for n in mine { prop_assert!(numbers.insert(n), "a number is used once: {n:?}"); }
    }
    Ok(())
}

/// A booking that a cut moved: when, in which lane, from and to which hour, and the number it had.
struct Moved { at: String, lane: String, from: (String, i64), number: u64, to: (String, i64) }

/// Whoever is moved in one instant in one lane keeps its order.
fn order_kept(outputs: &[Value]) -> Result<(), TestCaseError> {
    let mut places: BTreeMap<&str, ((String, i64), u64)> = BTreeMap::new();
    let mut moves = Vec::new();
    for v in outputs.iter().filter(|v| v["status"].is_string() && v.get("interval").is_some()) {
        let Some(number) = v["number"].as_u64() else { continue };
        let to = (v["slot"]["date"].as_str().unwrap().to_owned(), v["slot"]["hour"].as_i64().unwrap());
        let old = places.insert(v["booking_id"].as_str().unwrap(), (to.clone(), number));
        if v["status"] == "rescheduled" && v["cause"] == "Q-CAPACITY" && let Some((from, number)) = old {
            moves.push(Moved { at: v["at"].to_string(), lane: v["lane"].to_string(), from, number, to });
        }
    }
    for (i, a) in moves.iter().enumerate() {
        for b in moves[i + 1..].iter().filter(|b| a.at == b.at && a.lane == b.lane) {
            let before = (&a.from, a.number) < (&b.from, b.number);
            prop_assert!(if before { a.to <= b.to } else { a.to >= b.to }, "{:?} -> {:?}, {:?} -> {:?}", a.from, a.to, b.from, b.to);
        }
    }
    Ok(())
}

/// A country whose board is off: written again every 30 s for days it would be most of the work.
fn country(refs: &Refs, shards: u32) -> Story<'_> {
    let mut s = Story { world: World::new(refs, shards), n: 0 };
    s.control("2026-03-30 07:00", CP, ControlKind::DeviceState { device: format!("{CP}/board-1").into(), state: "off".into() });
    s
}

fn check(refs: &Refs, steps: &[(i64, Step)]) -> Result<(), TestCaseError> {
    let place = refs.catalogue.checkpoints.get(&CP.into()).unwrap();
    let events = history(&place.zone, steps);
    let mut model = Model::new(place, refs.rules.of(&"seo-2023".into()));
    let mut s = country(refs, 1);
    s.world.fx.wants_views = true;
    let mut hours: BTreeMap<Timestamp, u32> = BTreeMap::new();
    for (when, event) in &events {
        model.event(*when, event);
        play(&mut s, *when, event);
        for view in s.world.fx.views.drain(..) {
            if let ViewRow::SlotRow(r) = view { hours.insert(r.slot_start, r.held + r.confirmed); }
        }
        for slot in model.used_hours() {
            let start = slot.start(&place.zone);
            prop_assert_eq!(hours.get(&start).copied().unwrap_or(0), model.used(slot), "places in use in {:?} after {:?}", slot, event);
            let over = start + Span::hours(1) <= *when || model.overfull.contains(&slot);
            prop_assert!(over || model.used(slot) <= model.places(slot), "{slot:?} is over its capacity after {event:?}");
        }
    }
    let end = events.last().unwrap().0 + Span::days(4);
    let open = Event::Opened;
    model.event(end, &open);
    play(&mut s, end, &open);
    let end = end + Span::days(4);
    model.advance(end);
    s.world.advance(end);
    let outputs: Vec<(OutTopic, Value)> = s.world.fx.outputs.iter().map(|o| (o.topic, serde_json::from_str(&o.json).unwrap())).collect();
    let real = by_booking(outputs.iter().filter_map(|(topic, v)| told(*topic, v)).map(|t| bare(&t)));
    let naive = by_booking(model.told.iter().map(bare));
    for (booking, life) in &naive { prop_assert_eq!(real.get(booking), Some(life), "{}", booking); }
    prop_assert_eq!(real.len(), naive.len());
    promises(&real, end)?;
    order_kept(&outputs.iter().map(|(_, v)| v.clone()).collect::<Vec<_>>())?;
    for shards in [2, 4] {
        let mut other = country(refs, shards);
        for (when, event) in &events { play(&mut other, *when, event); }
        play(&mut other, end - Span::days(4), &open);
        other.world.advance(end);
        prop_assert!(other.world.fx.outputs == s.world.fx.outputs, "{shards} shards tell something else");
    }
    Ok(())
}

#[test]
fn the_operators_tell_what_the_naive_model_tells() {
    let refs = refs();
    let cases = std::env::var("KEZEK_MODEL_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(600);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() };
    proptest!(config, |(steps in steps())| check(&refs, &steps)?);
}
