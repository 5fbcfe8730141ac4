//! How the known plates are kept, and the filter that finds those one edit from a read.
//!
//! A read of a usual plate has some six hundred texts one edit away. Each is asked of a Bloom filter (two bits in one
//! word; Putze, Sanders, Singler 2007), by a polynomial hash that an edit changes in a few operations; only what the filter
//! knows is looked up. So a plate costs its row and two bytes, where a deletion neighbourhood costs ten rows.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use kezek_schemas::ids::Country;
use kezek_schemas::plate::{ERASURE, Plate};
use kezek_schemas::time::Timestamp;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

use super::edit::{self, Symbols};
use crate::kernel::Rows;

/// Key of a known plate: the countries of one text are vehicles of their own.
pub type PlateKey = (Plate, Option<Country>);

/// Base of the polynomial hash, and its inverse modulo 2^64: an odd number has one.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
const INVERSE: u64 = inverse(BASE);
/// Plates that a word of the filter is made for: 16 bits a plate.
const PER_WORD: usize = 4;

/// Newton's iteration doubles the right bits each time.
const fn inverse(odd: u64) -> u64 {
    let mut x = odd;
    let mut i = 0;
    while i < 6 {
        x = x.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(x)));
        i += 1;
    }
    x
}

const fn mixed(hash: u64) -> u64 {
    let h = (hash ^ (hash >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h ^ (h >> 29)
}

fn hash_of(symbols: &[char]) -> u64 {
    let mut power = 1u64;
    symbols.iter().fold(0u64, |sum, c| {
        let term = (*c as u64).wrapping_mul(power);
        power = power.wrapping_mul(BASE);
        sum.wrapping_add(term)
    })
}

/// When a plate was last heard of, by country; nearly all have one.
type ByCountry = SmallVec<[(Option<Country>, Timestamp); 1]>;

/// The known plates with their filter.
#[derive(Debug, Default)]
pub struct KnownPlates {
    plates: HashMap<Plate, ByCountry, FxBuildHasher>,
    rows: usize,
    filter: Vec<u64>,
    /// Symbols beside letters and digits that some known plate has.
    others: BTreeSet<char>,
}

impl KnownPlates {
    /// The countries of a plate, in order; empty = it is not known.
    #[must_use]
    pub fn countries(&self, plate: &Plate) -> Vec<Option<Country>> {
        let mut all: Vec<Option<Country>> = self.plates.get(plate).map_or_else(Vec::new, |rows| rows.iter().map(|(c, _)| c.clone()).collect());
        all.sort();
        all
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        let h = mixed(hash);
        // The filter's length is a power of two.
        ((h >> 20) as usize & (self.filter.len() - 1), (1 << (h & 63)) | (1 << ((h >> 6) & 63)))
    }

    fn mark(&mut self, plate: &Plate) {
        let (word, bits) = self.place(hash_of(&edit::symbols(plate.as_str())));
        self.filter[word] |= bits;
    }

    fn enter(&mut self, plate: &Plate) {
        if self.plates.len() >= self.filter.len() * PER_WORD {
            let words = (self.filter.len() * 2).max(64);
            self.filter = vec![0; words];
            for known in self.plates.keys() {
                let (word, bits) = Self::place(self, hash_of(&edit::symbols(known.as_str())));
                self.filter[word] |= bits;
            }
        }
        self.mark(plate);
        self.others.extend(plate.as_str().chars().filter(|c| !c.is_ascii_alphanumeric()));
    }

    fn may_know(&self, hash: u64) -> bool {
        let (word, bits) = self.place(hash);
        self.filter[word] & bits == bits
    }

    /// Known plates at most one edit or erasure from a read.
    pub fn within_one(&self, read: &Plate, found: &mut BTreeSet<Plate>) {
        if self.filter.is_empty() { return; }
        let s = edit::symbols(read.as_str());
        let mut ask = |edited: &dyn Fn() -> Symbols| {
            let plate = Plate::normalise(&edited().iter().collect::<String>());
            if self.plates.contains_key(&plate) && edit::near(read, &plate) { found.insert(plate); }
        };
        let alphabet = || ('0'..='9').chain('A'..='Z').chain(self.others.iter().copied());
        let whole = hash_of(&s);
        if self.may_know(whole) { ask(&|| s.clone()); }
        let (mut before, mut power) = (0u64, 1u64);
        for at in 0..=s.len() {
            let after = whole.wrapping_sub(before);
            // a symbol was not read
            let (gap, moved) = (before, after.wrapping_mul(BASE));
            for c in alphabet() {
                if self.may_know(gap.wrapping_add((c as u64).wrapping_mul(power)).wrapping_add(moved)) {
                    ask(&|| {
                        let mut t = s.clone();
                        t.insert(at, c);
                        t
                    });
                }
            }
            let Some(symbol) = s.get(at) else { break };
            let own = (*symbol as u64).wrapping_mul(power);
            // one that is not there was read
            if self.may_know(before.wrapping_add(after.wrapping_sub(own).wrapping_mul(INVERSE))) {
                ask(&|| {
                    let mut t = s.clone();
                    t.remove(at);
                    t
                });
            }
            // another was read
            for c in alphabet() {
                if c != *symbol && self.may_know(whole.wrapping_sub(own).wrapping_add((c as u64).wrapping_mul(power))) {
                    ask(&|| {
                        let mut t = s.clone();
                        t[at] = c;
                        t
                    });
                }
            }
            before = before.wrapping_add(own);
            power = power.wrapping_mul(BASE);
        }
    }
}

impl Rows<PlateKey, Timestamp> for KnownPlates {
    fn row(&self, (plate, country): &PlateKey) -> Option<&Timestamp> {
        self.plates.get(plate)?.iter().find(|(c, _)| c == country).map(|(_, at)| at)
    }
    fn put(&mut self, (plate, country): PlateKey, at: Timestamp) -> Option<Timestamp> {
        if let Some(rows) = self.plates.get_mut(&plate) {
            if let Some((_, old)) = rows.iter_mut().find(|(c, _)| *c == country) { return Some(core::mem::replace(old, at)); }
            rows.push((country, at));
        } else {
            self.enter(&plate);
            self.plates.insert(plate, SmallVec::from_buf([(country, at)]));
        }
        self.rows += 1;
        None
    }
    fn take(&mut self, (plate, country): &PlateKey) -> Option<Timestamp> {
        let rows = self.plates.get_mut(plate)?;
        let index = rows.iter().position(|(c, _)| c == country)?;
        let (_, at) = rows.remove(index);
        // Its bits stay in the filter: a question too many, never a wrong answer.
        if rows.is_empty() { self.plates.remove(plate); }
        self.rows -= 1;
        Some(at)
    }
    fn count(&self) -> usize { self.rows }
    fn visit(&self, f: &mut dyn FnMut(&PlateKey, &Timestamp)) {
        for (plate, rows) in &self.plates {
            for (country, at) in rows { f(&(plate.clone(), country.clone()), at); }
        }
    }
}

/// No plate has the reader's unknown mark, so none is found by it alone.
const _: () = assert!(!ERASURE.is_ascii_alphanumeric());
