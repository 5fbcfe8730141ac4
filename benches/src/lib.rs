//! What Kezek costs. Each run is one file: it makes its load, measures open loop (from the time at which an event was
//! scheduled, not from when the system got round to it), and stands beside a baseline of the same run.
//!
//! Results are text on stdout and, with `--to DIR`, JSON and a plot. Nothing here is a test: a slow machine fails nothing.
#![forbid(unsafe_code)]

pub mod clock;
pub mod commit;
pub mod decide;
pub mod end_to_end;
pub mod plot;
pub mod replay;
pub mod report;
pub mod scene;
