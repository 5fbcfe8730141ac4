//! Mobile groups: where they are, what they do. Every region has two from the start, at its centre.

use compact_str::CompactString;
use kezek_schemas::ids::{AlertId, GroupId, RegionId};
use kezek_schemas::inputs::{GroupEvent, GroupKind, Input};
use kezek_schemas::plate::Plate;
use kezek_schemas::tables::{GroupRow, ViewRow};
use kezek_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Answer, Msg, stop};
use crate::kernel::{Cx, Message, Owner};

/// Groups of a region that exist from the start.
const FROM_THE_START: [&str; 2] = ["group-1", "group-2"];

/// A stop that goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// The vehicle.
    pub plate: Plate,
    /// Its country.
    pub country: Option<kezek_schemas::ids::Country>,
    /// The alert it is for, where it has one.
    pub alert: Option<AlertId>,
    /// When it began: the two hours run from here.
    pub since: Timestamp,
    /// The id of the record that began it.
    pub begun_by: CompactString,
}

/// A task that was sent to a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The region whose alert it is.
    pub home: RegionId,
    /// The alert.
    pub alert: AlertId,
    /// The vehicle.
    pub plate: Option<Plate>,
}

/// A mobile group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Region.
    pub region: RegionId,
    /// Last position and when.
    pub position: Option<(f64, f64, Timestamp)>,
    /// Status as given.
    pub status: CompactString,
    /// The accepted task: its alert's region and id.
    pub bound: Option<(RegionId, AlertId)>,
    /// Tasks that were sent to it and not passed on: a group that has not accepted one is still free for another.
    pub sent: Vec<Sent>,
    /// The stop it makes.
    pub stop: Option<Stop>,
}

impl Group {
    fn at_start(region: &RegionId) -> Self {
        Self { region: region.clone(), position: None, status: "on_duty".into(), bound: None, sent: Vec::new(), stop: None }
    }
    /// Not in a stop and no accepted task.
    #[must_use]
    pub const fn free(&self) -> bool { self.bound.is_none() && self.stop.is_none() }
}

/// The groups of a region, made where they are not there yet.
pub fn of_region(cx: &mut Cx<'_>, region: &RegionId) -> Vec<(GroupId, Group)> {
    for name in FROM_THE_START { ensure(cx, region, &GroupId::new(format!("{region}/{name}"))); }
    cx.tables.dispatch.groups.iter().filter(|(_, g)| g.region == *region).map(|(id, g)| (id.clone(), g.clone())).collect()
}

fn ensure(cx: &mut Cx<'_>, region: &RegionId, id: &GroupId) {
    if !cx.tables.dispatch.groups.contains(id) {
        cx.tables.dispatch.groups.insert(id.clone(), Group::at_start(region));
        show(cx, id);
    }
}

/// Shows the group's row.
pub fn show(cx: &mut Cx<'_>, id: &GroupId) {
    let Some(g) = cx.tables.dispatch.groups.get(id).cloned() else { return };
    cx.view(|_| ViewRow::GroupRow(Box::new(GroupRow { group_id: id.0.clone(), region: g.region.0.clone(),
        status: if g.stop.is_some() { "in_stop".into() } else if g.bound.is_some() { "on_task".into() } else { g.status.clone() },
        lat: g.position.map(|p| p.0), lon: g.position.map(|p| p.1), seen_at: g.position.map(|p| p.2) })));
}

/// A task is given to a group or taken from it.
pub fn bind(cx: &mut Cx<'_>, id: &GroupId, task: Sent, on: bool) {
    if let Some(g) = cx.tables.dispatch.groups.get_mut(id) {
        g.sent.retain(|s| s.alert != task.alert);
        if on { g.sent.push(task); }
        else if g.bound.as_ref().is_some_and(|(_, alert)| *alert == task.alert) { g.bound = None; }
    }
    show(cx, id);
}

pub(super) fn on_event(cx: &mut Cx<'_>, input: &Input, event: &GroupEvent) {
    if !cx.refs.catalogue.regions.contains_key(&event.region) {
        cx.count("unknown_region");
        return;
    }
    ensure(cx, &event.region, &event.group);
    match &event.kind {
        GroupKind::Position { lat, lon } => {
            if let Some(g) = cx.tables.dispatch.groups.get_mut(&event.group).filter(|g| g.position.is_none_or(|(_, _, t)| t <= input.at)) {
                g.position = Some((*lat, *lon, input.at));
            }
        }
        GroupKind::Status { status } => {
            if let Some(g) = cx.tables.dispatch.groups.get_mut(&event.group) { g.status = status.clone(); }
        }
        GroupKind::Seen { alert_id } => says(cx, &event.group, alert_id, Answer::Seen),
        GroupKind::Accepted { alert_id } => says(cx, &event.group, alert_id, Answer::Accepted),
        GroupKind::Declined { alert_id } => says(cx, &event.group, alert_id, Answer::Declined),
        GroupKind::StopStarted { alert_id, plate } => {
            // Without the alert named, the stop of a vehicle the group was sent after is that task's.
            let task = cx.tables.dispatch.groups.get(&event.group).and_then(|g| g.sent.iter().rev().find(|s| s.plate.as_ref() == Some(&plate.plate)));
            let alert_id = &alert_id.clone().or_else(|| task.map(|s| s.alert.clone()));
            stop::start(cx, &event.group, Stop { plate: plate.plate.clone(), country: plate.country.clone(), alert: alert_id.clone(), since: cx.now,
                begun_by: input.id.0.clone() });
            if let Some(alert_id) = alert_id { says(cx, &event.group, alert_id, Answer::StopStarted); }
        }
        GroupKind::StopFinished { outcome: _ } => {
            if let Some(alert_id) = stop::finish(cx, &event.group) { says(cx, &event.group, &alert_id, Answer::StopFinished); }
        }
    }
    show(cx, &event.group);
}

/// Passes what a group says on to the region whose task it is.
fn says(cx: &mut Cx<'_>, id: &GroupId, alert_id: &AlertId, what: Answer) {
    let Some(group) = cx.tables.dispatch.groups.get_mut(id) else { return };
    let Some(Sent { home, alert: sent, .. }) = group.sent.iter().find(|s| s.alert == *alert_id).cloned() else { return };
    match what {
        Answer::Accepted | Answer::StopStarted => group.bound = Some((home.clone(), sent)),
        Answer::Declined | Answer::StopFinished => {
            group.sent.retain(|s| s.alert != sent);
            if group.bound.as_ref().is_some_and(|(_, alert)| *alert == sent) { group.bound = None; }
        }
        Answer::Seen => {}
    }
    cx.send(Owner::Region(home), Message::Dispatch(Msg::GroupSays { group: id.clone(), alert_id: alert_id.clone(), what }));
}
