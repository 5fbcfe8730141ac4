//! The catalogue of places and devices.

use std::collections::BTreeMap;

use crate::ids::{CheckpointId, DeviceId, NodeId, RegionId, SchemeId};
use crate::time::Zone;

/// A border checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Slug.
    pub id: CheckpointId,
    /// Node of the road graph.
    pub node: NodeId,
    /// Name in Russian.
    pub name_ru: String,
    /// The neighbour's checkpoint, in Russian.
    pub pair_ru: String,
    /// The neighbouring country.
    pub neighbour: String,
    /// Region.
    pub region: RegionId,
    /// Degrees north and east; approximate.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// The public register's numeric id.
    pub register_id: Option<String>,
    /// Vehicles a day; `None` = 10 an hour.
    pub daily_capacity: Option<u32>,
    /// Time zone.
    pub zone: Zone,
    /// Usual rule set.
    pub scheme: SchemeId,
    /// Whether there is a waiting zone.
    pub waiting_zone: bool,
}

impl Checkpoint {
    /// Places of an hour (0–23) as long as nothing else is set: the day's floor, and one more in the first hours for the remainder.
    #[must_use]
    pub fn usual_capacity(&self, hour: i8) -> u32 { self.daily_capacity.map_or(10, |daily| daily / 24 + u32::from((hour as u32) < daily % 24)) }
}

/// What a device of the registry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviceRole {
    /// Camera at the zone's entry.
    ZoneEntry,
    /// Camera at the zone's exit.
    ZoneExit,
    /// Camera at the gate.
    GateEntry,
    /// Second camera at the same lane and barrier.
    GateEntrySecond,
    /// Camera behind the gate.
    GateExit,
    /// Barrier at the gate.
    Barrier,
    /// Information board.
    Board,
    /// Road camera.
    RoadCamera,
    /// Scales.
    Scale,
}

/// A camera or scale beside a road.
#[derive(Clone, Debug, PartialEq)]
pub struct RoadDevice {
    /// Its id.
    pub id: DeviceId,
    /// Camera or scale.
    pub role: DeviceRole,
    /// The edge it stands on: both directions are seen.
    pub from: NodeId,
    /// The edge's other end.
    pub to: NodeId,
    /// Kilometres from `from`.
    pub at_km: f64,
    /// Length of the edge, kilometres; 0 where the roads have no such edge.
    pub edge_km: f64,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// Region.
    pub region: RegionId,
    /// `toll`, `approach`, `regional`.
    pub kind: String,
    /// Scales: accuracy class, `B(10)`.
    pub accuracy_class: Option<String>,
}

/// A node of the road graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// Name in Russian.
    pub name_ru: String,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// Region.
    pub region: RegionId,
}

/// A road between two nodes, both directions.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// One end.
    pub from: NodeId,
    /// The other end.
    pub to: NodeId,
    /// Length.
    pub km: f64,
    /// Road code.
    pub road: String,
}

/// A region.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Slug.
    pub id: RegionId,
    /// Name in Russian.
    pub name_ru: String,
    /// Name in Kazakh.
    pub name_kk: String,
    /// The node where its groups start.
    pub centre: NodeId,
}

/// The whole catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    /// By slug.
    pub checkpoints: BTreeMap<CheckpointId, Checkpoint>,
    /// Other spellings of a checkpoint → slug.
    pub aliases: BTreeMap<String, CheckpointId>,
    /// By slug.
    pub regions: BTreeMap<RegionId, Region>,
    /// Of the road graph; checkpoints' nodes (`cp34`) are among them.
    pub nodes: BTreeMap<NodeId, Node>,
    /// Of the road graph.
    pub edges: Vec<Edge>,
    /// Road cameras and scales.
    pub road_devices: BTreeMap<DeviceId, RoadDevice>,
}

/// A fault in a reference file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}:{line}: {what}")]
pub struct ReferenceError {
    /// The file.
    pub file: String,
    /// The line, from 1 (the header is line 1).
    pub line: u64,
    /// What is wrong.
    pub what: String,
}

/// The texts of the six files.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct CatalogueFiles<'a> {
    pub checkpoints: &'a str,
    pub regions: &'a str,
    pub nodes: &'a str,
    pub edges: &'a str,
    pub cameras: &'a str,
    pub scales: &'a str,
}

/// The shipped files.
pub const SHIPPED: CatalogueFiles<'static> = CatalogueFiles {
    checkpoints: include_str!("../../data/checkpoints.csv"),
    regions: include_str!("../../data/regions.csv"),
    nodes: include_str!("../../data/nodes.csv"),
    edges: include_str!("../../data/edges.csv"),
    cameras: include_str!("../../data/cameras.csv"),
    scales: include_str!("../../data/scales.csv"),
};

struct Table<'a> {
    file: &'a str,
    rows: Vec<(u64, BTreeMap<String, String>)>,
}

impl<'a> Table<'a> {
    fn read(file: &'a str, text: &str) -> Result<Self, ReferenceError> {
        let fault = |line, what: String| ReferenceError { file: file.to_owned(), line, what };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().map_err(|e| fault(1, e.to_string()))?.clone();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| fault(e.position().map_or(0, csv::Position::line), e.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            rows.push((line, header.iter().map(str::to_owned).zip(record.iter().map(|f| f.trim().to_owned())).collect()));
        }
        Ok(Self { file, rows })
    }
    fn fault(&self, line: u64, what: impl Into<String>) -> ReferenceError {
        ReferenceError { file: self.file.to_owned(), line, what: what.into() }
    }
}

struct Row<'a>(&'a Table<'a>, u64, &'a BTreeMap<String, String>);

impl Row<'_> {
    fn text(&self, column: &str) -> Result<&str, ReferenceError> {
        self.2.get(column).map(String::as_str).ok_or_else(|| self.0.fault(self.1, format!("no column `{column}`")))
    }
    fn filled(&self, column: &str) -> Result<&str, ReferenceError> {
        let text = self.text(column)?;
        if text.is_empty() { Err(self.0.fault(self.1, format!("`{column}` is empty"))) } else { Ok(text) }
    }
    fn number(&self, column: &str) -> Result<f64, ReferenceError> {
        let text = self.filled(column)?;
        text.parse().map_err(|_| self.0.fault(self.1, format!("`{column}` is no number: `{text}`")))
    }
}

fn read_each(file: &str, text: &str, mut f: impl FnMut(&Row<'_>) -> Result<(), ReferenceError>) -> Result<(), ReferenceError> {
    let table = Table::read(file, text)?;
    for (line, fields) in &table.rows {
        f(&Row(&table, *line, fields))?;
    }
    Ok(())
}

impl Catalogue {
    /// The shipped catalogue.
    ///
    /// # Errors
    /// Never for the files as shipped (a test reads them).
    pub fn shipped() -> Result<Self, ReferenceError> { Self::parse(&SHIPPED) }

    /// Reads the six files.
    ///
    /// # Errors
    /// The first fault, with file and line.
    pub fn parse(files: &CatalogueFiles<'_>) -> Result<Self, ReferenceError> {
        let mut c = Self { checkpoints: BTreeMap::new(), aliases: BTreeMap::new(), regions: BTreeMap::new(),
            nodes: BTreeMap::new(), edges: Vec::new(), road_devices: BTreeMap::new() };
        read_each("regions.csv", files.regions, |row| {
            let id = RegionId::new(row.filled("region")?);
            c.regions.insert(id.clone(), Region { id, name_ru: row.text("name_ru")?.into(), name_kk: row.text("name_kk")?.into(),
                centre: row.filled("centre_node")?.into() });
            Ok(())
        })?;
        read_each("nodes.csv", files.nodes, |row| {
            let id = NodeId::new(row.filled("id")?);
            c.nodes.insert(id.clone(), Node { id, name_ru: row.text("name_ru")?.into(), lat: row.number("lat")?,
                lon: row.number("lon")?, region: row.filled("region")?.into() });
            Ok(())
        })?;
        read_each("checkpoints.csv", files.checkpoints, |row| {
            let id = CheckpointId::new(row.filled("checkpoint")?);
            let node = NodeId::new(row.filled("node")?);
            let (lat, lon) = (row.number("lat")?, row.number("lon")?);
            let region = RegionId::new(row.filled("region_slug")?);
            if !c.regions.contains_key(&region) { return Err(row.0.fault(row.1, format!("unknown region `{region}`"))); }
            let tz = row.filled("tz")?;
            let zone = Zone::get(tz).ok_or_else(|| row.0.fault(row.1, format!("unknown time zone `{tz}`")))?;
            let daily = row.text("synthetic_exit_capacity_per_day")?;
            let daily_capacity = if daily.is_empty() { None } else { Some(row.number("synthetic_exit_capacity_per_day")? as u32).filter(|n| *n > 0) };
            c.nodes.insert(node.clone(), Node { id: node.clone(), name_ru: row.text("name_ru")?.into(), lat, lon, region: region.clone() });
            c.checkpoints.insert(id.clone(), Checkpoint { id, node, name_ru: row.text("name_ru")?.into(), pair_ru: row.text("pair_ru")?.into(),
                neighbour: row.text("neighbour")?.into(), region, lat, lon,
                register_id: Some(row.text("cgr_id")?.to_owned()).filter(|s| !s.is_empty()),
                daily_capacity, zone, scheme: row.filled("scheme")?.into(), waiting_zone: row.text("waiting_zone")? != "0" });
            Ok(())
        })?;
        read_each("edges.csv", files.edges, |row| {
            let (from, to) = (NodeId::new(row.filled("from")?), NodeId::new(row.filled("to")?));
            for end in [&from, &to] {
                if !c.nodes.contains_key(end) { return Err(row.0.fault(row.1, format!("unknown node `{end}`"))); }
            }
            c.edges.push(Edge { from, to, km: row.number("km")?, road: row.text("road")?.into() });
            Ok(())
        })?;
        for (file, text, column, role) in [("cameras.csv", files.cameras, "camera", DeviceRole::RoadCamera), ("scales.csv", files.scales, "station", DeviceRole::Scale)] {
            read_each(file, text, |row| {
                let id = DeviceId::new(row.filled(column)?);
                let accuracy_class = row.2.get("accuracy_class").cloned();
                let (from, to) = (NodeId::new(row.filled("from")?), NodeId::new(row.filled("to")?));
                let edge_km = c.edges.iter().find(|e| (e.from == from && e.to == to) || (e.from == to && e.to == from)).map_or(0.0, |e| e.km);
                c.road_devices.insert(id.clone(), RoadDevice { id, role, from, to, edge_km, at_km: row.number("at_km")?, lat: row.number("lat")?, lon: row.number("lon")?, region: row.filled("region")?.into(),
                    kind: row.text("kind")?.into(), accuracy_class });
                Ok(())
            })?;
        }
        for (alias, slug) in [("кольжат", "kalzhat"), ("калжат", "kalzhat"), ("чон-капка", "aisha-bibi"), ("чон-какпа", "aisha-bibi")] {
            c.aliases.insert(alias.into(), slug.into());
        }
        for cp in c.checkpoints.values() {
            c.aliases.insert(cp.name_ru.to_lowercase(), cp.id.clone());
            if let Some(id) = &cp.register_id { c.aliases.insert(id.clone(), cp.id.clone()); }
        }
        Ok(c)
    }

    /// The checkpoint of a slug, an alias or a register id.
    #[must_use]
    pub fn checkpoint(&self, id: &CheckpointId) -> Option<&Checkpoint> {
        self.checkpoints.get(id).or_else(|| self.checkpoints.get(self.aliases.get(&id.as_str().to_lowercase())?))
    }

    /// The role of a checkpoint's device (`nur-zholy/gate-in`), if the registry has it.
    #[must_use]
    pub fn checkpoint_device(&self, device: &DeviceId) -> Option<(&Checkpoint, DeviceRole)> {
        let (place, name) = device.as_str().split_once('/')?;
        let cp = self.checkpoints.get(&CheckpointId::new(place))?;
        let role = match name {
            "zone-in" if cp.waiting_zone => DeviceRole::ZoneEntry,
            "zone-out" if cp.waiting_zone => DeviceRole::ZoneExit,
            "gate-in" => DeviceRole::GateEntry,
            "gate-in-2" => DeviceRole::GateEntrySecond,
            "gate-out" if cp.waiting_zone => DeviceRole::GateExit,
            "barrier-1" => DeviceRole::Barrier,
            "board-1" => DeviceRole::Board,
            _ => return None,
        };
        Some((cp, role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_catalogue_is_whole() {
        let c = Catalogue::shipped().unwrap();
        assert_eq!((c.checkpoints.len(), c.regions.len(), c.edges.len()), (51, 20, 162));
        let roles = |r| c.road_devices.values().filter(|d| d.role == r).count();
        assert_eq!((roles(DeviceRole::RoadCamera), roles(DeviceRole::Scale)), (85, 25));
        assert!(!c.checkpoint(&"aisha-bibi".into()).unwrap().waiting_zone);
        assert_eq!(c.checkpoint(&"Нур Жолы".into()).unwrap().id.as_str(), "nur-zholy");
    }

    #[test]
    fn faults_name_file_and_line() {
        let e = Catalogue::parse(&CatalogueFiles { edges: "from,to,km,road,source\nURA,XXX,1,a,b\n", ..SHIPPED }).unwrap_err();
        assert_eq!(e.to_string(), "edges.csv:2: unknown node `XXX`");
    }
}
