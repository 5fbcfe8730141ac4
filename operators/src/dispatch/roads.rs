//! Places and ways as dispatch sees them: which regions touch, the vehicle's expected way, straight distances.

use std::collections::BTreeMap;

use kezek_schemas::ids::{CheckpointId, NodeId, RegionId};
use kezek_schemas::reference::Catalogue;

use crate::journey::graph::Road;
use crate::kernel::Cx;
use crate::risk::place::Place;

/// Which regions touch.
#[derive(Debug)]
pub struct Roads {
    neighbours: BTreeMap<RegionId, Vec<RegionId>>,
}

impl Roads {
    /// Two regions are neighbours when a road joins nodes of both.
    #[must_use]
    pub fn new(catalogue: &Catalogue) -> Self {
        let mut neighbours: BTreeMap<RegionId, Vec<RegionId>> = BTreeMap::new();
        for e in &catalogue.edges {
            let (Some(x), Some(y)) = (catalogue.nodes.get(&e.from), catalogue.nodes.get(&e.to)) else { continue };
            if x.region == y.region { continue; }
            for (a, b) in [(x, y), (y, x)] {
                let list = neighbours.entry(a.region.clone()).or_default();
                if !list.contains(&b.region) { list.push(b.region.clone()); }
            }
        }
        for list in neighbours.values_mut() { list.sort(); }
        Self { neighbours }
    }

    /// The neighbouring regions, by id.
    #[must_use]
    pub fn neighbours(&self, region: &RegionId) -> &[RegionId] { self.neighbours.get(region).map_or(&[], Vec::as_slice) }
}

/// The roads closed at this moment.
#[must_use]
pub fn closed_now(cx: &Cx<'_>) -> Vec<Road> { crate::journey::closed_throughout(cx, cx.now, cx.now) }

/// The expected way of a vehicle from a place to its checkpoint over roads that are open now: nodes with kilometres from the place.
#[must_use]
pub fn way(cx: &Cx<'_>, place: &Place, checkpoint: &CheckpointId) -> Vec<(NodeId, f64)> {
    let graph = &cx.refs.graph;
    let Some(goal) = cx.refs.catalogue.checkpoint(checkpoint).and_then(|cp| graph.number(&cp.node)) else { return Vec::new() };
    let ends = place.ends.iter().filter_map(|(n, km)| Some((graph.number(n)?, *km))).collect();
    graph.way(&ends, goal, &closed_now(cx)).into_iter().filter_map(|(n, km)| Some((graph.name(n)?.clone(), km))).collect()
}

/// Kilometres between two places on the globe, straight (haversine, mean radius 6,371.0088 km).
#[must_use]
pub fn straight_km(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (lat1, lat2) = (a.0.to_radians(), b.0.to_radians());
    let h = ((lat2 - lat1) / 2.0).sin().powi(2) + lat1.cos() * lat2.cos() * ((b.1 - a.1).to_radians() / 2.0).sin().powi(2);
    2.0 * 6_371.008_8 * h.sqrt().asin()
}

/// The nearest node of the graph, with the straight kilometres to it.
#[must_use]
pub fn nearest(catalogue: &Catalogue, at: (f64, f64)) -> Option<(NodeId, f64)> {
    catalogue.nodes.values().map(|n| (straight_km(at, (n.lat, n.lon)), &n.id))
        .min_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1))).map(|(km, id)| (id.clone(), km))
}
