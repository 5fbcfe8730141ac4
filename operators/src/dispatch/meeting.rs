//! Where a group meets a vehicle: the first node on the vehicle's expected way that the group reaches before it.

use kezek_schemas::ids::{GroupId, NodeId, RegionId};
use kezek_schemas::time::Span;
use serde::{Deserialize, Serialize};

use super::groups::Group;
use super::roads::{self, nearest};
use super::seek::Search;
use crate::kernel::Cx;

/// Speed of a group, km/h.
const GROUP_KMH: f64 = 60.0;
/// Speed of a vehicle, km/h.
const VEHICLE_KMH: f64 = 70.0;
/// A position older than this is not believed.
const POSITION_HOLDS: Span = Span::minutes(30);

/// A group's best meeting point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meeting {
    /// The group.
    pub group: GroupId,
    /// Its region.
    pub region: RegionId,
    /// Place of the node on the way: the smallest wins.
    pub order: u32,
    /// The node.
    pub node: NodeId,
    /// The group's time over the road, minutes.
    pub minutes: f64,
}

impl Meeting {
    /// The earliest meeting node wins; ties by road time, then id.
    #[must_use]
    pub fn before(&self, other: &Self) -> bool {
        (self.order.cmp(&other.order)).then_with(|| self.minutes.total_cmp(&other.minutes)).then_with(|| self.group.cmp(&other.group)).is_lt()
    }
}

/// Where a group would meet the vehicle of a search, if it can.
#[must_use]
pub fn of_group(cx: &Cx<'_>, id: &GroupId, group: &Group, search: &Search) -> Option<Meeting> {
    let catalogue = &cx.refs.catalogue;
    let start = match group.position.filter(|(_, _, at)| cx.now - *at <= POSITION_HOLDS) {
        Some((lat, lon, _)) => nearest(catalogue, (lat, lon))?,
        None => (catalogue.regions.get(&group.region)?.centre.clone(), 0.0),
    };
    let graph = &cx.refs.graph;
    let closed = roads::closed_now(cx);
    let distances = graph.reach(graph.number(&start.0)?, &closed);
    let minutes = |node: &NodeId| {
        let km = start.1 + distances[graph.number(node)? as usize];
        km.is_finite().then_some(km / GROUP_KMH * 60.0)
    };
    let meeting = |order: usize, node: &NodeId, minutes: f64| Meeting { group: id.clone(), region: group.region.clone(), order: order as u32,
        node: node.clone(), minutes };
    if search.way.is_empty() {
        let (node, _) = nearest(catalogue, (search.lat, search.lon))?;
        return minutes(&node).map(|m| meeting(0, &node, m));
    }
    search.way.iter().enumerate().find_map(|(order, (node, km))| {
        let ours = minutes(node)?;
        (ours < km / VEHICLE_KMH * 60.0 - search.gone_min).then(|| meeting(order, node, ours))
    })
}
