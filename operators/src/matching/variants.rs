//! Other ways to take a read: rows of a square plate in the wrong order, the country sign of the flag strip read as
//! part of the plate, the small `KG` read or left out. Each is a penalised hypothesis that may make somebody look; it never
//! proves a plate.

use kezek_schemas::plate::Plate;
use kezek_schemas::reference::PlateGrammars;

/// Readings of the same picture that are plates of some country, beside the read itself.
#[must_use]
pub fn variants(grammars: &PlateGrammars, read: &Plate) -> Vec<Plate> {
    let text = read.as_str();
    let mut out = Vec::new();
    let mut add = |country: &str, candidate: String| {
        let plate = Plate::normalise(&candidate);
        if plate != *read && grammars.fits(country, plate.as_str()) && !out.contains(&plate) { out.push(plate); }
    };
    for (sign, country) in &grammars.flags {
        if let Some(rest) = text.strip_prefix(sign.as_str()) { add(country, rest.to_owned()); }
        if let Some(rest) = text.strip_suffix(sign.as_str()) { add(country, rest.to_owned()); }
    }
    if text.is_ascii() && (6..=9).contains(&text.len()) {
        for digits in [3, 2] {
            if text.len() < digits + 4 { continue; }
            // digits, region, letters → digits, letters, region
            add("KZ", format!("{}{}{}", &text[..digits], &text[digits + 2..], &text[digits..digits + 2]));
            // region, digits, letters → digits, letters, region
            add("KZ", format!("{}{}", &text[2..], &text[..2]));
            // letters and region above digits
            add("KZ", format!("{}{}", &text[text.len() - digits..], &text[..text.len() - digits]));
        }
        add("KG", format!("{}KG{}", &text[..2], &text[2..]));
    }
    if text.is_ascii() && text.get(2..4) == Some("KG") { add("KG", format!("{}{}", &text[..2], &text[4..])); }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_signs() {
        let g = PlateGrammars::shipped().unwrap();
        for (read, plate) in [("06302FGA", "063FGA02"), ("KZ123ABC02", "123ABC02"), ("01777ABC", "01KG777ABC"), ("02063FGA", "063FGA02"), ("01KG777ABC", "01777ABC")] {
            assert!(variants(&g, &Plate::normalise(read)).contains(&Plate::normalise(plate)), "{read}");
        }
        assert!(variants(&g, &Plate::normalise("123ABC02")).is_empty());
    }
}
