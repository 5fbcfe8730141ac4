//! The vocabulary of Kezek.
//!
//! Every other crate speaks in these types: ids, plates, quantities, time, input events, output records, table
//! rows, keys and the reference catalogue. Nothing here keeps state or does IO; what is parsed once at the
//! boundary is valid ever after.
#![forbid(unsafe_code)]

pub mod decode;
pub mod ids;
pub mod inputs;
pub mod json_schema;
pub mod keys;
pub mod outputs;
pub mod plate;
pub mod reference;
pub mod tables;
pub mod time;
