//! Ports and adapters: everything in Kezek that touches the outside world.
//!
//! The engine sees only the ports. An adapter never decides anything about trucks; it moves
//! bytes, keeps promises about order and atomicity, and says what went wrong in terms of what
//! the caller has to do next.

pub mod ingest;
pub mod log;
