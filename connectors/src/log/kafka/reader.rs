//! Reading the committed records of a topic for people and tools: first everything that was
//! there, partition by partition, then what comes.

use std::time::{Duration, Instant};

use super::Core;
use super::client::REQUEST_TIMEOUT;
use super::feed::{Event, Start};
use super::pool::Lent;
use super::tail;
use crate::log::error::LogError;
use crate::log::port::{StoredRecord, TopicReader};

const SLICE: Duration = Duration::from_millis(100);

/// What the consumer reads at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Nothing,
    One(u32),
    All,
}

pub(super) struct KafkaReader {
    lent: Lent,
    topic: String,
    /// By partition: the next offset.
    next: Vec<u64>,
    /// By partition: the end when the reader was made.
    ends: Vec<u64>,
    reading: Reading,
}

impl KafkaReader {
    pub(super) fn new(core: &Core, topic: String, from: &[u64]) -> Result<Self, LogError> {
        let mut lent = core.pool.lend()?;
        let ends = tail::ends(&mut lent.feed(), &topic, core.options.partitions)?;
        let next = (0..ends.len())
            .map(|p| from.get(p).copied().unwrap_or(0))
            .collect();
        Ok(Self {
            lent,
            topic,
            next,
            ends,
            reading: Reading::Nothing,
        })
    }

    /// The first partition with records that were there from the beginning.
    fn behind(&self) -> Option<u32> {
        let index = self.next.iter().zip(&self.ends).position(|(n, e)| n < e)?;
        u32::try_from(index).ok()
    }

    fn read(&mut self, wanted: Reading) -> Result<(), LogError> {
        if self.reading == wanted {
            return Ok(());
        }
        let starts = (0..).zip(&self.next).filter_map(|(partition, next)| {
            let start = if *next == 0 {
                Start::Oldest
            } else {
                Start::At(*next)
            };
            (wanted == Reading::All || wanted == Reading::One(partition)).then_some((
                self.topic.as_str(),
                partition,
                start,
            ))
        });
        self.lent.feed().assign(starts)?;
        self.reading = wanted;
        Ok(())
    }

    fn drain(
        &mut self,
        out: &mut Vec<StoredRecord>,
        max: usize,
        wait: Duration,
    ) -> Result<usize, LogError> {
        let (next, mut gone) = (&mut self.next, None);
        let mut feed = self.lent.feed();
        let got = feed.drain(max, wait, |event| {
            match event {
                Event::Record(record) => {
                    if let Some(next) = next.get_mut(record.partition as usize)
                        && record.offset >= *next
                    {
                        *next = record.offset + 1;
                        out.push(StoredRecord {
                            partition: record.partition,
                            offset: record.offset,
                            received_at_us: record.received_at_us,
                            key: record.key.to_vec(),
                            value: record.value.to_vec(),
                        });
                    }
                }
                Event::End { .. } => {}
                Event::Gone { partition, .. } => gone = Some(partition),
            }
            Ok(())
        })?;
        drop(feed);
        if let Some(partition) = gone {
            self.skip_the_gone(partition)?;
        }
        Ok(got)
    }

    /// The wanted offset is older than the oldest record, or beyond the newest one: reading goes
    /// on with what there is.
    fn skip_the_gone(&mut self, partition: u32) -> Result<(), LogError> {
        let (low, high) = self.lent.feed().bounds(&self.topic, partition)?;
        if let Some(next) = self.next.get_mut(partition as usize) {
            *next = (*next).clamp(low, high);
        }
        self.reading = Reading::Nothing;
        Ok(())
    }
}

impl TopicReader for KafkaReader {
    fn poll(
        &mut self,
        out: &mut Vec<StoredRecord>,
        max_records: usize,
        max_wait: Duration,
    ) -> Result<usize, LogError> {
        let before = out.len();
        // What is there already is waited for as long as it takes to fetch it.
        let mut deadline = Instant::now() + REQUEST_TIMEOUT;
        while let Some(partition) = self.behind() {
            let room = max_records - (out.len() - before);
            if room == 0 {
                return Ok(out.len() - before);
            }
            self.read(Reading::One(partition))?;
            if self.drain(out, room, SLICE)? > 0 {
                deadline = Instant::now() + REQUEST_TIMEOUT;
            } else if Instant::now() > deadline {
                return Err(LogError::Retry(format!(
                    "`{}` cannot be read now",
                    self.topic
                )));
            }
        }
        let room = max_records - (out.len() - before);
        if room > 0 && out.len() == before {
            self.read(Reading::All)?;
            let deadline = Instant::now() + max_wait;
            loop {
                let left = deadline.saturating_duration_since(Instant::now());
                let got = self.drain(out, room, left)?;
                if out.len() > before || (got == 0 && left.is_zero()) {
                    break;
                }
                self.read(Reading::All)?;
            }
        }
        Ok(out.len() - before)
    }
}
