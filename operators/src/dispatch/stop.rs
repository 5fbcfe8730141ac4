//! The two-hour limit of a stop (Art. 18-1): a warning at 90 minutes, a breach at 120 that the centre is told of.

use compact_str::format_compact;
use kezek_schemas::ids::{AlertId, GroupId};
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::time::Span;
use serde::Serialize;
use serde_json::json;

use super::groups::Stop;
use crate::kernel::{Cx, TimerKey, TimerKind};
use crate::risk::{Alert, AlertState, raise, zone_of};

const WARNING: Span = Span::minutes(90);
const LIMIT: Span = Span::minutes(120);

#[derive(Serialize)]
struct Record<'a> {
    id: String,
    at: String,
    task_id: String,
    group: &'a str,
    alert_id: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    region: &'a str,
    plate: &'a str,
    meet: Point,
}

#[derive(Serialize)]
struct Point { lat: f64, lon: f64 }

pub(super) fn start(cx: &mut Cx<'_>, id: &GroupId, stop: Stop) {
    let now = cx.now;
    let Some(group) = cx.tables.dispatch.groups.get_mut(id) else { return };
    // The same stop told twice is one stop: its clock runs on.
    if let Some(running) = group.stop.as_mut().filter(|s| s.plate == stop.plate) {
        if running.alert.is_none() { running.alert = stop.alert; }
        return;
    }
    let before = group.stop.replace(stop);
    let region = group.region.clone();
    if let Some(before) = before { disarm(cx, region.as_str(), id, &before); }
    cx.arm(now + WARNING, region.as_str(), TimerKind::StopWarning, id.as_str());
    cx.arm(now + LIMIT, region.as_str(), TimerKind::StopOverrun, id.as_str());
}

/// Ends the group's stop; gives the alert it was for.
pub(super) fn finish(cx: &mut Cx<'_>, id: &GroupId) -> Option<AlertId> {
    let group = cx.tables.dispatch.groups.get_mut(id)?;
    let stop = group.stop.take()?;
    let region = group.region.clone();
    disarm(cx, region.as_str(), id, &stop);
    stop.alert
}

fn disarm(cx: &mut Cx<'_>, region: &str, id: &GroupId, stop: &Stop) {
    cx.disarm(stop.since + WARNING, region, TimerKind::StopWarning, id.as_str());
    cx.disarm(stop.since + LIMIT, region, TimerKind::StopOverrun, id.as_str());
}

pub(super) fn on_warning(cx: &mut Cx<'_>, timer: &TimerKey) { tell(cx, &GroupId(timer.subject.clone()), "stop_warning"); }

pub(super) fn on_overrun(cx: &mut Cx<'_>, timer: &TimerKey) {
    let id = GroupId(timer.subject.clone());
    let Some((region, stop, lat, lon)) = tell(cx, &id, "stop_overrun") else { return };
    let evidence = json!({"group": id, "minutes": 120, "limit_minutes": 120, "clause": "s004, Art. 18-1"});
    raise(cx, Alert { alert_id: AlertId(format_compact!("T-STOP:{id}:{}", stop.begun_by)), kind: "T-STOP".into(), severity: 2, state: AlertState::Raised,
        plate: Some(stop.plate), country: stop.country, region, lat, lon, score: 1.0, evidence: vec![evidence.to_string()], journey_id: None,
        booking_id: None, desk_only: false, way: Vec::new() });
}

fn tell(cx: &mut Cx<'_>, id: &GroupId, kind: &'static str) -> Option<(kezek_schemas::ids::RegionId, Stop, f64, f64)> {
    let group = cx.tables.dispatch.groups.get(id)?.clone();
    let stop = group.stop?;
    let zone = zone_of(cx, &group.region)?;
    let centre = cx.refs.catalogue.regions.get(&group.region).and_then(|r| cx.refs.catalogue.nodes.get(&r.centre));
    let (lat, lon) = group.position.map(|(lat, lon, _)| (lat, lon)).or_else(|| centre.map(|n| (n.lat, n.lon)))?;
    let task_id = stop.alert.as_ref().map_or_else(|| format!("stop:{id}:{}", stop.begun_by), |a| format!("task:{a}"));
    let record = Record { id: format!("{task_id}:{kind}"), at: cx.local(&zone), task_id, group: id.as_str(), alert_id: stop.alert.as_ref().map(|a| a.as_str()),
        kind, region: group.region.as_str(), plate: stop.plate.as_str(), meet: Point { lat, lon } };
    cx.emit(OutTopic::GroupTasks, group.region.as_str(), &record);
    Some((group.region, stop, lat, lon))
}
