//! Closed roads: one notice to the centre while a closure is in force, whatever the number of vehicles it turns away.

use compact_str::format_compact;
use kezek_schemas::ids::{AlertId, NodeId, ProfileId};
use kezek_schemas::inputs::{Profile, ProfileKind};
use kezek_schemas::time::Timestamp;
use serde_json::json;

use super::alert::{Alert, AlertState, raise};
use super::place::{self, Place};
use crate::kernel::{Cx, TimerKey, TimerKind};

fn road(profile: &Profile) -> Option<(NodeId, NodeId)> {
    match &profile.kind {
        ProfileKind::RoadClosed { from, to } => Some((from.clone(), to.clone())),
        ProfileKind::WatchPlate { .. } | ProfileKind::WatchVin { .. } | ProfileKind::WatchDriver { .. } | ProfileKind::Rule { .. } => None,
    }
}

/// A closure begins, at the latest, when it is told: the roads were open before.
#[must_use]
pub fn dated(mut profile: Profile, at: Timestamp, before: Option<&Profile>) -> Profile {
    if road(&profile).is_some() && profile.valid_from.is_none() {
        let same = before.filter(|b| road(b) == road(&profile) && b.valid_until.is_none_or(|until| until >= at));
        profile.valid_from = Some(same.and_then(|b| b.valid_from).map_or(at, |from| from.min(at)));
    }
    profile
}

/// A profile at its owner: its notice follows it, that of the road it closed before is over.
pub fn on_profile(cx: &mut Cx<'_>, profile: &Profile, before: Option<&Profile>) {
    if let Some(before) = before && road(before).is_some() && road(before) != road(profile) { notice(cx, before, AlertState::Cleared); }
    follow(cx, profile);
}

fn follow(cx: &mut Cx<'_>, profile: &Profile) {
    if road(profile).is_none() { return; }
    let (now, id) = (cx.now, profile.profile_id.clone());
    let arm = |cx: &mut Cx<'_>, due: Timestamp, kind| cx.arm(due, id.as_str(), kind, id.as_str());
    match (profile.valid_from, profile.valid_until) {
        (_, Some(until)) if until <= now => return notice(cx, profile, AlertState::Cleared),
        (Some(from), _) if from > now => arm(cx, from, TimerKind::ProfileFrom),
        _ => notice(cx, profile, AlertState::Raised),
    }
    if let Some(until) = profile.valid_until { arm(cx, until, TimerKind::ProfileUntil); }
}

/// A closure begins or ends.
pub fn on_timer(cx: &mut Cx<'_>, timer: &TimerKey) {
    let Some(profile) = cx.tables.risk.profiles.get(&ProfileId(timer.subject.clone())).cloned() else { return };
    let due = match timer.kind { TimerKind::ProfileFrom => profile.valid_from, _ => profile.valid_until };
    if due == Some(timer.due) { follow(cx, &profile); }
}

fn place_of(cx: &Cx<'_>, from: &NodeId, to: &NodeId) -> Option<Place> {
    let catalogue = &cx.refs.catalogue;
    let on_road = catalogue.road_devices.values().find(|d| (d.from == *from && d.to == *to) || (d.from == *to && d.to == *from));
    if let Some(d) = on_road { return place::of_device(catalogue, &d.id); }
    let (a, b) = (catalogue.nodes.get(from)?, catalogue.nodes.get(to)?);
    place::of_coordinates(catalogue, (a.lat + b.lat) / 2.0, (a.lon + b.lon) / 2.0)
}

fn notice(cx: &mut Cx<'_>, profile: &Profile, state: AlertState) {
    let Some((from, to)) = road(profile) else { return };
    let Some(place) = place_of(cx, &from, &to).filter(|_| cx.refs.graph.road(&from, &to).is_some()) else { return cx.count("closure_of_unknown_road") };
    let zone = super::zone_of(cx, &place.region);
    let show = |t: Option<Timestamp>| zone.as_ref().and_then(|z| t.map(|t| t.to_rfc3339(z)));
    let evidence = json!({"what": "road_closed", "road": {"from": from, "to": to}, "profile": profile.profile_id, "valid_from": show(profile.valid_from),
        "valid_until": show(profile.valid_until)});
    raise(cx, Alert { alert_id: AlertId(format_compact!("DEVICE:road:{}:{from}-{to}", profile.profile_id)), kind: "DEVICE".into(), severity: 2, state,
        plate: None, country: None, region: place.region, lat: place.lat, lon: place.lon, score: 1.0, evidence: vec![evidence.to_string()],
        journey_id: None, booking_id: None, desk_only: false, way: Vec::new() });
}
