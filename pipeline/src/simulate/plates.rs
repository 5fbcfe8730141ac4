//! Plates of the neighbourhood and how cameras misread them.

use fastrand::Rng;

const LETTERS: &[u8] = b"ABCDEFGHKLMNOPRSTUVXYZ";
const RU_LETTERS: &[u8] = b"ABEKMHOPCTYX";

fn letters(rng: &mut Rng, from: &[u8], n: usize) -> String {
    (0..n).map(|_| char::from(from[rng.usize(..from.len())])).collect()
}

/// A plate and its country: about half are foreign, as at the gates.
pub fn plate(rng: &mut Rng) -> (String, &'static str) {
    match rng.u8(..10) {
        0..5 => (format!("{:03}{}{:02}", rng.u16(1..1000), letters(rng, LETTERS, 3), rng.u8(1..21)), "KZ"),
        5..7 => (format!("{}{:03}{}{:03}", letters(rng, RU_LETTERS, 1), rng.u16(1..1000), letters(rng, RU_LETTERS, 2), rng.u16(100..200)), "RU"),
        7..9 => (format!("{:02}{}{:03}{}", rng.u8(1..96), letters(rng, LETTERS, 1), rng.u16(1..1000), letters(rng, LETTERS, 2)), "UZ"),
        _ => (format!("0{}KG{:03}{}", rng.u8(1..10), rng.u16(1..1000), letters(rng, LETTERS, 3)), "KG"),
    }
}

/// One symbol wrong, lost or unread: within a class mostly, as readers do.
pub fn misread(rng: &mut Rng, plate: &str) -> String {
    let mut symbols: Vec<char> = plate.chars().collect();
    let i = rng.usize(..symbols.len());
    match rng.u8(..10) {
        0..3 => { symbols.remove(i); }
        3 => symbols[i] = '?',
        _ => symbols[i] = if symbols[i].is_ascii_digit() { char::from(b'0' + rng.u8(..10)) } else { char::from(LETTERS[rng.usize(..LETTERS.len())]) },
    }
    symbols.into_iter().collect()
}
