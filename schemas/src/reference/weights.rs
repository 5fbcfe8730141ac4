//! Mass and axle limits, measuring errors and the drying season (`data/weights.toml`).

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::ReferenceError;
use crate::ids::RegionId;

/// The limits as data.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Weights {
    gross_t: BTreeMap<String, f64>,
    axles_t: AxleLimits,
    class: BTreeMap<String, AccuracyClass>,
    drying: Drying,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct AxleLimits {
    single: f64,
    group_below_m: f64,
    tandem: Vec<(f64, f64)>,
    tridem: Vec<(f64, f64)>,
}

/// Measuring error of a device class, as shares.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct AccuracyClass {
    name: String,
    /// Of the gross mass.
    pub gross: f64,
    /// Of an axle group, and of a single axle.
    pub group: f64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Drying {
    per_axle_t: f64,
    south_west: Vec<String>,
    south_west_from: (i8, i8),
    south_west_to: (i8, i8),
    elsewhere_from: (i8, i8),
    elsewhere_to: (i8, i8),
}

impl Weights {
    /// The shipped limits.
    ///
    /// # Errors
    /// Never for the file as shipped.
    pub fn shipped() -> Result<Self, ReferenceError> { Self::parse(include_str!("../../data/weights.toml")) }

    /// Reads a file of limits.
    ///
    /// # Errors
    /// What is wrong, with the line.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(0, |s| text[..s.start].lines().count().max(1) as u64);
            ReferenceError { file: "weights.toml".into(), line, what: e.message().to_owned() }
        })
    }

    /// Gross limit by number of axles, kg; none below two axles.
    #[must_use]
    pub fn gross_kg(&self, axles: usize) -> Option<f64> {
        let by_count = |n: usize| self.gross_t.get(&n.to_string()).map(|t| t * 1000.0);
        if axles < 2 { return None; }
        by_count(axles).or_else(|| self.gross_t.iter().filter_map(|(n, t)| n.parse::<usize>().ok().map(|n| (n, *t))).max_by_key(|(n, _)| *n)
            .map(|(_, t)| t * 1000.0))
    }
    /// Axles nearer than this form a group, m.
    #[must_use]
    pub const fn group_below_m(&self) -> f64 { self.axles_t.group_below_m }
    /// Single axle, kg.
    #[must_use]
    pub fn single_kg(&self) -> f64 { self.axles_t.single * 1000.0 }
    /// Tandem by its spacing, kg.
    #[must_use]
    pub fn tandem_kg(&self, spacing_m: f64) -> f64 {
        let found = self.axles_t.tandem.iter().find(|(below, _)| spacing_m < *below).or_else(|| self.axles_t.tandem.last());
        found.map_or(f64::INFINITY, |(_, t)| t * 1000.0)
    }
    /// Tridem by its widest spacing, kg.
    #[must_use]
    pub fn tridem_kg(&self, widest_m: f64) -> f64 {
        let found = self.axles_t.tridem.iter().find(|(most, _)| widest_m <= *most).or_else(|| self.axles_t.tridem.last());
        found.map_or(f64::INFINITY, |(_, t)| t * 1000.0)
    }
    /// The class of that name (`B(10)`).
    #[must_use]
    pub fn class(&self, name: &str) -> Option<&AccuracyClass> { self.class.values().find(|c| c.name == name) }
    /// Limit per axle in the drying season, kg; none outside it.
    #[must_use]
    pub fn drying_kg(&self, region: &RegionId, date: Date) -> Option<f64> {
        let d = &self.drying;
        let (from, to) = if d.south_west.iter().any(|r| r == region.as_str()) { (d.south_west_from, d.south_west_to) } else { (d.elsewhere_from, d.elsewhere_to) };
        let today = (date.month(), date.day());
        (from <= today && today <= to).then_some(d.per_axle_t * 1000.0)
    }
}
