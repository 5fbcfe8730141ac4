//! The one writer of a shard: a transactional producer.
//!
//! Opening one fences every earlier one with the same id and ends its transaction. All calls
//! block, so a writer belongs to its shard's thread. Before the end of a transaction the queue
//! is drained here: the client itself would wait in steps of 100 ms.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext as _, RDKafkaLogLevel};
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};

use super::KafkaOptions;
use super::client::{self, REQUEST_TIMEOUT, TRANSACTION_TIMEOUT};
use super::verdict::{Call, Observed, Verdict, judge};
use crate::log::error::LogError;

/// How long one look at the queue waits for an acknowledgement.
const DRAIN_STEP: Duration = Duration::from_micros(200);

/// Why a transaction was not made, and what became of it.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) verdict: Verdict,
    pub(super) what: String,
}

/// A record on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outgoing<'a> {
    pub(super) topic: &'a str,
    pub(super) partition: u32,
    pub(super) key: &'a [u8],
    pub(super) value: &'a [u8],
}

/// Hears what the client tells from its own threads.
#[derive(Default)]
struct Watch {
    /// The first record of the transaction that was refused.
    refused: Mutex<Option<KafkaError>>,
    /// The client had to ask twice for the end of the transaction; it would not say.
    doubtful: AtomicBool,
}

impl ClientContext for Watch {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        if facility == "ENDTXN" && message.contains("returned") && !message.contains("NO_ERROR") {
            self.doubtful.store(true, Ordering::Release);
        }
    }

    /// Errors of the connection; those that matter come back from a call.
    fn error(&self, _error: KafkaError, _reason: &str) {}
}

impl ProducerContext for Watch {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            self.refused
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert_with(|| error.clone());
        }
    }
}

/// The transactional producer of one shard.
pub(super) struct Writer {
    producer: BaseProducer<Watch>,
}

impl Writer {
    /// Fences the former owner, ends its transaction, and is ready to write.
    pub(super) fn open(options: &KafkaOptions, shard: u32) -> Result<Self, LogError> {
        let config = client::writer(options, shard);
        let producer = BaseProducer::from_config_and_context(&config, Watch::default())
            .map_err(|e| LogError::Mismatch(format!("no Kafka producer can be made: {e}")))?;
        let writer = Self { producer };
        writer
            .persist(Call::Init, || {
                writer.producer.init_transactions(REQUEST_TIMEOUT)
            })
            .map_err(|trouble| match trouble.verdict {
                Verdict::Again | Verdict::Renew | Verdict::Abort | Verdict::Unknown => {
                    LogError::Retry(trouble.what)
                }
                // Somebody else took the shard while we did.
                Verdict::Fenced => LogError::Retry(trouble.what),
                Verdict::Fatal => LogError::Fatal(trouble.what),
            })?;
        Ok(writer)
    }

    /// Makes all records visible at once, or none of them. On a trouble with the verdict
    /// [`Verdict::Abort`] the transaction has been rolled back and the writer can be used again;
    /// after any other the writer is of no further use, except after [`Verdict::Fatal`].
    pub(super) fn transact<'a>(
        &self,
        records: impl Iterator<Item = Outgoing<'a>>,
    ) -> Result<(), Trouble> {
        self.watch().doubtful.store(false, Ordering::Release);
        self.refused();
        self.persist(Call::Begin, || self.producer.begin_transaction())?;
        match self.fill(records) {
            Ok(()) => {}
            Err(trouble) => return Err(self.roll_back(trouble)),
        }
        let ended = self.persist(Call::Commit, || {
            self.producer.commit_transaction(TRANSACTION_TIMEOUT)
        });
        match ended {
            Ok(()) if self.watch().doubtful.load(Ordering::Acquire) => Err(Trouble {
                verdict: Verdict::Unknown,
                what: "the end of the transaction was asked for twice".to_owned(),
            }),
            Ok(()) => Ok(()),
            Err(trouble) if trouble.verdict == Verdict::Abort => {
                Err(match self.roll_back(trouble) {
                    // The end had been asked for, so a failed roll-back leaves a doubt.
                    Trouble {
                        verdict: Verdict::Renew,
                        what,
                    } => Trouble {
                        verdict: Verdict::Unknown,
                        what,
                    },
                    other => other,
                })
            }
            Err(trouble) if trouble.verdict == Verdict::Again => Err(Trouble {
                verdict: Verdict::Unknown,
                ..trouble
            }),
            Err(trouble) => Err(trouble),
        }
    }

    /// Sends all records and waits until every one of them is acknowledged.
    fn fill<'a>(&self, records: impl Iterator<Item = Outgoing<'a>>) -> Result<(), Trouble> {
        for record in records {
            self.persist(Call::Produce, || {
                let out = BaseRecord::to(record.topic)
                    .partition(i32::try_from(record.partition).unwrap_or(i32::MAX))
                    .key(record.key)
                    .payload(record.value);
                self.producer.send(out).map_err(|(error, _)| error)
            })?;
        }
        let deadline = Instant::now() + TRANSACTION_TIMEOUT;
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(DRAIN_STEP);
            if Instant::now() > deadline {
                return Err(Trouble {
                    verdict: Verdict::Abort,
                    what: "records were not acknowledged in time".to_owned(),
                });
            }
        }
        match self.refused() {
            None => Ok(()),
            Some(error) => Err(self.trouble(Call::Deliver, &error)),
        }
    }

    fn roll_back(&self, cause: Trouble) -> Trouble {
        match cause.verdict {
            Verdict::Abort | Verdict::Fatal | Verdict::Again => {}
            Verdict::Renew | Verdict::Fenced | Verdict::Unknown => return cause,
        }
        let aborted = self.persist(Call::Abort, || {
            self.producer.abort_transaction(TRANSACTION_TIMEOUT)
        });
        match (aborted, cause.verdict) {
            (Ok(()), Verdict::Fatal) | (Err(_), Verdict::Fatal) => cause,
            (Ok(()), _) => Trouble {
                verdict: Verdict::Abort,
                ..cause
            },
            (Err(trouble), _) => Trouble {
                verdict: match trouble.verdict {
                    Verdict::Fenced => Verdict::Fenced,
                    Verdict::Again
                    | Verdict::Abort
                    | Verdict::Renew
                    | Verdict::Unknown
                    | Verdict::Fatal => Verdict::Renew,
                },
                what: format!(
                    "{}; it could not be rolled back: {}",
                    cause.what, trouble.what
                ),
            },
        }
    }

    /// Repeats a call while its errors ask for that and there is time.
    fn persist(
        &self,
        call: Call,
        mut attempt: impl FnMut() -> Result<(), KafkaError>,
    ) -> Result<(), Trouble> {
        let deadline = Instant::now() + TRANSACTION_TIMEOUT;
        loop {
            let Err(error) = attempt() else {
                return Ok(());
            };
            let trouble = self.trouble(call, &error);
            if trouble.verdict != Verdict::Again || Instant::now() > deadline {
                return Err(trouble);
            }
            // Serves acknowledgements, which is also what makes room in a full queue.
            self.producer.poll(DRAIN_STEP);
        }
    }

    fn trouble(&self, call: Call, error: &KafkaError) -> Trouble {
        // After a fatal error every call answers with another one; the first is the reason.
        let first = self.producer.client().fatal_error();
        let mut verdict = judge(call, Observed::of(error));
        if let Some((code, _)) = &first
            && judge(call, Observed::bare(*code)) == Verdict::Fenced
        {
            verdict = Verdict::Fenced;
        }
        let what = match first {
            Some((_, reason)) => format!("{call:?}: {error}: {reason}"),
            None => format!("{call:?}: {error}"),
        };
        Trouble { verdict, what }
    }

    fn refused(&self) -> Option<KafkaError> {
        self.watch()
            .refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn watch(&self) -> &Watch {
        self.producer.client().context()
    }
}
