//! Who stands at the camera: posterior over bookings that may be meant, other known plates, and a plate nobody knows.
//!
//! Frames of one camera are one vote (the mean of their log-likelihoods, each distinct text once), cameras are
//! independent, so order and duplication of reads change nothing. An unknown plate is any string that was read, at
//! its grammar's density, plus a share for unknown sisters of the booked fleet.

use std::collections::BTreeSet;

use kezek_schemas::ids::Country;
use kezek_schemas::plate::Plate;
use kezek_schemas::reference::PlateGrammars;

use super::ReaderModel;
use super::edit;
use super::model::{Target, Text};

/// Prior mass of the four kinds of hypotheses. Bookings due here are most of what comes.
const DUE: f64 = 0.90;
const HERE: f64 = 0.04;
const KNOWN: f64 = 0.04;
const UNKNOWN: f64 = 0.02;
/// One vehicle that is not due comes at most that often, compared with one that is: there are very many of them.
const HERE_EACH: f64 = 0.003;
const KNOWN_EACH: f64 = 2e-4;
/// How likely one unknown string is: no plate of any country; a plate (trucks are numbered in series, so a string is
/// likelier than its share of the grammar).
const DENSITY_FLOOR: f64 = 1e-9;
const DENSITY_SERIES: f64 = 5e-8;
/// Share of unknown plates that are sisters of a booked one, and how many such sisters a plate has: three digits and
/// three letters.
const SISTERS: f64 = 0.1;
const SISTERS_EACH: f64 = 102.0;
/// Symbols that may stand where none was read.
const SYMBOLS: f64 = 20.0;
/// A rearranged read, and a vendor's other reading.
const VARIANT: f64 = 0.02;
const VENDOR: f64 = 0.3;
/// Trailer: booked one pulled; any given other one read.
const TRAILER_SAME: f64 = 0.85;
const TRAILER_ANY: f64 = 1e-5;
/// Country read right, wrong, or not known of the hypothesis.
const COUNTRY_SAME: f64 = 0.97;
const COUNTRY_OTHER: f64 = 1e-3;
const COUNTRY_UNKNOWN: f64 = 0.5;

/// One distinct text that a camera showed.
#[derive(Clone, Debug)]
pub struct Look<'a> {
    /// 0 or 1: which camera of the line.
    pub camera: usize,
    /// The plate read.
    pub plate: &'a Plate,
    /// Country read with it.
    pub country: Option<&'a Country>,
    /// Confidence of each symbol.
    pub char_confidence: &'a [f32],
    /// The vendor's other readings.
    pub candidates: Vec<(&'a Plate, f32)>,
    /// The trailer read with it.
    pub trailer: Option<&'a Plate>,
    /// Other ways to take the text, see [`super::variants`].
    pub variants: Vec<Plate>,
}

/// A vehicle that may be meant.
#[derive(Clone, Debug)]
pub struct Hypothesis<'a> {
    /// Its plate.
    pub plate: &'a Plate,
    /// Its country.
    pub country: Option<&'a Country>,
    /// Its booked trailer.
    pub trailer: Option<&'a Plate>,
    /// Relative prior among its kind.
    pub weight: f64,
}

/// Posterior masses, in the order of the hypotheses given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Posterior {
    /// Bookings that are due.
    pub due: Vec<f64>,
    /// Bookings here that are not.
    pub here: Vec<f64>,
    /// Other known plates.
    pub known: Vec<f64>,
    /// Nobody we know.
    pub unknown: f64,
}

impl Posterior {
    /// Mass of all due bookings.
    #[must_use]
    pub fn booked(&self) -> f64 { self.due.iter().sum() }
    /// Mass of everything that is not due.
    #[must_use]
    pub fn not_due(&self) -> f64 { self.here.iter().sum::<f64>() + self.known.iter().sum::<f64>() + self.unknown }
    /// Mass of the due bookings other than `i`.
    #[must_use]
    pub fn swap(&self, i: usize) -> f64 { self.due.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, p)| p).sum() }
}

/// What helps recall (vendor candidates, symbol confidence, rearranged reads) is used, or left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Only what was read: for the bounds.
    Read,
    /// Everything: for who might be meant.
    Everything,
}

/// How many may come, those whose plates are far from every read included: they share the prior, and nothing else is worked
/// out for them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Crowd {
    /// Bookings that are due.
    pub due: usize,
    /// Sum of their weights.
    pub due_weight: f64,
    /// Sum of the weights of the bookings here that are not due.
    pub here_weight: f64,
}

impl Crowd {
    /// Somebody more.
    pub fn add(&mut self, due: bool, weight: f64) {
        if due {
            self.due += 1;
            self.due_weight += weight;
        } else { self.here_weight += weight; }
    }

    /// Nobody but these.
    #[must_use]
    pub fn of(due: &[Hypothesis<'_>], here: &[Hypothesis<'_>]) -> Self {
        let weight = |all: &[Hypothesis<'_>]| all.iter().map(|h| h.weight).sum();
        Self { due: due.len(), due_weight: weight(due), here_weight: weight(here) }
    }
}

/// The texts that a look may stand for; a plate near none of them is far.
#[must_use]
pub fn readings<'a>(looks: &'a [Look<'_>]) -> BTreeSet<&'a Plate> {
    looks.iter().flat_map(|l| l.variants.iter().chain(l.candidates.iter().map(|(p, _)| *p)).chain([l.plate])).collect()
}

/// Whether some look says more than its text: then certain and likely differ.
#[must_use]
pub fn says_more(looks: &[Look<'_>]) -> bool {
    looks.iter().any(|l| !l.char_confidence.is_empty() || !l.candidates.is_empty() || !l.variants.is_empty())
}

/// One distinct text, with what else it may stand for.
struct Seen {
    text: Text,
    doubt: smallvec::SmallVec<[f32; 12]>,
    /// Other readings, with the logarithm of what they count.
    others: Vec<(Text, f64)>,
}

struct Evidence<'a> {
    cameras: Vec<Vec<Seen>>,
    trailers: Vec<Text>,
    countries: BTreeSet<&'a Country>,
}

impl<'a> Evidence<'a> {
    fn new(looks: &'a [Look<'a>], using: Use) -> Self {
        let mut cameras = vec![Vec::new(), Vec::new()];
        let mut shown = BTreeSet::new();
        for look in looks {
            if !shown.insert((look.camera, look.plate)) { continue; }
            let mut seen = Seen { text: Text::of(look.plate), doubt: smallvec::SmallVec::new(), others: Vec::new() };
            if using == Use::Everything {
                seen.doubt = look.char_confidence.iter().map(|c| 1.0 - c).collect();
                seen.others = look.variants.iter().map(|v| (Text::of(v), VARIANT.ln())).collect();
                seen.others.extend(look.candidates.iter().map(|(c, score)| (Text::of(c), (VENDOR * f64::from(*score).max(1e-3)).ln())));
            }
            cameras[look.camera.min(1)].push(seen);
        }
        cameras.retain(|c: &Vec<_>| !c.is_empty());
        let trailers: BTreeSet<&Plate> = looks.iter().filter_map(|l| l.trailer).collect();
        Self { cameras, trailers: trailers.into_iter().map(Text::of).collect(), countries: looks.iter().filter_map(|l| l.country).collect() }
    }

    fn plate(&self, model: &ReaderModel, plate: &Plate) -> f64 {
        let plate = Target::of(plate);
        self.cameras.iter().map(|looks| {
            let sum: f64 = looks.iter().map(|seen| seen.others.iter().fold(model.ln_likelihood(&seen.text, &plate, &seen.doubt),
                |best, (other, counts)| best.max(counts + model.ln_likelihood(other, &plate, &[])))).sum();
            sum / looks.len() as f64
        }).sum()
    }

    fn trailer(&self, model: &ReaderModel, booked: Option<&Plate>) -> f64 {
        if self.trailers.is_empty() { return 0.0; }
        let booked = booked.map(Target::of);
        let sum: f64 = self.trailers.iter().map(|read| match &booked {
            Some(t) => (TRAILER_SAME * model.ln_likelihood(read, t, &[]).exp() + (1.0 - TRAILER_SAME) * TRAILER_ANY).ln(),
            None => TRAILER_ANY.ln(),
        }).sum();
        sum / self.trailers.len() as f64
    }

    fn country(&self, country: Option<&Country>) -> f64 {
        if self.countries.is_empty() { return 0.0; }
        match country {
            None => COUNTRY_UNKNOWN.ln(),
            Some(c) if self.countries.contains(c) => COUNTRY_SAME.ln(),
            Some(_) => COUNTRY_OTHER.ln(),
        }
    }
}

/// The posterior of what was looked at. `due` and `here` need only hold those of the crowd that are near a reading.
#[must_use]
#[allow(clippy::too_many_arguments, reason = "the three kinds of hypotheses and what they are judged by")]
pub fn posterior(model: &ReaderModel, grammars: &PlateGrammars, looks: &[Look<'_>], crowd: &Crowd, due: &[Hypothesis<'_>], here: &[Hypothesis<'_>],
    known: &[Hypothesis<'_>], using: Use) -> Posterior {
    let e = Evidence::new(looks, using);
    let plain = match using { Use::Read => None, Use::Everything => Some(Evidence::new(looks, Use::Read)) };
    let plain = plain.as_ref().unwrap_or(&e);
    let joint = |kind: &[Hypothesis<'_>], total: f64, mass: f64, each: f64| -> Vec<f64> {
        kind.iter().map(|h| {
            let prior = (mass * h.weight / total.max(f64::MIN_POSITIVE)).min(each);
            prior.ln() + e.plate(model, h.plate) + e.trailer(model, h.trailer) + e.country(h.country)
        }).collect()
    };
    let expected = crowd.due.max(1) as f64;
    let all_known = known.iter().map(|h| h.weight).sum();
    let (d, h, k) = (joint(due, crowd.due_weight, DUE, 1.0), joint(here, crowd.here_weight, HERE, HERE_EACH / expected),
        joint(known, all_known, KNOWN, KNOWN_EACH / expected));
    let strings: BTreeSet<&Plate> = looks.iter().map(|l| l.plate).filter(|p| !p.has_erasure()).collect();
    let mut u: Vec<f64> = strings.iter().map(|s| {
        let grammar = grammars.density(s.as_str());
        // only a string that is a plate can be a sister's, and only of a vehicle that nobody knows
        let known = due.iter().chain(here).chain(known).any(|h| *h.plate == **s);
        let sisters = if grammar <= 0.0 || known { 0.0 } else { due.iter().filter(|b| b.plate.as_str().len() == s.as_str().len() && edit::distance(s, b.plate) == 1).count() as f64 };
        let density = if grammar > 0.0 { grammar.max(DENSITY_SERIES) } else { DENSITY_FLOOR };
        let prior = UNKNOWN * ((1.0 - SISTERS) * density + SISTERS * sisters / (expected * SISTERS_EACH));
        prior.ln() + plain.plate(model, s) + e.trailer(model, None) + if e.countries.is_empty() { 0.0 } else { COUNTRY_UNKNOWN.ln() }
    }).collect();
    if u.is_empty() {
        // nothing but reads with erasures: every plate that fits what was read
        let unread = looks.iter().map(|l| l.plate.as_str().matches(kezek_schemas::plate::ERASURE).count()).min().unwrap_or(0) as i32;
        u.push((UNKNOWN * (DENSITY_SERIES * SYMBOLS.powi(unread)).min(1.0)).ln() + e.cameras.len() as f64 * f64::from(unread) * super::model::UNREAD.ln() + e.trailer(model, None));
    }
    let top = d.iter().chain(&h).chain(&k).chain(&u).copied().fold(f64::MIN, f64::max);
    let scale = |v: &[f64]| -> Vec<f64> { v.iter().map(|x| (x - top).exp()).collect() };
    let (d, h, k, u) = (scale(&d), scale(&h), scale(&k), scale(&u).iter().sum::<f64>());
    let total = d.iter().sum::<f64>() + h.iter().sum::<f64>() + k.iter().sum::<f64>() + u;
    let share = |v: Vec<f64>| -> Vec<f64> { v.into_iter().map(|x| x / total).collect() };
    Posterior { due: share(d), here: share(h), known: share(k), unknown: u / total }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet(plates: &[String], read: &str, trailer: Option<(&str, &str)>) -> Posterior {
        let (model, grammars) = (ReaderModel::shipped().unwrap(), PlateGrammars::shipped().unwrap());
        let plates: Vec<Plate> = plates.iter().map(|p| Plate::normalise(p)).collect();
        let own = trailer.map(|(of, t)| (Plate::normalise(of), Plate::normalise(t)));
        let due: Vec<Hypothesis<'_>> = plates.iter().map(|plate| Hypothesis { plate, country: None,
            trailer: own.as_ref().filter(|(of, _)| of == plate).map(|(_, t)| t), weight: 1.0 }).collect();
        let read = Plate::normalise(read);
        let look = Look { camera: 0, plate: &read, country: None, char_confidence: &[], candidates: Vec::new(), trailer: own.as_ref().map(|(_, t)| t),
            variants: Vec::new() };
        posterior(&model, &grammars, &[look.clone(), look], &Crowd::of(&due, &[]), &due, &[], &[], Use::Read)
    }

    /// Whoever is read clean in a fleet of consecutive numbers goes in.
    #[test]
    fn clean_reads_of_a_booked_fleet_hold_both_bounds() {
        let ten: Vec<String> = (0..10).map(|d| format!("12{d}ABC02")).collect();
        let mut many: Vec<String> = (0..10).flat_map(|d| [format!("12{d}ABC02"), format!("1{d}3ABC02"), format!("{d}23ABC02")]).collect();
        many.sort();
        many.dedup();
        for plates in [&ten, &many] {
            for (i, read) in plates.iter().enumerate() {
                let p = fleet(plates, read, None);
                assert!(p.swap(i) <= 1e-2 && p.not_due() <= 1e-4, "{read}: {:e} {:e}", p.swap(i), p.not_due());
            }
        }
    }

    /// A trailer that is booked with a sister speaks against the plate that was read.
    #[test]
    fn a_sisters_trailer_speaks_against() {
        let two = ["123ABC02".to_owned(), "128ABC02".to_owned()];
        assert!(fleet(&two, "123ABC02", Some(("123ABC02", "77ABC02"))).swap(0) < 1e-4);
        assert!(fleet(&two, "123ABC02", Some(("128ABC02", "77ABC02"))).swap(0) > 1e-2);
    }
}
