//! The topics of a cluster as the catalogue wants them: made, compared, never changed in place.
//!
//! All settings that the product depends on are here. A topic that differs is refused by
//! [`KafkaLog::open`](super::KafkaLog::open): a topic without log-append time would give records
//! that arrive in the past, one without compaction would lose boards.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::KafkaOptions;
use super::client::{self, REQUEST_TIMEOUT};
use crate::log::catalogue::{Retention, TopicSpec};
use crate::log::error::LogError;

/// How long a new topic may take to be known everywhere.
const VISIBLE: Duration = Duration::from_secs(30);
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What a topic must be set to.
#[must_use]
pub fn settings(spec: &TopicSpec) -> Vec<(&'static str, String)> {
    let (policy, retention) = match spec.retention {
        Retention::Days(days) => ("delete", (u64::from(days) * DAY_MS).to_string()),
        Retention::Unlimited => ("delete", "-1".to_owned()),
        Retention::Compacted => ("compact", "-1".to_owned()),
    };
    vec![
        ("message.timestamp.type", "LogAppendTime".to_owned()),
        ("max.message.bytes", spec.max_bytes.to_string()),
        ("cleanup.policy", policy.to_owned()),
        ("retention.ms", retention),
        ("retention.bytes", "-1".to_owned()),
        ("unclean.leader.election.enable", "false".to_owned()),
    ]
}

fn admin(options: &KafkaOptions) -> Result<AdminClient<DefaultClientContext>, LogError> {
    client::common(options)
        .create()
        .map_err(|e| LogError::Mismatch(format!("no Kafka client can be made: {e}")))
}

/// The number of partitions of every topic that exists.
fn existing(
    admin: &AdminClient<DefaultClientContext>,
    options: &KafkaOptions,
) -> Result<BTreeMap<String, usize>, LogError> {
    let metadata = admin
        .inner()
        .fetch_metadata(None, REQUEST_TIMEOUT)
        .map_err(|e| LogError::Retry(format!("no broker answers at {}: {e}", options.brokers)))?;
    Ok(metadata
        .topics()
        .iter()
        .filter(|t| t.error().is_none())
        .map(|t| (t.name().to_owned(), t.partitions().len()))
        .collect())
}

fn request() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(REQUEST_TIMEOUT))
        .operation_timeout(Some(REQUEST_TIMEOUT))
}

fn refused(error: KafkaError) -> LogError {
    LogError::Retry(error.to_string())
}

/// Makes the topics that are missing, with the broker's default replication, and waits until
/// they are known. Gives their names.
///
/// # Errors
/// [`LogError::Retry`] when no broker answers, [`LogError::Mismatch`] when it refuses.
pub fn create(options: &KafkaOptions) -> Result<Vec<String>, LogError> {
    let admin = admin(options)?;
    let there = existing(&admin, options)?;
    let wanted: Vec<(String, Vec<(&str, String)>)> = options
        .catalogue
        .topics()
        .iter()
        .map(|spec| (options.topic(spec.name), settings(spec)))
        .filter(|(name, _)| !there.contains_key(name))
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let partitions = i32::try_from(options.partitions).unwrap_or(i32::MAX);
    let new: Vec<NewTopic<'_>> = wanted
        .iter()
        .map(|(name, settings)| {
            let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(-1));
            settings
                .iter()
                .fold(topic, |t, (key, value)| t.set(key, value))
        })
        .collect();
    for outcome in block_on(admin.create_topics(&new, &request())).map_err(refused)? {
        match outcome {
            // Another `create` at the same time made it.
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => {
                return Err(LogError::Mismatch(format!(
                    "`{name}` cannot be made: {code}"
                )));
            }
        }
    }
    let deadline = Instant::now() + VISIBLE;
    loop {
        let there = existing(&admin, options)?;
        if wanted.iter().all(|(name, _)| there.contains_key(name)) {
            return Ok(wanted.into_iter().map(|(name, _)| name).collect());
        }
        if Instant::now() > deadline {
            return Err(LogError::Retry("new topics are not known yet".to_owned()));
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// What differs between the cluster and the catalogue, a line each; empty means nothing.
///
/// # Errors
/// [`LogError::Retry`] when no broker answers.
pub fn diff(options: &KafkaOptions) -> Result<Vec<String>, LogError> {
    let admin = admin(options)?;
    let there = existing(&admin, options)?;
    let mut differences = Vec::new();
    let mut present = Vec::new();
    for spec in options.catalogue.topics() {
        let name = options.topic(spec.name);
        match there.get(&name) {
            None => differences.push(format!("{name}: missing")),
            Some(partitions) => {
                if *partitions != options.partitions as usize {
                    differences.push(format!(
                        "{name}: {partitions} partitions, not {}",
                        options.partitions
                    ));
                }
                present.push((name, spec));
            }
        }
    }
    if present.is_empty() {
        return Ok(differences);
    }
    let asked: Vec<ResourceSpecifier<'_>> = present
        .iter()
        .map(|(name, _)| ResourceSpecifier::Topic(name))
        .collect();
    let answers = block_on(admin.describe_configs(&asked, &request())).map_err(refused)?;
    for ((name, spec), answer) in present.iter().zip(answers) {
        let answer = answer
            .map_err(|code| LogError::Mismatch(format!("`{name}` cannot be described: {code}")))?;
        for (key, wanted) in settings(spec) {
            let found = answer.get(key).and_then(|entry| entry.value.as_deref());
            if found != Some(&wanted) {
                differences.push(format!(
                    "{name}: {key} is {}, not {wanted}",
                    found.unwrap_or("not set")
                ));
            }
        }
    }
    Ok(differences)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::catalogue::Catalogue;

    #[test]
    fn the_product_s_topics_are_set_up_by_the_contract() {
        let of = |topic: &str, key: &str| -> String {
            let spec = Catalogue::default()
                .find(topic)
                .expect("it is in the catalogue");
            let found = settings(spec).into_iter().find(|(k, _)| *k == key);
            found.expect("it is set").1
        };
        for (topic, key, value) in [
            ("anpr.reads", "max.message.bytes", "1048576"),
            ("anpr.reads", "message.timestamp.type", "LogAppendTime"),
            ("anpr.reads", "cleanup.policy", "delete"),
            ("risk.profiles", "cleanup.policy", "compact"),
            ("boards", "cleanup.policy", "compact"),
            ("journal", "retention.ms", "-1"),
            ("internal", "message.timestamp.type", "LogAppendTime"),
        ] {
            assert_eq!(of(topic, key), value, "{topic} {key}");
        }
        let letters: u32 = of("dead.letters", "max.message.bytes")
            .parse()
            .expect("a number");
        assert!(
            letters >= 2 * 1024 * 1024,
            "a dead letter holds a record of 1 MiB in base64"
        );
    }
}
