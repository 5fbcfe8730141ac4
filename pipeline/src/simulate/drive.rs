//! A drive over the road: where a truck is when, with the rest that the law asks for (45 min per 4.5 h, a night of 11 h
//! per 9 h of driving), and what stands beside its way.

use kezek_schemas::ids::NodeId;
use kezek_schemas::reference::Catalogue;
use kezek_schemas::time::{Span, Timestamp};

use super::roads::Post;
use super::Roads;

/// A way with its posts and its pace.
#[derive(Clone, Debug)]
pub struct Drive {
    /// Nodes with kilometres from the start.
    pub way: Vec<(NodeId, f64)>,
    /// Cameras and scales along it.
    pub posts: Vec<Post>,
    /// When it sets out.
    pub departs: Timestamp,
    /// Its pace.
    pub kmh: f64,
}

/// The time that so many kilometres take, rest included.
pub fn takes(km: f64, kmh: f64) -> Span {
    let driving = km / kmh;
    let rests = (driving / 4.5).floor() as i64;
    let rest: f64 = (1..=rests).map(|n| if n % 2 == 0 { 11.0 } else { 0.75 }).sum();
    Span(((driving + rest) * 3.6e9) as i64)
}

impl Drive {
    /// A drive along a way.
    pub fn new(roads: &Roads, way: Vec<(NodeId, f64)>, departs: Timestamp, kmh: f64) -> Self {
        let posts = roads.posts(&way);
        Self { way, posts, departs, kmh }
    }
    /// Kilometres in all.
    pub fn km(&self) -> f64 { self.way.last().map_or(0.0, |(_, km)| *km) }
    /// When it is so far.
    pub fn at(&self, km: f64) -> Timestamp { self.departs + takes(km, self.kmh) }
    /// When it arrives.
    pub fn arrives(&self) -> Timestamp { self.at(self.km()) }
    /// Where it is at a time: degrees north and east.
    pub fn place(&self, catalogue: &Catalogue, at: Timestamp) -> Option<(f64, f64)> {
        let (mut low, mut high) = (0.0, self.km());
        for _ in 0..40 {
            let middle = (low + high) / 2.0;
            if self.at(middle) <= at { low = middle; } else { high = middle; }
        }
        self.place_of(catalogue, low)
    }
    /// Where so many kilometres lie.
    pub fn place_of(&self, catalogue: &Catalogue, km: f64) -> Option<(f64, f64)> {
        let i = self.way.iter().rposition(|(_, at)| *at <= km)?;
        let (node, from) = &self.way[i];
        let a = catalogue.nodes.get(node)?;
        let Some((next, to)) = self.way.get(i + 1) else { return Some((a.lat, a.lon)) };
        let b = catalogue.nodes.get(next)?;
        let share = if to > from { (km - from) / (to - from) } else { 0.0 };
        Some((a.lat + (b.lat - a.lat) * share, a.lon + (b.lon - a.lon) * share))
    }
}
