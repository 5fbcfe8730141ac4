//! The settings of every client we make, in one place, each with its reason.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

use super::KafkaOptions;

/// A transaction that is open longer is rolled back by the broker, also when its owner is dead:
/// until then nobody sees beyond it.
pub(super) const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);
/// A record that is not acknowledged by then fails its transaction. Must be the shorter one.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(8);
/// Silence of an instance after which its shards go to others; the shortest that brokers allow
/// by default.
const SESSION_TIMEOUT: Duration = Duration::from_secs(6);
/// How long any single question to a broker may take.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Records of one batch; one larger record still goes, alone.
const BATCH_BYTES: usize = 900_000;
/// The client's own bound on one record; each topic has a smaller one.
const RECORD_BYTES: usize = 20 * 1024 * 1024;
/// Bytes that wait to be sent.
const SEND_QUEUE_KIB: usize = 256 * 1024;
/// Bytes that are fetched and wait for one reader.
const FETCH_QUEUE_KIB: usize = 16 * 1024;

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

/// What all clients have in common.
pub(super) fn common(options: &KafkaOptions) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &options.brokers)
        .set("client.id", "kezek")
        .set("socket.nagle.disable", "true")
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "1000")
        .set("retry.backoff.ms", "10");
    for (key, value) in &options.security {
        config.set(key, value);
    }
    config
}

/// A reader of chosen partitions. It names the group, for the broker's access rules, and never
/// joins it.
pub(super) fn reader(options: &KafkaOptions) -> ClientConfig {
    let mut config = common(options);
    config
        .set("group.id", &options.group)
        .set("isolation.level", "read_committed")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        // The end of a partition is news that the merge of topics waits for; it comes with the
        // first empty answer, so an empty answer must come soon.
        .set("enable.partition.eof", "true")
        .set("fetch.wait.max.ms", "10")
        .set("fetch.queue.backoff.ms", "5")
        .set("fetch.error.backoff.ms", "50")
        // Records that are gone are said to be gone, never skipped.
        .set("auto.offset.reset", "error")
        .set("queued.min.messages", "100000")
        .set("queued.max.messages.kbytes", FETCH_QUEUE_KIB.to_string());
    config
}

/// The member of the group: it reads nothing.
pub(super) fn member(options: &KafkaOptions) -> ClientConfig {
    let mut config = common(options);
    config
        .set("group.id", &options.group)
        .set("isolation.level", "read_committed")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("session.timeout.ms", millis(SESSION_TIMEOUT))
        .set("heartbeat.interval.ms", "1000")
        .set("max.poll.interval.ms", "60000")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "latest");
    config
}

fn producer(options: &KafkaOptions) -> ClientConfig {
    let mut config = common(options);
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("batch.size", BATCH_BYTES.to_string())
        .set("message.max.bytes", RECORD_BYTES.to_string())
        .set("message.timeout.ms", millis(MESSAGE_TIMEOUT))
        .set("queue.buffering.max.messages", "1000000")
        .set("queue.buffering.max.kbytes", SEND_QUEUE_KIB.to_string());
    config
}

/// The writer of one shard.
pub(super) fn writer(options: &KafkaOptions, shard: u32) -> ClientConfig {
    let mut config = producer(options);
    config
        .set("transactional.id", format!("{}-{shard}", options.group))
        .set("transaction.timeout.ms", millis(TRANSACTION_TIMEOUT))
        .set("linger.ms", "0")
        // The only place where the client tells that it repeated the end of a transaction.
        .set("debug", "eos")
        .set_log_level(RDKafkaLogLevel::Debug);
    config
}

/// The writer of input records.
pub(super) fn appender(options: &KafkaOptions) -> ClientConfig {
    let mut config = producer(options);
    config.set("linger.ms", "1");
    config
}
