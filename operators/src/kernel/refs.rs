//! The reference data operators read: parsed once, never changed while the process lives.

use kezek_schemas::reference::rules::RuleSets;
use kezek_schemas::reference::sources::Sources;
use kezek_schemas::reference::weights::Weights;
use kezek_schemas::reference::{Catalogue, PlateGrammars, ReferenceError};

use crate::matching::ReaderModel;

/// Everything an operator may look up that is no table.
#[derive(Debug)]
pub struct Refs {
    /// Places and devices.
    pub catalogue: Catalogue,
    /// Which strings are plates.
    pub plates: PlateGrammars,
    /// What plate readers get wrong.
    pub reader: ReaderModel,
    /// Rule sets and texts.
    pub rules: RuleSets,
    /// Source systems.
    pub sources: Sources,
    /// Mass and axle limits.
    pub weights: Weights,
    /// Roads by length, for ways and meeting points.
    pub roads: crate::dispatch::roads::Roads,
    /// Roads by number, for admissible ways.
    pub graph: crate::journey::graph::Graph,
}

impl Refs {
    /// The shipped reference data.
    ///
    /// # Errors
    /// Never for the data as shipped (tests read it).
    pub fn shipped() -> Result<Self, ReferenceError> { Self::new(Catalogue::shipped()?) }

    /// Builds what is derived from a catalogue.
    ///
    /// # Errors
    /// A fault in the data, with file and line.
    pub fn new(catalogue: Catalogue) -> Result<Self, ReferenceError> {
        let roads = crate::dispatch::roads::Roads::new(&catalogue);
        let graph = crate::journey::graph::Graph::new(&catalogue);
        Ok(Self { graph, weights: Weights::shipped()?, roads, catalogue, plates: PlateGrammars::shipped()?, reader: ReaderModel::shipped()?, rules: RuleSets::shipped()?, sources: Sources::shipped()? })
    }
}
