//! Measures the matching on recorded misreads, each country by a model trained on the others only. For every misread the
//! truck is booked among others, with or without sisters that are booked too (their number differs in one digit), or it
//! comes without a booking while sisters are booked. Run: `cargo run --release -p kezek-operators --example matching_evaluation`.
//!
//! `similar`: at most one edit from exactly one booking, for comparison. `posterior`: both bounds over the posterior,
//! whatever the edits, for comparison. The gate opens on less: `plate alone` = a read that equals a due booking;
//! `two cameras` = the other camera read the truth; `trailer` = the truck's own trailer was read with it.
//! A read that equals a due plate in every symbol deceives everybody: such misreads are `landed`, per cent of all; the
//! wrong opens beside them are what similarity did. `asked` = opened or shown to the officer, never turned away; `in three`
//! = the truck is among the officer's three candidates. Intervals are 95 %, bootstrapped over plates. The certificate is
//! the 95 % upper limit of wrong opens per misread over distinct plates, and times the misread rate per arrival.

use std::collections::BTreeMap;

use kezek_operators::matching::model::counts_of;
use kezek_operators::matching::posterior::{Crowd, Hypothesis, Look, Posterior, Use, posterior};
use kezek_operators::matching::{ReaderModel, edit};
use kezek_schemas::plate::Plate;
use kezek_schemas::reference::anpr::{Misread, SHIPPED_MISREADS, misreads};
use kezek_schemas::reference::{PlateGrammars, ReferenceError};

const NOT_DUE: f64 = 1e-4;
const SWAP: f64 = 1e-2;
const ASK: f64 = 0.02;
const OTHERS: usize = 60;
/// Share of reads that are wrong somewhere: stated, not measured here.
const MISREAD_RATE: f64 = 0.03;
const RESAMPLES: usize = 400;

#[derive(Clone, Copy, PartialEq)]
enum Fleet { Alone, SistersBooked, Unbooked }

const COLUMNS: [&str; 6] = ["similar", "posterior 1e-3", "posterior 1e-4", "plate alone", "two cameras", "trailer"];

/// What became of one misread.
struct Outcome { plate: Plate, country: String, landed: bool, right: [bool; 6], wrong: [bool; 6], asked: bool, in_three: bool }

/// Plates that differ in one digit: a fleet's numbers.
fn sisters(truth: &Plate) -> Vec<Plate> {
    let text: Vec<char> = truth.as_str().chars().collect();
    let Some(at) = text.iter().rposition(char::is_ascii_digit) else { return Vec::new() };
    (0..10u32).filter_map(|d| char::from_digit(d, 10)).filter(|d| *d != text[at]).map(|d| {
        let mut t = text.clone();
        t[at] = d;
        Plate::normalise(&t.into_iter().collect::<String>())
    }).collect()
}

/// The trailer of a truck: its number has nothing to do with the truck's.
fn trailer(of: &Plate) -> Plate {
    let n = of.as_str().bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)) >> 16;
    let letter = |k: u32| char::from(b'A' + ((n >> k) % 26) as u8);
    Plate::normalise(&format!("{:02}{}{}{}{:02}", n % 100, letter(8), letter(16), letter(24), 1 + (n >> 32) % 20))
}

fn judge(model: &ReaderModel, grammars: &PlateGrammars, looks: &[Look<'_>], due: &[Plate], trailers: &[Plate], using: Use) -> Posterior {
    let due: Vec<Hypothesis<'_>> = due.iter().zip(trailers).map(|(plate, t)| Hypothesis { plate, country: None, trailer: Some(t), weight: 1.0 }).collect();
    posterior(model, grammars, looks, &Crowd::of(&due, &[]), &due, &[], &[], using)
}

/// What the gate's rules leave: an exact read, or one edit with an agreeing trailer or camera.
fn gate(p: &Posterior, due: &[Plate], reads: &[&Plate], proved: Option<usize>) -> Option<usize> {
    let i = best(p, NOT_DUE)?;
    let exact = reads.iter().any(|r| **r == due[i]);
    let other = due.iter().enumerate().any(|(j, d)| j != i && reads.iter().any(|r| **r == *d));
    let near = reads.iter().all(|r| edit::near(r, &due[i])) && due.iter().filter(|d| edit::near(reads[0], d)).count() == 1;
    (!other && (exact || (near && proved == Some(i)))).then_some(i)
}

fn best(p: &Posterior, alpha: f64) -> Option<usize> {
    let (i, _) = p.due.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    (p.not_due() <= alpha && p.swap(i) <= SWAP).then_some(i)
}

const fn look<'a>(camera: usize, plate: &'a Plate, trailer: Option<&'a Plate>) -> Look<'a> {
    Look { camera, plate, country: None, char_confidence: &[], candidates: Vec::new(), trailer, variants: Vec::new() }
}

/// Per cent of the outcomes, with the 95 % interval over plates.
fn share(all: &[&Outcome], of: impl Fn(&Outcome) -> bool) -> String {
    let mut plates: BTreeMap<&Plate, (u32, u32)> = BTreeMap::new();
    for o in all {
        let (n, k) = plates.entry(&o.plate).or_default();
        *n += 1;
        *k += u32::from(of(o));
    }
    let plates: Vec<(u32, u32)> = plates.into_values().collect();
    let percent = |drawn: &mut dyn Iterator<Item = (u32, u32)>| {
        let (n, k) = drawn.fold((0, 0), |(n, k), (a, b)| (n + a, k + b));
        100.0 * f64::from(k) / f64::from(n.max(1))
    };
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        plates[(state % plates.len() as u64) as usize]
    };
    let mut resampled: Vec<f64> = (0..RESAMPLES).map(|_| percent(&mut (0..plates.len()).map(|_| draw()))).collect();
    resampled.sort_by(f64::total_cmp);
    format!("{:.1} [{:.1}, {:.1}]", percent(&mut plates.iter().copied()), resampled[RESAMPLES / 40], resampled[RESAMPLES - 1 - RESAMPLES / 40])
}

fn outcomes(all: &[Misread], grammars: &PlateGrammars, fleet: Fleet, country: &str) -> Vec<Outcome> {
    let pool: Vec<&Plate> = all.iter().map(|m| &m.truth).collect();
    let others: Vec<Misread> = all.iter().filter(|m| m.country != country).cloned().collect();
    let model = ReaderModel::train(&counts_of(&others));
    all.iter().enumerate().filter(|(_, m)| m.country == country).map(|(n, m)| {
        let mut due: Vec<Plate> = (0..OTHERS).map(|k| pool[(n * 7 + k * 37) % pool.len()].clone()).filter(|p| *p != m.truth).collect();
        if fleet != Fleet::Alone { due.extend(sisters(&m.truth)); }
        if fleet != Fleet::Unbooked { due.push(m.truth.clone()); }
        due.sort();
        due.dedup();
        let trailers: Vec<Plate> = due.iter().map(trailer).collect();
        let own = trailer(&m.truth);
        let near: Vec<usize> = (0..due.len()).filter(|i| edit::near(&m.read, &due[*i])).collect();
        let exact = due.iter().position(|p| *p == m.read);
        let similar = exact.or(if let [i] = near[..] { Some(i) } else { None });
        let single = [look(0, &m.read, None)];
        let one = judge(&model, grammars, &single, &due, &trailers, Use::Read);
        let two = judge(&model, grammars, &[look(0, &m.read, None), look(1, &m.truth, None)], &due, &trailers, Use::Read);
        let pulled = judge(&model, grammars, &[look(0, &m.read, Some(&own))], &due, &trailers, Use::Read);
        let likely = judge(&model, grammars, &single, &due, &trailers, Use::Everything);
        let truth = due.iter().position(|p| *p == m.truth);
        let verdicts = [similar, best(&one, 1e-3), best(&one, NOT_DUE), gate(&one, &due, &[&m.read], None),
            gate(&two, &due, &[&m.read, &m.truth], truth), gate(&pulled, &due, &[&m.read], truth)];
        let mut order: Vec<usize> = (0..due.len()).collect();
        order.sort_by(|a, b| likely.due[*b].total_cmp(&likely.due[*a]));
        let asked = !near.is_empty() || likely.booked() >= ASK;
        Outcome { plate: m.truth.clone(), country: country.to_owned(), landed: exact.is_some_and(|i| due[i] != m.truth),
            right: verdicts.map(|v| v.is_some_and(|i| due[i] == m.truth)), wrong: verdicts.map(|v| v.is_some_and(|i| due[i] != m.truth)),
            asked, in_three: truth.is_some_and(|t| order.iter().take(3).any(|i| *i == t)) }
    }).collect()
}

fn main() -> Result<(), ReferenceError> {
    let (all, grammars) = (misreads(SHIPPED_MISREADS)?, PlateGrammars::shipped()?);
    let mut countries: Vec<&str> = all.iter().map(|m| m.country.as_str()).collect();
    countries.sort_unstable();
    countries.dedup();
    for fleet in [Fleet::Alone, Fleet::SistersBooked, Fleet::Unbooked] {
        let name = match fleet { Fleet::Alone => "booked, no sisters", Fleet::SistersBooked => "booked, sisters booked", Fleet::Unbooked => "not booked, sisters are" };
        let found: Vec<Outcome> = countries.iter().flat_map(|c| outcomes(&all, &grammars, fleet, c)).collect();
        println!("\n{name}");
        for country in countries.iter().copied().chain(["all"]) {
            let of: Vec<&Outcome> = found.iter().filter(|o| country == "all" || o.country == country).collect();
            println!("  {country:3} n {:5}  landed {}  asked {}  in three {}", of.len(), share(&of, |o| o.landed), share(&of, |o| o.asked), share(&of, |o| o.in_three));
            for (k, column) in COLUMNS.iter().enumerate() {
                let wrong = of.iter().filter(|o| o.wrong[k] && !o.landed).count();
                println!("      {column:15} right {:22} wrong by similarity {wrong}, landed {}", share(&of, |o| o.right[k]), share(&of, |o| o.wrong[k] && o.landed));
            }
        }
        if fleet == Fleet::Unbooked {
            println!("\ncertificate: opens for a truck that is not due, reads that equal no due plate, each country left out of its training");
            for (k, column) in COLUMNS.iter().enumerate().skip(3) {
                let negatives: Vec<&Outcome> = found.iter().filter(|o| !o.landed).collect();
                let wrong = negatives.iter().filter(|o| o.wrong[k]).count();
                let plates: std::collections::BTreeSet<&Plate> = negatives.iter().map(|o| &o.plate).collect();
                // rule of three over plates: frames of one vehicle are not independent
                let limit = if wrong == 0 { 3.0 / plates.len() as f64 } else { f64::NAN };
                println!("  {column:15} {wrong} in {} misreads of {} plates: at most {limit:.1e} per misread, {:.1e} per arrival at a misread rate of {MISREAD_RATE}",
                    negatives.len(), plates.len(), limit * MISREAD_RATE);
            }
        }
    }
    Ok(())
}
