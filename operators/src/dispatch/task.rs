//! Tasks: assigned, accepted or passed on, stopped, finished. One per alert; the vehicle's owner sees to it that there is
//! one per vehicle.

use compact_str::CompactString;
use kezek_schemas::ids::{AlertId, GroupId, TaskId};
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::tables::{TaskRow, ViewRow};
use kezek_schemas::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::meeting::Meeting;
use super::seek::{self, Search};
use super::{Answer, Msg, publish};
use crate::kernel::{Cx, Message, Owner, TimerKey, TimerKind};
use crate::risk::{self, zone_of};

/// A group that has not accepted by then is passed over.
const ACCEPT_WITHIN: Span = Span::minutes(5);
/// From this severity a group is sent.
const TASK_FROM: u8 = 3;

/// Where a task stands (`tasks.state`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum State { Seeking, Sent, Seen, Accepted, Declined, StopStarted, Finished, Cancelled }

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Seeking => "seeking", Self::Sent => "sent", Self::Seen => "seen", Self::Accepted => "accepted", Self::Declined => "declined",
            Self::StopStarted => "stop_started", Self::Finished => "finished", Self::Cancelled => "cancelled",
        }
    }
}

/// A task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The alert.
    pub alert_id: AlertId,
    /// Where it stands.
    pub state: State,
    /// The group it was sent to, and where they meet.
    pub meeting: Option<Meeting>,
    /// Groups that were tried.
    pub tried: Vec<GroupId>,
    /// When the group got it.
    pub assigned_at: Timestamp,
    /// Records written.
    pub records: u32,
    /// When the stop began.
    pub stop_started_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct Point { lat: f64, lon: f64 }

#[derive(Serialize)]
struct Record<'a> {
    id: String,
    at: String,
    task_id: &'a str,
    group: &'a str,
    alert_id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    region: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plate: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    alert_kind: &'a str,
    eta_min: u32,
    meet: Point,
    node: &'a str,
}

fn id_of(alert: &AlertId) -> TaskId { TaskId(compact_str::format_compact!("task:{alert}")) }

/// The group that has the alert's task now.
#[must_use]
pub fn group_of(cx: &Cx<'_>, alert: &AlertId) -> Option<GroupId> {
    let task = cx.tables.dispatch.tasks.get(&id_of(alert))?;
    matches!(task.state, State::Sent | State::Seen | State::Accepted | State::StopStarted).then(|| task.meeting.as_ref().map(|m| m.group.clone())).flatten()
}

/// The alert has or had a task.
pub(super) fn was_wanted(cx: &Cx<'_>, alert: &AlertId) -> bool { cx.tables.dispatch.tasks.contains(&id_of(alert)) }

/// A raised alert may want a group: the vehicle's owner is asked.
pub fn wanted(cx: &mut Cx<'_>, alert_id: &AlertId) {
    let Some(a) = cx.tables.dispatch.alerts.get(alert_id).map(|p| p.alert.clone()) else { return };
    let Some(plate) = a.plate.filter(|_| a.severity >= TASK_FROM && !a.desk_only) else { return };
    cx.send(Owner::Vehicle(plate.skeleton()), Message::Risk(risk::Msg::ClaimTask { plate, alert_id: alert_id.clone(), region: a.region }));
}

pub(super) fn granted(cx: &mut Cx<'_>, alert_id: &AlertId) {
    if cx.tables.dispatch.tasks.get(&id_of(alert_id)).is_some_and(|t| !matches!(t.state, State::Finished | State::Cancelled)) { return; }
    // It was cleared while it waited for its turn.
    if cx.tables.dispatch.alerts.get(alert_id).is_none_or(|p| p.alert.state == risk::AlertState::Cleared) { return release(cx, alert_id, true); }
    let task = Task { alert_id: alert_id.clone(), state: State::Seeking, meeting: None, tried: Vec::new(), assigned_at: cx.now, records: 0, stop_started_at: None };
    let task = match cx.tables.dispatch.tasks.get(&id_of(alert_id)) {
        Some(before) => Task { records: before.records, ..task },
        None => task,
    };
    cx.tables.dispatch.tasks.insert(id_of(alert_id), task);
    search(cx, alert_id);
}

fn search(cx: &mut Cx<'_>, alert_id: &AlertId) {
    let Some(published) = cx.tables.dispatch.alerts.get(alert_id) else { return };
    let (a, gone_min) = (published.alert.clone(), (cx.now - published.placed_at).as_seconds() / 60.0);
    let Some(task) = cx.tables.dispatch.tasks.get_mut(&id_of(alert_id)) else { return };
    task.state = State::Seeking;
    let tried = task.tried.clone();
    seek::begin(cx, Search { alert_id: alert_id.clone(), home: a.region, lat: a.lat, lon: a.lon, way: a.way, gone_min, tried, to_ask: Vec::new(), best: None });
}

/// A search came to its end.
pub fn found(cx: &mut Cx<'_>, search: Search) {
    let id = id_of(&search.alert_id);
    let Some(task) = cx.tables.dispatch.tasks.get_mut(&id).filter(|t| t.state == State::Seeking) else { return };
    let Some(meeting) = search.best else {
        task.state = State::Cancelled;
        release(cx, &search.alert_id, true);
        publish::escalate(cx, &search.alert_id);
        return;
    };
    let first = task.tried.is_empty();
    task.state = State::Sent;
    task.assigned_at = cx.now;
    task.meeting = Some(meeting.clone());
    bind(cx, &meeting, &search.alert_id, true);
    let due = cx.now + ACCEPT_WITHIN;
    cx.arm(due, search.home.as_str(), TimerKind::AcceptTimeout, search.alert_id.as_str());
    write(cx, &search.alert_id, if first { "assigned" } else { "reassigned" });
}

fn bind(cx: &mut Cx<'_>, meeting: &Meeting, alert_id: &AlertId, on: bool) {
    let Some(alert) = cx.tables.dispatch.alerts.get(alert_id).map(|p| &p.alert) else { return };
    let task = super::groups::Sent { home: alert.region.clone(), alert: alert_id.clone(), plate: alert.plate.clone() };
    if meeting.region == task.home {
        super::groups::bind(cx, &meeting.group, task, on);
    } else {
        cx.send(Owner::Region(meeting.region.clone()), Message::Dispatch(Msg::Bind { group: meeting.group.clone(), task, on }));
    }
}

fn unbind(cx: &mut Cx<'_>, alert_id: &AlertId) {
    let Some(meeting) = cx.tables.dispatch.tasks.get(&id_of(alert_id)).and_then(|t| t.meeting.clone()) else { return };
    bind(cx, &meeting, alert_id, false);
}

/// The vehicle is free for another task; `next`: another alert of it that waited may have it.
fn release(cx: &mut Cx<'_>, alert_id: &AlertId, next: bool) {
    let Some(plate) = cx.tables.dispatch.alerts.get(alert_id).and_then(|p| p.alert.plate.clone()) else { return };
    cx.send(Owner::Vehicle(plate.skeleton()), Message::Risk(risk::Msg::ReleaseTask { plate, alert_id: alert_id.clone(), next }));
}

pub(super) fn on_answer(cx: &mut Cx<'_>, group: &GroupId, alert_id: &AlertId, what: Answer) {
    let now = cx.now;
    let Some(task) = cx.tables.dispatch.tasks.get_mut(&id_of(alert_id)) else { return };
    if task.meeting.as_ref().is_none_or(|m| m.group != *group) { return; }
    match (what, task.state) {
        (Answer::Seen, State::Sent) => task.state = State::Seen,
        (Answer::Accepted, State::Sent | State::Seen) => task.state = State::Accepted,
        (Answer::Declined, State::Sent | State::Seen | State::Accepted) => {
            task.state = State::Declined;
            show(cx, alert_id);
            pass_over(cx, alert_id);
        }
        (Answer::StopStarted, State::Sent | State::Seen | State::Accepted) => {
            task.state = State::StopStarted;
            task.stop_started_at = Some(now);
        }
        (Answer::StopFinished, State::StopStarted) => {
            task.state = State::Finished;
            // Whoever else looked for it has it now: the stop was for all of its alerts.
            release(cx, alert_id, false);
        }
        _ => {}
    }
    show(cx, alert_id);
}

/// The group is left out and the next one is looked for.
fn pass_over(cx: &mut Cx<'_>, alert_id: &AlertId) {
    let Some(task) = cx.tables.dispatch.tasks.get_mut(&id_of(alert_id)) else { return };
    if let Some(meeting) = &task.meeting { task.tried.push(meeting.group.clone()); }
    search(cx, alert_id);
}

pub(super) fn on_timeout(cx: &mut Cx<'_>, timer: &TimerKey) {
    let alert_id = AlertId(timer.subject.clone());
    let Some(task) = cx.tables.dispatch.tasks.get(&id_of(&alert_id)) else { return };
    // An older timer of a group that was passed over already says nothing about the one that has the task now.
    if !matches!(task.state, State::Sent | State::Seen) || task.assigned_at + ACCEPT_WITHIN != timer.due { return; }
    unbind(cx, &alert_id);
    pass_over(cx, &alert_id);
}

/// The alert was cleared: its task too, unless it is over or the vehicle stands already.
pub fn cancel(cx: &mut Cx<'_>, alert_id: &AlertId) {
    // An alert that only waits for its turn gives it up.
    let Some(task) = cx.tables.dispatch.tasks.get_mut(&id_of(alert_id)) else { return release(cx, alert_id, false) };
    if !matches!(task.state, State::Seeking | State::Sent | State::Seen | State::Accepted) { return; }
    let was_sent = task.state != State::Seeking;
    task.state = State::Cancelled;
    if was_sent {
        unbind(cx, alert_id);
        write(cx, alert_id, "cancelled");
    }
    release(cx, alert_id, true);
}

fn write(cx: &mut Cx<'_>, alert_id: &AlertId, kind: &'static str) {
    let id = id_of(alert_id);
    let Some(task) = cx.tables.dispatch.tasks.get_mut(&id) else { return };
    task.records += 1;
    let task = task.clone();
    let (Some(meeting), Some(alert)) = (&task.meeting, cx.tables.dispatch.alerts.get(alert_id).map(|p| p.alert.clone())) else { return };
    let Some(zone) = zone_of(cx, &alert.region) else { return };
    let meet = cx.refs.catalogue.nodes.get(&meeting.node).map_or(Point { lat: alert.lat, lon: alert.lon }, |n| Point { lat: n.lat, lon: n.lon });
    let record = Record { id: format!("{id}:{}", task.records), at: cx.local(&zone), task_id: id.as_str(), group: meeting.group.as_str(),
        alert_id: alert_id.as_str(), kind, region: alert.region.as_str(), plate: alert.plate.as_ref().map(|p| p.as_str()),
        country: alert.country.as_ref().map(|c| c.as_str()), alert_kind: &alert.kind, eta_min: meeting.minutes.ceil() as u32, meet, node: meeting.node.as_str() };
    cx.emit(OutTopic::GroupTasks, alert.region.as_str(), &record);
    show(cx, alert_id);
}

fn show(cx: &mut Cx<'_>, alert_id: &AlertId) {
    let id = id_of(alert_id);
    let (Some(task), Some(region)) = (cx.tables.dispatch.tasks.get(&id).cloned(), cx.tables.dispatch.alerts.get(alert_id).map(|p| p.alert.region.clone()))
        else { return };
    let group = task.meeting.as_ref().map_or_else(CompactString::default, |m| m.group.0.clone());
    cx.view(|_| ViewRow::TaskRow(Box::new(TaskRow { task_id: id.0.clone(), alert_id: alert_id.0.clone(), region: region.0.clone(), group_id: group,
        state: task.state.name().into(), assigned_at: task.assigned_at, stop_started_at: task.stop_started_at })));
}
