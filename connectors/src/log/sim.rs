//! The simulated log: in memory, deterministic, with faults as data.
//!
//! A [`SimDisk`] outlives the processes that use it; [`SimDisk::open`] starts a process on it.
//! What goes wrong is written down beforehand as [`Fault`]s, so that a failing run is a value
//! that can be kept and run again. There is no clock and no waiting: polls return at once, and
//! arrival times come from [`SimDisk::set_time_us`].

mod disk;
mod process;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::catalogue::Catalogue;
use disk::Disk;
pub use process::SimLog;

/// What goes wrong at a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommitFault {
    /// The process dies before anything is written.
    CrashBefore,
    /// The process dies after everything is written, before the owner learns of it.
    CrashAfter,
    /// The log asks to try again.
    Retry,
    /// The log rolls the commit back.
    Abort,
    /// The commit is written, the answer is lost.
    UnknownApplied,
    /// The commit is not written, the answer is lost.
    UnknownNotApplied,
    /// As `UnknownApplied`, but the log cannot tell at the first time of asking.
    UnknownLateApplied,
    /// Another owner takes the shard just before: this one is a zombie.
    Fenced,
}

/// Everything that can go wrong, and when. Counting starts at 1 and goes on over restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// At the `attempt`-th commit call for `shard`.
    Commit {
        /// The shard.
        shard: u32,
        /// Which call.
        attempt: u64,
        /// What happens.
        fault: CommitFault,
    },
    /// At the `attempt`-th poll of `shard` the shard is asked back.
    Revoked {
        /// The shard.
        shard: u32,
        /// Which call.
        attempt: u64,
    },
    /// The `record`-th ingested record is appended twice, as by a producer that sends again.
    Duplicate {
        /// Which record.
        record: u64,
    },
}

/// The durable part of a simulated log.
#[derive(Clone)]
pub struct SimDisk {
    disk: Arc<Mutex<Disk>>,
}

impl SimDisk {
    /// An empty log.
    #[must_use]
    pub fn new(partitions: u32, catalogue: Catalogue) -> Self {
        Self {
            disk: Arc::new(Mutex::new(Disk::new(partitions, catalogue))),
        }
    }

    /// Adds faults to come.
    pub fn inject(&self, faults: impl IntoIterator<Item = Fault>) {
        self.lock().faults.extend(faults);
    }

    /// Takes back the faults that have not happened yet.
    pub fn calm(&self) {
        self.lock().faults.clear();
    }

    /// Plants a bug: the log does not ask any more who owns a shard. Tests of the simulator must find it.
    pub fn forget_fences(&self) {
        self.lock().fences = false;
    }

    /// Sets the arrival time of what comes; earlier than now is ignored.
    pub fn set_time_us(&self, time_us: i64) {
        let mut disk = self.lock();
        disk.now_us = disk.now_us.max(time_us);
    }

    /// Starts a process on the log. Processes that are still alive keep running, as zombies
    /// where the new one takes their shards.
    #[must_use]
    pub fn open(&self) -> SimLog {
        SimLog::new(self.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
