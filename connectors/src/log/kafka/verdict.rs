//! What an error of a transactional call means for the commit: one function, every case.
//!
//! The client marks errors as fatal, retriable or abortable, but what follows depends on the
//! call too: a time-out while producing leaves no trace, the same time-out while committing
//! leaves a doubt. A doubt is never resolved here.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// The transactional calls, in the order in which a commit makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Registering the producer, which fences the one before.
    Init,
    /// Beginning a transaction: local.
    Begin,
    /// Handing a record to the client.
    Produce,
    /// The broker's answer to a record.
    Deliver,
    /// Ending the transaction for good.
    Commit,
    /// Rolling it back.
    Abort,
}

/// What the client said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Observed {
    pub(super) code: RDKafkaErrorCode,
    pub(super) fatal: bool,
    pub(super) retriable: bool,
    pub(super) abortable: bool,
}

impl Observed {
    pub(super) fn of(error: &KafkaError) -> Self {
        match error {
            KafkaError::Transaction(inner) => Self {
                code: inner.code(),
                fatal: inner.is_fatal(),
                retriable: inner.is_retriable(),
                abortable: inner.txn_requires_abort(),
            },
            other => Self::bare(
                other
                    .rdkafka_error_code()
                    .unwrap_or(RDKafkaErrorCode::Unknown),
            ),
        }
    }

    /// An error that comes as a code alone.
    pub(super) const fn bare(code: RDKafkaErrorCode) -> Self {
        Self {
            code,
            fatal: matches!(code, RDKafkaErrorCode::Fatal),
            retriable: false,
            abortable: false,
        }
    }
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing happened: the same call again.
    Again,
    /// Roll the transaction back and redo the step.
    Abort,
    /// Nothing of the transaction will ever be visible, but this producer is of no further use.
    Renew,
    /// Another producer has our transactional id: another owner.
    Fenced,
    /// It may have been committed or not: read the journal.
    Unknown,
    /// No repetition will help.
    Fatal,
}

/// The verdict on an error.
pub(super) const fn judge(call: Call, seen: Observed) -> Verdict {
    if is_fenced(seen.code) {
        return Verdict::Fenced;
    }
    if is_hopeless(seen.code) {
        return Verdict::Fatal;
    }
    match call {
        // Before there is a transaction, an outage is waited for.
        Call::Init => match (seen.fatal, seen.retriable || is_outage(seen.code)) {
            (false, true) => Verdict::Again,
            (true, _) | (false, false) => Verdict::Renew,
        },
        Call::Begin => match (seen.fatal, seen.retriable, seen.abortable) {
            (false, true, _) => Verdict::Again,
            (false, false, true) => Verdict::Abort,
            (true, _, _) | (false, false, false) => Verdict::Renew,
        },
        Call::Produce => match (seen.fatal, seen.code) {
            (false, RDKafkaErrorCode::QueueFull) => Verdict::Again,
            (true, _) => Verdict::Renew,
            (false, _) => Verdict::Abort,
        },
        Call::Deliver => match seen.fatal {
            true => Verdict::Renew,
            false => Verdict::Abort,
        },
        // Only what the client says cannot have been committed is taken as not committed.
        Call::Commit => match (seen.fatal, seen.retriable, seen.abortable) {
            (false, true, _) => Verdict::Again,
            (false, false, true) => Verdict::Abort,
            (true, _, _) | (false, false, false) => Verdict::Unknown,
        },
        // The broker rolls back what nobody ends, and the next producer of our id does at once.
        Call::Abort => match (seen.fatal, seen.retriable) {
            (false, true) => Verdict::Again,
            (true, _) | (false, false) => Verdict::Renew,
        },
    }
}

/// The codes by which a broker says that a newer producer has our id.
const fn is_fenced(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::Fenced
            | RDKafkaErrorCode::ProducerFenced
            | RDKafkaErrorCode::InvalidProducerEpoch
    )
}

/// Codes that a repetition of the same step would only meet again.
const fn is_hopeless(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::MessageSizeTooLarge
            | RDKafkaErrorCode::InvalidRecord
            | RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed
            | RDKafkaErrorCode::TransactionalIdAuthorizationFailed
            | RDKafkaErrorCode::UnknownTopic
            | RDKafkaErrorCode::UnknownPartition
    )
}

const fn is_outage(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::OperationTimedOut
            | RDKafkaErrorCode::AllBrokersDown
            | RDKafkaErrorCode::BrokerTransportFailure
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLS: [Call; 6] = [
        Call::Init,
        Call::Begin,
        Call::Produce,
        Call::Deliver,
        Call::Commit,
        Call::Abort,
    ];

    const fn seen(fatal: bool, retriable: bool, abortable: bool) -> Observed {
        Observed {
            code: RDKafkaErrorCode::OperationTimedOut,
            fatal,
            retriable,
            abortable,
        }
    }

    /// Every call by every way in which the client marks an error.
    #[test]
    fn every_call_and_mark_has_its_verdict() {
        use Verdict::{Abort, Again, Renew, Unknown};
        //              fatal  retriable abortable  Init   Begin  Produce Deliver Commit   Abort
        let table: [(Observed, [Verdict; 6]); 5] = [
            (
                seen(false, false, false),
                [Again, Renew, Abort, Abort, Unknown, Renew],
            ),
            (
                seen(false, true, false),
                [Again, Again, Abort, Abort, Again, Again],
            ),
            (
                seen(false, false, true),
                [Again, Abort, Abort, Abort, Abort, Renew],
            ),
            (
                seen(true, false, false),
                [Renew, Renew, Renew, Renew, Unknown, Renew],
            ),
            (
                seen(true, true, true),
                [Renew, Renew, Renew, Renew, Unknown, Renew],
            ),
        ];
        for (observed, verdicts) in table {
            for (call, expected) in CALLS.into_iter().zip(verdicts) {
                assert_eq!(judge(call, observed), expected, "{call:?} {observed:?}");
            }
        }
    }

    #[test]
    fn some_codes_say_it_all_whatever_the_call() {
        use RDKafkaErrorCode as Code;
        for call in CALLS {
            for code in [
                Code::Fenced,
                Code::ProducerFenced,
                Code::InvalidProducerEpoch,
            ] {
                assert_eq!(
                    judge(call, Observed::bare(code)),
                    Verdict::Fenced,
                    "{call:?} {code:?}"
                );
            }
            for code in [
                Code::MessageSizeTooLarge,
                Code::TopicAuthorizationFailed,
                Code::TransactionalIdAuthorizationFailed,
                Code::UnknownTopic,
            ] {
                assert_eq!(
                    judge(call, Observed::bare(code)),
                    Verdict::Fatal,
                    "{call:?} {code:?}"
                );
            }
        }
    }

    /// An end of a transaction that was neither confirmed nor refused is a doubt, whatever else.
    #[test]
    fn a_commit_that_failed_otherwise_is_a_doubt() {
        use RDKafkaErrorCode as Code;
        for code in [
            Code::OperationTimedOut,
            Code::BrokerTransportFailure,
            Code::State,
            Code::Fatal,
            Code::Unknown,
        ] {
            assert_eq!(
                judge(Call::Commit, Observed::bare(code)),
                Verdict::Unknown,
                "{code:?}"
            );
        }
        assert_eq!(
            judge(Call::Produce, Observed::bare(Code::QueueFull)),
            Verdict::Again
        );
    }
}
