//! Writing input records on behalf of people and of sources that speak HTTP.
//!
//! Acknowledged by all in-sync replicas before it returns, and without a transaction: a
//! transaction that its owner's death leaves open would hide the inputs of the whole country
//! until it times out. "All or none" is the input's business: a resend is idempotent by id.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext as _, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};

use super::KafkaOptions;
use super::client;
use crate::log::catalogue::TopicId;
use crate::log::error::LogError;
use crate::log::port::{Appended, Ingest, IngestRecord};

/// Longer than the client tries to deliver a record.
const PATIENCE: Duration = Duration::from_secs(20);

/// The answers that one append waits for.
#[derive(Default)]
struct Answers {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    answered: usize,
    newest_ms: i64,
    refused: Option<KafkaError>,
}

impl Answers {
    fn wait(&self, sent: usize) -> Result<i64, String> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.answered < sent {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("records were not acknowledged in time".to_owned());
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        match &state.refused {
            None => Ok(state.newest_ms.saturating_mul(1000)),
            Some(error) => Err(error.to_string()),
        }
    }
}

struct Listener;

impl ClientContext for Listener {
    fn log(&self, _level: RDKafkaLogLevel, _facility: &str, _message: &str) {}
    fn error(&self, _error: KafkaError, _reason: &str) {}
}

impl ProducerContext for Listener {
    type DeliveryOpaque = Arc<Answers>;

    fn delivery(&self, result: &DeliveryResult<'_>, answers: Arc<Answers>) {
        let mut state = answers.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.answered += 1;
        match result {
            Ok(message) => {
                let at = message.timestamp().to_millis().unwrap_or(0);
                state.newest_ms = state.newest_ms.max(at);
            }
            Err((error, _)) => state.refused = Some(error.clone()),
        }
        drop(state);
        answers.changed.notify_all();
    }
}

/// The producer of input records; one for the whole process.
pub(super) struct Appender {
    options: KafkaOptions,
    producer: ThreadedProducer<Listener>,
}

impl Appender {
    pub(super) fn open(options: &KafkaOptions) -> Result<Self, LogError> {
        let producer =
            ThreadedProducer::from_config_and_context(&client::appender(options), Listener)
                .map_err(|e| LogError::Mismatch(format!("no Kafka producer can be made: {e}")))?;
        Ok(Self {
            options: options.clone(),
            producer,
        })
    }

    fn send(
        &self,
        topic: &str,
        record: &IngestRecord,
        answers: &Arc<Answers>,
    ) -> Result<(), KafkaError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let out = BaseRecord::with_opaque_to(topic, Arc::clone(answers))
                .partition(i32::try_from(record.partition).unwrap_or(i32::MAX))
                .key(&record.key)
                .payload(&record.value);
            match self.producer.send(out) {
                Ok(()) => return Ok(()),
                // Room comes with the acknowledgements of what was sent before.
                Err((error, _))
                    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull)
                        && Instant::now() < deadline =>
                {
                    let _full_still = self.producer.flush(Duration::from_millis(50));
                }
                Err((error, _)) => return Err(error),
            }
        }
    }
}

/// Appends to the input topics.
pub(super) struct KafkaIngest {
    appender: Arc<Appender>,
}

impl KafkaIngest {
    pub(super) const fn new(appender: Arc<Appender>) -> Self {
        Self { appender }
    }

    fn topics(&self, records: &[IngestRecord]) -> Result<Vec<String>, LogError> {
        let options = &self.appender.options;
        records
            .iter()
            .map(|record| {
                options
                    .catalogue
                    .input_name(record.topic)
                    .filter(|_| {
                        record.topic != TopicId::INTERNAL && record.partition < options.partitions
                    })
                    .map(|name| options.topic(name))
                    .ok_or_else(|| {
                        LogError::Mismatch(format!(
                            "no input {:?} with partition {}",
                            record.topic, record.partition
                        ))
                    })
            })
            .collect()
    }
}

impl Ingest for KafkaIngest {
    fn append(&self, records: Vec<IngestRecord>) -> Result<Appended, LogError> {
        let topics = self.topics(&records)?;
        let answers = Arc::new(Answers::default());
        let mut sent = 0;
        let mut refused = None;
        for (record, topic) in records.iter().zip(&topics) {
            match self.appender.send(topic, record, &answers) {
                Ok(()) => sent += 1,
                Err(error) => {
                    refused = Some(error.to_string());
                    break;
                }
            }
        }
        match (answers.wait(sent), refused) {
            (Ok(received_at_us), None) => Ok(Appended {
                records: sent,
                received_at_us,
            }),
            (_, Some(what)) if sent == 0 => Err(LogError::Retry(what)),
            (Err(what), _) | (Ok(_), Some(what)) => Err(LogError::Fatal(format!(
                "some records may have been appended: {what}"
            ))),
        }
    }
}
