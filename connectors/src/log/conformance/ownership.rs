//! Ownership: epochs only rise, and only the newest owner commits.

use super::stage::{
    LEFT, Owner, Stage, ensure, ensure_eq, output, positions_after, stored_values, values,
};
use super::{Bed, Violation};
use crate::log::error::CommitError;
use crate::log::port::Commit;

pub(super) fn epochs_rise_with_every_owner(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut last = vec![0; Stage::open(bed)?.shards.len()];
    for _ in 0..3 {
        let stage = Stage::open(bed)?;
        for (epoch, owner) in last.iter_mut().zip(&stage.shards) {
            let now = owner.handle.start().epoch;
            ensure(now > *epoch, || format!("epoch {now} after {epoch}"))?;
            *epoch = now;
        }
    }
    // A commit does not raise it.
    let mut stage = Stage::open(bed)?;
    let owner = &mut stage.shards[0];
    let epoch = owner.handle.start().epoch;
    owner.commit(&owner.next_commit(b"same epoch"))?;
    ensure_eq(&owner.handle.start().epoch, &epoch, "epoch after a commit")?;
    let entry = owner.handle.last_journal()?;
    ensure_eq(
        &entry.map(|e| e.epoch),
        &Some(epoch),
        "epoch of the journal block",
    )
}

pub(super) fn a_former_owner_is_fenced(bed: &mut dyn Bed) -> Result<(), Violation> {
    let mut stage = Stage::clean(bed)?;
    let out = stage.log.ends("out")?;
    stage.feed(LEFT, 0, &[b"contested"])?;
    let seen = stage.shards[0].poll(1)?;
    let commit_of = |owner: &Owner, text: &str| Commit {
        outputs: vec![output("out", 0, text)],
        positions: positions_after(&seen),
        ..owner.next_commit(text.as_bytes())
    };
    let handle = stage.log.take(0)?;
    let mut heir = Owner {
        number: handle.start().last_commit,
        handle,
    };
    let zombie = &mut stage.shards[0];
    ensure(
        heir.handle.start().epoch > zombie.handle.start().epoch,
        || "the epoch did not rise".to_owned(),
    )?;
    let answer = zombie.handle.commit(&commit_of(zombie, "zombie"));
    ensure(matches!(answer, Err(CommitError::Fenced { .. })), || {
        format!("a zombie was answered by {answer:?}")
    })?;
    ensure_eq(
        &values(&heir.poll(1)?),
        &vec!["contested".to_owned()],
        "records of the new owner",
    )?;
    heir.commit(&commit_of(&heir, "heir"))?;
    let answer = zombie.handle.commit(&commit_of(zombie, "zombie"));
    ensure(matches!(answer, Err(CommitError::Fenced { .. })), || {
        format!("a zombie was answered by {answer:?}")
    })?;
    let found = stored_values(&stage.outputs_since("out", &out, 1)?);
    ensure_eq(&found, &vec!["heir".to_owned()], "outputs")?;
    heir.ensure_last_journal(b"heir")
}
