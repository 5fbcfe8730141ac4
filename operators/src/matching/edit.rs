//! Edits between a read and a plate. An erasure in the read costs one edit whatever stands there: it is a symbol that
//! was not read. Distances are for rules ("one edit or erasure") and for marking what differs; likelihoods are in
//! [`super::model`].

use kezek_schemas::plate::{ERASURE, Plate};

/// Symbols of a plate on the stack; longer texts are cut, no plate is that long.
pub type Symbols = smallvec::SmallVec<[char; 16]>;

/// The symbols of a text.
#[must_use]
pub fn symbols(text: &str) -> Symbols { text.chars().take(24).collect() }

/// Smallest number of substitutions, erasures, deletions and insertions from `plate` to `read`.
#[must_use]
pub fn distance(read: &Plate, plate: &Plate) -> usize {
    if read == plate && !read.has_erasure() { return 0; }
    let (r, p) = (symbols(read.as_str()), symbols(plate.as_str()));
    let mut row: smallvec::SmallVec<[usize; 25]> = (0..=p.len()).collect();
    for (i, rc) in r.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, pc) in p.iter().enumerate() {
            let cost = usize::from(rc != pc || *rc == ERASURE);
            let best = (diagonal + cost).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    row[p.len()]
}

/// At most one edit or erasure apart.
#[must_use]
pub fn near(read: &Plate, plate: &Plate) -> bool {
    let (r, p) = (read.as_str().len(), plate.as_str().len());
    r.abs_diff(p) <= 4 && distance(read, plate) <= 1
}

/// Whether two reads may be of one plate: at most one edit apart where both were read.
#[must_use]
pub fn compatible(a: &Plate, b: &Plate) -> bool {
    if near(a, b) { return true; }
    let (x, y) = (symbols(a.as_str()), symbols(b.as_str()));
    x.len() == y.len() && x.iter().zip(&y).filter(|(p, q)| p != q && **p != ERASURE && **q != ERASURE).count() <= 1
        && x.iter().chain(&y).filter(|c| **c == ERASURE).count() <= 3
}

/// Places of `plate` (from 0) that the read does not show as they are.
#[must_use]
pub fn differing(read: &Plate, plate: &Plate) -> Vec<usize> {
    let (r, p) = (symbols(read.as_str()), symbols(plate.as_str()));
    if r.len() == p.len() { return (0..p.len()).filter(|i| r[*i] != p[*i]).collect(); }
    let same = |a: usize, b: usize| r.get(a).is_some_and(|x| p.get(b) == Some(x));
    let head = (0..r.len().min(p.len())).take_while(|i| same(*i, *i)).count();
    let tail = (1..=(r.len().min(p.len()) - head)).take_while(|k| same(r.len() - k, p.len() - k)).count();
    (head..p.len().saturating_sub(tail)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (read, plate, n, fits) in [("123ABC02", "123ABC02", 0, true), ("128ABC02", "123ABC02", 1, true), ("12?ABC02", "123ABC02", 1, true),
            ("12ABC02", "123ABC02", 1, true), ("1233ABC02", "123ABC02", 1, true), ("1?8ABC02", "123ABC02", 2, true), ("12?ABC0", "123ABC02", 2, false),
            ("900TTT05", "123ABC02", 7, false), ("A12345", "新A12345", 1, true)] {
            let (r, p) = (Plate::normalise(read), Plate::normalise(plate));
            assert_eq!((distance(&r, &p), compatible(&r, &p)), (n, fits), "{read} {plate}");
        }
        assert_eq!(differing(&Plate::normalise("128ABC02"), &Plate::normalise("123ABC02")), [2]);
        assert_eq!(differing(&Plate::normalise("12ABC02"), &Plate::normalise("123ABC02")), [2]);
    }
}
