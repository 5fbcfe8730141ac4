//! One task per vehicle at a time, whichever regions see it: the vehicle's owner grants it. Alerts that come while it is
//! taken wait; when the one that has it is cleared or finds nobody, the next gets its turn.

use kezek_schemas::ids::{AlertId, RegionId};
use kezek_schemas::plate::Plate;
use serde::{Deserialize, Serialize};

use crate::kernel::{Cx, Message, Owner};

/// Alerts of one vehicle that wait at most.
const WAITING: usize = 8;

/// Who has the vehicle's task and who waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The alert that has it.
    pub holder: AlertId,
    /// Those that wait, the first first.
    pub waiting: Vec<(AlertId, RegionId)>,
}

pub(super) fn claim(cx: &mut Cx<'_>, plate: Plate, alert_id: AlertId, region: RegionId) {
    if let Some(claims) = cx.tables.risk.tasks.get_mut(&plate)
        && claims.holder != alert_id
    {
        if claims.waiting.len() < WAITING && claims.waiting.iter().all(|(a, _)| *a != alert_id) { claims.waiting.push((alert_id, region)); }
        cx.count("task_waits_one_per_vehicle");
        return;
    }
    cx.tables.risk.tasks.insert(plate, Claims { holder: alert_id.clone(), waiting: Vec::new() });
    cx.send(Owner::Region(region), Message::Dispatch(crate::dispatch::Msg::Granted { alert_id }));
}

pub(super) fn release(cx: &mut Cx<'_>, plate: &Plate, alert_id: &AlertId, next: bool) {
    let Some(claims) = cx.tables.risk.tasks.get_mut(plate) else { return };
    if claims.holder != *alert_id {
        claims.waiting.retain(|(a, _)| a != alert_id);
        return;
    }
    if !next || claims.waiting.is_empty() {
        cx.tables.risk.tasks.remove(plate);
        return;
    }
    let (alert_id, region) = claims.waiting.remove(0);
    claims.holder = alert_id.clone();
    cx.send(Owner::Region(region), Message::Dispatch(crate::dispatch::Msg::Granted { alert_id }));
}
