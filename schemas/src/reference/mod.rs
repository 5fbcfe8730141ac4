//! Reference data: checkpoints, regions, roads, cameras and scales, parsed once into types. The shipped
//! catalogue is embedded; an operator's own folder of the same files replaces it. Errors name file and line.
//! Coordinates are mostly approximate: they are schematic, never surveyed.

pub mod anpr;
mod catalogue;
mod plates;
pub mod rules;
pub mod sources;

pub use catalogue::*;
pub use plates::*;
pub mod weights;
