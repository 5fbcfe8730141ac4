//! T-WEIGHT, the station passed around: a vehicle of more than 12 t that was seen before and beyond a station which every
//! admissible way passes, and was not weighed there, exactly or nearly, half an hour after the sight beyond it. The station
//! keeps who was weighed; a dead station accuses nobody, and a weighing that comes late clears the vehicle.

use compact_str::format_compact;
use kezek_schemas::ids::{AlertId, DeviceId, RegionId};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Msg;
use super::alert::{Alert, AlertState, tell};
use crate::journey::graph::Road;
use crate::journey::{Sight, closed_throughout, last_place};
use crate::kernel::{Cx, Message, Owner, Refs, TimerKey, TimerKind};
use crate::matching::edit;

/// From this mass on a vehicle must be weighed, kg.
const MUST_KG: f64 = 12_000.0;
/// How long a weighing may come after the sight beyond.
const WAITS: Span = Span::minutes(30);
/// Clocks of stations and cameras may differ by this.
const CLOCKS: Span = Span::minutes(10);
/// Weighings that a station remembers, and how long.
const REMEMBERED: usize = 4096;
const KEPT: Span = Span::hours(72);
/// Stations a vehicle may owe at once.
const OWED: usize = 8;

/// A station that a vehicle must have passed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Owed {
    /// The station.
    pub station: DeviceId,
    /// The sight before it.
    pub from: Timestamp,
    /// The sight beyond it.
    pub until: Timestamp,
    /// When it is judged.
    pub due: Timestamp,
    /// The sight beyond it came late: nobody is sent.
    pub late: bool,
    /// The alert, once told.
    pub told: Option<(AlertId, RegionId)>,
}

/// The stations that every admissible way from one device to another passes.
#[must_use]
pub fn owed(refs: &Refs, before: &DeviceId, beyond: &DeviceId, closed: &[Road]) -> Vec<DeviceId> {
    let place = |id: &DeviceId| refs.catalogue.road_devices.get(id).and_then(|d| refs.graph.on_road(d));
    let (Some(a), Some(b)) = (place(before), place(beyond)) else { return Vec::new() };
    refs.graph.unavoidable(&a, &b, closed).into_iter().filter(|id| *id != before && *id != beyond).cloned().collect()
}

/// A sight on the road after another: what lies between is owed by heavy vehicles.
pub fn on_sight(cx: &mut Cx<'_>, plate: &Plate, before: &Sight, sight: &Sight, late: bool) {
    let Some(weighed) = cx.tables.risk.weighed.get(plate) else { return };
    if weighed.declared_kg.unwrap_or_default().max(weighed.last.as_ref().map_or(0.0, |l| l.gross_kg)) <= MUST_KG { return; }
    let stations = owed(cx.refs, &before.device, &sight.device, &closed_throughout(cx, before.at, sight.at));
    if stations.is_empty() { return; }
    let due = cx.now + WAITS;
    let row = cx.tables.risk.weighed.entry(plate);
    for station in stations {
        row.owed.push(Owed { station, from: before.at, until: sight.at, due, late, told: None });
        if row.owed.len() > OWED { row.owed.remove(0); }
    }
    cx.arm(due, plate.skeleton().as_str(), TimerKind::BypassCheck, plate.as_str());
}

/// Half an hour after the sight beyond: the station is asked.
pub fn on_timer(cx: &mut Cx<'_>, timer: &TimerKey) {
    let plate = Plate::normalise(&timer.subject);
    let owed: Vec<Owed> = cx.tables.risk.weighed.get(&plate).into_iter().flat_map(|w| &w.owed).filter(|o| o.due == timer.due && o.told.is_none()).cloned().collect();
    for o in owed {
        cx.send(Owner::Device(o.station), Message::Risk(Msg::WasWeighed { plate: plate.clone(), from: o.from, until: o.until }));
    }
}

/// A weighing, at its station.
pub fn on_weighed(cx: &mut Cx<'_>, station: &DeviceId, plate: Plate, at: Timestamp) {
    let oldest = cx.now - KEPT;
    let list = cx.tables.risk.stations.entry(station);
    let gone = list.iter().take_while(|(t, _)| *t < oldest).count().max((list.len() + 1).saturating_sub(REMEMBERED));
    list.drain(..gone.min(list.len()));
    list.push((at, plate));
}

/// Whether the vehicle was weighed at the station; if not, the vehicle hears of it.
pub fn on_asked(cx: &mut Cx<'_>, station: &DeviceId, plate: Plate, from: Timestamp, until: Timestamp) {
    let (first, last) = (from - CLOCKS, until + WAITS);
    // A plate that could not be read may be this one.
    let weighed = cx.tables.risk.stations.get(station).is_some_and(|list| {
        list.iter().any(|(at, p)| (first..=last).contains(at) && (p.is_empty() || edit::near(p, &plate) || edit::compatible(p, &plate)))
    });
    let worked = cx.tables.journey.cameras.get(station).is_none_or(|c| c.worked_since(from, cx.now));
    if weighed || !worked { return; }
    cx.send(Owner::Vehicle(plate.skeleton()), Message::Risk(Msg::NotWeighed { plate, station: station.clone(), from, until }));
}

/// The vehicle was not weighed where it had to be.
pub fn on_missed(cx: &mut Cx<'_>, plate: &Plate, station: &DeviceId, from: Timestamp, until: Timestamp) {
    let Some(place) = last_place(cx, plate) else { return };
    let Some(row) = cx.tables.risk.weighed.get_mut(plate) else { return };
    let mass = row.last.as_ref().map_or(0.0, |l| l.gross_kg).max(row.declared_kg.unwrap_or_default());
    let before = row.owed.iter().filter(|o| o.until == until).find_map(|o| o.told.as_ref()).map(|(_, r)| r.clone());
    let Some(owed) = row.owed.iter_mut().find(|o| o.station == *station && o.from == from && o.until == until && o.told.is_none()) else { return };
    // Several stations between the same two sights are one alert.
    let id = AlertId(format_compact!("T-WEIGHT:{plate}:bypass:{}", until.0));
    let late = owed.late;
    let region = before.unwrap_or_else(|| place.region.clone());
    owed.told = Some((id.clone(), region.clone()));
    let zone = super::zone_of(cx, &place.region);
    let evidence = json!({"what": "bypass", "station": station, "limit_kg": MUST_KG, "value_kg": mass, "error": 0.0,
        "seen_before": zone.as_ref().map(|z| from.to_rfc3339(z)), "seen_beyond": zone.as_ref().map(|z| until.to_rfc3339(z))});
    send(cx, plate, id, region, &place, AlertState::Raised, evidence, late);
}

/// A weighing of the vehicle that came late clears it.
pub fn weighed_after_all(cx: &mut Cx<'_>, plate: &Plate, station: &DeviceId, at: Timestamp) {
    let Some(row) = cx.tables.risk.weighed.get(plate) else { return };
    let fits = |o: &Owed| o.station == *station && (o.from - CLOCKS..=o.until + WAITS).contains(&at);
    let Some(owed) = row.owed.iter().find(|o| fits(o)).cloned() else { return };
    cx.tables.risk.weighed.entry(plate).owed.retain(|o| !fits(o));
    let others = cx.tables.risk.weighed.get(plate).is_some_and(|w| w.owed.iter().any(|o| o.told == owed.told));
    if others { return; }
    let (Some((id, region)), Some(place)) = (owed.told, super::place::of_device(&cx.refs.catalogue, station)) else { return };
    send(cx, plate, id, region, &place, AlertState::Cleared, json!({"what": "weighed_after_all", "station": station}), true);
}

#[allow(clippy::too_many_arguments, reason = "one alert, put together in one place")]
fn send(cx: &mut Cx<'_>, plate: &Plate, alert_id: AlertId, region: RegionId, place: &super::place::Place, state: AlertState, evidence: serde_json::Value, late: bool) {
    let journey = cx.tables.journey.journeys.get(plate);
    let (journey_id, booking_id) = journey.map_or((None, None), |j| (Some(j.id.clone()), j.booking.clone()));
    let country = cx.tables.journey.vehicles.get(plate).and_then(|v| v.country.clone());
    tell(cx, late, Alert { alert_id, kind: "T-WEIGHT".into(), severity: 2, state, plate: Some(plate.clone()), country, region, lat: place.lat, lon: place.lon,
        score: 0.9, evidence: vec![evidence.to_string()], journey_id, booking_id, desk_only: false, way: Vec::new() });
}
