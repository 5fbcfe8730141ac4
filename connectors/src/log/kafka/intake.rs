//! What a shard reads: its partitions, merged by arrival, fetched no faster than they are used.
//!
//! "No record waits" is said only when it is known, because it lets the shard's clock go on: all
//! partitions have been read to their end, and for the clock itself the brokers are asked.

use std::ffi::CString;
use std::time::{Duration, Instant};

use super::Core;
use super::feed::{self, Event, Feed, Start};
use super::lanes::{Lane, Lanes};
use crate::log::batch::Batch;
use crate::log::catalogue::{TopicId, TopicRole};
use crate::log::clock::wall_clock;
use crate::log::error::LogError;

/// A batch ends at so many bytes, so that its transaction stays small enough to end in time.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Records taken from the client at once.
const MESSAGES: usize = 1024;
/// A topic with more bytes at hand is not fetched until the others have caught up …
const PAUSE_BYTES: usize = 8 * 1024 * 1024;
/// … and it has no more than these.
const RESUME_BYTES: usize = 2 * 1024 * 1024;
/// How long a poll may take longer than it was told to, to know that no record waits.
const SURE: Duration = Duration::from_secs(2);
const SURE_STEP: Duration = Duration::from_millis(10);
/// How often an idle shard asks the brokers whether nothing is on its way, and how long it waits.
const ASK_AGAIN: Duration = Duration::from_millis(100);
const ANSWER: Duration = Duration::from_millis(500);
/// How far the clock of a broker may be behind ours.
const CLOCKS_APART_US: i64 = 250_000;

/// The input of one shard.
pub(super) struct Intake {
    shard: u32,
    feed: Feed,
    pub(super) lanes: Lanes,
    /// By lane: its topic's name for the C interface.
    names: Vec<CString>,
    /// A time before which nothing has arrived that was not given; and when it was found out.
    pub(super) quiet_until_us: i64,
    asked: Option<Instant>,
}

impl Intake {
    /// Reads nothing before [`Self::reassign`]. `committed`: positions by topic name.
    pub(super) fn new(
        core: &Core,
        shard: u32,
        committed: &[(String, u64)],
    ) -> Result<Self, LogError> {
        let catalogue = core.options.catalogue;
        let mut lanes = Lanes::new(
            catalogue
                .topics()
                .iter()
                .filter(|t| matches!(t.role, TopicRole::Input | TopicRole::Internal))
                .filter_map(|t| {
                    let id = catalogue.input_id(t.name)?;
                    Some((id, t.name, core.options.topic(t.name)))
                }),
        );
        for lane in lanes.iter_mut() {
            let known = committed.iter().find(|(n, _)| n == lane.name);
            lane.committed = known.map_or(0, |(_, next)| *next);
        }
        lanes.rewind();
        let names = lanes
            .iter()
            .map(|lane| feed::c_name(&lane.full_name))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            shard,
            feed: Feed::open(&core.options)?,
            lanes,
            names,
            quiet_until_us: 0,
            asked: None,
        })
    }

    /// All positions, with those of a commit put in.
    pub(super) fn positions_by_name(&self, moved: &[(TopicId, u64)]) -> Vec<(&'static str, u64)> {
        self.lanes
            .iter()
            .map(|lane| {
                let next = moved.iter().find(|(topic, _)| *topic == lane.topic);
                (lane.name, next.map_or(lane.committed, |(_, next)| *next))
            })
            .collect()
    }

    /// Starts reading after the last commit.
    pub(super) fn reassign(&mut self) -> Result<(), LogError> {
        self.lanes.rewind();
        let shard = self.shard;
        self.feed.assign(self.lanes.iter().map(|lane| {
            let start = if lane.committed == 0 {
                Start::Oldest
            } else {
                Start::At(lane.committed)
            };
            (lane.full_name.as_str(), shard, start)
        }))
    }

    fn load(&mut self, wait: Duration) -> Result<usize, LogError> {
        let lanes = &mut self.lanes;
        let got = self.feed.drain(MESSAGES, wait, |event| {
            match event {
                Event::Record(r) => {
                    lanes.push(r.topic, r.offset, r.received_at_us, r.key, r.value);
                }
                Event::End { topic, offset, .. } => lanes.ended(topic, offset),
                Event::Gone { topic, partition } => {
                    return Err(LogError::Fatal(format!(
                        "records of `{topic}`, partition {partition} that were not read are gone"
                    )));
                }
            }
            Ok(())
        })?;
        self.regulate()?;
        Ok(got)
    }

    /// Looks up the ends that the newest fetch told, and pauses and resumes topics.
    fn regulate(&mut self) -> Result<(), LogError> {
        let shard = self.shard;
        for (lane, name) in self.lanes.iter_mut().zip(&self.names) {
            if lane.is_unsure()
                && lane.met
                && self
                    .feed
                    .known_end(name, shard)
                    .is_some_and(|end| end <= lane.fetched)
            {
                lane.at_end = true;
            }
            if !lane.paused && lane.bytes > PAUSE_BYTES {
                self.feed.pause(&lane.full_name, shard)?;
                lane.paused = true;
            } else if lane.paused && lane.bytes < RESUME_BYTES {
                self.feed.resume(&lane.full_name, shard)?;
                lane.paused = false;
            }
        }
        Ok(())
    }

    /// Nothing is at hand. If the brokers say that nothing more is there either, everything that
    /// arrived before the question has been given. A broker that does not answer stops the
    /// shard's clock: what arrives meanwhile is not judged by the time it waited.
    fn ask_whether_quiet(&mut self) {
        if self.asked.is_some_and(|asked| asked.elapsed() < ASK_AGAIN) {
            return;
        }
        let before = wall_clock();
        let topics = self.lanes.iter().map(|lane| lane.full_name.as_str());
        let ends = self.feed.ends(topics, self.shard, ANSWER);
        self.asked = Some(Instant::now());
        let reached = |ends: &Vec<u64>| {
            let mut both = self.lanes.iter().zip(ends);
            both.all(|(lane, end)| *end <= lane.fetched.max(lane.end))
        };
        if ends.as_ref().is_some_and(reached) {
            let until = before.saturating_sub(CLOCKS_APART_US);
            self.quiet_until_us = self.quiet_until_us.max(until);
        }
    }

    pub(super) fn poll(
        &mut self,
        batch: &mut Batch,
        max_records: usize,
        max_wait: Duration,
        is_leaving: impl Fn() -> bool,
    ) -> Result<(), LogError> {
        let began = Instant::now();
        loop {
            if is_leaving() {
                return Err(LogError::Revoked { shard: self.shard });
            }
            let now = Instant::now();
            self.lanes
                .give(batch, self.shard, max_records, BATCH_BYTES, now);
            if batch.len() >= max_records || batch.byte_len() >= BATCH_BYTES {
                return Ok(());
            }
            let left = max_wait.saturating_sub(began.elapsed());
            // "No record waits" lets the shard's clock go on, so it is said only when it is known.
            let unsure = self.lanes.iter().any(Lane::is_unsure);
            let wait = match (batch.is_empty(), unsure) {
                (false, _) => Duration::ZERO,
                (true, false) => left,
                (true, true) => left.max(SURE_STEP),
            };
            if self.load(wait)? > 0 {
                continue;
            }
            if !batch.is_empty() {
                return Ok(());
            }
            if !unsure && began.elapsed() >= max_wait {
                self.ask_whether_quiet();
                return Ok(());
            }
            if unsure && began.elapsed() > max_wait + SURE {
                return Err(LogError::Retry(
                    "it is not known yet whether records wait".to_owned(),
                ));
            }
        }
    }

    pub(super) fn backlog(&self) -> u64 {
        let (feed, shard) = (&self.feed, self.shard);
        self.lanes
            .iter()
            .zip(&self.names)
            .map(|(lane, name): (&Lane, _)| {
                let unseen = match feed.known_end(name, shard) {
                    _ if lane.at_end => 0,
                    Some(end) => end.saturating_sub(lane.fetched).max(1),
                    None => 1,
                };
                lane.waiting() as u64 + unseen
            })
            .sum()
    }
}
