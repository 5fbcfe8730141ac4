//! A read as a filter over many plates: how many edits at least lie between it and a plate. First by which symbols occur
//! (three instructions a plate), then by bit-parallel edit distance (Myers 1999; Hyyrö 2003), one step a symbol.
//! A symbol that was not read fits any and counts for none.

use kezek_schemas::plate::{ERASURE, Plate};

use super::edit::symbols;

/// Letters, digits, and one place for everything else.
pub const KINDS: usize = 37;
/// How often a symbol occurs is told apart up to this.
const OFTEN: usize = 3;
/// Symbols of a packed plate; of longer ones nothing can be said.
const PACKED: usize = 15;

/// The place of a symbol.
#[must_use]
pub fn kind(c: char) -> usize {
    match c {
        '0'..='9' => c as usize - '0' as usize,
        'A'..='Z' => c as usize - 'A' as usize + 10,
        _ => KINDS - 1,
    }
}

/// A plate as the filter wants it: which symbols occur, once, twice, three times; and their kinds in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    occur: u128,
    /// Kinds from 1; 0 = no symbol.
    kinds: [u8; PACKED],
    long: bool,
}

impl Packed {
    /// Of a plate.
    #[must_use]
    pub fn of(plate: &Plate) -> Self {
        let s = symbols(plate.as_str());
        let mut kinds = [0; PACKED];
        for (to, c) in kinds.iter_mut().zip(&s) { *to = kind(*c) as u8 + 1; }
        Self { occur: occurrences(s.iter().copied()), kinds, long: s.len() > PACKED }
    }
}

fn occurrences(symbols: impl Iterator<Item = char>) -> u128 {
    let mut counts = [0usize; KINDS];
    let mut occur = 0;
    for c in symbols {
        let n = &mut counts[kind(c)];
        if *n < OFTEN { occur |= 1 << (kind(c) * OFTEN + *n); }
        *n += 1;
    }
    occur
}

/// A read, prepared.
#[derive(Clone, Debug)]
pub struct Pattern {
    occur: u128,
    unread: u32,
    /// Where each kind stands, by bit; unread symbols stand everywhere.
    stands: [u32; KINDS + 1],
    length: u32,
}

impl Pattern {
    /// Of a read.
    #[must_use]
    pub fn of(read: &Plate) -> Self {
        let s = symbols(read.as_str());
        let mut stands = [0; KINDS + 1];
        for (i, c) in s.iter().enumerate() {
            if *c == ERASURE { for kind in &mut stands { *kind |= 1 << i; } } else { stands[kind(*c) + 1] |= 1 << i; }
        }
        let unread = s.iter().filter(|c| **c == ERASURE).count() as u32;
        Self { occur: occurrences(s.iter().copied().filter(|c| *c != ERASURE)), unread, stands, length: s.len() as u32 }
    }

    /// Whether a plate may be within so many edits: never `false` for one that is.
    #[must_use]
    pub fn reaches(&self, plate: &Packed, edits: u32) -> bool {
        if (self.occur & !plate.occur).count_ones() > edits || (plate.occur & !self.occur).count_ones() > edits + self.unread { return false; }
        plate.long || self.length == 0 || self.edits(plate) <= edits
    }

    /// Edits between the read and a plate, unread symbols free.
    fn edits(&self, plate: &Packed) -> u32 {
        let last = 1u32 << (self.length - 1);
        let (mut up, mut down, mut edits) = (u32::MAX, 0u32, self.length);
        for kind in plate.kinds.iter().take_while(|k| **k != 0) {
            let equal = self.stands[*kind as usize];
            let diagonal = ((equal & up).wrapping_add(up) ^ up) | equal | down;
            let (mut right, mut left) = (down | !(diagonal | up), up & diagonal);
            if right & last != 0 { edits += 1; }
            if left & last != 0 { edits -= 1; }
            right = (right << 1) | 1;
            left <<= 1;
            up = left | !(diagonal | right);
            down = right & diagonal;
        }
        edits
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The textbook's table, unread symbols free.
    fn naive(read: &Plate, plate: &Plate) -> u32 {
        let (r, p) = (symbols(read.as_str()), symbols(plate.as_str()));
        let mut row: Vec<u32> = (0..=p.len() as u32).collect();
        for (i, rc) in r.iter().enumerate() {
            let mut diagonal = row[0];
            row[0] = i as u32 + 1;
            for (j, pc) in p.iter().enumerate() {
                let best = (diagonal + u32::from(rc != pc && *rc != ERASURE)).min(row[j] + 1).min(row[j + 1] + 1);
                diagonal = row[j + 1];
                row[j + 1] = best;
            }
        }
        row[p.len()]
    }

    proptest! {
        #[test]
        fn bits_say_what_the_table_says(read in "[0-3A-C?]{1,15}", plate in "[0-3A-C]{1,15}") {
            let (read, plate) = (Plate::normalise(&read), Plate::normalise(&plate));
            let (pattern, packed, edits) = (Pattern::of(&read), Packed::of(&plate), naive(&read, &plate));
            prop_assert_eq!(pattern.edits(&packed), edits);
            for most in 0..8 { prop_assert_eq!(pattern.reaches(&packed, most), edits <= most); }
        }
    }

    #[test]
    fn a_text_that_is_no_plate_is_never_left_out() {
        let long = Plate::normalise("12345678901234567890");
        assert!(Pattern::of(&long).reaches(&Packed::of(&long), 0));
        assert!(Pattern::of(&Plate::normalise("新A12345")).reaches(&Packed::of(&Plate::normalise("A12345")), 1));
    }
}
