//! Alerts and tasks of mobile groups, region by region. A region publishes its alerts, sends a free group to the first
//! place where it meets the vehicle, asks its neighbours when it has none, and watches the two-hour limit of a stop.

mod groups;
mod meeting;
mod publish;
pub mod roads;
mod seek;
mod stop;
mod task;

use kezek_schemas::ids::{AlertId, GroupId, TaskId};
use kezek_schemas::inputs::{GroupEvent, Input};
use serde::{Deserialize, Serialize};

pub use groups::{Group, Sent};
pub use meeting::Meeting;
pub use publish::Published;
pub use seek::Search;
pub use task::Task;

use crate::kernel::{Cx, Owner, TimerKey, TimerKind, table_set};

table_set! {
    /// Rows of this family.
    pub struct DispatchTables {
        /// Published alerts of the region.
        alerts: OrderedTable<AlertId, Published> = 0x90,
        /// Tasks, by the alert they are for.
        tasks: OrderedTable<TaskId, Task> = 0x91,
        /// Mobile groups.
        groups: OrderedTable<GroupId, Group> = 0x92,
    }
}

/// Messages to a region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Msg {
    /// An alert of this region.
    Alert {
        /// The alert.
        alert: Box<crate::risk::Alert>,
        /// It came late: nobody is sent.
        late: bool,
    },
    /// The vehicle's owner grants the task of this alert.
    Granted {
        /// The alert.
        alert_id: AlertId,
    },
    /// A neighbour looks for a free group.
    Seek(Box<Search>),
    /// What the neighbours found.
    Found(Box<Search>),
    /// A group of another region says something about a task of this one.
    GroupSays {
        /// The group.
        group: GroupId,
        /// The task's alert.
        alert_id: AlertId,
        /// What.
        what: Answer,
    },
    /// A task of another region's alert now binds, or no longer binds, a group of this one.
    Bind {
        /// The group.
        group: GroupId,
        /// The task.
        task: groups::Sent,
        /// Given, or taken away.
        on: bool,
    },
}

/// What a group says about its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The tablet showed it.
    Seen,
    /// It goes.
    Accepted,
    /// It does not go.
    Declined,
    /// The vehicle is stopped.
    StopStarted,
    /// The stop is over.
    StopFinished,
}

/// Handles a message to `owner`.
pub fn on_message(cx: &mut Cx<'_>, owner: &Owner, msg: Msg) {
    let Owner::Region(region) = owner else { return };
    match msg {
        Msg::Alert { alert, late } => publish::on_alert(cx, *alert, late),
        Msg::Granted { alert_id } => task::granted(cx, &alert_id),
        Msg::Seek(search) => seek::on_seek(cx, region, *search),
        Msg::Found(search) => seek::on_found(cx, *search),
        Msg::GroupSays { group, alert_id, what } => task::on_answer(cx, &group, &alert_id, what),
        Msg::Bind { group, task, on } => groups::bind(cx, &group, task, on),
    }
}

/// Handles a timer of this family.
pub fn on_timer(cx: &mut Cx<'_>, timer: &TimerKey) {
    match timer.kind {
        TimerKind::AcceptTimeout => task::on_timeout(cx, timer),
        TimerKind::StopWarning => stop::on_warning(cx, timer),
        TimerKind::StopOverrun => stop::on_overrun(cx, timer),
        _ => {}
    }
}

/// Handles a mobile group's event at its region.
pub fn on_group(cx: &mut Cx<'_>, input: &Input, event: &GroupEvent) { groups::on_event(cx, input, event); }
