//! What the gate asks about a plate: which of a million known plates are one edit away, and how likely a read is of a plate.
//! Baseline of the first: looking up the plate itself.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kezek_benches::scene::plate;
use kezek_operators::kernel::Refs;
use kezek_operators::matching::posterior::{Crowd, Hypothesis, Look, Use, posterior};
use kezek_operators::matching::{KnownPlate, MatchingTables, index};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::Timestamp;

const KNOWN: usize = 1_000_000;
const NEAR: usize = 20;

fn known(c: &mut Criterion) {
    let mut tables = MatchingTables::default();
    for n in 0..KNOWN { index::insert(&mut tables, KnownPlate { plate: Plate::normalise(&plate(n)), country: None, at: Timestamp(0) }); }
    let read = Plate::normalise("1?3ABC08");
    assert!(!index::within_one(&tables, &read).is_empty(), "somebody is near");
    c.bench_function("known/within one edit of a million", |b| b.iter(|| index::within_one(&tables, black_box(&read))));
    c.bench_function("known/the plate itself (baseline)", |b| b.iter(|| index::countries(&tables, black_box(&read))));
}

fn likelihood(c: &mut Criterion) {
    let Ok(refs) = Refs::shipped() else { return };
    let plates: Vec<Plate> = (0..NEAR).map(|n| Plate::normalise(&plate(n))).collect();
    let due: Vec<Hypothesis<'_>> = plates.iter().map(|plate| Hypothesis { plate, country: None, trailer: None, weight: 1.0 }).collect();
    let read = Plate::normalise("0?3ABC08");
    let look = Look { camera: 0, plate: &read, country: None, char_confidence: &[], candidates: Vec::new(), trailer: None, variants: Vec::new() };
    c.bench_function("posterior/a read over twenty due bookings", |b| {
        b.iter(|| posterior(&refs.reader, &refs.plates, black_box(std::slice::from_ref(&look)), &Crowd::of(&due, &[]), &due, &[], &[], Use::Read));
    });
}

criterion_group!(benches, known, likelihood);
criterion_main!(benches);
