//! A consumer of chosen partitions, drained in batches through the client's C interface.
//!
//! One call per record costs a clock and several locks, and the wrapper's `poll` does not say
//! of which topic the end was reached. This is the only file with unsafe code; nothing that
//! points into the client's memory leaves the callback.
#![allow(
    unsafe_code,
    reason = "the batch queue and the cached end are not in the safe wrapper"
)]

use std::ffi::{CStr, CString};
use std::ptr;
use std::time::{Duration, Instant};

use rdkafka::bindings as c;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use super::KafkaOptions;
use super::client::{self, REQUEST_TIMEOUT};
use crate::log::error::LogError;

/// Records fetched from the client's queue by one call.
const BATCH: usize = 1024;
/// How long to wait before a partition without a leader is asked again.
const LEADERLESS: Duration = Duration::from_millis(50);

/// Where to start reading a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The oldest record that is there.
    Oldest,
    /// An offset.
    At(u64),
}

/// What a drain meets. Borrowed for the time of the callback.
#[derive(Debug)]
pub(super) enum Event<'a> {
    /// A committed record.
    Record(Fetched<'a>),
    /// Everything that is committed has been given; the partition ends before `offset`.
    End {
        topic: &'a str,
        partition: u32,
        offset: u64,
    },
    /// The offset to start from is not there: too old, or beyond the end.
    Gone { topic: &'a str, partition: u32 },
}

#[derive(Debug)]
pub(super) struct Fetched<'a> {
    pub(super) topic: &'a str,
    pub(super) partition: u32,
    pub(super) offset: u64,
    pub(super) received_at_us: i64,
    pub(super) key: &'a [u8],
    pub(super) value: &'a [u8],
}

/// The consumer's queue; freed before the consumer.
struct Queue(*mut c::rd_kafka_queue_t);

// SAFETY: librdkafka's queues may be used from any thread; `Feed` gives them to one at a time.
unsafe impl Send for Queue {}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: made by `rd_kafka_queue_get_consumer`, freed once, before its client.
        unsafe { c::rd_kafka_queue_destroy(self.0) }
    }
}

/// A consumer that reads what it is told to. The field order frees the queue first.
pub(super) struct Feed {
    queue: Queue,
    consumer: BaseConsumer,
}

impl Feed {
    pub(super) fn open(options: &KafkaOptions) -> Result<Self, LogError> {
        let consumer: BaseConsumer = client::reader(options)
            .create()
            .map_err(|e| LogError::Mismatch(format!("no Kafka consumer can be made: {e}")))?;
        // SAFETY: the client lives as long as `consumer`, which outlives the queue.
        let queue = unsafe { c::rd_kafka_queue_get_consumer(consumer.client().native_ptr()) };
        if queue.is_null() {
            return Err(LogError::Fatal("the consumer has no queue".to_owned()));
        }
        Ok(Self {
            queue: Queue(queue),
            consumer,
        })
    }

    /// Reads these partitions from now on and no others. What was fetched before is forgotten.
    pub(super) fn assign<'a>(
        &mut self,
        partitions: impl IntoIterator<Item = (&'a str, u32, Start)>,
    ) -> Result<(), LogError> {
        let mut list = TopicPartitionList::new();
        for (topic, partition, start) in partitions {
            let offset = match start {
                Start::Oldest => Offset::Beginning,
                Start::At(offset) => Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX)),
            };
            list.add_partition_offset(topic, number(partition), offset)
                .map_err(retry)?;
        }
        self.consumer.assign(&list).map_err(retry)?;
        self.settle()
    }

    /// Reads nothing from now on.
    pub(super) fn rest(&mut self) -> Result<(), LogError> {
        self.consumer.unassign().map_err(retry)?;
        self.settle()
    }

    /// Waits until the partitions that are not read any more have stopped. The client ends the
    /// process (an assertion) when one of them is stopped twice. Its thread takes orders in their
    /// order: with the first answer the stops are done, with the second they are known.
    fn settle(&self) -> Result<(), LogError> {
        for _ in 0..2 {
            self.consumer.assignment().map_err(retry)?;
        }
        Ok(())
    }

    pub(super) fn pause(&mut self, topic: &str, partition: u32) -> Result<(), LogError> {
        let mut list = TopicPartitionList::new();
        list.add_partition(topic, number(partition));
        self.consumer.pause(&list).map_err(retry)
    }

    pub(super) fn resume(&mut self, topic: &str, partition: u32) -> Result<(), LogError> {
        let mut list = TopicPartitionList::new();
        list.add_partition(topic, number(partition));
        self.consumer.resume(&list).map_err(retry)
    }

    /// The oldest offset and the last stable one, as the broker says now.
    pub(super) fn bounds(&self, topic: &str, partition: u32) -> Result<(u64, u64), LogError> {
        // A topic that was just made, or that moves to another broker, has no leader for a moment.
        let deadline = Instant::now() + REQUEST_TIMEOUT;
        let (low, high) = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let answer = self
                .consumer
                .fetch_watermarks(topic, number(partition), left);
            match answer {
                Ok(bounds) => break bounds,
                Err(error) if left.is_zero() => return Err(retry(error)),
                Err(_) => std::thread::park_timeout(LEADERLESS),
            }
        };
        Ok((unsigned(low), unsigned(high)))
    }

    /// The last stable offsets of one partition of many topics, by one question to each broker;
    /// `None` when not all of them are answered.
    pub(super) fn ends<'a>(
        &self,
        topics: impl IntoIterator<Item = &'a str>,
        partition: u32,
        wait: Duration,
    ) -> Option<Vec<u64>> {
        let mut list = TopicPartitionList::new();
        for topic in topics {
            list.add_partition_offset(topic, number(partition), Offset::End)
                .ok()?;
        }
        let answers = self.consumer.offsets_for_times(list, wait).ok()?;
        answers
            .elements()
            .iter()
            .map(|answer| match (answer.error(), answer.offset()) {
                (Ok(()), Offset::Offset(offset)) => u64::try_from(offset).ok(),
                _ => None,
            })
            .collect()
    }

    /// The end of a partition as the newest answer to a fetch told it.
    pub(super) fn known_end(&self, topic: &CStr, partition: u32) -> Option<u64> {
        let (mut low, mut high) = (-1, -1);
        // SAFETY: the client lives; both pointers are to our own integers.
        let error = unsafe {
            c::rd_kafka_get_watermark_offsets(
                self.consumer.client().native_ptr(),
                topic.as_ptr(),
                number(partition),
                &raw mut low,
                &raw mut high,
            )
        };
        (error == c::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR)
            .then(|| u64::try_from(high).ok())
            .flatten()
    }

    /// Gives up to `max` events; waits for the first of them only. Returns how many.
    pub(super) fn drain(
        &mut self,
        max: usize,
        wait: Duration,
        mut give: impl FnMut(Event<'_>) -> Result<(), LogError>,
    ) -> Result<usize, LogError> {
        let mut messages: [*mut c::rd_kafka_message_t; BATCH] = [ptr::null_mut(); BATCH];
        // The client waits until the batch is full, so the first is fetched alone.
        let mut got = self.fetch(&mut messages[..max.min(1)], wait)?;
        if got == 1 && max > 1 {
            got += self.fetch(&mut messages[1..max.min(BATCH)], Duration::ZERO)?;
        }
        let mut outcome = Ok(());
        for message in &messages[..got] {
            // SAFETY: a message from the queue is valid until it is destroyed, right below.
            unsafe {
                if outcome.is_ok() {
                    outcome = view(&**message).and_then(|event| event.map_or(Ok(()), &mut give));
                }
                c::rd_kafka_message_destroy(*message);
            }
        }
        outcome.map(|()| got)
    }

    fn fetch(
        &self,
        into: &mut [*mut c::rd_kafka_message_t],
        wait: Duration,
    ) -> Result<usize, LogError> {
        // Less than a millisecond would be a busy loop.
        let millis = i32::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
        // SAFETY: the slice has room for as many pointers as we say.
        let got = unsafe {
            c::rd_kafka_consume_batch_queue(self.queue.0, millis, into.as_mut_ptr(), into.len())
        };
        usize::try_from(got)
            .map_err(|_| LogError::Retry("the consumer's queue cannot be read".to_owned()))
    }
}

/// # Safety
/// The message must be alive.
unsafe fn view(message: &c::rd_kafka_message_t) -> Result<Option<Event<'_>>, LogError> {
    let topic = if message.rkt.is_null() {
        ""
    } else {
        // SAFETY: the topic's name lives as long as the message holds the topic.
        let name = unsafe { CStr::from_ptr(c::rd_kafka_topic_name(message.rkt)) };
        name.to_str().unwrap_or("")
    };
    let partition = u32::try_from(message.partition).unwrap_or(u32::MAX);
    match RDKafkaErrorCode::from(message.err) {
        RDKafkaErrorCode::NoError => {}
        RDKafkaErrorCode::PartitionEOF => {
            return Ok(Some(Event::End {
                topic,
                partition,
                offset: unsigned(message.offset),
            }));
        }
        RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange => {
            return Ok(Some(Event::Gone { topic, partition }));
        }
        code @ (RDKafkaErrorCode::UnknownTopic
        | RDKafkaErrorCode::UnknownTopicOrPartition
        | RDKafkaErrorCode::UnknownPartition
        | RDKafkaErrorCode::TopicAuthorizationFailed
        | RDKafkaErrorCode::GroupAuthorizationFailed) => {
            return Err(LogError::Mismatch(format!("topic `{topic}`: {code}")));
        }
        // The bytes on the broker are damaged: going on would skip records.
        code @ (RDKafkaErrorCode::BadMessage
        | RDKafkaErrorCode::BadCompression
        | RDKafkaErrorCode::NotImplemented) => {
            return Err(LogError::Fatal(format!(
                "topic `{topic}`, partition {partition}, offset {}: {code}",
                message.offset
            )));
        }
        // Everything else the client repairs by itself; it tells only so that it can be logged.
        _ => return Ok(None),
    }
    let mut kind = c::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    // SAFETY: the message is alive and `kind` is ours.
    let millis = unsafe { c::rd_kafka_message_timestamp(message, &raw mut kind) };
    // SAFETY: key and payload are valid for their lengths as long as the message is.
    let (key, value) = unsafe {
        (
            bytes(message.key, message.key_len),
            bytes(message.payload, message.len),
        )
    };
    Ok(Some(Event::Record(Fetched {
        topic,
        partition,
        offset: unsigned(message.offset),
        received_at_us: millis.saturating_mul(1000),
        key,
        value,
    })))
}

/// # Safety
/// `data` must be null or valid for `len` bytes for the lifetime that the caller gives it.
unsafe fn bytes<'a>(data: *const std::ffi::c_void, len: usize) -> &'a [u8] {
    if data.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(data.cast(), len) }
}

/// A topic's name as the C interface wants it.
pub(super) fn c_name(topic: &str) -> Result<CString, LogError> {
    CString::new(topic).map_err(|_| LogError::Mismatch(format!("`{topic}` is no topic name")))
}

fn number(partition: u32) -> i32 {
    i32::try_from(partition).unwrap_or(i32::MAX)
}

fn unsigned(offset: i64) -> u64 {
    u64::try_from(offset).unwrap_or(0)
}

fn retry(error: KafkaError) -> LogError {
    LogError::Retry(error.to_string())
}
