//! Kezek's operators: pure, synchronous, total state machines over keyed tables.
//!
//! An operator is a function of the tables, one event and the reference data; what it wants of the world it
//! leaves in [`kernel::Effects`]. There is no clock (time comes with the record), no randomness, no IO, no thread
//! and no hash-order iteration here: the lint configuration of this crate bans them. Bad input is an effect, a
//! bug is an assert, the failing world is the shell's business.
#![forbid(unsafe_code)]

pub mod boards;
pub mod booking;
pub mod directory;
pub mod dispatch;
pub mod gate;
pub mod journey;
pub mod kernel;
pub mod matching;
pub mod permits;
pub mod queue;
pub mod reference;
pub mod risk;
pub mod topology;
pub mod world;
