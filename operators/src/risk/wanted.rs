//! T-WANTED: a wanted plate, VIN or driver at the next accepted sight. A near match goes to the desk, not to the road.

use compact_str::{CompactString, format_compact};
use kezek_schemas::ids::{AlertId, BookingId, CheckpointId, Country, DeviceId, ProfileId, Vin};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::alert::{Alert, AlertState, tell as tell_region};
use super::profiles::{Watched, in_force, watching};
use super::{place, profiles};
use crate::journey;
use crate::kernel::Cx;

/// A sight is told again at most this often.
const TOLD_EVERY: Span = Span::minutes(10);

/// What a booked vehicle is looked for by: VIN and drivers' documents (personal data: for comparison only).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The booking.
    pub booking_id: BookingId,
    /// Where it goes.
    pub checkpoint: CheckpointId,
    /// Country of the plate.
    pub country: Country,
    /// VIN.
    pub vin: Option<Vin>,
    /// Documents of the drivers.
    pub documents: Vec<CompactString>,
}

/// An accepted sight.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The plate.
    pub plate: &'a Plate,
    /// Its country, where read.
    pub country: Option<&'a Country>,
    /// Where.
    pub device: &'a DeviceId,
    /// When it happened.
    pub at: Timestamp,
    /// The camera's confidence, 0-1.
    pub confidence: Option<f32>,
}

/// A booking is active: what its vehicle is looked for by.
pub fn booked(cx: &mut Cx<'_>, plate: &Plate, subject: Subject) {
    if cx.tables.risk.subjects.get(plate) != Some(&subject) { cx.tables.risk.subjects.insert(plate.clone(), subject); }
}

/// The booking's life is over.
pub fn unbooked(cx: &mut Cx<'_>, plate: &Plate, booking: &BookingId) {
    if cx.tables.risk.subjects.get(plate).is_some_and(|s| s.booking_id == *booking) { cx.tables.risk.subjects.remove(plate); }
}

/// Compares a sight with all profiles in force.
pub fn on_sight(cx: &mut Cx<'_>, sight: &Sight<'_>) {
    let risk = &cx.tables.risk;
    if risk.watched.is_empty() && risk.watched_vins.is_empty() && risk.watched_drivers.is_empty() { return; }
    let mut found: Vec<(Watched, ProfileId, &'static str)> =
        watching(cx, sight.plate, sight.country).into_iter().map(|(how, id)| (how, id, "plate")).collect();
    let subject = cx.tables.risk.subjects.get(sight.plate)
        .filter(|s| sight.country.is_none_or(|c| *c == s.country)).cloned();
    if let Some(subject) = &subject { found.extend(by_subject(cx, subject)); }
    let sure = journey::believed(sight.confidence);
    for (how, profile, by) in found {
        // What the camera itself doubts is for the desk.
        let how = if sure { how } else { Watched::Near }; tell(cx, sight, subject.as_ref(), how, &profile, by); }
}

fn by_subject(cx: &Cx<'_>, subject: &Subject) -> Vec<(Watched, ProfileId, &'static str)> {
    let risk = &cx.tables.risk;
    let mut found = Vec::new();
    let valid = |id: &ProfileId| risk.profiles.get(id).is_some_and(|p| in_force(p, cx.now));
    if let Some(vin) = &subject.vin {
        let range = risk.watched_vins.range((vin.clone(), ProfileId::default())..).take_while(|((v, _), ())| v == vin);
        found.extend(range.filter(|((_, id), ())| valid(id)).map(|((_, id), ())| (Watched::Exact, id.clone(), "vin")));
    }
    for document in &subject.documents {
        let range = risk.watched_drivers.range((document.clone(), ProfileId::default())..).take_while(|((d, _), ())| d == document);
        found.extend(range.filter(|((_, id), ())| valid(id)).map(|((_, id), ())| (Watched::Exact, id.clone(), "driver")));
    }
    found
}

fn tell(cx: &mut Cx<'_>, sight: &Sight<'_>, subject: Option<&Subject>, how: profiles::Watched, profile: &ProfileId, by: &'static str) {
    let Some(place) = place::of_device(&cx.refs.catalogue, sight.device) else { return };
    // A near read and an exact one are two alerts: the desk's and the road's.
    let id = match how {
        Watched::Exact => AlertId(format_compact!("T-WANTED:{profile}:{}", sight.plate)),
        Watched::Near => AlertId(format_compact!("T-WANTED:{profile}:{}:near", sight.plate)),
    };
    let key = (ProfileId(id.0.clone()), sight.plate.clone());
    let (state, region) = match cx.tables.risk.told.get(&key) {
        None => (AlertState::Raised, place.region.clone()),
        Some((last, region)) if cx.now - *last >= TOLD_EVERY => (AlertState::Updated, region.clone()),
        Some(_) => return,
    };
    cx.tables.risk.told.insert(key, (cx.now, region.clone()));
    let zone = super::zone_of(cx, &place.region);
    let evidence = json!({"camera": sight.device, "at": zone.map(|z| sight.at.to_rfc3339(&z)), "profile": profile, "by": by,
        "match": match how { Watched::Exact => "exact", Watched::Near => "near" }});
    let way = journey::expected_way(cx, sight.plate, &place);
    let journey_id = cx.tables.journey.journeys.get(sight.plate).map(|j| j.id.clone());
    tell_region(cx, cx.now - sight.at > journey::TOO_LATE, Alert { alert_id: id, kind: "T-WANTED".into(),
        severity: 4, state, plate: Some(sight.plate.clone()), country: sight.country.cloned().or_else(|| subject.map(|s| s.country.clone())),
        region, lat: place.lat, lon: place.lon, score: match how { Watched::Exact => 1.0, Watched::Near => 0.5 },
        evidence: vec![evidence.to_string()], journey_id, booking_id: subject.map(|s| s.booking_id.clone()),
        desk_only: how == Watched::Near, way });
}
