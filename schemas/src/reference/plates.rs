//! Plate grammars as data: which strings are plates of which country, and how many such strings there are.
//!
//! A grammar never decides a country (`01123ABC` is Uzbek and Kyrgyz) and never proves a plate: most misreads are
//! valid plates too. It gives unknown plates their density and says which rearrangements of a read are worth a
//! hypothesis.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ReferenceError;
use crate::plate::ERASURE;

/// The shipped grammars.
pub const SHIPPED_PLATES: &str = include_str!("../../data/plates.toml");

/// What may stand at a place of a plate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Symbol { Digit, Octal, Letter, Either, Han, Region, Suffix, Literal(char) }

impl Symbol {
    const fn width(&self) -> usize { if matches!(self, Self::Region | Self::Suffix) { 2 } else { 1 } }
}

/// One kind of plate.
#[derive(Clone, Debug, PartialEq)]
pub struct Grammar {
    /// Country code.
    pub country: String,
    /// Kind of plate.
    pub kind: String,
    symbols: Vec<Symbol>,
    letters: String,
    region: (u32, u32),
    suffixes: Vec<String>,
    /// Symbols of a plate.
    length: usize,
    /// How many strings it has.
    pub size: f64,
}

/// All grammars and flag prefixes.
#[derive(Clone, Debug, PartialEq)]
pub struct PlateGrammars {
    /// By order of the file.
    pub grammars: Vec<Grammar>,
    /// Prefix as read from the flag strip → country.
    pub flags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File { grammar: Vec<Entry>, flags: BTreeMap<String, String> }

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    country: String,
    kind: String,
    pattern: String,
    letters: Option<String>,
    region: Option<(u32, u32)>,
    #[serde(default)]
    suffixes: Vec<String>,
    #[allow(dead_code)]
    status: String,
}

impl Grammar {
    fn new(e: Entry) -> Result<Self, String> {
        let mut symbols = Vec::new();
        let mut chars = e.pattern.chars();
        while let Some(c) = chars.next() {
            match c {
                'd' => symbols.push(Symbol::Digit),
                'e' => symbols.push(Symbol::Octal),
                'l' => symbols.push(Symbol::Letter),
                'x' => symbols.push(Symbol::Either),
                'h' => symbols.push(Symbol::Han),
                'S' => symbols.push(Symbol::Suffix),
                'R' if chars.next() == Some('R') => symbols.push(Symbol::Region),
                '<' => symbols.extend(chars.by_ref().take_while(|c| *c != '>').map(Symbol::Literal)),
                other => return Err(format!("pattern of {} {}: unknown sign `{other}`", e.country, e.kind)),
            }
        }
        let letters = e.letters.unwrap_or_else(|| ('A'..='Z').collect());
        let region = e.region.unwrap_or((0, 0));
        let (l, r, s) = (letters.len() as f64, f64::from(region.1.saturating_sub(region.0)) + 1.0, e.suffixes.len() as f64);
        let size = symbols.iter().map(|s_| match s_ {
            Symbol::Digit => 10.0, Symbol::Octal => 8.0, Symbol::Letter => l, Symbol::Either => l + 10.0, Symbol::Han => 31.0,
            Symbol::Region => r, Symbol::Suffix => s, Symbol::Literal(_) => 1.0,
        }).product();
        let length = symbols.iter().map(Symbol::width).sum();
        Ok(Self { country: e.country, kind: e.kind, symbols, letters, region, suffixes: e.suffixes, length, size })
    }

    /// Whether a normal form is of this kind; an erasure stands for any symbol.
    #[must_use]
    pub fn fits(&self, plate: &str) -> bool { self.fits_symbols(plate, plate.chars().count()) }

    fn fits_symbols(&self, plate: &str, length: usize) -> bool {
        let mut text = plate.chars();
        length == self.length && self.symbols.iter().all(|symbol| {
            let Some(c) = text.next() else { return false };
            let second = if symbol.width() == 2 { text.next() } else { None };
            if c == ERASURE || second == Some(ERASURE) { return true; }
            match symbol {
                Symbol::Digit => c.is_ascii_digit(),
                Symbol::Octal => ('0'..='7').contains(&c),
                Symbol::Letter => self.letters.contains(c),
                Symbol::Either => c.is_ascii_digit() || self.letters.contains(c),
                Symbol::Han => !c.is_ascii(),
                Symbol::Literal(x) => c == *x,
                Symbol::Region => match (c.to_digit(10), second.and_then(|s| s.to_digit(10))) {
                    (Some(a), Some(b)) => (self.region.0..=self.region.1).contains(&(a * 10 + b)),
                    _ => false,
                },
                Symbol::Suffix => self.suffixes.iter().any(|s| s.chars().eq([c].into_iter().chain(second))),
            }
        })
    }
}

impl PlateGrammars {
    /// The shipped grammars.
    ///
    /// # Errors
    /// Never for the file as shipped (a test reads it).
    pub fn shipped() -> Result<Self, ReferenceError> { Self::parse(SHIPPED_PLATES) }

    /// Reads a file of grammars.
    ///
    /// # Errors
    /// The first fault.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let fault = |what: String| ReferenceError { file: "plates.toml".into(), line: 0, what };
        let file: File = toml::from_str(text).map_err(|e| fault(e.to_string()))?;
        let grammars = file.grammar.into_iter().map(Grammar::new).collect::<Result<_, _>>().map_err(fault)?;
        Ok(Self { grammars, flags: file.flags })
    }

    /// The grammars a normal form fits.
    pub fn fitting<'a>(&'a self, plate: &'a str) -> impl Iterator<Item = &'a Grammar> {
        let length = plate.chars().count();
        self.grammars.iter().filter(move |g| g.fits_symbols(plate, length))
    }
    /// Whether it is a plate of that country.
    #[must_use]
    pub fn fits(&self, country: &str, plate: &str) -> bool {
        let length = plate.chars().count();
        self.grammars.iter().any(|g| g.length == length && g.country == country && g.fits_symbols(plate, length))
    }
    /// Chance of this string among all strings of the densest kind it fits; 0 if it fits none.
    #[must_use]
    pub fn density(&self, plate: &str) -> f64 { self.fitting(plate).map(|g| 1.0 / g.size).fold(0.0, f64::max) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        let g = PlateGrammars::shipped().unwrap();
        for (plate, countries) in [("123ABC02", "KZ"), ("123ABC21", ""), ("927PK06", "KZ"), ("01123ABC", "KG UZ"), ("01KG777ABC", "KG"),
            ("A123BC777", "RU"), ("AB1234AG", "TM"), ("新A12345", "CN"), ("AB12347", "BY"), ("12?ABC02", "KZ"), ("1234AB01", "TJ")] {
            let mut found: Vec<&str> = g.fitting(plate).map(|g| g.country.as_str()).collect();
            found.sort_unstable();
            found.dedup();
            assert_eq!(found.join(" "), countries, "{plate}");
        }
        assert!((g.density("123ABC02") - 1.0 / (1000.0 * 17576.0 * 20.0)).abs() < 1e-15);
    }
}
