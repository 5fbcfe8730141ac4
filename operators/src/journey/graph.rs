//! The road graph for ways: shortest distances between all nodes, and whether a road lies on an admissible way.
//!
//! Admissible: a way from the journey's first sight to the booked checkpoint that visits no node twice and is at most 1.25
//! times the shortest, over roads that were open at some moment since that sight.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use kezek_schemas::ids::NodeId;
use kezek_schemas::reference::Catalogue;

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
        let mut graph = Self { numbers, names, next, km: Vec::new() };
        let mut km = Vec::with_capacity(n * n);
        for from in 0..n { km.extend(graph.distances(from as u16, &[])); }
        graph.km = km;
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

    /// Shortest kilometres from a node to all without the closed roads: looked up where no closed road lies on a shortest way.
    #[must_use]
    pub fn reach(&self, from: u16, closed: &[Road]) -> Cow<'_, [f64]> {
        let n = self.next.len();
        let usual = &self.km[from as usize * n..(from as usize + 1) * n];
        let used = |&(a, b): &Road| {
            let apart = (usual[a as usize] - usual[b as usize]).abs();
            self.length(a, b).is_some_and(|length| apart >= length - 1e-6)
        };
        if closed.iter().any(used) { Cow::Owned(self.distances(from, closed)) } else { Cow::Borrowed(usual) }
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

    /// Whether every way from one place to another that is at most 1.25 times the shortest passes a third place.
    #[must_use]
    pub fn unavoidable(&self, from: &OnRoad, to: &OnRoad, between: &OnRoad, closed: &[Road]) -> bool {
        let direct = |a: &OnRoad, b: &OnRoad| if a.road == b.road { (a.km - b.km).abs() } else { f64::INFINITY };
        let shortest = |a: &OnRoad, b: &OnRoad, closed: &[Road]| {
            a.ends().iter().map(|(end, km)| {
                let reach = self.reach(*end, closed);
                b.ends().iter().map(|(other, there)| km + reach[*other as usize] + there).fold(f64::INFINITY, f64::min)
            }).fold(direct(a, b), f64::min)
        };
        let least = shortest(from, to, closed);
        if !least.is_finite() || (from.road == to.road && from.road != between.road) { return false; }
        // Only what lies on the shortest way can lie on every way.
        if shortest(from, between, closed) + shortest(between, to, closed) > least + 0.5 { return false; }
        let apart = |a: &OnRoad| a.road == between.road;
        // On the third place's own road only the side that does not pass it is left.
        let side = |a: &OnRoad| -> Vec<(u16, f64)> {
            if !apart(a) { a.ends().to_vec() } else if a.km < between.km { vec![a.ends()[0]] } else { vec![a.ends()[1]] }
        };
        if apart(from) && apart(to) && (from.km - between.km) * (to.km - between.km) > 0.0 { return false; }
        let mut without = closed.to_vec();
        without.push(between.road);
        let around = side(from).iter().map(|(end, km)| {
            let reach = self.reach(*end, &without);
            side(to).iter().map(|(other, there)| km + reach[*other as usize] + there).fold(f64::INFINITY, f64::min)
        }).fold(f64::INFINITY, f64::min);
        around > least * SLACK + 1e-9
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
