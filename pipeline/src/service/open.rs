//! Which log, from the configuration.

use std::sync::Arc;

use anyhow::Context as _;
use kezek_connectors::log::Log;
use kezek_connectors::log::embedded::{Durability, EmbeddedLog, EmbeddedOptions};

use crate::config::{LogConfig, LogKind};

/// Opens the configured log.
///
/// # Errors
/// It is in use, disagrees with the configuration, or cannot be reached.
pub fn open_log(config: &LogConfig, clock: fn() -> i64) -> anyhow::Result<Arc<dyn Log>> {
    match config.kind {
        LogKind::Embedded => {
            std::fs::create_dir_all(&config.data_dir).with_context(|| format!("cannot make {}", config.data_dir.display()))?;
            let mut options = EmbeddedOptions::new(config.data_dir.join("log"), config.partitions);
            options.clock = clock;
            if !config.fsync { options.durability = Durability::Buffer; }
            Ok(Arc::new(EmbeddedLog::open(&options)?))
        }
        LogKind::Kafka => open_kafka(config),
    }
}

/// The Kafka client's view of the configuration. Secrets come from files only.
///
/// # Errors
/// A file cannot be read, or the protection is half configured.
#[cfg(feature = "kafka")]
pub fn kafka_options(config: &LogConfig) -> anyhow::Result<kezek_connectors::log::kafka::KafkaOptions> {
    Ok(kezek_connectors::log::kafka::KafkaOptions { brokers: config.brokers.clone(), group: config.group.clone(), prefix: String::new(),
        partitions: config.partitions, catalogue: kezek_connectors::log::Catalogue::default(), security: protection(config)? })
}

/// The client's settings for the link. What is configured beyond the chosen protection is an error: somebody believes
/// that it protects.
#[cfg(feature = "kafka")]
fn protection(config: &LogConfig) -> anyhow::Result<Vec<(String, String)>> {
    use crate::config::Security;
    let sasl = [("username", config.username.is_some()), ("password_file", config.password_file.is_some())];
    let tls = [("ca", config.ca.is_some()), ("cert", config.cert.is_some()), ("key", config.key.is_some())];
    let (name, idle): (&str, Vec<(&str, bool)>) = match config.security {
        Security::Plaintext => ("plaintext", sasl.into_iter().chain(tls).collect()),
        Security::Tls => ("tls", sasl.to_vec()),
        Security::SaslTls => ("sasl_tls", Vec::new()),
    };
    if let Some((key, _)) = idle.iter().find(|(_, set)| *set) {
        anyhow::bail!("log.{key} is set, but log.security is {name} and would not use it");
    }
    anyhow::ensure!(config.cert.is_some() == config.key.is_some(), "log.cert and log.key belong together");
    let mut settings = vec![("security.protocol".to_owned(), match config.security {
        Security::Plaintext => return Ok(Vec::new()),
        Security::Tls => "ssl".to_owned(),
        Security::SaslTls => "sasl_ssl".to_owned(),
    })];
    let mut set = |key: &str, value: String| settings.push((key.to_owned(), value));
    set("enable.ssl.certificate.verification", "true".into());
    set("ssl.endpoint.identification.algorithm", "https".into());
    for (key, file) in [("ssl.ca.location", &config.ca), ("ssl.certificate.location", &config.cert), ("ssl.key.location", &config.key)] {
        if let Some(file) = file {
            std::fs::File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
            set(key, file.display().to_string());
        }
    }
    if config.security == Security::SaslTls {
        let file = config.password_file.as_ref().context("log.password_file is needed for sasl_tls")?;
        let password = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        anyhow::ensure!(!password.trim_end().is_empty(), "{} is empty", file.display());
        set("sasl.mechanism", "SCRAM-SHA-512".into());
        set("sasl.username", config.username.clone().context("log.username is needed for sasl_tls")?);
        set("sasl.password", password.trim_end().to_owned());
    }
    Ok(settings)
}

#[cfg(feature = "kafka")]
fn open_kafka(config: &LogConfig) -> anyhow::Result<Arc<dyn Log>> {
    Ok(Arc::new(kezek_connectors::log::kafka::KafkaLog::open(&kafka_options(config)?)?))
}

#[cfg(not(feature = "kafka"))]
fn open_kafka(_config: &LogConfig) -> anyhow::Result<Arc<dyn Log>> {
    anyhow::bail!("this build has no Kafka client: build with the feature `kafka`")
}

#[cfg(all(test, feature = "kafka"))]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::config::Security;

    #[test]
    fn half_a_protection_is_refused_and_none_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| -> Option<PathBuf> {
            std::fs::write(folder.path().join(name), text).unwrap();
            Some(folder.path().join(name))
        };
        let (pem, secret, empty) = (file("a.pem", "x"), file("secret", "s3cret\n"), file("empty", "\n"));
        let with = |security, change: &dyn Fn(&mut LogConfig)| {
            let mut config = LogConfig { security, ..LogConfig::default() };
            change(&mut config);
            protection(&config)
        };
        type Change<'a> = &'a dyn Fn(&mut LogConfig);
        let refused: [(&str, Security, Change<'_>); 8] = [
            ("log.ca is set", Security::Plaintext, &|c| c.ca = pem.clone()),
            ("log.password_file is set", Security::Plaintext, &|c| c.password_file = secret.clone()),
            ("log.username is set", Security::Tls, &|c| c.username = Some("kezek".into())),
            ("belong together", Security::Tls, &|c| c.cert = pem.clone()),
            ("cannot read", Security::Tls, &|c| c.ca = Some("/nowhere/ca.pem".into())),
            ("log.password_file is needed", Security::SaslTls, &|c| c.username = Some("kezek".into())),
            ("log.username is needed", Security::SaslTls, &|c| c.password_file = secret.clone()),
            ("is empty", Security::SaslTls, &|c| (c.username, c.password_file) = (Some("kezek".into()), empty.clone())),
        ];
        for (says, security, change) in refused {
            let error = format!("{:#}", with(security, change).unwrap_err());
            assert!(error.contains(says), "{security:?}: {error}");
            assert!(!error.contains("s3cret"), "no secret in an error");
        }
        assert_eq!(with(Security::Plaintext, &|_| {}).unwrap(), Vec::new());
        let settings = with(Security::SaslTls, &|c| (c.username, c.password_file) = (Some("kezek".into()), secret.clone())).unwrap();
        for (key, value) in [("security.protocol", "sasl_ssl"), ("enable.ssl.certificate.verification", "true"), ("sasl.password", "s3cret")] {
            assert!(settings.iter().any(|(k, v)| k == key && v == value), "{key}");
        }
    }
}
