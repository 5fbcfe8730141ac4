//! Reading journals: to their end for recovery, for ever for followers.
//!
//! Blocks come in commit order without a gap, or there is an error: whoever reads a journal
//! builds on every block of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Core;
use super::client::REQUEST_TIMEOUT;
use super::feed::{Event, Feed, Fetched};
use super::layout::{JournalRecord, Kind};
use super::pool::Lent;
use super::tail;
use crate::log::catalogue::JOURNAL;
use crate::log::error::LogError;
use crate::log::port::{Follower, JournalCursor, JournalEntry, JournalReader};

const SLICE: Duration = Duration::from_millis(100);
const MESSAGES: usize = 256;

/// One shard's journal being read: puts the parts of blocks together.
struct Track {
    shard: u32,
    /// The next commit to deliver.
    next: u64,
    /// The block that is not whole yet, and how many of its parts are there.
    open: Option<(JournalEntry, u32)>,
}

impl Track {
    const fn new(shard: u32, next: u64) -> Self {
        Self {
            shard,
            next,
            open: None,
        }
    }

    /// Takes one record of the journal; gives the entry that it makes whole.
    fn take(&mut self, fetched: &Fetched<'_>) -> Result<Option<JournalEntry>, LogError> {
        let record = JournalRecord::decode(fetched.value)?;
        match record.kind {
            Kind::Take => return Ok(None),
            Kind::Block if record.number < self.next => return Ok(None),
            Kind::Block if record.number > self.next => {
                return Err(LogError::Fatal(format!(
                    "commit {} of shard {} is not in the journal, {} is",
                    self.next, self.shard, record.number
                )));
            }
            Kind::Block => {}
        }
        if record.part == 0 {
            let entry = JournalEntry {
                shard: self.shard,
                number: record.number,
                epoch: record.epoch,
                offset: fetched.offset,
                committed_at_us: fetched.received_at_us,
                bytes: record.body.to_vec(),
            };
            self.open = Some((entry, 1));
        } else if let Some((entry, parts)) = &mut self.open
            && *parts == record.part
        {
            entry.bytes.extend_from_slice(record.body);
            *parts += 1;
        } else {
            return Err(LogError::Fatal(format!(
                "part {} of commit {} of shard {} has no beginning",
                record.part, record.number, self.shard
            )));
        }
        match self.open.take_if(|(_, parts)| *parts == record.parts) {
            Some((entry, _)) => {
                self.next += 1;
                Ok(Some(entry))
            }
            None => Ok(None),
        }
    }
}

fn gone(shard: u32) -> LogError {
    LogError::Fatal(format!("the journal of shard {shard} was cut"))
}

/// Reads one shard's journal up to a commit that is known to be there.
pub(super) struct KafkaJournal {
    lent: Lent,
    track: Track,
    until: u64,
    ready: VecDeque<JournalEntry>,
}

impl KafkaJournal {
    pub(super) fn new(
        core: &Core,
        shard: u32,
        from: JournalCursor,
        until: u64,
    ) -> Result<Self, LogError> {
        let mut lent = core.pool.lend()?;
        let next = from.number.max(1);
        if next <= until {
            let journal = core.options.topic(JOURNAL);
            let feed = &mut *lent.feed();
            let start = tail::start_of(feed, &journal, shard, next, from.hint)?;
            feed.assign([(journal.as_str(), shard, start)])?;
        }
        Ok(Self {
            lent,
            track: Track::new(shard, next),
            until,
            ready: VecDeque::new(),
        })
    }
}

impl JournalReader for KafkaJournal {
    fn next_entry(&mut self) -> Result<Option<JournalEntry>, LogError> {
        let deadline = Instant::now() + REQUEST_TIMEOUT;
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Ok(Some(entry));
            }
            if self.track.next > self.until {
                return Ok(None);
            }
            let (track, ready, until) = (&mut self.track, &mut self.ready, self.until);
            self.lent.feed().drain(MESSAGES, SLICE, |event| {
                match event {
                    Event::Record(fetched) if track.next <= until => {
                        ready.extend(track.take(&fetched)?);
                    }
                    Event::Record(_) | Event::End { .. } => {}
                    Event::Gone { partition, .. } => return Err(gone(partition)),
                }
                Ok(())
            })?;
            if Instant::now() > deadline {
                return Err(LogError::Retry(format!(
                    "commit {} of shard {} does not come",
                    self.track.next, self.track.shard
                )));
            }
        }
    }
}

/// Reads the journals of all shards.
pub(super) struct KafkaFollower {
    core: Arc<Core>,
    /// Its own, because it reads for ever.
    feed: Feed,
    tracks: Vec<Track>,
}

impl KafkaFollower {
    pub(super) fn new(core: Arc<Core>, from: &[JournalCursor]) -> Result<Self, LogError> {
        let journal = core.options.topic(JOURNAL);
        let mut feed = Feed::open(&core.options)?;
        let (mut tracks, mut starts) = (Vec::new(), Vec::new());
        for shard in 0..core.options.partitions {
            let cursor = from
                .get(shard as usize)
                .copied()
                .unwrap_or(JournalCursor::START);
            let next = cursor.number.max(1);
            let start = tail::start_of(&mut feed, &journal, shard, next, cursor.hint)?;
            starts.push((journal.as_str(), shard, start));
            tracks.push(Track::new(shard, next));
        }
        feed.assign(starts)?;
        Ok(Self { core, feed, tracks })
    }
}

impl Follower for KafkaFollower {
    fn poll(
        &mut self,
        out: &mut Vec<JournalEntry>,
        max_entries: usize,
        max_wait: Duration,
    ) -> Result<usize, LogError> {
        let before = out.len();
        let deadline = Instant::now() + max_wait;
        loop {
            let tracks = &mut self.tracks;
            let got = self.feed.drain(
                max_entries,
                deadline.saturating_duration_since(Instant::now()),
                |event| {
                    match event {
                        Event::Record(fetched) => {
                            if let Some(track) = tracks.get_mut(fetched.partition as usize) {
                                out.extend(track.take(&fetched)?);
                            }
                        }
                        Event::End { .. } => {}
                        Event::Gone { partition, .. } => return Err(gone(partition)),
                    }
                    Ok(())
                },
            )?;
            let found = out.len() - before;
            if found > 0 || (got == 0 && Instant::now() >= deadline) {
                return Ok(found);
            }
        }
    }

    fn newest(&mut self) -> Result<Vec<u64>, LogError> {
        let shards: Vec<u32> = (0..self.core.options.partitions).collect();
        let journal = self.core.options.topic(JOURNAL);
        let last = tail::last_records(&mut self.core.pool.lend()?.feed(), &journal, &shards)?;
        last.iter()
            .map(|last| match last {
                Some(last) => Ok(JournalRecord::decode(&last.value)?.number),
                None => Ok(0),
            })
            .collect()
    }
}

/// The last record of one shard's journal, whatever its kind.
pub(super) fn last_record(core: &Core, shard: u32) -> Result<Option<tail::Last>, LogError> {
    let journal = core.options.topic(JOURNAL);
    let mut lent = core.pool.lend()?;
    let last = tail::last_records(&mut lent.feed(), &journal, &[shard])?;
    Ok(last.into_iter().next().flatten())
}

/// The block of one commit.
pub(super) fn block(
    core: &Core,
    shard: u32,
    number: u64,
) -> Result<Option<JournalEntry>, LogError> {
    let from = JournalCursor::at(number);
    KafkaJournal::new(core, shard, from, number)?.next_entry()
}
