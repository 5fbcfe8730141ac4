//! A shard: partition `i` of every topic, owned by one thread.

mod block;
mod engine;
mod health;
mod owner;
mod runner;
mod snapshot;

pub use block::{Block, BlockError, Chain};
pub use engine::{Engine, RecoveryError};
pub use health::{Health, ShardHealth};
pub use owner::{Owner, Turn, Waits};
pub use runner::run_shard;
pub use snapshot::{Snapshot, Snapshots};
