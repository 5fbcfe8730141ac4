//! How likely a reader shows `read` when `plate` stands there: a pair hidden Markov model, its best path (Viterbi).
//!
//! Trained on counts of misread symbols, smoothed within the symbol class (readers confuse letters with letters and
//! digits with digits) so that nothing is impossible. What the counts cannot tell, how often a read is wrong at all,
//! is a parameter.

use kezek_schemas::plate::{ERASURE, Plate};
use kezek_schemas::reference::anpr::{Confusion, Misread, SHIPPED_CONFUSIONS, confusions};
use kezek_schemas::reference::ReferenceError;

use super::edit::{Symbols, symbols};
use super::pattern::{KINDS, Packed, Pattern, kind};

/// Share of reads that are wrong somewhere.
const MISREAD: f64 = 0.03;
/// Symbols of a usual plate.
const LENGTH: f64 = 8.0;
/// Chance that a symbol comes as the reader's unknown mark.
pub(crate) const UNREAD: f64 = 0.01;
/// Pseudo-counts of a symbol's row.
const SMOOTHING: f64 = 6.0;
/// Share of the pseudo-counts that crosses from letters to digits or back.
const CROSSING: f64 = 0.08;
/// How much likelier the ends and doubled symbols are lost.
const END: f64 = 2.0;
const DOUBLED: f64 = 3.0;

/// Texts with more edits than this, unread symbols apart, are not one plate: a value is not worked out.
pub const FAR_EDITS: u32 = 4;
/// What their likelihood counts as: never enough to change a decision.
const FAR: f64 = -70.0;

/// A read, prepared for many plates.
#[derive(Clone, Debug)]
pub struct Text {
    symbols: Symbols,
    pattern: Pattern,
}

impl Text {
    /// Of a read.
    #[must_use]
    pub fn of(read: &Plate) -> Self { Self { symbols: symbols(read.as_str()), pattern: Pattern::of(read) } }
}

/// A plate, prepared for many reads.
#[derive(Clone, Debug)]
pub struct Target {
    symbols: Symbols,
    packed: Packed,
}

impl Target {
    /// Of a plate.
    #[must_use]
    pub fn of(plate: &Plate) -> Self { Self { symbols: symbols(plate.as_str()), packed: Packed::of(plate) } }
}

/// The trained model.
#[derive(Clone, Debug, PartialEq)]
pub struct ReaderModel {
    right: f64,
    substituted: Vec<[f64; KINDS]>,
    deleted: [f64; KINDS],
    inserted: f64,
}

impl ReaderModel {
    /// Trained on the shipped counts.
    ///
    /// # Errors
    /// Never for the file as shipped.
    pub fn shipped() -> Result<Self, ReferenceError> { Ok(Self::train(&confusions(SHIPPED_CONFUSIONS)?)) }

    /// Trained on counts.
    #[must_use]
    pub fn train(counts: &[Confusion]) -> Self {
        let (mut sub, mut del, mut ins) = (vec![[0.0; KINDS]; KINDS], [0.0; KINDS], 0.0);
        for c in counts {
            let n = f64::from(c.count);
            match (c.truth, c.read) {
                (Some(t), Some(r)) if t != r && r != ERASURE => sub[kind(t)][kind(r)] += n,
                (Some(t), None) => del[kind(t)] += n,
                (None, Some(_)) => ins += n,
                _ => {}
            }
        }
        let total = |rows: &[[f64; KINDS]]| rows.iter().flatten().sum::<f64>();
        let (s, d) = (total(&sub), del.iter().sum::<f64>());
        let all = (s + d + ins).max(1.0);
        // errors of one symbol, and their split
        let rate = MISREAD * 1.4 / LENGTH;
        let (rs, rd, ri) = ((rate * s / all).max(rate * 0.05), (rate * d / all).max(rate * 0.05), (rate * ins / all).max(rate * 0.05));
        let class = |k: usize| if k < 10 { 0..10 } else { 10..36 };
        let substituted = (0..KINDS).map(|t| {
            let seen: f64 = sub[t].iter().sum();
            let mut row = [0.0; KINDS];
            for (r, cell) in row.iter_mut().enumerate() {
                if r == t && t != KINDS - 1 { continue; }
                let inside = class(t).contains(&r);
                let spread = if inside { (1.0 - CROSSING) / (class(t).len() as f64 - 1.0) } else { CROSSING / (37.0 - class(t).len() as f64) };
                *cell = (rs * (sub[t][r] + SMOOTHING * spread) / (seen + SMOOTHING)).ln();
            }
            row
        }).collect();
        let mean = d / 36.0;
        let deleted = core::array::from_fn(|t| (rd * (0.5 + 0.5 * (del[t] + 1.0) / (mean + 1.0))).ln());
        Self { right: (1.0 - rate - UNREAD).ln(), substituted, deleted, inserted: (ri / 36.0).ln() }
    }

    /// Natural logarithm of P(read | plate). `doubt[j]` (0–1) says how unsure the reader was of its symbol `j`; it can
    /// only raise the value.
    #[must_use]
    pub fn ln_likelihood(&self, read: &Text, plate: &Target, doubt: &[f32]) -> f64 {
        if !read.pattern.reaches(&plate.packed, FAR_EDITS) { return FAR; }
        self.best_path(&read.symbols, &plate.symbols, doubt)
    }

    fn best_path(&self, r: &Symbols, p: &Symbols, doubt: &[f32]) -> f64 {
        let cell = |i: usize, j: usize| -> f64 {
            let (t, c) = (p[i], r[j]);
            let plain = if c == ERASURE { UNREAD.ln() } else if t == c { self.right } else { self.substituted[kind(t)][kind(c)] };
            match doubt.get(j) {
                Some(d) if t != c && *d > 0.0 => plain.max((f64::from(*d) * 0.02).ln()),
                _ => plain,
            }
        };
        let lost = |i: usize| -> f64 {
            let doubled = (i > 0 && p[i - 1] == p[i]) || p.get(i + 1) == Some(&p[i]);
            let end = i == 0 || i + 1 == p.len();
            self.deleted[kind(p[i])] + if doubled { DOUBLED.ln() } else { 0.0 } + if end { END.ln() } else { 0.0 }
        };
        let extra = |j: usize| self.inserted + if j > 0 && r[j - 1] == r[j] { 4f64.ln() } else { 0.0 };
        let mut row: smallvec::SmallVec<[f64; 25]> = smallvec::smallvec![0.0; r.len() + 1];
        for j in 0..r.len() { row[j + 1] = row[j] + extra(j); }
        for i in 0..p.len() {
            let mut diagonal = row[0];
            row[0] += lost(i);
            for j in 0..r.len() {
                let best = (diagonal + cell(i, j)).max(row[j + 1] + lost(i)).max(row[j] + extra(j));
                diagonal = row[j + 1];
                row[j + 1] = best;
            }
        }
        row[r.len()]
    }
}

/// Counts of single symbols in misreads, by a cheapest alignment.
#[must_use]
pub fn counts_of(misreads: &[Misread]) -> Vec<Confusion> {
    let mut out = Vec::new();
    for m in misreads {
        let (r, p) = (symbols(m.read.as_str()), symbols(m.truth.as_str()));
        let mut cost = vec![vec![0usize; r.len() + 1]; p.len() + 1];
        for (i, row) in cost.iter_mut().enumerate() { row[0] = i; }
        for (j, c) in cost[0].iter_mut().enumerate() { *c = j; }
        for i in 0..p.len() {
            for j in 0..r.len() {
                cost[i + 1][j + 1] = (cost[i][j] + usize::from(p[i] != r[j])).min(cost[i][j + 1] + 1).min(cost[i + 1][j] + 1);
            }
        }
        let (mut i, mut j) = (p.len(), r.len());
        while i > 0 || j > 0 {
            if i > 0 && j > 0 && cost[i][j] == cost[i - 1][j - 1] + usize::from(p[i - 1] != r[j - 1]) {
                if p[i - 1] != r[j - 1] { out.push(Confusion { truth: Some(p[i - 1]), read: Some(r[j - 1]), count: 1 }); }
                i -= 1;
                j -= 1;
            } else if i > 0 && cost[i][j] == cost[i - 1][j] + 1 {
                out.push(Confusion { truth: Some(p[i - 1]), read: None, count: 1 });
                i -= 1;
            } else {
                out.push(Confusion { truth: None, read: Some(r[j - 1]), count: 1 });
                j -= 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likelier_and_less_likely() {
        let m = ReaderModel::shipped().unwrap();
        let p = |read: &str, plate: &str| m.ln_likelihood(&Text::of(&Plate::normalise(read)), &Target::of(&Plate::normalise(plate)), &[]).exp();
        assert!(p("123ABC02", "123ABC02") > 0.8);
        for (more, less) in [("128ABC02", "188ABC02"), ("123A8C02", "123A7C02"), ("12?ABC02", "128ABC02"), ("123ABC0", "13ABC02"), ("128ABC02", "12XABC02")] {
            assert!(p(more, "123ABC02") > p(less, "123ABC02"), "{more} {less}");
        }
        assert!((1e-6..3e-3).contains(&p("128ABC02", "123ABC02")), "{}", p("128ABC02", "123ABC02"));
        assert!(p("900TTT05", "123ABC02") < 1e-15);
    }
}
