//! T-WEIGHT: over the limits after the class error (gross, single axle, axle groups by spacing, drying season), measured
//! against declared, and a load that changed on the way.

use compact_str::{CompactString, format_compact};
use kezek_schemas::ids::{AlertId, DeviceId, RegionId};
use kezek_schemas::inputs::{Axle, Declaration, DeclarationKind, Input, PlateText, WeighHit};
use kezek_schemas::plate::Plate;
use kezek_schemas::reference::weights::{AccuracyClass, Weights};
use kezek_schemas::tables::{ViewRow, WeighingRow};
use kezek_schemas::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::alert::{Alert, AlertState, tell};
use super::place::{self, Place};
use crate::kernel::{Cx, Message, Owner};

/// Two masses differ when they are further apart than the errors and this.
const MARGIN: f64 = 0.05;
/// Without a booking, weighings this far apart belong to one trip.
const ONE_TRIP: Span = Span::hours(24);
/// A second weighing at the same station within this is the same pass.
const SAME_PASS: Span = Span::minutes(10);

/// What is remembered of a vehicle's mass.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Weighed {
    /// Declared gross mass, kg.
    pub declared_kg: Option<f64>,
    /// The last weighing.
    pub last: Option<Last>,
    /// Alerts of this trip by their reason, with their region and severity.
    pub told: Vec<Told>,
    /// Stations it must have passed.
    pub owed: Vec<super::bypass::Owed>,
}

/// An alert that stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// `over`, `declared`, `changed`.
    pub reason: CompactString,
    /// The alert.
    pub alert_id: AlertId,
    /// The region that publishes it.
    pub region: RegionId,
    /// The highest it was told with.
    pub severity: u8,
}

/// A weighing that was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Last {
    /// Station.
    pub station: DeviceId,
    /// When.
    pub at: Timestamp,
    /// Gross, kg.
    pub gross_kg: f64,
    /// Error of the class.
    pub error: f64,
    /// The trip.
    pub trip: CompactString,
}

/// One thing that is over its limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Over {
    /// `gross`, `single`, `tandem`, `tridem`, `group`.
    pub what: &'static str,
    /// Number of the group's first axle from the front, from 1.
    pub axle: usize,
    /// Limit, kg.
    pub limit_kg: f64,
    /// Measured, kg.
    pub value_kg: f64,
    /// Error that was allowed for.
    pub error: f64,
}

impl Over {
    fn over(&self) -> f64 { self.value_kg * (1.0 - self.error) / self.limit_kg - 1.0 }
}

/// Everything of a weighing that is over its limit after the class error.
#[must_use]
pub fn over_limits(weights: &Weights, class: &AccuracyClass, drying_kg: Option<f64>, axles: &[Axle], gross_kg: f64) -> Vec<Over> {
    let mut found = Vec::new();
    let mut judge = |what, axle, limit_kg: f64, value_kg: f64, error: f64| {
        if value_kg * (1.0 - error) > limit_kg { found.push(Over { what, axle, limit_kg, value_kg, error }); }
    };
    if let Some(limit) = weights.gross_kg(axles.len()) { judge("gross", 1, limit, gross_kg, class.gross); }
    let mut start = 0;
    while start < axles.len() {
        let mut end = start + 1;
        while end < axles.len() && axles[end].spacing_m < weights.group_below_m() { end += 1; }
        let dried = |limit: f64, n: usize| drying_kg.map_or(limit, |d| limit.min(d * n as f64));
        let load = |group: &[Axle]| group.iter().map(|a| a.load_kg).sum::<f64>();
        let widest = |group: &[Axle]| group.iter().skip(1).map(|a| a.spacing_m).fold(0.0, f64::max);
        let group = &axles[start..end];
        match group.len() {
            1 => judge("single", start + 1, dried(weights.single_kg(), 1), load(group), class.group),
            2 => judge("tandem", start + 1, dried(weights.tandem_kg(group[1].spacing_m), 2), load(group), class.group),
            3 => judge("tridem", start + 1, dried(weights.tridem_kg(widest(group)), 3), load(group), class.group),
            _ => for (i, three) in group.windows(3).enumerate() {
                judge("group", start + i + 1, dried(weights.tridem_kg(widest(three)), 3), load(three), class.group);
            },
        }
        start = end;
    }
    found
}

/// Handles a weighing at the vehicle's owner, or at the station's where no plate was read.
pub fn on_weighing(cx: &mut Cx<'_>, input: &Input, hit: &WeighHit) {
    let Some(place) = place::of_device(&cx.refs.catalogue, &hit.station) else {
        cx.count("unknown_device");
        return;
    };
    let weights = &cx.refs.weights;
    let registered = cx.refs.catalogue.road_devices.get(&hit.station).and_then(|d| d.accuracy_class.as_deref());
    let class = hit.device_class.as_deref().and_then(|c| weights.class(c)).or_else(|| weights.class(registered?)).or_else(|| weights.class("C(15)"));
    let (Some(class), Some(zone)) = (class, super::zone_of(cx, &place.region)) else { return };
    let drying = weights.drying_kg(&place.region, zone.date_hour(input.at).0);
    let over = over_limits(weights, class, drying, &hit.axles, hit.gross_kg);
    let (gross_error, limit) = (class.gross, weights.gross_kg(hit.axles.len()));
    let plate = hit.plate.as_ref().filter(|p| !p.plate.is_empty());
    cx.view(|_| ViewRow::WeighingRow(Box::new(WeighingRow { station: hit.station.0.clone(), plate: plate.map(|p| p.plate.as_str().into()),
        country: plate.and_then(|p| p.country.as_ref()).map(|c| c.0.clone()), at: input.at, gross_kg: hit.gross_kg, axles: hit.axles.len() as u32,
        limit_kg: limit.unwrap_or_default(), over_pct: limit.map_or(0.0, |l| ((hit.gross_kg * (1.0 - gross_error) / l - 1.0) * 100.0).max(0.0)) })));
    let read = plate.map(|p| p.plate.clone()).unwrap_or_default();
    cx.send(Owner::Device(hit.station.clone()), Message::Risk(super::Msg::Weighed { plate: read, at: input.at }));
    let Some(plate) = plate else { return };
    super::bypass::weighed_after_all(cx, &plate.plate, &hit.station, input.at);
    let before = cx.tables.risk.weighed.get(&plate.plate).cloned().unwrap_or_default();
    if before.last.as_ref().is_some_and(|l| l.station == hit.station && (input.at - l.at).0.abs() < SAME_PASS.0) { return; }
    let mut evidence: Vec<serde_json::Value> = over.iter().map(|o| json!({"what": o.what, "axle": o.axle, "limit_kg": o.limit_kg.round(),
        "value_kg": o.value_kg.round(), "error": o.error, "station": hit.station})).collect();
    let mut reasons = if evidence.is_empty() { Vec::new() } else { vec!["over"] };
    if let Some(declared) = before.declared_kg.filter(|d| apart(hit.gross_kg, *d, gross_error)) {
        evidence.push(json!({"what": "declared", "limit_kg": declared, "value_kg": hit.gross_kg, "error": gross_error, "station": hit.station}));
        reasons.push("declared");
    }
    let trip = trip_of(cx, &plate.plate, &before, input.at, &input.id);
    if let Some(last) = before.last.as_ref().filter(|l| l.trip == trip && apart(hit.gross_kg, l.gross_kg, gross_error + l.error)) {
        evidence.push(json!({"what": "changed_en_route", "limit_kg": last.gross_kg, "value_kg": hit.gross_kg, "error": gross_error + last.error,
            "station": hit.station, "before": last.station}));
        reasons.push("changed");
    }
    let row = cx.tables.risk.weighed.entry(&plate.plate);
    if before.last.as_ref().is_some_and(|l| l.trip != trip) { row.told.clear(); }
    if before.last.as_ref().is_none_or(|l| l.at <= input.at) {
        row.last = Some(Last { station: hit.station.clone(), at: input.at, gross_kg: hit.gross_kg, error: gross_error, trip: trip.clone() });
    }
    let worst = over.iter().map(Over::over).fold(0.0, f64::max);
    let late = cx.now - input.at > crate::journey::TOO_LATE;
    publish(cx, plate, &place, &trip, &reasons, evidence, if worst > 0.10 { 3 } else { 2 }, late);
}

/// Whether two masses differ by more than the errors and the margin.
fn apart(kg: f64, from: f64, error: f64) -> bool { from > 0.0 && ((kg - from) / from).abs() > error + MARGIN }

/// The trip a weighing belongs to: the open journey's; without one, that of a weighing of the last 24 h, else its own.
fn trip_of(cx: &Cx<'_>, plate: &Plate, before: &Weighed, at: Timestamp, id: &kezek_schemas::ids::RecordId) -> CompactString {
    let journey = cx.tables.journey.journeys.get(plate).filter(|j| j.opened_at <= at);
    let recent = || before.last.as_ref().filter(|l| !l.trip.starts_with("j:") && (at - l.at).0.abs() < ONE_TRIP.0).map(|l| l.trip.clone());
    journey.map(|j| j.id.0.clone()).or_else(recent).unwrap_or_else(|| id.0.clone())
}

/// One alert per trip and reason: raised, then updated.
#[allow(clippy::too_many_arguments, reason = "one alert, put together in one place")]
fn publish(cx: &mut Cx<'_>, plate: &PlateText, place: &Place, trip: &CompactString, reasons: &[&'static str], evidence: Vec<serde_json::Value>, severity: u8, late: bool) {
    let Some(first) = reasons.first() else { return };
    let row = cx.tables.risk.weighed.entry(&plate.plate);
    let known = row.told.iter_mut().find(|t| t.reason == *first);
    let (alert_id, region, severity, state) = match known {
        Some(told) => {
            told.severity = told.severity.max(severity);
            (told.alert_id.clone(), told.region.clone(), told.severity, AlertState::Updated)
        }
        None => (AlertId(format_compact!("T-WEIGHT:{}:{first}:{trip}", plate.plate)), place.region.clone(), severity, AlertState::Raised),
    };
    for reason in reasons {
        if row.told.iter().any(|t| t.reason == *reason) { continue; }
        row.told.push(Told { reason: (*reason).into(), alert_id: alert_id.clone(), region: region.clone(), severity });
    }
    let way = crate::journey::expected_way(cx, &plate.plate, place);
    let journey = cx.tables.journey.journeys.get(&plate.plate);
    let (journey_id, booking_id) = journey.map_or((None, None), |j| (Some(j.id.clone()), j.booking.clone()));
    tell(cx, late, Alert { alert_id, kind: "T-WEIGHT".into(), severity, state, plate: Some(plate.plate.clone()), country: plate.country.clone(),
        region, lat: place.lat, lon: place.lon, score: 1.0, evidence: evidence.iter().map(ToString::to_string).collect(),
        journey_id, booking_id, desk_only: false, way });
}

/// The vehicle is through: its next load is another.
pub fn trip_over(cx: &mut Cx<'_>, plate: &Plate) {
    if cx.tables.risk.weighed.contains(plate) { cx.tables.risk.weighed.remove(plate); }
}

/// A declaration says how heavy the vehicle is; one that comes after the scales is compared with them.
pub fn on_declaration(cx: &mut Cx<'_>, input: &Input, declaration: &Declaration) {
    let plate: &Plate = &declaration.plate.plate;
    match declaration.kind {
        DeclarationKind::TransitClosed => trip_over(cx, plate),
        DeclarationKind::Registered | DeclarationKind::Released | DeclarationKind::TransitOpened | DeclarationKind::Waybill => {
            let Some(kg) = declaration.gross_kg else { return };
            cx.tables.risk.weighed.entry(plate).declared_kg = Some(kg);
            let before = cx.tables.risk.weighed.get(plate).cloned().unwrap_or_default();
            let Some(last) = before.last.as_ref().filter(|l| input.at - l.at < ONE_TRIP && apart(l.gross_kg, kg, l.error)) else { return };
            let Some(place) = crate::journey::last_place(cx, plate).or_else(|| place::of_device(&cx.refs.catalogue, &last.station)) else { return };
            let evidence = json!({"what": "declared", "limit_kg": kg, "value_kg": last.gross_kg, "error": last.error, "station": last.station});
            publish(cx, &declaration.plate, &place, &last.trip, &["declared"], vec![evidence], 2, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_by_axles_spacing_class_and_season() {
        let weights = Weights::shipped().unwrap();
        let (b, c) = (weights.class("B(10)").unwrap().clone(), weights.class("C(15)").unwrap().clone());
        let axles = |list: &[(f64, f64)]| list.iter().map(|(load_kg, spacing_m)| Axle { load_kg: *load_kg, spacing_m: *spacing_m }).collect::<Vec<_>>();
        for (list, class, drying, expect) in [
            (vec![(6000.0, 0.0), (8200.0, 4.0), (8200.0, 1.2)], &b, None, vec!["tandem"]),      // 16.4 × 0.87 > 14
            (vec![(6000.0, 0.0), (8200.0, 4.0), (8200.0, 1.5)], &b, None, vec![]),              // < 16
            (vec![(6000.0, 0.0), (8200.0, 4.0), (8200.0, 1.8)], &b, None, vec![]),              // two single axles
            (vec![(6000.0, 0.0), (8100.0, 4.0), (8100.0, 1.2)], &c, None, vec![]),              // 16.2 × 0.82 < 14
            (vec![(7000.0, 0.0), (9900.0, 4.5)], &b, Some(8000.0), vec!["single"]),
            (vec![(7000.0, 0.0), (9900.0, 4.5)], &b, None, vec![]),
            (vec![(6000.0, 0.0), (8500.0, 4.0), (8500.0, 1.3), (8500.0, 1.3)], &b, None, vec!["tridem"]), // 25.5 × 0.87 > 21
            (vec![(6000.0, 0.0), (8500.0, 4.0), (8500.0, 1.3), (8500.0, 1.4)], &b, None, vec![]),         // < 24
            (vec![(6000.0, 0.0), (8500.0, 4.0), (8500.0, 1.3), (8500.0, 1.3), (8500.0, 1.3)], &b, None, vec!["group", "group"]),
        ] {
            let axles = axles(&list);
            let gross = axles.iter().map(|a| a.load_kg).sum();
            let found: Vec<_> = over_limits(&weights, class, drying, &axles, gross).iter().map(|o| o.what).collect();
            assert_eq!(found, expect, "{list:?}");
        }
    }
}
