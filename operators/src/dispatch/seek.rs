//! Looking for a group: the region's own free groups first, then those of its neighbours, who are asked one after the
//! other by message and each add their best. Groups that declined or did not answer are left out.

use kezek_schemas::ids::{AlertId, GroupId, NodeId, RegionId};
use serde::{Deserialize, Serialize};

use super::meeting::{self, Meeting};
use super::{Msg, groups, task};
use crate::kernel::{Cx, Message, Owner};

/// A search on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Search {
    /// The alert whose task it is.
    pub alert_id: AlertId,
    /// The region that looks.
    pub home: RegionId,
    /// Where the vehicle was: degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// The vehicle's expected way.
    pub way: Vec<(NodeId, f64)>,
    /// Minutes since the vehicle was there.
    pub gone_min: f64,
    /// Groups that were tried.
    pub tried: Vec<GroupId>,
    /// Neighbours still to ask.
    pub to_ask: Vec<RegionId>,
    /// The best so far.
    pub best: Option<Meeting>,
}

impl Search {
    fn look_in(&mut self, cx: &mut Cx<'_>, region: &RegionId) {
        for (id, group) in groups::of_region(cx, region) {
            if !group.free() || self.tried.contains(&id) { continue; }
            if let Some(found) = meeting::of_group(cx, &id, &group, self)
                && self.best.as_ref().is_none_or(|best| found.before(best))
            {
                self.best = Some(found);
            }
        }
    }
}

/// Begins a search in the home region.
pub fn begin(cx: &mut Cx<'_>, mut search: Search) {
    let home = search.home.clone();
    search.look_in(cx, &home);
    if search.best.is_some() {
        task::found(cx, search);
    } else {
        search.to_ask = cx.refs.roads.neighbours(&home).to_vec();
        pass_on(cx, search);
    }
}

fn pass_on(cx: &mut Cx<'_>, mut search: Search) {
    if search.to_ask.is_empty() {
        let home = search.home.clone();
        cx.send(Owner::Region(home), Message::Dispatch(Msg::Found(Box::new(search))));
    } else {
        let next = search.to_ask.remove(0);
        cx.send(Owner::Region(next), Message::Dispatch(Msg::Seek(Box::new(search))));
    }
}

pub(super) fn on_seek(cx: &mut Cx<'_>, region: &RegionId, mut search: Search) {
    search.look_in(cx, region);
    pass_on(cx, search);
}

pub(super) fn on_found(cx: &mut Cx<'_>, search: Search) { task::found(cx, search); }
