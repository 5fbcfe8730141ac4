//! `kezek simulate`: a folder that `replay` takes, with what truly happened beside it in `truth/`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use fastrand::Rng;
use jiff::civil::Date;
use kezek_operators::kernel::Refs;
use kezek_schemas::inputs::Topic;
use kezek_schemas::reference::Checkpoint;
use kezek_schemas::time::{Slot, Span, Timestamp, Zone};
use serde_json::json;

use super::Made;
use super::country::Country;
use super::crime::Crime;
use super::drive::{Drive, takes};
use super::lorry::{Course, Lorry};
use super::maker::{Incident, Maker};
use super::plates;

/// Trucks a day in the whole country.
const TRUCKS: f64 = 14_000.0;

/// What to make.
#[derive(Clone, Debug)]
pub struct Options {
    /// Seed.
    pub seed: u64,
    /// First local day.
    pub from: Date,
    /// Days.
    pub days: u32,
    /// Load: 1 = 14,000 trucks a day.
    pub scale: f64,
    /// Share of the trucks that do something a group should hear of.
    pub crimes: f64,
}

/// Writes the folder; gives the number of records.
///
/// # Errors
/// A file cannot be written.
pub fn simulate(refs: &Refs, options: &Options, folder: &Path) -> anyhow::Result<u64> {
    let mut rng = Rng::with_seed(options.seed);
    let zone = Zone::get("Asia/Almaty").context("no time zone data")?;
    let begins = zone.at(options.from, 0);
    let mut country = Country::new(refs, &mut rng, begins, options.days);
    let truth = folder.join("truth");
    fs::create_dir_all(&truth).with_context(|| format!("cannot make {}", truth.display()))?;
    let mut arrivals = BufWriter::new(File::create(truth.join("arrivals.ndjson"))?);
    let mut journeys = BufWriter::new(File::create(truth.join("journeys.ndjson"))?);
    let mut office = Maker::new("office".into(), &zone);
    country.told(&mut office);
    let mut incidents = country.groups(&mut rng, &mut office, begins, options.days, options.scale);
    let mut made: Vec<Made> = office.made;
    let capacity: f64 = refs.catalogue.checkpoints.values().map(|c| f64::from(c.daily_capacity.unwrap_or(240))).sum();
    let mut date = options.from;
    for _ in 0..options.days {
        // Sundays are quieter.
        let day = if date.weekday() == jiff::civil::Weekday::Sunday { 0.75 } else { 1.0 };
        for cp in refs.catalogue.checkpoints.values() {
            let trucks = f64::from(cp.daily_capacity.unwrap_or(240)) / capacity * TRUCKS * options.scale * day;
            for n in 0..(trucks.floor() as u32 + u32::from(rng.f64() < trucks.fract())) {
                let Some(lorry) = plan(&mut rng, &mut country, cp, date, format!("{}-{date}-{n}", cp.id), options.crimes) else { continue };
                let trip = lorry.trip(&mut rng, &country);
                if let Some(gate) = trip.gate {
                    writeln!(arrivals, "{}", json!({"camera": cp.id.device("gate-in"), "plate": lorry.plate, "booked": lorry.course != Course::WalkIn,
                        "at": gate.to_rfc3339(&cp.zone)}))?;
                }
                writeln!(journeys, "{}", json!({"plate": lorry.plate, "country": lorry.country, "checkpoint": cp.id, "departs": lorry.drive.departs.to_rfc3339(&cp.zone),
                    "arrives": lorry.drive.arrives().to_rfc3339(&cp.zone), "way": lorry.drive.way.iter().map(|(n, _)| n).collect::<Vec<_>>(),
                    "fate": format!("{:?}", lorry.course), "crime": lorry.crime.map(Crime::cause)}))?;
                incidents.extend(trip.incidents);
                made.extend(trip.maker.made);
            }
        }
        date = date.tomorrow()?;
    }
    arrivals.flush()?;
    journeys.flush()?;
    incidents.sort_by(|a, b| (a.from, a.kind, &a.plate).cmp(&(b.from, b.kind, &b.plate)));
    write_incidents(&truth.join("incidents.ndjson"), &incidents, &zone)?;
    made.sort_by(|a, b| (a.arrives, a.topic, &a.json).cmp(&(b.arrives, b.topic, &b.json)));
    let mut files: BTreeMap<Topic, BufWriter<File>> = BTreeMap::new();
    for record in &made {
        let file = match files.entry(record.topic) {
            std::collections::btree_map::Entry::Occupied(e) => e.into_mut(),
            std::collections::btree_map::Entry::Vacant(e) => e.insert(BufWriter::new(File::create(folder.join(format!("{}.ndjson", record.topic.name())))?)),
        };
        writeln!(file, "{}", record.json)?;
    }
    for file in files.values_mut() { file.flush()?; }
    Ok(made.len() as u64)
}

fn write_incidents(path: &Path, incidents: &[Incident], zone: &Zone) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for incident in incidents { writeln!(file, "{}", incident.line(zone))?; }
    Ok(file.flush()?)
}

/// A truck with a trip that fits the roads, the hours and what it is to do.
fn plan<'a>(rng: &mut Rng, country: &mut Country<'a>, cp: &'a Checkpoint, date: Date, serial: String, crimes: f64) -> Option<Lorry<'a>> {
    let slot = (0..24).map(|_| Slot { date, hour: rng.i8(0..24) }).find(|s| country.take(cp, *s))?;
    let (plate, plate_country) = (0..50).map(|_| plates::plate(rng)).find(|(p, _)| country.new_plate(p))?;
    let mut crime = (rng.f64() < crimes).then(|| Crime::ALL[rng.usize(..Crime::ALL.len())]);
    let start = slot.start(&cp.zone);
    let drive = drive(rng, country, cp, start, crime)?;
    let course = match (crime, rng.u8(..100)) {
        (Some(_), _) => Course::Crosses,
        (None, 0..6) => Course::NoShow,
        (None, 6..31) => Course::Cancels,
        (None, 31..34) => Course::WalkIn,
        (None, _) => Course::Crosses,
    };
    let moved = crime.is_none() && course == Course::Crosses && rng.u8(..100) < 27;
    let moved_from = if moved { (0..8).map(|_| Slot { date, hour: rng.i8(0..24) }).find(|s| *s != slot && country.take(cp, *s)) } else { None };
    let overload = if crime == Some(Crime::Overload) { 1.55 } else { 1.0 };
    let mut lorry = Lorry { refs: country.refs, checkpoint: cp, plate, country: plate_country, trailer: format!("{:02}{}{:02}", rng.u8(10..99), "ABC", rng.u8(1..20)),
        vin: format!("VIN{:014}", rng.u64(..100_000_000_000_000)), mass: (18_000.0 + rng.f64() * 15_000.0) * overload, drive, slot, moved_from,
        transit: crime.is_some_and(Crime::of_transit) || (course == Course::Crosses && crime.is_none() && rng.u8(..100) < 8), declares: rng.u8(..100) < 40,
        course, crime, serial };
    if crime == Some(Crime::Overload) { lorry.mass = lorry.mass.max(48_000.0); }
    if crime == Some(Crime::Bypass) { lorry.mass = lorry.mass.max(20_000.0); }
    let exit = country.refs.rules.of(&cp.scheme).direction == kezek_schemas::inputs::Direction::Exit;
    let possible = |c: Crime| exit && lorry.fits(c) && match c {
        Crime::Stray => country.stray(&lorry).is_some(),
        Crime::Clone => country.far_drive(&mut Rng::with_seed(1), &lorry, lorry.drive.departs).is_some(),
        _ => true,
    };
    if crime.is_some_and(|c| !possible(c)) {
        crime = None;
        lorry.transit = false;
        lorry.mass = lorry.mass.min(33_000.0);
    }
    lorry.crime = crime;
    Some(lorry)
}

fn drive(rng: &mut Rng, country: &Country<'_>, cp: &Checkpoint, start: Timestamp, crime: Option<Crime>) -> Option<Drive> {
    let centres: Vec<_> = country.refs.catalogue.regions.values().map(|r| r.centre.clone()).collect();
    for _ in 0..30 {
        let from = &centres[rng.usize(..centres.len())];
        let kmh = 66.0 + rng.f64() * 10.0;
        let km = country.roads.way(from, &cp.node).last().map_or(0.0, |(_, km)| *km);
        if !(120.0..1600.0).contains(&km) { continue; }
        // Called up to two hours ahead: everybody is in the zone before. Who vanishes set out days before.
        let ahead = if crime == Some(Crime::Vanish) { Span::hours(60) } else { Span::minutes(rng.i64(135..200)) };
        let arrives = start - ahead;
        let Some(way) = country.way(from, &cp.node, arrives - takes(km * 1.3, kmh), start) else { continue };
        let length = way.last().map_or(0.0, |(_, km)| *km);
        // A way round takes longer: it must still be the right one for all of the trip.
        if length > km + 1.0 && country.way(from, &cp.node, arrives - takes(length, kmh), start).as_ref() != Some(&way) { continue; }
        return Some(Drive::new(&country.roads, way, arrives - takes(length, kmh), kmh));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_country_and_another_seed_another() {
        let refs = Refs::shipped().unwrap();
        let make = |seed| {
            let folder = tempfile::tempdir().unwrap();
            let options = Options { seed, from: jiff::civil::date(2026, 1, 15), days: 1, scale: 0.02, crimes: 0.3 };
            simulate(&refs, &options, folder.path()).unwrap();
            ["road.hits.ndjson", "bookings.ndjson", "seals.ndjson", "truth/incidents.ndjson", "truth/arrivals.ndjson"].map(|f| fs::read_to_string(folder.path().join(f)).unwrap())
        };
        let one = make(7);
        assert!(one == make(7), "the same seed");
        assert!(one != make(8), "another seed");
        assert!(one.iter().all(|text| !text.is_empty()));
        let kinds: std::collections::BTreeSet<String> = one[3].lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["kind"].as_str().unwrap().to_owned()).collect();
        assert!(kinds.len() >= 8, "planted: {kinds:?}");
    }
}
