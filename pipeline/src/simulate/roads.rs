//! Ways over the road graph for simulated trucks: shortest by length over open roads, with the cameras and scales along them.

use std::collections::{BTreeMap, BinaryHeap};

use kezek_schemas::ids::{DeviceId, NodeId};
use kezek_schemas::reference::{Catalogue, DeviceRole};

/// A device on a road: its id, how far along it stands, what it is.
type Along = (DeviceId, f64, DeviceRole);

/// The road graph as trucks drive it.
#[derive(Debug)]
pub struct Roads {
    next: BTreeMap<NodeId, Vec<(NodeId, f64)>>,
    devices: BTreeMap<(NodeId, NodeId), Vec<Along>>,
}

/// A camera or scale on a way.
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    /// The device.
    pub device: DeviceId,
    /// Kilometres from the start.
    pub km: f64,
    /// Camera or scale.
    pub role: DeviceRole,
}

impl Roads {
    /// The catalogue's roads.
    #[must_use]
    pub fn new(catalogue: &Catalogue) -> Self {
        let mut next: BTreeMap<NodeId, Vec<(NodeId, f64)>> = BTreeMap::new();
        for e in &catalogue.edges {
            next.entry(e.from.clone()).or_default().push((e.to.clone(), e.km));
            next.entry(e.to.clone()).or_default().push((e.from.clone(), e.km));
        }
        let mut devices: BTreeMap<(NodeId, NodeId), Vec<Along>> = BTreeMap::new();
        for d in catalogue.road_devices.values() {
            let km = catalogue.edges.iter().find(|e| e.from == d.from && e.to == d.to).map_or(0.0, |e| e.km);
            devices.entry((d.from.clone(), d.to.clone())).or_default().push((d.id.clone(), d.at_km, d.role));
            devices.entry((d.to.clone(), d.from.clone())).or_default().push((d.id.clone(), km - d.at_km, d.role));
        }
        for list in devices.values_mut() { list.sort_by(|a, b| a.1.total_cmp(&b.1)); }
        Self { next, devices }
    }

    /// The shortest way: nodes with kilometres from the start; empty when there is none.
    #[must_use]
    pub fn way(&self, from: &NodeId, to: &NodeId) -> Vec<(NodeId, f64)> { self.open_way(from, to, &[]) }

    /// The shortest way that uses none of the closed roads.
    #[must_use]
    pub fn open_way(&self, from: &NodeId, to: &NodeId, closed: &[(NodeId, NodeId)]) -> Vec<(NodeId, f64)> {
        let mut best: BTreeMap<&NodeId, (u64, Option<&NodeId>)> = BTreeMap::from([(from, (0, None))]);
        let mut heap = BinaryHeap::from([(core::cmp::Reverse(0u64), from)]);
        while let Some((core::cmp::Reverse(metres), node)) = heap.pop() {
            if node == to { break; }
            if best.get(node).is_some_and(|(b, _)| metres > *b) { continue; }
            for (other, km) in self.next.get(node).into_iter().flatten() {
                if closed.iter().any(|(a, b)| (a == node && b == other) || (b == node && a == other)) { continue; }
                let there = metres + (km * 1000.0) as u64;
                if best.get(other).is_none_or(|(b, _)| there < *b) {
                    best.insert(other, (there, Some(node)));
                    heap.push((core::cmp::Reverse(there), other));
                }
            }
        }
        let mut way = Vec::new();
        let mut at = best.contains_key(to).then_some(to);
        while let Some(node) = at {
            let Some((metres, before)) = best.get(node) else { break };
            way.push((node.clone(), *metres as f64 / 1000.0));
            at = *before;
        }
        way.reverse();
        way
    }

    /// The cameras and scales along a way.
    #[must_use]
    pub fn posts(&self, way: &[(NodeId, f64)]) -> Vec<Post> {
        way.windows(2).flat_map(|pair| {
            let there = self.devices.get(&(pair[0].0.clone(), pair[1].0.clone())).map_or(&[][..], Vec::as_slice);
            there.iter().map(|(device, at_km, role)| Post { device: device.clone(), km: pair[0].1 + at_km, role: *role })
        }).collect()
    }
}
