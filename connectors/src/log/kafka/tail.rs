//! The last committed record of a partition, which is not where the partition ends: behind it
//! may be markers of transactions and records that were rolled back. So we step back from the
//! last stable offset in growing strides until a record is met.

use std::time::{Duration, Instant};

use super::client::REQUEST_TIMEOUT;
use super::feed::{Event, Feed, Start};
use super::layout::{JournalRecord, Kind};
use crate::log::error::LogError;

/// A commit ends in a record and a marker, so the first stride nearly always meets one.
const FIRST_STRIDE: u64 = 8;
const GROWTH: u64 = 16;
/// Offsets between which the beginning of a block is looked for by reading on.
const NEAR: u64 = 4096;
const SLICE: Duration = Duration::from_millis(100);
const MESSAGES: usize = 1024;

/// A committed record, owned.
#[derive(Clone, Debug)]
pub(super) struct Last {
    pub(super) offset: u64,
    pub(super) value: Vec<u8>,
}

struct Search {
    partition: u32,
    low: u64,
    high: u64,
    start: u64,
    done: bool,
    found: Option<Last>,
}

/// The last committed record of each of these partitions.
pub(super) fn last_records(
    feed: &mut Feed,
    topic: &str,
    partitions: &[u32],
) -> Result<Vec<Option<Last>>, LogError> {
    let mut searches = Vec::with_capacity(partitions.len());
    for partition in partitions {
        let (low, high) = feed.bounds(topic, *partition)?;
        searches.push(Search {
            partition: *partition,
            low,
            high,
            start: high,
            done: high <= low,
            found: None,
        });
    }
    let mut stride = FIRST_STRIDE;
    while searches.iter().any(|s| !s.done) {
        for search in searches.iter_mut().filter(|s| !s.done) {
            search.start = search.high.saturating_sub(stride).max(search.low);
        }
        read_to_the_end(feed, topic, &mut searches)?;
        stride = stride.saturating_mul(GROWTH);
    }
    feed.rest()?;
    Ok(searches.into_iter().map(|s| s.found).collect())
}

/// One stride of all searches that are not done.
fn read_to_the_end(feed: &mut Feed, topic: &str, searches: &mut [Search]) -> Result<(), LogError> {
    let open = || searches.iter().filter(|s| !s.done);
    feed.assign(open().map(|s| (topic, s.partition, Start::At(s.start))))?;
    let mut reading: Vec<u32> = open().map(|s| s.partition).collect();
    let mut deadline = Instant::now() + REQUEST_TIMEOUT;
    while !reading.is_empty() {
        let got = feed.drain(MESSAGES, SLICE, |event| {
            match event {
                Event::Record(record) => {
                    if let Some(search) = searches
                        .iter_mut()
                        .find(|s| s.partition == record.partition)
                    {
                        search.found = Some(Last {
                            offset: record.offset,
                            value: record.value.to_vec(),
                        });
                    }
                }
                Event::End { partition, .. } => reading.retain(|p| *p != partition),
                Event::Gone { topic, partition } => {
                    return Err(LogError::Retry(format!(
                        "`{topic}`, partition {partition} was cut while it was read"
                    )));
                }
            }
            Ok(())
        })?;
        if got > 0 {
            deadline = Instant::now() + REQUEST_TIMEOUT;
        } else if Instant::now() > deadline {
            return Err(LogError::Retry(format!(
                "the end of `{topic}` does not come"
            )));
        }
    }
    for search in searches.iter_mut().filter(|s| !s.done) {
        search.done = search.found.is_some() || search.start == search.low;
    }
    Ok(())
}

/// For each partition the offset after its last committed record; 0 if there is none.
pub(super) fn ends(feed: &mut Feed, topic: &str, partitions: u32) -> Result<Vec<u64>, LogError> {
    let all: Vec<u32> = (0..partitions).collect();
    let last = last_records(feed, topic, &all)?;
    Ok(last
        .into_iter()
        .map(|l| l.map_or(0, |l| l.offset + 1))
        .collect())
}

/// What stands first at or after an offset of a journal.
#[derive(Clone, Copy)]
struct Landmark {
    number: u64,
    /// A block begins here; false for a later part, and for a take-over.
    begins: bool,
}

fn landmark(
    feed: &mut Feed,
    journal: &str,
    shard: u32,
    offset: u64,
) -> Result<Option<Landmark>, LogError> {
    feed.assign([(journal, shard, Start::At(offset))])?;
    let deadline = Instant::now() + REQUEST_TIMEOUT;
    let (mut found, mut ended) = (None, false);
    while found.is_none() && !ended {
        feed.drain(1, SLICE, |event| {
            match event {
                Event::Record(record) => {
                    let record = JournalRecord::decode(record.value)?;
                    found = Some(Landmark {
                        number: record.number,
                        begins: record.kind == Kind::Block && record.part == 0,
                    });
                }
                Event::End { .. } | Event::Gone { .. } => ended = true,
            }
            Ok(())
        })?;
        if Instant::now() > deadline {
            return Err(LogError::Retry("the journal does not answer".to_owned()));
        }
    }
    Ok(found)
}

/// An offset at or a little before the block of commit `number`: the hint, if it is right, else
/// by bisection, since numbers grow with offsets.
pub(super) fn start_of(
    feed: &mut Feed,
    journal: &str,
    shard: u32,
    number: u64,
    hint: u64,
) -> Result<Start, LogError> {
    if number <= 1 {
        return Ok(Start::Oldest);
    }
    let (low, high) = feed.bounds(journal, shard)?;
    let is_before = |mark: Landmark| mark.number < number;
    if hint > low
        && hint < high
        && let Some(mark) = landmark(feed, journal, shard, hint)?
        && (is_before(mark) || (mark.number == number && mark.begins))
    {
        return Ok(Start::At(hint));
    }
    let (mut from, mut to) = (low, high);
    while to - from > NEAR {
        let middle = from + (to - from) / 2;
        if landmark(feed, journal, shard, middle)?.is_some_and(is_before) {
            from = middle;
        } else {
            to = middle;
        }
    }
    Ok(if from == low {
        Start::Oldest
    } else {
        Start::At(from)
    })
}
