//! Commits: all of it or nothing, and not before.

use std::time::Duration;

use super::stage::{
    LEFT, Owner, RIGHT, Stage, ensure, ensure_catalogue, ensure_eq, feed, output, positions_after,
    stored_values, values,
};
use super::{Bed, Violation};
use crate::log::batch::Batch;
use crate::log::catalogue::TopicId;
use crate::log::error::CommitError;
use crate::log::port::Commit;

pub(super) fn a_commit_shows_everything_at_once(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut stage = Stage::clean(bed)?;
    ensure_catalogue(&*stage.log)?;
    let (out, other) = (stage.log.ends("out")?, stage.log.ends("other")?);
    stage.feed(LEFT, 0, &[b"a", b"b"])?;
    stage.feed(RIGHT, 0, &[b"c"])?;
    let seen = stage.shards[0].poll(3)?;
    ensure_eq(
        &stored_values(&stage.outputs_since("out", &out, 0)?),
        &vec![],
        "outputs before the commit",
    )?;
    let owner = &mut stage.shards[0];
    let commit = Commit {
        outputs: vec![
            output("out", 0, "one"),
            output("other", 0, "two"),
            output("out", 0, "three"),
        ],
        internal: vec![output("internal", 1, "to shard 1")],
        positions: positions_after(&seen),
        ..owner.next_commit(b"block")
    };
    owner.commit(&commit)?;
    owner.ensure_last_journal(b"block")?;
    for (topic, next) in &commit.positions {
        ensure(owner.handle.positions().contains(&(*topic, *next)), || {
            format!(
                "position {next} of {topic:?} is not among {:?}",
                owner.handle.positions()
            )
        })?;
    }
    let found = stored_values(&stage.outputs_since("out", &out, 2)?);
    ensure_eq(
        &found,
        &vec!["one".to_owned(), "three".to_owned()],
        "records of `out`",
    )?;
    let found = stored_values(&stage.outputs_since("other", &other, 1)?);
    ensure_eq(&found, &vec!["two".to_owned()], "records of `other`")?;
    ensure_eq(
        &values(&stage.shards[1].poll(1)?),
        &vec!["to shard 1".to_owned()],
        "internal message",
    )
}

pub(super) fn a_refused_commit_leaves_no_trace(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut stage = Stage::clean(bed)?;
    let out = stage.log.ends("out")?;
    let owner = &mut stage.shards[0];
    owner.commit(&owner.next_commit(b"before"))?;
    let good = Commit {
        outputs: vec![output("out", 0, "never")],
        ..owner.next_commit(b"never")
    };
    let wrong = [
        (
            "a number that was used",
            Commit {
                number: owner.number,
                ..good.clone()
            },
        ),
        (
            "a number that skips",
            Commit {
                number: owner.number + 2,
                ..good.clone()
            },
        ),
        (
            "an unknown topic",
            Commit {
                outputs: vec![output("out", 0, "never"), output("nowhere", 0, "x")],
                ..good.clone()
            },
        ),
        (
            "an input topic as output",
            Commit {
                outputs: vec![output("left", 0, "never")],
                ..good.clone()
            },
        ),
        (
            "an unknown partition",
            Commit {
                internal: vec![output("internal", 99_999, "never")],
                ..good.clone()
            },
        ),
        (
            "an unknown input",
            Commit {
                positions: vec![(TopicId(77), 1)],
                ..good.clone()
            },
        ),
        (
            "another shard",
            Commit {
                shard: 1,
                ..good.clone()
            },
        ),
    ];
    for (what, commit) in wrong {
        let answer = owner.handle.commit(&commit);
        ensure(matches!(answer, Err(CommitError::Fatal(_))), || {
            format!("{what} was answered by {answer:?}")
        })?;
    }
    owner.ensure_last_journal(b"before")?;
    let commit = Commit {
        outputs: vec![output("out", 0, "good")],
        ..owner.next_commit(b"good")
    };
    owner.commit(&commit)?;
    let found = stored_values(&stage.outputs_since("out", &out, 1)?);
    ensure_eq(
        &found,
        &vec!["good".to_owned()],
        "outputs after refused commits",
    )?;
    ensure_eq(
        &values(&stage.shards[1].poll(0)?),
        &vec![],
        "messages after refused commits",
    )
}

pub(super) fn internal_messages_follow_the_commit(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut stage = Stage::clean(bed)?;
    for round in 0..3 {
        let text = format!("round {round}");
        let owner = &mut stage.shards[0];
        let commit = Commit {
            internal: vec![output("internal", 1, &text), output("internal", 0, &text)],
            ..owner.next_commit(b"sent")
        };
        ensure_eq(
            &values(&stage.shards[1].poll(0)?),
            &vec![],
            "messages before the commit",
        )?;
        stage.shards[0].commit(&commit)?;
        for owner in &mut stage.shards[..2] {
            let seen = owner.poll(1)?;
            ensure_eq(&seen[0].topic, &TopicId::INTERNAL, "topic of a message")?;
            ensure_eq(
                &values(&seen),
                &vec![text.clone()],
                "message after the commit",
            )?;
            let commit = Commit {
                positions: positions_after(&seen),
                ..owner.next_commit(b"got")
            };
            owner.commit(&commit)?;
        }
    }
    Ok(())
}

const SIDE_BY_SIDE: usize = 200;

pub(super) fn shards_commit_side_by_side(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut stage = Stage::clean(bed)?;
    let out = stage.log.ends("out")?;
    let shards = std::mem::take(&mut stage.shards);
    let count = shards.len();
    let log = &*stage.log;
    let shards = std::thread::scope(|scope| {
        let feeder = scope.spawn(move || {
            for number in 0..SIDE_BY_SIDE {
                for shard in 0..u32::try_from(count).unwrap_or(0) {
                    feed(log, LEFT, shard, &[format!("{shard}:{number}").as_bytes()])?;
                }
            }
            Ok::<_, Violation>(())
        });
        let owners: Vec<_> = shards
            .into_iter()
            .map(|owner| scope.spawn(move || echo(owner)))
            .collect();
        let mut done = Vec::new();
        for owner in owners {
            done.push(owner.join().map_err(|_| Violation {
                what: "a shard's thread died".to_owned(),
            })??);
        }
        feeder.join().map_err(|_| Violation {
            what: "the feeding thread died".to_owned(),
        })??;
        Ok::<_, Violation>(done)
    })?;
    stage.shards = shards;
    let found = stage.outputs_since("out", &out, SIDE_BY_SIDE * count)?;
    for shard in 0..u32::try_from(count).unwrap_or(0) {
        let of_shard: Vec<_> = found
            .iter()
            .filter(|r| r.partition == shard)
            .cloned()
            .collect();
        let expected: Vec<_> = (0..SIDE_BY_SIDE).map(|n| format!("{shard}:{n}")).collect();
        ensure_eq(&stored_values(&of_shard), &expected, "outputs of one shard")?;
    }
    Ok(())
}

/// Copies its input to `out` until it has seen [`SIDE_BY_SIDE`] records.
fn echo(mut owner: Owner) -> Result<Owner, Violation> {
    let mut batch = Batch::new();
    let mut seen = 0;
    let deadline = std::time::Instant::now() + super::stage::PATIENCE;
    while seen < SIDE_BY_SIDE {
        ensure(std::time::Instant::now() < deadline, || {
            format!("only {seen} records came")
        })?;
        owner
            .handle
            .poll(&mut batch, 50, Duration::from_millis(50))?;
        let Some(last) = batch.iter().last() else {
            continue;
        };
        let shard = owner.shard();
        let mut commit = Commit {
            positions: vec![(last.topic, last.offset + 1)],
            ..owner.next_commit(b"echo")
        };
        commit.outputs = batch
            .iter()
            .map(|r| output("out", shard, &String::from_utf8_lossy(r.value)))
            .collect();
        seen += batch.len();
        owner.commit(&commit)?;
    }
    Ok(owner)
}
