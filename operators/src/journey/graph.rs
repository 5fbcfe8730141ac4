//! The road graph for ways: shortest distances between all nodes, and whether a road lies on an admissible way.
//!
//! Admissible: a way from the journey's first sight to the booked checkpoint that visits no node twice and is at most 1.25
//! times the shortest, over roads that were open at some moment since that sight.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use kezek_schemas::ids::{DeviceId, NodeId};
use kezek_schemas::reference::{Catalogue, DeviceRole, RoadDevice};
use smallvec::{SmallVec, smallvec};

/// How much longer than the shortest an admissible way may be.
const SLACK: f64 = 1.25;
/// Bound of one search; a search that ends here gives the vehicle the benefit of the doubt.
const SEARCH_STEPS: usize = 200_000;

/// A road by its two nodes' numbers, the smaller first.
pub type Road = (u16, u16);

/// The road between two nodes.
#[must_use]
pub const fn road_between(a: u16, b: u16) -> Road { if a < b { (a, b) } else { (b, a) } }

/// The graph.
#[derive(Debug)]
pub struct Graph {
    numbers: BTreeMap<NodeId, u16>,
    names: Vec<NodeId>,
    next: Vec<Vec<(u16, f64)>>,
    /// Shortest kilometres from i to j, all roads open.
    km: Vec<f64>,
    /// The same without one road: for the roads with a weigh station, since the ways round it are asked at every sight.
    round: BTreeMap<Road, Vec<f64>>,
    stations: Vec<(DeviceId, OnRoad)>,
    cameras: BTreeMap<(u16, u16), Vec<(DeviceId, f64)>>,
}

/// A place on a road: kilometres to both ends; at a node: one end at 0.
pub type Ends = Vec<(u16, f64)>;

impl Graph {
    /// The catalogue's graph.
    #[must_use]
    pub fn new(catalogue: &Catalogue) -> Self {
        let numbers: BTreeMap<NodeId, u16> = catalogue.nodes.keys().enumerate().map(|(i, n)| (n.clone(), i as u16)).collect();
        let names: Vec<NodeId> = catalogue.nodes.keys().cloned().collect();
        let n = numbers.len();
        let mut next = vec![Vec::new(); n];
        for e in &catalogue.edges {
            let (Some(a), Some(b)) = (numbers.get(&e.from), numbers.get(&e.to)) else { continue };
            next[*a as usize].push((*b, e.km));
            next[*b as usize].push((*a, e.km));
        }
        let mut graph = Self { numbers, names, next, km: Vec::new(), round: BTreeMap::new(), stations: Vec::new(), cameras: BTreeMap::new() };
        let all = |graph: &Self, closed: &[Road]| (0..n).flat_map(|from| graph.distances(from as u16, closed)).collect();
        graph.km = all(&graph, &[]);
        for device in catalogue.road_devices.values() {
            let Some(place) = graph.on_road(device) else { continue };
            if device.role == DeviceRole::RoadCamera {
                let (a, b) = place.road;
                graph.cameras.entry((a, b)).or_default().push((device.id.clone(), place.km));
                graph.cameras.entry((b, a)).or_default().push((device.id.clone(), place.length - place.km));
            }
            if device.role != DeviceRole::Scale { continue; }
            graph.stations.push((device.id.clone(), place));
            if !graph.round.contains_key(&place.road) {
                let km = all(&graph, &[place.road]);
                graph.round.insert(place.road, km);
            }
        }
        graph
    }

    /// The number of a node.
    #[must_use]
    pub fn number(&self, node: &NodeId) -> Option<u16> { self.numbers.get(node).copied() }
    /// The node of a number.
    #[must_use]
    pub fn name(&self, number: u16) -> Option<&NodeId> { self.names.get(number as usize) }
    /// Length of the road between two nodes, the shorter where there are two.
    #[must_use]
    pub fn length(&self, a: u16, b: u16) -> Option<f64> {
        self.next.get(a as usize)?.iter().filter(|(other, _)| *other == b).map(|(_, km)| *km).min_by(f64::total_cmp)
    }
    /// The road between two nodes.
    #[must_use]
    pub fn road(&self, a: &NodeId, b: &NodeId) -> Option<Road> {
        Some(road_between(self.number(a)?, self.number(b)?))
    }
    /// Shortest kilometres, all roads open.
    #[must_use]
    pub fn km(&self, a: u16, b: u16) -> f64 { self.km[a as usize * self.next.len() + b as usize] }

    /// Shortest kilometres from a node to all, without the closed roads (Dijkstra 1959, with a heap).
    fn distances(&self, from: u16, closed: &[Road]) -> Vec<f64> {
        let mut km = vec![f64::INFINITY; self.next.len()];
        let mut open = BinaryHeap::new();
        km[from as usize] = 0.0;
        // Kilometres are not negative, so their bits are in their order.
        open.push(Reverse((0.0_f64.to_bits(), from)));
        while let Some(Reverse((bits, at))) = open.pop() {
            let here = f64::from_bits(bits);
            if here > km[at as usize] { continue; }
            for (other, length) in &self.next[at as usize] {
                let there = here + length;
                if there >= km[*other as usize] || closed.contains(&road_between(at, *other)) { continue; }
                km[*other as usize] = there;
                open.push(Reverse((there.to_bits(), *other)));
            }
        }
        km
    }

    /// Shortest kilometres from a node to all without the closed roads: looked up where the closed roads but one that has a
    /// table of its own lie on no shortest way.
    #[must_use]
    pub fn reach(&self, from: u16, closed: &[Road]) -> Cow<'_, [f64]> {
        let n = self.next.len();
        let row = from as usize * n..(from as usize + 1) * n;
        let usual = &self.km[row.clone()];
        if !closed.iter().any(|road| self.used(usual, *road)) { return Cow::Borrowed(usual); }
        for (i, road) in closed.iter().enumerate() {
            let Some(km) = self.round.get(road) else { continue };
            let without = &km[row.clone()];
            if !closed.iter().enumerate().any(|(k, other)| k != i && self.used(without, *other)) { return Cow::Borrowed(without); }
        }
        Cow::Owned(self.distances(from, closed))
    }

    /// Whether a road lies on a shortest way of these distances from one node.
    fn used(&self, km: &[f64], (a, b): Road) -> bool {
        let (a_km, b_km) = (km[a as usize], km[b as usize]);
        // Two nodes that cannot be reached are joined by roads on nobody's way.
        if a_km.is_infinite() && b_km.is_infinite() { return false; }
        self.length(a, b).is_some_and(|length| (a_km - b_km).abs() >= length - 1e-6)
    }

    /// Shortest kilometres from a place to a node.
    #[must_use]
    pub fn from_place(&self, ends: &Ends, to: u16, closed: &[Road]) -> f64 {
        let km = self.reach(to, closed);
        ends.iter().map(|(end, there)| there + km[*end as usize]).fold(f64::INFINITY, f64::min)
    }

    /// Whether `road` lies on an admissible way from `start` (a place on `start_road`) to `goal`.
    #[must_use]
    pub fn admissible(&self, start: &Ends, start_road: Option<Road>, goal: u16, road: Road, closed: &[Road]) -> bool {
        if start_road == Some(road) { return true; }
        let to_goal = self.reach(goal, closed);
        let shortest = start.iter().map(|(end, km)| km + to_goal[*end as usize]).fold(f64::INFINITY, f64::min);
        if !shortest.is_finite() { return true; }
        let Some(length) = self.next[road.0 as usize].iter().find(|(b, _)| *b == road.1).map(|(_, km)| *km) else { return true };
        let search = Search { graph: self, to_goal: &to_goal, goal, road, length, most: shortest * SLACK + 1e-9, start_road, closed };
        let mut steps = 0;
        start.iter().any(|(end, km)| {
            let mut visited = vec![false; self.next.len()];
            visited[*end as usize] = true;
            search.from(*end, *km, false, &mut visited, &mut steps)
        })
    }
}

/// A place on a road: the road, and the kilometres from its first node (the smaller number).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OnRoad {
    /// The road.
    pub road: Road,
    /// Kilometres from `road.0`.
    pub km: f64,
    /// Its length.
    pub length: f64,
}

impl OnRoad {
    fn ends(&self) -> [(u16, f64); 2] { [(self.road.0, self.km), (self.road.1, self.length - self.km)] }
}

impl Graph {
    /// The nodes of the shortest way from a place to a node, with kilometres from the place.
    #[must_use]
    pub fn way(&self, ends: &Ends, goal: u16, closed: &[Road]) -> Vec<(u16, f64)> {
        let to_goal = self.reach(goal, closed);
        let start = ends.iter().filter(|(end, _)| to_goal[*end as usize].is_finite())
            .min_by(|a, b| (a.1 + to_goal[a.0 as usize]).total_cmp(&(b.1 + to_goal[b.0 as usize])));
        let Some(&(mut at, mut km)) = start else { return Vec::new() };
        let mut way = vec![(at, km)];
        while at != goal && way.len() <= self.next.len() {
            let step = self.next[at as usize].iter().filter(|(other, _)| !closed.contains(&road_between(at, *other)))
                .min_by(|a, b| (a.1 + to_goal[a.0 as usize]).total_cmp(&(b.1 + to_goal[b.0 as usize])));
            let Some((other, length)) = step else { return Vec::new() };
            (at, km) = (*other, km + length);
            way.push((at, km));
        }
        way
    }

    /// Where a device stands.
    #[must_use]
    pub fn on_road(&self, d: &RoadDevice) -> Option<OnRoad> {
        let (a, b) = (self.number(&d.from)?, self.number(&d.to)?);
        let length = self.length(a, b)?;
        let km = if a < b { d.at_km } else { length - d.at_km };
        Some(OnRoad { road: road_between(a, b), km: km.clamp(0.0, length), length })
    }

    /// The cameras of a road driven from one node to another: kilometres from its beginning.
    #[must_use]
    pub fn cameras(&self, from: u16, to: u16) -> &[(DeviceId, f64)] { self.cameras.get(&(from, to)).map_or(&[], Vec::as_slice) }
    /// The cameras of all roads in both directions.
    pub fn all_cameras(&self) -> impl Iterator<Item = (&(u16, u16), &Vec<(DeviceId, f64)>)> { self.cameras.iter() }

    /// The weigh stations that every way from one place to another passes that is at most 1.25 times the shortest.
    #[must_use]
    pub fn unavoidable(&self, from: &OnRoad, to: &OnRoad, closed: &[Road]) -> Vec<&DeviceId> {
        let (to_from, to_to) = (self.reach_from(from, closed), self.reach_from(to, closed));
        let least = to_from.to(to);
        if !least.is_finite() { return Vec::new(); }
        self.stations.iter().filter(|(_, place)| {
            // Only what lies on the shortest way can lie on every way.
            to_from.to(place) + to_to.to(place) <= least + 0.5 && self.around(from, to, place, closed) > least * SLACK + 1e-9
        }).map(|(id, _)| id).collect()
    }

    fn reach_from<'a>(&'a self, place: &OnRoad, closed: &[Road]) -> Reach<'a> {
        Reach { place: *place, ends: place.ends().map(|(end, km)| (km, self.reach(end, closed))) }
    }

    /// Shortest kilometres from one place to another that do not pass a third.
    fn around(&self, from: &OnRoad, to: &OnRoad, between: &OnRoad, closed: &[Road]) -> f64 {
        let apart = |a: &OnRoad| a.road == between.road;
        // On one road there is a way that passes nothing but what lies between them.
        if from.road == to.road && (!apart(from) || (from.km - between.km) * (to.km - between.km) > 0.0) { return (from.km - to.km).abs(); }
        // On the third place's own road only the side that does not pass it is left.
        let side = |a: &OnRoad| -> SmallVec<[(u16, f64); 2]> {
            let [low, high] = a.ends();
            if !apart(a) { SmallVec::from_buf([low, high]) } else { smallvec![if a.km < between.km { low } else { high }] }
        };
        let mut without: SmallVec<[Road; 8]> = SmallVec::from_slice(closed);
        without.push(between.road);
        side(from).iter().map(|(end, km)| {
            let reach = self.reach(*end, &without);
            side(to).iter().map(|(other, there)| km + reach[*other as usize] + there).fold(f64::INFINITY, f64::min)
        }).fold(f64::INFINITY, f64::min)
    }

    /// Whether some admissible way from a place to a node has fewer than `least` of the marks that `marks` counts on a road
    /// driven from a node, so many kilometres after the start. A search that ends at its bound says yes.
    #[must_use]
    pub fn way_with_fewer(&self, ends: &Ends, goal: u16, closed: &[Road], least: u32, marks: &dyn Fn(u16, u16, f64) -> u32) -> bool {
        let to_goal = self.reach(goal, closed);
        let shortest = ends.iter().map(|(end, km)| km + to_goal[*end as usize]).fold(f64::INFINITY, f64::min);
        if !shortest.is_finite() { return true; }
        let most = shortest * SLACK + 1e-9;
        let mut steps = 0;
        let mut open: Vec<(u16, f64, u32, Vec<u16>)> = Vec::new();
        for (end, km) in ends {
            let from = ends.iter().map(|(e, _)| *e).find(|e| e != end).unwrap_or(*end);
            open.push((*end, *km, marks(from, *end, 0.0), vec![*end]));
        }
        while let Some((at, km, count, visited)) = open.pop() {
            steps += 1;
            if steps > SEARCH_STEPS / 10 { return true; }
            if count >= least || km + to_goal[at as usize] > most { continue; }
            if at == goal { return true; }
            for (other, length) in &self.next[at as usize] {
                if visited.contains(other) || closed.contains(&road_between(at, *other)) { continue; }
                let mut visited = visited.clone();
                visited.push(*other);
                open.push((*other, km + length, count + marks(at, *other, km), visited));
            }
        }
        false
    }
}

/// Distances from a place to everywhere.
struct Reach<'a> { place: OnRoad, ends: [(f64, Cow<'a, [f64]>); 2] }

impl Reach<'_> {
    fn to(&self, other: &OnRoad) -> f64 {
        let direct = if self.place.road == other.road { (self.place.km - other.km).abs() } else { f64::INFINITY };
        self.ends.iter().flat_map(|(km, reach)| other.ends().map(|(end, there)| km + reach[end as usize] + there)).fold(direct, f64::min)
    }
}

struct Search<'a> {
    graph: &'a Graph,
    to_goal: &'a [f64],
    goal: u16,
    road: Road,
    length: f64,
    most: f64,
    start_road: Option<Road>,
    closed: &'a [Road],
}

impl Search<'_> {
    /// The least a way through here can still be.
    fn least(&self, at: u16, passed: bool) -> f64 {
        if passed { return self.to_goal[at as usize]; }
        let via = |a: u16, b: u16| self.graph.km(at, a) + self.length + self.to_goal[b as usize];
        via(self.road.0, self.road.1).min(via(self.road.1, self.road.0))
    }

    fn from(&self, at: u16, km: f64, passed: bool, visited: &mut [bool], steps: &mut usize) -> bool {
        *steps += 1;
        if *steps > SEARCH_STEPS { return true; }
        if at == self.goal { return passed; }
        let mut roads: Vec<(f64, u16, f64, bool)> = self.graph.next[at as usize].iter().filter_map(|(other, length)| {
            let road = road_between(at, *other);
            if visited[*other as usize] || Some(road) == self.start_road || self.closed.contains(&road) { return None; }
            let passes = passed || road == self.road;
            let least = km + length + self.least(*other, passes);
            (least <= self.most).then_some((least, *other, *length, passes))
        }).collect();
        roads.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (_, other, length, passes) in roads {
            visited[other as usize] = true;
            if self.from(other, km + length, passes, visited, steps) { return true; }
            visited[other as usize] = false;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Floyd 1962: every pair over every node.
    fn naive(graph: &Graph, closed: &[Road]) -> Vec<f64> {
        let n = graph.next.len();
        let mut km = vec![f64::INFINITY; n * n];
        for a in 0..n {
            km[a * n + a] = 0.0;
            for (b, length) in graph.next[a].iter().filter(|(b, _)| !closed.contains(&road_between(a as u16, *b))) {
                let km = &mut km[a * n + usize::from(*b)];
                *km = km.min(*length);
            }
        }
        for via in 0..n {
            for a in 0..n {
                for b in 0..n { km[a * n + b] = km[a * n + b].min(km[a * n + via] + km[via * n + b]); }
            }
        }
        km
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// Whatever roads are closed, what is looked up or computed is what every pair over every node gives.
        #[test]
        fn distances_are_shortest(closed in proptest::collection::vec(any::<prop::sample::Index>(), 0..5)) {
            let catalogue = Catalogue::shipped().expect("the shipped catalogue");
            let graph = Graph::new(&catalogue);
            let roads: Vec<Road> = catalogue.edges.iter().filter_map(|e| graph.road(&e.from, &e.to)).collect();
            let closed: Vec<Road> = closed.iter().map(|i| *i.get(&roads)).collect();
            let (all, n) = (naive(&graph, &closed), graph.next.len());
            for from in 0..n {
                let km = graph.reach(from as u16, &closed);
                for to in 0..n {
                    let (a, b) = (km[to], all[from * n + to]);
                    prop_assert!(a == b || (a - b).abs() < 1e-6, "{from} {to}: {a} {b}");
                }
            }
        }
    }
}
