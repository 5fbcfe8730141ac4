//! Polls and positions: every record once, in order, from where the last commit left off.

use super::stage::{
    LEFT, RIGHT, Stage, ensure, ensure_eq, output, positions_after, stored_values, values,
};
use super::{Bed, Violation};
use crate::log::port::{Commit, IngestRecord};

pub(super) fn records_come_once_and_in_order(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut stage = Stage::clean(bed)?;
    let texts: Vec<String> = (0..1500).map(|n| n.to_string()).collect();
    for chunk in texts.chunks(300) {
        let chunk: Vec<&[u8]> = chunk.iter().map(String::as_bytes).collect();
        stage.feed(LEFT, 0, &chunk)?;
        stage.feed(RIGHT, 0, &chunk)?;
    }
    let seen = stage.shards[0].poll(3000)?;
    for topic in [LEFT, RIGHT] {
        let of_topic: Vec<_> = seen.iter().filter(|s| s.topic == topic).cloned().collect();
        ensure_eq(&values(&of_topic), &texts, "values of one topic")?;
        ensure(of_topic.is_sorted_by(|a, b| a.offset < b.offset), || {
            "offsets do not grow".to_owned()
        })?;
        ensure(of_topic.is_sorted_by_key(|s| s.received_at_us), || {
            "arrival times go back".to_owned()
        })?;
    }
    Ok(())
}

pub(super) fn bytes_come_back_as_they_went_in(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut stage = Stage::clean(bed)?;
    let all_bytes: Vec<u8> = (0..=255).collect();
    let large = vec![0x5a; 256 * 1024];
    let pairs: [(&[u8], &[u8]); 5] = [
        (b"", b"value"),
        (b"key", b""),
        (&all_bytes, &all_bytes),
        (b"large", &large),
        (b"k", b"{\"plate\":\"\xd0\xb0\"}"),
    ];
    let records = pairs
        .iter()
        .map(|(key, value)| IngestRecord {
            topic: LEFT,
            partition: 0,
            key: key.to_vec(),
            value: value.to_vec(),
        })
        .collect();
    stage.log.ingest()?.append(records)?;
    let owner = &mut stage.shards[0];
    let seen = owner.poll(pairs.len())?;
    for (seen, (key, value)) in seen.iter().zip(pairs) {
        ensure_eq(&seen.partition, &0, "partition")?;
        ensure(seen.key == key && seen.value == value, || {
            format!("record {} changed", seen.offset)
        })?;
    }
    let block = vec![7; 300 * 1024];
    owner.commit(&Commit {
        positions: positions_after(&seen),
        ..owner.next_commit(&block)
    })?;
    owner.ensure_last_journal(&block)
}

pub(super) fn a_partition_belongs_to_its_shard(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut stage = Stage::clean(bed)?;
    stage.feed(LEFT, 0, &[b"for 0"])?;
    stage.feed(LEFT, 1, &[b"for 1"])?;
    for (shard, expected) in [(0, "for 0"), (1, "for 1")] {
        ensure_eq(
            &values(&stage.shards[shard].poll(1)?),
            &vec![expected.to_owned()],
            "records of a shard",
        )?;
    }
    Ok(())
}

pub(super) fn an_uncommitted_poll_is_forgotten(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut stage = Stage::clean(bed)?;
    stage.feed(LEFT, 0, &[b"1", b"2"])?;
    stage.feed(RIGHT, 0, &[b"3"])?;
    let owner = &mut stage.shards[0];
    let first = owner.poll(3)?;
    owner.handle.seek_to_committed()?;
    let again = owner.poll(3)?;
    for topic in [LEFT, RIGHT] {
        let of_topic = |seen: &[super::stage::Seen]| -> Vec<_> {
            seen.iter().filter(|s| s.topic == topic).cloned().collect()
        };
        ensure_eq(
            &of_topic(&again),
            &of_topic(&first),
            "records after going back",
        )?;
    }
    drop(stage);
    let mut stage = Stage::open(bed)?;
    ensure_eq(
        &stage.shards[0].poll(3)?.len(),
        &3,
        "records after reopening",
    )
}

pub(super) fn positions_survive_reopening(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut stage = Stage::clean(bed)?;
    stage.feed(LEFT, 0, &[b"1", b"2", b"3"])?;
    let owner = &mut stage.shards[0];
    let seen = owner.poll(3)?;
    let commit = Commit {
        positions: positions_after(&seen[..2]),
        ..owner.next_commit(b"two of three")
    };
    owner.commit(&commit)?;
    let number = owner.number;
    drop(stage);
    let mut stage = Stage::open(bed)?;
    let owner = &mut stage.shards[0];
    ensure_eq(&owner.number, &number, "number of the last commit")?;
    ensure(
        owner.handle.positions().contains(&(LEFT, seen[2].offset)),
        || {
            format!(
                "{:?} does not hold {:?}",
                owner.handle.positions(),
                seen[2].offset
            )
        },
    )?;
    ensure_eq(
        &owner.poll(1)?,
        &vec![seen[2].clone()],
        "records after the committed position",
    )
}

pub(super) fn a_topic_is_read_from_any_offset(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut stage = Stage::clean(bed)?;
    let before = stage.log.ends("out")?;
    for owner in &mut stage.shards[..2] {
        let shard = owner.shard();
        let outputs = (0..4)
            .map(|n| output("out", shard, &format!("{shard}:{n}")))
            .collect();
        owner.commit(&Commit {
            outputs,
            ..owner.next_commit(b"four")
        })?;
    }
    let all = stage.outputs_since("out", &before, 8)?;
    ensure_eq(&all.len(), &8, "records of two shards")?;
    let third: Vec<u64> = (0..)
        .zip(&before)
        .map(|(partition, end)| {
            all.iter()
                .filter(|r| r.partition == partition)
                .nth(2)
                .map_or(*end, |r| r.offset)
        })
        .collect();
    let mut found = stored_values(&stage.outputs_since("out", &third, 4)?);
    found.sort();
    let expected: Vec<_> = ["0:2", "0:3", "1:2", "1:3"].map(str::to_owned).into();
    ensure_eq(&found, &expected, "records from the third on")?;
    let ends = stage.log.ends("out")?;
    ensure_eq(
        &stage.outputs_since("out", &ends, 0)?.len(),
        &0,
        "records after the end",
    )?;
    ensure(stage.log.reader("nowhere", &[]).is_err(), || {
        "a topic that is not there can be read".to_owned()
    })
}
