//! Where a device stands: what an alert needs of it. Coordinates are the catalogue's, mostly approximate.

use kezek_schemas::ids::{DeviceId, NodeId, RegionId};
use kezek_schemas::reference::Catalogue;

/// A device's place.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Its region.
    pub region: RegionId,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// The ends of its road with the kilometres to each; a checkpoint's device has its node at 0.
    pub ends: Vec<(NodeId, f64)>,
}

/// The place of a road device or of a checkpoint's camera; `None` for devices nobody knows.
#[must_use]
pub fn of_device(catalogue: &Catalogue, device: &DeviceId) -> Option<Place> {
    if let Some(d) = catalogue.road_devices.get(device) {
        let km = d.edge_km;
        let at = d.at_km.clamp(0.0, km);
        return Some(Place { region: d.region.clone(), lat: d.lat, lon: d.lon, ends: vec![(d.from.clone(), at), (d.to.clone(), km - at)] });
    }
    let (cp, _) = catalogue.checkpoint_device(device)?;
    Some(Place { region: cp.region.clone(), lat: cp.lat, lon: cp.lon, ends: vec![(cp.node.clone(), 0.0)] })
}

/// A free place: its region is that of the nearest road camera or checkpoint; it joins the graph at its nearest node.
#[must_use]
pub fn of_coordinates(catalogue: &Catalogue, lat: f64, lon: f64) -> Option<Place> {
    use crate::dispatch::roads::{nearest, straight_km};
    let cameras = catalogue.road_devices.values().filter(|d| d.role == kezek_schemas::reference::DeviceRole::RoadCamera).map(|d| (d.lat, d.lon, &d.region));
    let checkpoints = catalogue.checkpoints.values().map(|c| (c.lat, c.lon, &c.region));
    let region = cameras.chain(checkpoints).map(|(a, b, r)| (straight_km((lat, lon), (a, b)), r)).min_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)))?.1.clone();
    let ends = nearest(catalogue, (lat, lon)).into_iter().collect();
    Some(Place { region, lat, lon, ends })
}
