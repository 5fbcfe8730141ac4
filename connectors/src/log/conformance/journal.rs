//! The journal: what a new owner recovers from and everybody else follows.

use std::time::{Duration, Instant};

use super::stage::{PATIENCE, Stage, ensure, ensure_eq};
use super::{Bed, Violation};
use crate::log::port::{CommitOutcome, JournalCursor, JournalEntry};

const BLOCKS: u64 = 150;

pub(super) fn the_journal_reads_back(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut stage = Stage::clean(bed)?;
    let owner = &mut stage.shards[0];
    let first = owner.number + 1;
    for number in first..first + BLOCKS {
        owner.commit(&owner.next_commit(format!("block {number}").as_bytes()))?;
    }
    let whole = read(&stage, JournalCursor::START)?;
    let numbers: Vec<u64> = whole.iter().map(|e| e.number).collect();
    ensure_eq(
        &numbers,
        &(1..first + BLOCKS).collect(),
        "numbers of the whole journal",
    )?;
    drop(stage);
    let stage = Stage::open(bed)?;
    let index = usize::try_from(first).unwrap_or(usize::MAX) - 1;
    for from in [
        JournalCursor::at(first),
        JournalCursor {
            number: first,
            hint: whole[index].offset,
        },
    ] {
        let part = read(&stage, from)?;
        ensure_eq(
            &part.len(),
            &whole[index..].len(),
            "blocks from a number on",
        )?;
        for (number, entry) in (first..).zip(&part) {
            ensure_eq(&entry.number, &number, "number")?;
            ensure_eq(&entry.shard, &0, "shard")?;
            ensure_eq(
                &entry.bytes,
                &format!("block {number}").into_bytes(),
                "block",
            )?;
        }
    }
    let beyond = JournalCursor::at(first + BLOCKS);
    ensure_eq(
        &read(&stage, beyond)?.len(),
        &0,
        "blocks beyond the last commit",
    )
}

fn read(stage: &Stage, from: JournalCursor) -> Result<Vec<JournalEntry>, Violation> {
    let mut reader = stage.shards[0].handle.journal(from)?;
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry()? {
        entries.push(entry);
    }
    Ok(entries)
}

pub(super) fn followers_see_every_shard_in_order(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut stage = Stage::clean(bed)?;
    let mut cursors: Vec<_> = stage
        .shards
        .iter()
        .map(|o| JournalCursor::at(o.number + 1))
        .collect();
    for half in 0..2 {
        let mut expected: Vec<Vec<Vec<u8>>> = vec![Vec::new(); stage.shards.len()];
        for (shard, owner) in stage.shards.iter_mut().enumerate() {
            for number in 0..5 {
                let block = format!("{half} {shard} {number}").into_bytes();
                owner.commit(&owner.next_commit(&block))?;
                expected[shard].push(block);
            }
        }
        // The second half begins with a new follower at the place the first one reached.
        let mut follower = stage.log.follower(&cursors)?;
        let mut found: Vec<Vec<Vec<u8>>> = vec![Vec::new(); stage.shards.len()];
        let deadline = Instant::now() + PATIENCE;
        while found.iter().map(Vec::len).sum::<usize>() < 5 * stage.shards.len()
            && Instant::now() < deadline
        {
            let mut entries = Vec::new();
            follower.poll(&mut entries, 3, Duration::from_millis(50))?;
            ensure(entries.len() <= 3, || {
                format!("{} entries where 3 were wanted", entries.len())
            })?;
            for entry in entries {
                let shard = entry.shard as usize;
                ensure_eq(
                    &entry.number,
                    &cursors[shard].number,
                    "number of a followed block",
                )?;
                cursors[shard] = entry.next();
                found[shard].push(entry.bytes);
            }
        }
        ensure_eq(&found, &expected, "followed blocks")?;
        let newest: Vec<u64> = stage.shards.iter().map(|o| o.number).collect();
        ensure_eq(&follower.newest()?, &newest, "newest commits")?;
    }
    Ok(())
}

pub(super) fn the_outcome_of_a_commit_can_be_asked(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut stage = Stage::clean(bed)?;
    let owner = &mut stage.shards[0];
    owner.commit(&owner.next_commit(b"there"))?;
    let number = owner.number;
    ensure_eq(
        &owner.handle.resolve(number)?,
        &CommitOutcome::Applied,
        "a commit that was made",
    )?;
    ensure_eq(
        &owner.handle.resolve(number + 1)?,
        &CommitOutcome::NotApplied,
        "a commit that was not made",
    )?;
    owner.commit(&owner.next_commit(b"and on"))?;
    owner.ensure_last_journal(b"and on")
}
