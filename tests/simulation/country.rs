//! Two processes, their shards, zombies and a follower, driven by one random sequence. Nothing here waits or looks at a
//! clock: time is what the country says it is.

use std::sync::Arc;

use kezek_pipeline::shard::{Engine, Owner, RecoveryError, ShardHealth, Snapshot, Snapshots, Turn, Waits};
use kezek_connectors::log::sim::{SimDisk, SimLog};
use kezek_connectors::log::{Catalogue, IngestRecord, JournalCursor, Log as _};
use kezek_operators::kernel::Refs;
use kezek_schemas::inputs::Topic;
use kezek_schemas::keys::partition;
use kezek_schemas::time::Timestamp;

use crate::faults::Schedule;
use crate::mutants::Mutant;
use crate::workload::{Sent, Workload};

const NO_WAIT: Waits = Waits { idle: std::time::Duration::ZERO, retry: std::time::Duration::ZERO };
/// Rounds over all shards after which a country that still works is said to be stuck.
const ROUNDS: usize = 20_000;

/// How records come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The next one comes when everything before it is done.
    Quiet,
    /// As they come.
    Flood,
}

struct Owned {
    process: usize,
    owner: Owner,
}

/// The country.
pub struct Country {
    /// What survives.
    pub disk: SimDisk,
    refs: Arc<Refs>,
    shards: u32,
    mutant: Option<Mutant>,
    rng: fastrand::Rng,
    now: Timestamp,
    end: Timestamp,
    source: SimLog,
    processes: Vec<SimLog>,
    owned: Vec<Option<Owned>>,
    zombies: Vec<Owned>,
    folder: tempfile::TempDir,
    health: ShardHealth,
    interference: Option<(usize, usize, usize)>,
}

impl Country {
    /// An empty one.
    pub fn new(refs: &Arc<Refs>, shards: u32, seed: u64, mutant: Option<Mutant>) -> Self {
        let disk = SimDisk::new(shards, Catalogue::default());
        if mutant == Some(Mutant::FenceForgotten) { disk.forget_fences(); }
        Self { refs: Arc::clone(refs), shards, mutant, rng: fastrand::Rng::with_seed(seed), now: Timestamp(0), end: Timestamp(0),
            source: disk.open(), processes: vec![disk.open(), disk.open()], owned: (0..shards).map(|_| None).collect(), zombies: Vec::new(),
            folder: tempfile::tempdir().unwrap(), health: ShardHealth::default(), interference: None, disk }
    }

    /// Everything is sent while everything fails.
    pub fn safety(&mut self, workload: &Workload, schedule: &Schedule, pace: Pace) -> Result<(), String> {
        self.disk.inject(schedule.faults.iter().copied());
        self.interference = Some((schedule.crash_every, schedule.steal_every, schedule.snapshot_every));
        self.end = workload.end;
        for record in &workload.records {
            match pace {
                Pace::Quiet => {
                    self.timers(record.at)?;
                    self.send(record);
                    self.quiet()?;
                }
                Pace::Flood => {
                    self.send(record);
                    for _ in 0..self.rng.usize(..4) {
                        let shard = self.rng.u32(..self.shards);
                        self.turn(shard)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The faults stop: everything must finish.
    pub fn liveness(&mut self) -> Result<(), String> {
        self.disk.calm();
        self.interference = None;
        self.quiet()?;
        self.timers(self.end)?;
        self.at(self.end);
        self.quiet()
    }

    /// The tables rebuilt from the journal, and from the newest snapshot, are the tables of the owner.
    pub fn followers_converge(&mut self) -> Result<(), String> {
        for shard in 0..self.shards {
            let followed = self.replica(shard)?.tables().dump();
            let again = self.owner(shard)?.engine().tables().dump();
            if followed != again { return Err(format!("shard {shard}: the follower's tables are not the owner's")); }
            self.owned[shard as usize] = None;
            let restored = self.owner(shard)?.engine().tables().dump();
            if followed != restored { return Err(format!("shard {shard}: the restored tables are not the owner's")); }
        }
        Ok(())
    }

    fn at(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        self.disk.set_time_us(self.now.0);
    }

    fn send(&mut self, record: &Sent) {
        self.at(record.at);
        let topic = Catalogue::default().input_id(record.topic.name()).unwrap();
        let partition = partition(record.key.as_bytes(), self.shards);
        let record = IngestRecord { topic, partition, key: record.key.clone().into_bytes(), value: record.value.clone() };
        self.source.ingest().unwrap().append(vec![record]).unwrap();
    }

    /// Lets the timers due before `until` fire one by one, everything they cause included.
    fn timers(&mut self, until: Timestamp) -> Result<(), String> {
        loop {
            let mut due = None;
            for shard in 0..self.shards { due = due.into_iter().chain(self.owner(shard)?.engine().next_due()).min(); }
            let Some(due) = due.filter(|due| *due <= until) else { return Ok(()) };
            self.at(due);
            self.quiet()?;
        }
    }

    fn quiet(&mut self) -> Result<(), String> {
        for _ in 0..ROUNDS {
            let mut idle = true;
            for shard in 0..self.shards { idle &= self.turn(shard)? == Some(Turn::Idle); }
            if idle { return Ok(()); }
        }
        Err(format!("it still works after {ROUNDS} rounds"))
    }

    fn owner(&mut self, shard: u32) -> Result<&mut Owner, String> {
        for _ in 0..ROUNDS {
            if self.owned[shard as usize].is_none() {
                let process = self.rng.usize(..self.processes.len());
                self.take(shard, process)?;
            }
            if self.owned[shard as usize].is_some() { break; }
        }
        self.owned[shard as usize].as_mut().map(|o| &mut o.owner).ok_or_else(|| format!("shard {shard} cannot be taken"))
    }

    fn take(&mut self, shard: u32, process: usize) -> Result<(), String> {
        let log = match self.processes[process].take(shard) {
            Ok(log) => log,
            Err(e) => return self.failed(process, &e.into()),
        };
        let log = match self.mutant { Some(mutant) => mutant.around(log, self.shards), None => log };
        match Owner::restore(log, self.shards, Arc::clone(&self.refs), topics(), &self.snapshots()) {
            Ok(owner) => self.owned[shard as usize] = Some(Owned { process, owner }),
            Err(e) => self.failed(process, &e)?,
        }
        Ok(())
    }

    /// A process that failed is started again if it has crashed; anything else is a finding.
    fn failed(&mut self, process: usize, error: &RecoveryError) -> Result<(), String> {
        if !self.processes[process].is_dead() { return Err(format!("a process that lives failed: {error}")); }
        for owned in &mut self.owned {
            if owned.as_ref().is_some_and(|o| o.process == process) { *owned = None; }
        }
        self.zombies.retain(|z| z.process != process);
        self.processes[process] = self.disk.open();
        Ok(())
    }

    fn turn(&mut self, shard: u32) -> Result<Option<Turn>, String> {
        self.interfere(shard)?;
        self.owner(shard)?;
        let Some(mut owned) = self.owned[shard as usize].take() else { return Ok(None) };
        let wall = self.now.0 + if self.mutant == Some(Mutant::ClockAhead) { 3_600_000_000 } else { 0 };
        match owned.owner.turn(NO_WAIT, || wall, &self.health) {
            Ok(Turn::GivenUp) => Ok(Some(Turn::GivenUp)),
            Ok(turn) => {
                self.owned[shard as usize] = Some(owned);
                Ok(Some(turn))
            }
            Err(e) => self.failed(owned.process, &e).map(|()| None),
        }
    }

    fn interfere(&mut self, shard: u32) -> Result<(), String> {
        let Some((crash, steal, snapshot)) = self.interference else { return Ok(()) };
        if self.rng.usize(..crash) == 0 {
            let process = self.rng.usize(..self.processes.len());
            self.processes[process].crash();
        }
        if self.rng.usize(..steal) == 0 {
            let former = self.owned[shard as usize].take();
            let process = former.as_ref().map_or(0, |o| 1 - o.process);
            self.take(shard, process)?;
            // A dead process takes nothing: then the former owner is none any more, but no zombie either.
            let taken = self.owned[shard as usize].is_some();
            self.zombies.extend(former.filter(|z| taken && !self.processes[z.process].is_dead()));
        }
        if self.rng.usize(..snapshot) == 0 { self.snapshot(shard)?; }
        if !self.zombies.is_empty() && self.rng.bool() {
            let which = self.rng.usize(..self.zombies.len());
            let mut zombie = self.zombies.swap_remove(which);
            match zombie.owner.turn(NO_WAIT, || self.now.0, &self.health) {
                Ok(Turn::Committed) => return Err("a zombie committed".into()),
                Ok(Turn::GivenUp) => {}
                Ok(_) => self.zombies.push(zombie),
                Err(e) => self.failed(zombie.process, &e)?,
            }
        }
        Ok(())
    }

    fn snapshots(&self) -> Snapshots { Snapshots::new(self.folder.path()) }

    /// The shard's tables as a follower has them.
    fn replica(&self, shard: u32) -> Result<Engine, String> {
        let mut engine = Engine::new(shard, self.shards, 0, Arc::clone(&self.refs), topics()).map_err(|e| e.to_string())?;
        let mut from = vec![JournalCursor::at(u64::MAX); self.shards as usize];
        from[shard as usize] = JournalCursor::START;
        let mut entries = Vec::new();
        self.source.follower(&from).unwrap().poll(&mut entries, usize::MAX, NO_WAIT.idle).unwrap();
        for entry in entries { engine.apply(&entry.bytes).map_err(|e| format!("the journal cannot be followed: {e}"))?; }
        Ok(engine)
    }

    fn snapshot(&mut self, shard: u32) -> Result<(), String> {
        let mut engine = self.replica(shard)?;
        let mut chain = engine.chain();
        if chain.number == 0 { return Ok(()); }
        if self.mutant == Some(Mutant::SnapshotFromBefore) { chain.number -= 1; }
        let snapshot = Snapshot { shard, shards: self.shards, chain, at: engine.now(), tables: engine.tables().dump() };
        let path = self.snapshots().write(&snapshot).unwrap();
        if self.rng.bool() {
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&path, &bytes[..self.rng.usize(..bytes.len())]).unwrap();
        }
        Ok(())
    }
}

fn topics() -> Vec<Topic> { Catalogue::default().inputs().filter_map(|spec| Topic::of_name(spec.name)).collect() }
