//! The whole engine in one thread and one seed: shards, their logs, followers and sources, with faults as data. Safety
//! first: while processes die, answers are lost and zombies go on, nothing that was committed is lost, doubled or
//! contradicted. Then liveness: the faults stop, and everything must finish.
//!
//! `KEZEK_SIM_SEEDS=100000 cargo test -p kezek --test simulation schedules` runs more of them; seeds that ever failed stand in
//! `SEEDS_KEPT` and always run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on must say so")]

mod country;
mod faults;
mod mutants;
mod oracles;
mod workload;

use std::sync::{Arc, LazyLock};

use country::{Country, Pace};
use faults::Schedule;
use kezek_operators::kernel::Refs;
use mutants::Mutant;
use workload::Workload;

static REFS: LazyLock<Arc<Refs>> = LazyLock::new(|| Arc::new(Refs::shipped().expect("the shipped data are whole")));

/// Seeds that found something once.
const SEEDS_KEPT: &[u64] = &[];

fn seeds() -> u64 { std::env::var("KEZEK_SIM_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(30) }

/// Runs one seed and gives what an oracle objects to.
fn run(seed: u64, mutant: Option<Mutant>) -> Result<oracles::Told, String> {
    let workload = Workload::new(&REFS, seed);
    let schedule = Schedule::new(seed);
    let shards = [1, 2, 4][(seed % 3) as usize];
    let pace = if seed.is_multiple_of(2) { Pace::Quiet } else { Pace::Flood };
    let mut country = Country::new(&REFS, shards, seed, mutant);
    country.safety(&workload, &schedule, pace)?;
    country.liveness()?;
    let told = oracles::Told::read(&country.disk, shards);
    oracles::nothing_twice(&told)?;
    oracles::every_command_has_its_cause(&told)?;
    oracles::numbers_without_a_gap(&told)?;
    oracles::everything_was_handled(&told, &workload)?;
    country.followers_converge()?;
    // What nobody competes for is what the fault-free replay says; a flood lets messages overtake, so only one shard can.
    if pace == Pace::Quiet || shards == 1 { oracles::as_without_faults(&told, &workload.reference(&REFS), shards)?; }
    Ok(told)
}

#[test]
fn schedules_of_faults_change_nothing() {
    for seed in SEEDS_KEPT.iter().copied().chain(0..seeds()) {
        if let Err(what) = run(seed, None) { panic!("seed {seed}: {what}"); }
    }
}

#[test]
fn the_simulator_is_deterministic() {
    for seed in [3, 4, 7] {
        let (first, second) = (run(seed, None).unwrap(), run(seed, None).unwrap());
        assert_eq!(first, second, "seed {seed}");
    }
}

/// Every planted bug is found by some seed: the oracles are not decoration.
#[test]
fn planted_bugs_are_found() {
    for mutant in Mutant::ALL {
        let found = (0..seeds().max(60)).find(|seed| {
            // A mutant may also break the run itself, which is found as well.
            std::panic::catch_unwind(|| run(*seed, Some(mutant)).is_err()).unwrap_or(true)
        });
        assert!(found.is_some(), "{mutant:?} was not found in {} seeds", seeds().max(60));
    }
}
