//! A shard's handle: reads its partitions merged by arrival, commits in transactions, and finds
//! out what became of a commit when the client cannot say.
//!
//! What a handle knows of the shard (commit number, epoch, positions) is what the last record of
//! the journal says plus what it wrote since; after any doubt it is read again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Core;
use super::group::Seat;
use super::intake::Intake;
use super::journal::{self, KafkaJournal};
use super::layout::{JournalRecord, Kind};
use super::tail::Last;
use super::verdict::Verdict;
use super::writer::{Outgoing, Trouble, Writer};
use crate::log::batch::Batch;
use crate::log::catalogue::{INTERNAL, JOURNAL, TopicId, TopicRole};
use crate::log::error::{CommitError, LogError};
use crate::log::port::{
    Commit, CommitOutcome, JournalCursor, JournalEntry, JournalReader, ShardLog, ShardStart,
};

/// Of a journal record's limit, what is left for keys, positions and the broker's framing.
const FRAME_BYTES: usize = 64 * 1024;
/// How long a commit that is made may take to be readable.
const VISIBLE: Duration = Duration::from_secs(10);

pub(super) struct KafkaShard {
    core: Arc<Core>,
    start: ShardStart,
    last_commit: u64,
    intake: Intake,
    /// `None` after a trouble that made it useless.
    writer: Option<Writer>,
    /// A commit whose outcome is not known.
    unknown: Option<u64>,
    fenced: bool,
    part_bytes: usize,
    /// After the writer: the shard is given back when nothing can be written any more.
    seat: Option<Seat>,
}

/// Where a shard stands by the last record of its journal.
struct Standing {
    number: u64,
    epoch: u64,
    positions: Vec<(String, u64)>,
}

impl Standing {
    fn of(last: Option<&Last>, group: &str) -> Result<Self, LogError> {
        let Some(last) = last else {
            return Ok(Self {
                number: 0,
                epoch: 0,
                positions: Vec::new(),
            });
        };
        let record = JournalRecord::decode(&last.value)?;
        if record.group != group {
            return Err(LogError::Mismatch(format!(
                "the journal is written by group `{}`, not `{group}`",
                record.group
            )));
        }
        Ok(Self {
            number: record.number,
            epoch: record.epoch,
            positions: record
                .positions
                .iter()
                .map(|(name, next)| ((*name).to_owned(), *next))
                .collect(),
        })
    }
}

impl KafkaShard {
    /// Fences the former owner, reads where it got to, and makes the new epoch durable.
    pub(super) fn take(core: Arc<Core>, shard: u32, seat: Option<Seat>) -> Result<Self, LogError> {
        let writer = Writer::open(&core.options, shard)?;
        let last = journal::last_record(&core, shard)?;
        let standing = Standing::of(last.as_ref(), &core.options.group)?;
        let intake = Intake::new(&core, shard, &standing.positions)?;
        let journal_bytes = core
            .options
            .catalogue
            .find(JOURNAL)
            .map_or(0, |spec| spec.max_bytes as usize);
        let mut taken = Self {
            start: ShardStart {
                shard,
                epoch: standing.epoch + 1,
                last_commit: standing.number,
            },
            last_commit: standing.number,
            intake,
            writer: Some(writer),
            unknown: None,
            fenced: false,
            part_bytes: journal_bytes.saturating_sub(FRAME_BYTES).max(FRAME_BYTES),
            seat,
            core,
        };
        taken.declare()?;
        taken.intake.reassign()?;
        Ok(taken)
    }

    /// Writes the new epoch to the journal.
    fn declare(&mut self) -> Result<(), LogError> {
        let journal = self.core.options.topic(JOURNAL);
        let value = self
            .journal_record(
                Kind::Take,
                self.last_commit,
                &self.intake.positions_by_name(&[]),
                &[],
                (0, 1),
            )
            .encode();
        let record = Outgoing {
            topic: &journal,
            partition: self.start.shard,
            key: b"",
            value: &value,
        };
        let Some(writer) = &self.writer else {
            return Err(LogError::Retry("there is no producer".to_owned()));
        };
        // Whatever went wrong, taking the shard again finds out: an epoch may be left out.
        writer
            .transact(std::iter::once(record))
            .map_err(|trouble| match trouble.verdict {
                Verdict::Fatal => LogError::Fatal(trouble.what),
                Verdict::Again
                | Verdict::Abort
                | Verdict::Renew
                | Verdict::Fenced
                | Verdict::Unknown => LogError::Retry(trouble.what),
            })
    }

    fn journal_record<'a>(
        &'a self,
        kind: Kind,
        number: u64,
        positions: &[(&'a str, u64)],
        body: &'a [u8],
        (part, parts): (u32, u32),
    ) -> JournalRecord<'a> {
        JournalRecord {
            kind,
            number,
            epoch: self.start.epoch,
            part,
            parts,
            group: &self.core.options.group,
            positions: positions.to_vec(),
            body,
        }
    }

    fn fence(&mut self) -> LogError {
        self.fenced = true;
        self.writer = None;
        LogError::Fenced {
            shard: self.start.shard,
            ours: self.start.epoch,
            current: 0,
        }
    }

    fn check(&self, commit: &Commit) -> Result<(), CommitError> {
        let wrong = |what: String| Err(CommitError::Fatal(what));
        let (start, options) = (&self.start, &self.core.options);
        if commit.shard != start.shard {
            return wrong(format!(
                "shard {} commits for {}",
                start.shard, commit.shard
            ));
        }
        if commit.epoch != start.epoch {
            return Err(CommitError::Fenced {
                ours: commit.epoch,
                current: start.epoch,
            });
        }
        if commit.number != self.last_commit + 1 {
            return wrong(format!(
                "shard {}: commit {} does not follow {}",
                start.shard, commit.number, self.last_commit
            ));
        }
        for record in &commit.outputs {
            let spec = options.catalogue.find(record.topic);
            if !spec.is_some_and(|s| s.role == TopicRole::Output) || record.partition != start.shard
            {
                return wrong(format!(
                    "no output `{}` with partition {}",
                    record.topic, record.partition
                ));
            }
        }
        if let Some(record) = commit
            .internal
            .iter()
            .find(|r| r.partition >= options.partitions)
        {
            return wrong(format!("no shard {} to send to", record.partition));
        }
        for (topic, next) in &commit.positions {
            let lane = self.intake.lanes.iter().find(|lane| lane.topic == *topic);
            if !lane.is_some_and(|lane| (lane.committed..=lane.given).contains(next)) {
                return wrong(format!("position {next} of {topic:?} was not polled"));
            }
        }
        Ok(())
    }

    /// A producer in place of one that became useless, if the shard is still ours.
    fn renew(&mut self) -> Result<(), LogError> {
        if self.seat.as_ref().is_some_and(Seat::is_leaving) {
            return Err(self.fence());
        }
        let writer = Writer::open(&self.core.options, self.start.shard)?;
        let last = journal::last_record(&self.core, self.start.shard)?;
        let standing = Standing::of(last.as_ref(), &self.core.options.group)?;
        if standing.epoch != self.start.epoch {
            return Err(self.fence());
        }
        self.writer = Some(writer);
        if standing.number > self.last_commit {
            self.stand(&standing);
        }
        Ok(())
    }

    fn stand(&mut self, standing: &Standing) {
        self.last_commit = standing.number;
        for lane in self.intake.lanes.iter_mut() {
            if let Some((_, next)) = standing.positions.iter().find(|(n, _)| n == lane.name) {
                lane.committed = *next;
            }
        }
    }

    fn write(&self, writer: &Writer, commit: &Commit) -> Result<(), Trouble> {
        let options = &self.core.options;
        let positions = self.intake.positions_by_name(&commit.positions);
        let parts: Vec<&[u8]> = if commit.journal.is_empty() {
            vec![&[]]
        } else {
            commit.journal.chunks(self.part_bytes).collect()
        };
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        let blocks: Vec<Vec<u8>> = (0..count)
            .zip(&parts)
            .map(|(part, body)| {
                self.journal_record(Kind::Block, commit.number, &positions, body, (part, count))
                    .encode()
            })
            .collect();
        let (journal, internal) = (options.topic(JOURNAL), options.topic(INTERNAL));
        let outputs: Vec<String> = commit
            .outputs
            .iter()
            .map(|r| options.topic(r.topic))
            .collect();
        let records = commit
            .outputs
            .iter()
            .zip(&outputs)
            .chain(commit.internal.iter().map(|record| (record, &internal)))
            .map(|(record, topic)| Outgoing {
                topic,
                partition: record.partition,
                key: &record.key,
                value: &record.value,
            })
            .chain(blocks.iter().map(|value| Outgoing {
                topic: &journal,
                partition: self.start.shard,
                key: b"",
                value,
            }));
        writer.transact(records)
    }

    fn made(&mut self, commit: &Commit) {
        self.last_commit = commit.number;
        for (topic, next) in &commit.positions {
            if let Some(lane) = self.intake.lanes.of_topic(*topic) {
                lane.committed = *next;
                if let Some(seat) = &self.seat {
                    seat.note(&lane.full_name, *next);
                }
            }
        }
    }
}

impl ShardLog for KafkaShard {
    fn start(&self) -> &ShardStart {
        &self.start
    }

    fn poll(
        &mut self,
        batch: &mut Batch,
        max_records: usize,
        max_wait: Duration,
    ) -> Result<(), LogError> {
        batch.clear();
        if self.fenced {
            return Err(self.fence());
        }
        let seat = self.seat.as_ref();
        self.intake.poll(batch, max_records, max_wait, || {
            seat.is_some_and(Seat::is_leaving)
        })
    }

    fn quiet_until_us(&self) -> Option<i64> {
        Some(self.intake.quiet_until_us)
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), CommitError> {
        let fenced = CommitError::Fenced {
            ours: self.start.epoch,
            current: 0,
        };
        if self.fenced {
            return Err(fenced);
        }
        if let Some(number) = self.unknown {
            return Err(CommitError::UnknownOutcome(format!(
                "commit {number} is not resolved"
            )));
        }
        self.check(commit)?;
        if self.writer.is_none() {
            self.renew().map_err(|error| match error {
                LogError::Retry(what) => CommitError::Retry(what),
                LogError::Fenced { ours, current, .. } => CommitError::Fenced { ours, current },
                other => CommitError::Fatal(other.to_string()),
            })?;
        }
        // The journal, read again, may know of this commit already: then it is not written twice.
        if self.last_commit >= commit.number {
            self.unknown = Some(commit.number);
            return Err(CommitError::UnknownOutcome(
                "it is in the journal".to_owned(),
            ));
        }
        let Some(writer) = self.writer.take() else {
            return Err(CommitError::Retry("there is no producer".to_owned()));
        };
        let trouble = match self.write(&writer, commit) {
            Ok(()) => {
                self.writer = Some(writer);
                self.made(commit);
                return Ok(());
            }
            Err(trouble) => trouble,
        };
        match trouble.verdict {
            Verdict::Abort => {
                self.writer = Some(writer);
                Err(CommitError::Abort(trouble.what))
            }
            Verdict::Again | Verdict::Renew => Err(CommitError::Abort(trouble.what)),
            Verdict::Fenced => {
                self.fenced = true;
                Err(fenced)
            }
            Verdict::Unknown => {
                self.unknown = Some(commit.number);
                Err(CommitError::UnknownOutcome(trouble.what))
            }
            Verdict::Fatal => Err(CommitError::Fatal(trouble.what)),
        }
    }

    fn resolve(&mut self, number: u64) -> Result<CommitOutcome, LogError> {
        if self.fenced {
            return Err(self.fence());
        }
        // Fencing ourselves ends whatever of the commit is still under way.
        self.writer = None;
        self.renew()?;
        self.unknown = None;
        Ok(if self.last_commit >= number {
            CommitOutcome::Applied
        } else {
            CommitOutcome::NotApplied
        })
    }

    fn seek_to_committed(&mut self) -> Result<(), LogError> {
        self.intake.reassign()
    }

    fn positions(&self) -> Vec<(TopicId, u64)> {
        self.intake
            .lanes
            .iter()
            .map(|lane| (lane.topic, lane.committed))
            .collect()
    }

    fn backlog(&mut self) -> u64 {
        self.intake.backlog()
    }

    fn journal(&self, from: JournalCursor) -> Result<Box<dyn JournalReader>, LogError> {
        Ok(Box::new(KafkaJournal::new(
            &self.core,
            self.start.shard,
            from,
            self.last_commit,
        )?))
    }

    fn last_journal(&self) -> Result<Option<JournalEntry>, LogError> {
        if self.last_commit == 0 {
            return Ok(None);
        }
        // Committed is not yet readable: the broker writes its markers a moment later.
        let deadline = Instant::now() + VISIBLE;
        loop {
            let last = journal::last_record(&self.core, self.start.shard)?;
            let standing = Standing::of(last.as_ref(), &self.core.options.group)?;
            if standing.number >= self.last_commit {
                return journal::block(&self.core, self.start.shard, standing.number);
            }
            if Instant::now() > deadline {
                return Err(LogError::Retry(format!(
                    "commit {} is not readable yet",
                    self.last_commit
                )));
            }
        }
    }
}
