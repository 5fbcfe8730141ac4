//! A schedule: which commits fail and how, which polls find the shard asked back, which records come twice. Made from a
//! seed, so that a failing run is a number.

use kezek_connectors::log::sim::{CommitFault, Fault};

/// Faults to come, and how often the scheduler interferes.
pub struct Schedule {
    /// For the log.
    pub faults: Vec<Fault>,
    /// One turn in so many is preceded by a crash of the process.
    pub crash_every: usize,
    /// One turn in so many is preceded by another process taking a shard; the former owner goes on as a zombie.
    pub steal_every: usize,
    /// One turn in so many is preceded by a snapshot, which is torn every other time.
    pub snapshot_every: usize,
}

const KINDS: [CommitFault; 8] = [CommitFault::CrashBefore, CommitFault::CrashAfter, CommitFault::Retry, CommitFault::Abort,
    CommitFault::UnknownApplied, CommitFault::UnknownNotApplied, CommitFault::UnknownLateApplied, CommitFault::Fenced];

impl Schedule {
    /// The schedule of a seed.
    pub fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0xfa01);
        let mut faults = Vec::new();
        for shard in 0..4 {
            for attempt in 1..400 {
                if rng.usize(..12) == 0 { faults.push(Fault::Commit { shard, attempt, fault: KINDS[rng.usize(..KINDS.len())] }); }
                if rng.usize(..60) == 0 { faults.push(Fault::Revoked { shard, attempt }); }
            }
        }
        for record in 1..400 {
            if rng.usize(..15) == 0 { faults.push(Fault::Duplicate { record }); }
        }
        Self { faults, crash_every: rng.usize(40..200), steal_every: rng.usize(40..200), snapshot_every: rng.usize(20..100) }
    }
}
