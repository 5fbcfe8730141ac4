//! The composition of Kezek: shards over a log, the followers of their journal, and the command line.
//!
//! Operators decide, the log makes durable, this crate connects them: one thread owns a shard, one commit makes
//! outputs, messages, journal block and input positions true at once, and everything people look at follows the
//! journal.
#![forbid(unsafe_code)]

pub mod cli;
pub mod config;
pub mod dead_letter;
pub mod demo;
pub mod limits;
pub mod replay;
pub mod score;
pub mod service;
pub mod shard;
pub mod simulate;
