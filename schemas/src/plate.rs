//! Plates: the normal form in which two writings of one plate are equal, the look-alike skeleton that routes
//! and looks up (never proves), and the public mask. The raw text is kept beside them for ever.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// The symbol that stands for one unread symbol (an erasure) in a normal form.
pub const ERASURE: char = '?';

/// A plate in normal form: NFKC, upper case, letters and digits only, Cyrillic look-alikes as Latin, the
/// reader's unknown marks (`?`, `*`, `_`) as [`ERASURE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Plate(CompactString);

impl Plate {
    /// The normal form of a text as a person or a camera writes it.
    #[must_use]
    pub fn normalise(raw: &str) -> Self {
        if raw.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            return Self(CompactString::new(raw));
        }
        let mut text = CompactString::default();
        for c in raw.nfkc().flat_map(char::to_uppercase) {
            match c {
                '?' | '*' | '_' => text.push(ERASURE),
                c if c.is_alphanumeric() => text.push(fold(c)),
                _ => {}
            }
        }
        Self(text)
    }
    /// The text of the normal form.
    #[must_use]
    pub fn as_str(&self) -> &str { &self.0 }
    /// No symbol was read.
    #[must_use]
    pub fn is_empty(&self) -> bool { self.0.is_empty() }
    /// Whether a symbol was not read.
    #[must_use]
    pub fn has_erasure(&self) -> bool { self.0.contains(ERASURE) }
    /// The routing key: look-alike classes folded to one symbol each.
    #[must_use]
    pub fn skeleton(&self) -> Skeleton {
        Skeleton(self.0.chars().map(|c| match c {
            'O' | 'Q' | 'D' => '0',
            'I' | 'L' => '1',
            'B' => '8',
            'S' => '5',
            'Z' => '2',
            'G' => '6',
            c => c,
        }).collect())
    }
    /// The public form: first three and last two symbols stay, one star for each other symbol.
    #[must_use]
    pub fn masked(&self) -> String {
        let n = self.0.chars().count();
        self.0.chars().enumerate().map(|(i, c)| if i < 3 || i + 2 >= n { c } else { '*' }).collect()
    }
}

impl core::fmt::Display for Plate {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result { f.write_str(&self.0) }
}

/// Folds a Cyrillic look-alike to its Latin twin; other letters stay.
const fn fold(c: char) -> char {
    match c {
        'А' => 'A', 'В' => 'B', 'Е' | 'Ё' => 'E', 'К' => 'K', 'М' => 'M', 'Н' => 'H', 'О' => 'O', 'Р' => 'P',
        'С' => 'C', 'Т' => 'T', 'У' => 'Y', 'Х' => 'X', 'І' => 'I',
        c => c,
    }
}

/// The look-alike skeleton of a plate: the key of vehicle topics and the owner of a vehicle's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Skeleton(pub CompactString);

impl Skeleton {
    /// The text of the skeleton.
    #[must_use]
    pub fn as_str(&self) -> &str { &self.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_skeleton_mask() {
        for (raw, normal, skeleton, mask) in [
            ("251-сах-08", "251CAX08", "251CAX08", "251***08"),
            ("в 804 ек 77", "B804EK77", "8804EK77", "B80***77"),
            ("１２３ABC02", "123ABC02", "123A8C02", "123***02"),
            ("12?ABC*2", "12?ABC?2", "12?A8C?2", "12?***?2"),
            ("新A12345", "新A12345", "新A12345", "新A1**45"),
            ("IOLQDZSG", "IOLQDZSG", "10100256", "IOL***SG"),
            ("AB1", "AB1", "A81", "AB1"),
        ] {
            let plate = Plate::normalise(raw);
            assert_eq!((plate.as_str(), plate.skeleton().as_str(), plate.masked().as_str()), (normal, skeleton, mask), "{raw}");
        }
    }
}
