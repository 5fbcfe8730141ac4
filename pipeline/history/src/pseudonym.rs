//! Pseudonyms of plates: a keyed HMAC. Plates are few enough to be tried one by one, so a plain hash would hide nothing;
//! without the key a pseudonym cannot be found by trying. The same plate has the same pseudonym, so that journeys still join.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, StringArray};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::error::HistoryError;

/// Bytes of a key at least.
const KEY_BYTES: usize = 32;
/// Bytes of the HMAC that a pseudonym shows: enough that no two plates of a country meet.
const SHOWN_BYTES: usize = 16;

/// The key. It has no `Debug`: it must not get into a log.
#[derive(Clone)]
pub struct Pseudonyms {
    keyed: Hmac<Sha256>,
}

impl Pseudonyms {
    /// With a key.
    ///
    /// # Errors
    /// It is too short.
    pub fn new(key: &[u8]) -> Result<Self, HistoryError> {
        if key.len() < KEY_BYTES {
            return Err(HistoryError::Argument(format!("a key of pseudonyms has at least {KEY_BYTES} bytes, this one has {}", key.len())));
        }
        let keyed = Hmac::new_from_slice(key).map_err(|e| HistoryError::Argument(e.to_string()))?;
        Ok(Self { keyed })
    }

    /// With the key in a file; white space at its end does not count.
    ///
    /// # Errors
    /// It cannot be read or is too short.
    pub fn from_file(path: &Path) -> Result<Self, HistoryError> {
        let bytes = std::fs::read(path).map_err(|e| HistoryError::Argument(format!("{}: {e}", path.display())))?;
        Self::new(bytes.trim_ascii_end())
    }

    /// The pseudonym of a plate in normal form.
    #[must_use]
    pub fn of(&self, plate: &str) -> String {
        let mut mac = self.keyed.clone();
        mac.update(plate.as_bytes());
        let mut shown = String::from("~");
        for byte in mac.finalize().into_bytes().iter().take(SHOWN_BYTES) { let _ = write!(shown, "{byte:02x}"); }
        shown
    }

    /// A column of plates as pseudonyms.
    pub(crate) fn column(&self, plates: &ArrayRef) -> ArrayRef {
        let Some(plates) = plates.as_string_opt::<i32>() else { return Arc::clone(plates) };
        Arc::new(plates.iter().map(|plate| plate.map(|p| self.of(p))).collect::<StringArray>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_is_the_hmac_anyone_with_the_key_can_compute() {
        let pseudonyms = Pseudonyms::new(&[0x0b; 32]).unwrap();
        // Python: hmac.new(b"\x0b" * 32, b"123ABC02", "sha256").hexdigest()[:32]
        assert_eq!(pseudonyms.of("123ABC02"), PYTHON);
        assert_ne!(pseudonyms.of("123ABC02"), pseudonyms.of("123ABC03"));
        assert_ne!(pseudonyms.of("123ABC02"), Pseudonyms::new(&[0x0c; 32]).unwrap().of("123ABC02"));
        assert!(Pseudonyms::new(&[1; 31]).is_err(), "a short key hides nothing");
    }

    const PYTHON: &str = "~07dc201bc1c8a6964ccf9c249a8b63d8";
}
