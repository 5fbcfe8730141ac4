//! An arrival: one physical visit of one vehicle at one camera line, made of one or more reads. Its id is the id of its
//! first read. Reads join while the barrier has not reported `passed` since: an equal plate for 120 s after the last
//! read, a merely compatible one for 30 s. Stale reads make and join arrivals of their own, by the time they happened.

use compact_str::CompactString;
use kezek_schemas::ids::{ArrivalId, BookingId, CheckpointId, CommandId, Country, DeviceId, RecordId};
use kezek_schemas::inputs::{AnprRead, PlateText};
use kezek_schemas::plate::Plate;
use kezek_schemas::reference::{DeviceRole, PlateGrammars};
use kezek_schemas::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::matching::edit;
use crate::matching::posterior::Look;
use crate::matching::variants::variants;

/// An equal plate joins this long after the last read.
pub const JOIN_EQUAL: Span = Span::seconds(120);
/// A compatible one this long.
pub const JOIN_COMPATIBLE: Span = Span::seconds(30);
/// When evidence does not suffice, it is waited for that long after the first read.
pub const FUSION: Span = Span::millis(1_500);
/// A read that took longer to arrive is stale.
pub const STALE: Span = Span::seconds(20);
/// Distinct looks kept of one arrival; more say nothing new.
const LOOKS: usize = 24;
/// Read ids kept of one arrival.
const READS: usize = 64;

/// A camera line. Two cameras look at the gate's lane; they are one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Line {
    /// The zone's entry.
    ZoneIn,
    /// The zone's exit.
    ZoneOut,
    /// The gate.
    Gate,
}

impl Line {
    /// The line of a camera; `None` for what is no line (the gate's exit, other devices).
    #[must_use]
    pub const fn of(role: DeviceRole) -> Option<Self> {
        match role {
            DeviceRole::ZoneEntry => Some(Self::ZoneIn),
            DeviceRole::ZoneExit => Some(Self::ZoneOut),
            DeviceRole::GateEntry | DeviceRole::GateEntrySecond => Some(Self::Gate),
            DeviceRole::GateExit | DeviceRole::Barrier | DeviceRole::Board | DeviceRole::RoadCamera | DeviceRole::Scale => None,
        }
    }
    /// The line's name: that of its first camera.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self { Self::ZoneIn => "zone-in", Self::ZoneOut => "zone-out", Self::Gate => "gate-in" }
    }
}

/// What one camera showed once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// By the second camera of the lane.
    pub second: bool,
    /// The plate.
    pub plate: PlateText,
    /// 0–1.
    pub confidence: Option<f32>,
    /// Of each symbol.
    pub char_confidence: Vec<f32>,
    /// The vendor's other readings with their scores.
    pub candidates: Vec<(Plate, f32)>,
    /// The trailer read with it.
    pub trailer: Option<Plate>,
}

impl Shown {
    /// What a read shows.
    #[must_use]
    pub fn of(read: &AnprRead, second: bool) -> Self {
        Self { second, plate: read.plate.clone(), confidence: read.confidence, char_confidence: read.char_confidence.to_vec(),
            candidates: read.candidates.iter().map(|c| (c.plate.plate.clone(), c.confidence)).collect(),
            trailer: read.trailer.as_ref().map(|t| t.plate.clone()).filter(|t| !t.is_empty()) }
    }
}

/// How far an arrival has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Further reads may change what was decided.
    #[default]
    Open,
    /// Something irrevocable was done: a command was sent, a zone was entered, the officer has spoken.
    Final,
}

/// The last decision of an arrival.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// What was decided.
    pub outcome: super::verdict::Outcome,
    /// Why.
    pub reason: super::verdict::Reason,
    /// The booking it is about.
    pub booking: Option<BookingId>,
}

/// An arrival.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// The id of its first read.
    pub id: ArrivalId,
    /// Where.
    pub checkpoint: CheckpointId,
    /// At which line.
    pub line: Line,
    /// Made of stale reads.
    pub stale: bool,
    /// First read.
    pub first: Timestamp,
    /// Last read.
    pub last: Timestamp,
    /// Ids of its reads.
    pub reads: Vec<RecordId>,
    /// Distinct looks.
    pub shown: Vec<Shown>,
    /// The barrier reported `passed` since.
    pub passed: bool,
    /// Revisions published.
    pub revision: u32,
    /// The last decision.
    pub decided: Option<Decided>,
    /// Whether reads may still change it.
    pub phase: Phase,
    /// Bookings that count as seen because it asked about them.
    pub named: Vec<BookingId>,
    /// The one open command it may have.
    pub command: Option<CommandId>,
}

impl Arrival {
    /// A new arrival without reads.
    #[must_use]
    pub fn new(id: ArrivalId, checkpoint: CheckpointId, line: Line, stale: bool, at: Timestamp) -> Self {
        Self { id, checkpoint, line, stale, first: at, last: at, reads: Vec::new(), shown: Vec::new(), passed: false, revision: 0,
            decided: None, phase: Phase::Open, named: Vec::new(), command: None }
    }

    /// The device that its decisions name.
    #[must_use]
    pub fn camera(&self) -> DeviceId { self.checkpoint.device(self.line.name()) }

    /// Adds a read.
    pub fn add(&mut self, id: RecordId, shown: Shown, at: Timestamp) {
        self.first = self.first.min(at);
        self.last = self.last.max(at);
        if self.reads.len() < READS { self.reads.push(id); }
        if self.shown.len() < LOOKS && !self.shown.contains(&shown) { self.shown.push(shown); }
    }

    /// How long before or after its last read that is.
    #[must_use]
    pub fn apart(&self, at: Timestamp) -> Span { Span((at - self.last).0.abs()) }

    /// How a read of this plate would join: equal before compatible, or not at all.
    #[must_use]
    pub fn joins(&self, plate: &Plate, at: Timestamp) -> Option<Join> {
        if self.passed { return None; }
        let apart = self.apart(at);
        if apart <= JOIN_EQUAL && self.shown.iter().any(|s| s.plate.plate == *plate) { return Some(Join::Equal); }
        if apart <= JOIN_COMPATIBLE && self.shown.iter().any(|s| edit::compatible(&s.plate.plate, plate)) { return Some(Join::Compatible); }
        None
    }

    /// Whether it waits for somebody: undecided, or asked and not answered.
    #[must_use]
    pub fn undecided(&self) -> bool {
        self.command.is_none() && !self.stale && !self.passed && self.phase == Phase::Open
            && self.decided.as_ref().is_none_or(|d| d.outcome == super::verdict::Outcome::AskOfficer)
    }

    /// What the posterior needs.
    #[must_use]
    pub fn looks(&self, grammars: &PlateGrammars) -> Vec<Look<'_>> {
        self.shown.iter().map(|s| Look { camera: usize::from(s.second), plate: &s.plate.plate, country: s.plate.country.as_ref(),
            char_confidence: &s.char_confidence, candidates: s.candidates.iter().map(|(p, c)| (p, *c)).collect(), trailer: s.trailer.as_ref(),
            variants: variants(grammars, &s.plate.plate) }).collect()
    }

    /// Looks that show exactly this plate, beyond doubt.
    pub fn exact<'a>(&'a self, plate: &'a Plate) -> impl Iterator<Item = &'a Shown> {
        self.shown.iter().filter(move |s| s.plate.plate == *plate && !plate.has_erasure())
    }

    /// What the readers' countries say of a country: contradicted if one of those who read this plate names another and none this one.
    #[must_use]
    pub fn contradicts(&self, plate: &Plate, country: Option<&Country>) -> Option<Country> {
        let country = country?;
        let mut other = None;
        let exact = self.exact(plate).count() > 0;
        for s in self.shown.iter().filter(|s| !exact || s.plate.plate == *plate) {
            match &s.plate.country {
                Some(c) if c == country => return None,
                Some(c) => other = Some(c.clone()),
                None => {}
            }
        }
        other
    }

    /// The plate to show for it: the first one without erasures, else the first.
    #[must_use]
    pub fn plate(&self) -> PlateText {
        self.shown.iter().map(|s| &s.plate).find(|p| !p.plate.has_erasure()).or_else(|| self.shown.first().map(|s| &s.plate)).cloned().unwrap_or_default()
    }

    /// The key of its timers.
    #[must_use]
    pub fn subject(&self) -> CompactString { self.id.0.clone() }
}

/// How a read joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// The plate was read before.
    Equal,
    /// It may be the same plate.
    Compatible,
}
