//! The routes, one concept a file.

pub mod ingest;
pub mod lookup;
pub mod pages;
pub mod session;
pub mod stream;
pub mod topics;
pub mod write;
