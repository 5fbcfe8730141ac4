//! The configuration of the service: TOML, every key also as an environment variable (`KEZEK_LOG__BROKERS`), parsed
//! once into types. An unknown key is an error that names the nearest known one.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use kezek_operators::kernel::Refs;
use kezek_schemas::reference::{Catalogue, CatalogueFiles, SHIPPED};
use serde::{Deserialize, Serialize};

use crate::limits::SHARDS;

/// Everything that can be configured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The log.
    pub log: LogConfig,
    /// HTTP.
    pub http: HttpConfig,
    /// SQL.
    pub sql: SqlConfig,
    /// History.
    pub history: HistoryConfig,
    /// Places, roads and devices.
    pub catalogue: CatalogueConfig,
}

/// Which log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    /// Apache Kafka.
    Kafka,
    /// In this process, on local disk.
    #[default]
    Embedded,
}

/// How the link to the brokers is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// Not at all.
    #[default]
    Plaintext,
    /// TLS.
    Tls,
    /// SASL/SCRAM over TLS.
    SaslTls,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogConfig {
    /// Which log.
    pub kind: LogKind,
    /// Kafka: bootstrap servers.
    pub brokers: String,
    /// Kafka: consumer group; also the prefix of transactional ids.
    pub group: String,
    /// Partitions of every topic.
    #[serde(deserialize_with = "written")]
    pub partitions: u32,
    /// Embedded log, snapshots, history.
    pub data_dir: PathBuf,
    /// Embedded: wait for the disk at each commit.
    #[serde(deserialize_with = "written")]
    pub fsync: bool,
    /// Kafka: protection of the link.
    pub security: Security,
    /// PEM file of the authorities we trust.
    pub ca: Option<PathBuf>,
    /// PEM file of our certificate.
    pub cert: Option<PathBuf>,
    /// PEM file of our key.
    pub key: Option<PathBuf>,
    /// SASL user.
    pub username: Option<String>,
    /// File with the SASL password.
    pub password_file: Option<PathBuf>,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { kind: LogKind::Embedded, brokers: "127.0.0.1:9092".into(), group: "kezek".into(), partitions: 4,
            data_dir: "./kezek-data".into(), fsync: true, security: Security::Plaintext, ca: None, cert: None, key: None,
            username: None, password_file: None }
    }
}

/// `[http]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpConfig {
    /// Address.
    pub listen: SocketAddr,
    /// Users: name, argon2 hash, role, scope. Without it only loopback is served.
    pub users_file: Option<PathBuf>,
}

impl Default for HttpConfig {
    fn default() -> Self { Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)), users_file: None } }
}

/// `[sql]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SqlConfig {
    /// Address.
    pub listen: SocketAddr,
    /// Users: name, SCRAM verifier, role. Without it only loopback is served.
    pub users_file: Option<PathBuf>,
    /// PEM file of the server's certificate chain; with it every client must speak TLS.
    pub cert: Option<PathBuf>,
    /// PEM file of its key.
    pub key: Option<PathBuf>,
}

impl Default for SqlConfig {
    fn default() -> Self { Self { listen: SocketAddr::from(([127, 0, 0, 1], 5433)), users_file: None, cert: None, key: None } }
}

/// `[history]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryConfig {
    /// Rows are written at least so often, seconds; a clean stop writes what waits.
    #[serde(deserialize_with = "written")]
    pub flush_s: u64,
    /// Rows that wait in memory at most.
    #[serde(deserialize_with = "written")]
    pub flush_rows: usize,
    /// File with a key of at least 32 bytes: plates are replaced by their keyed HMAC. Without it plates are kept.
    pub pseudonym_key_file: Option<PathBuf>,
    /// `table,days` by line; the shipped one without it.
    pub retention_file: Option<PathBuf>,
}

impl Default for HistoryConfig {
    fn default() -> Self { Self { flush_s: 300, flush_rows: 200_000, pseudonym_key_file: None, retention_file: None } }
}

/// `[catalogue]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CatalogueConfig {
    /// Folder with any of the six files (`checkpoints.csv`, `regions.csv`, `nodes.csv`, `edges.csv`, `cameras.csv`, `scales.csv`);
    /// the shipped ones stand in for those that are not there.
    pub dir: Option<PathBuf>,
}

/// A value, or the text of one: the environment has texts only.
fn written<'de, D: serde::Deserializer<'de>, T: Deserialize<'de> + std::str::FromStr>(d: D) -> Result<T, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written<T> { Value(T), Text(String) }
    match Written::<T>::deserialize(d)? {
        Written::Value(value) => Ok(value),
        Written::Text(text) => text.trim().parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is not understood"))),
    }
}

const KNOWN: &[(&str, &[&str])] = &[
    ("log", &["kind", "brokers", "group", "partitions", "data_dir", "fsync", "security", "ca", "cert", "key", "username", "password_file"]),
    ("http", &["listen", "users_file"]),
    ("sql", &["listen", "users_file", "cert", "key"]),
    ("history", &["flush_s", "flush_rows", "pseudonym_key_file", "retention_file"]),
    ("catalogue", &["dir"]),
];

/// A wrong configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {0}: {1}")]
    File(String, std::io::Error),
    /// The file is no TOML.
    #[error("{0}: {1}")]
    Syntax(String, toml::de::Error),
    /// A key nobody knows.
    #[error("{place}: unknown key `{key}`; did you mean `{nearest}`?")]
    UnknownKey {
        /// File or environment.
        place: String,
        /// The key.
        key: String,
        /// The nearest known one.
        nearest: String,
    },
    /// A value that does not fit.
    #[error("{0}")]
    Value(String),
}

impl Config {
    /// Reads a file (none: defaults) and the environment over it.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(path) = file {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|e| ConfigError::File(name.clone(), e))?;
            let table: toml::Table = text.parse().map_err(|e| ConfigError::Syntax(name.clone(), e))?;
            check_keys(&name, &table)?;
            figment = figment.merge(Toml::string(&text));
        }
        // Only names with `__` are keys of ours: KEZEK_LOG__BROKERS. Values are texts: a group named `7` stays one.
        for (name, value) in std::env::vars_os() {
            let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
            let Some((section, key)) = name.strip_prefix("KEZEK_").and_then(|n| n.split_once("__")) else { continue };
            let key = format!("{}.{}", section.to_lowercase(), key.to_lowercase().replace("__", "."));
            check_key("environment", &key)?;
            figment = figment.merge(Serialized::default(&key, value));
        }
        let config: Self = figment.extract().map_err(|e| ConfigError::Value(e.to_string()))?;
        config.check()
    }

    /// The reference data: the shipped ones, with the configured catalogue.
    ///
    /// # Errors
    /// A file cannot be read or is wrong, with file and line.
    pub fn reference(&self) -> Result<Refs, ConfigError> {
        let fault = |e: kezek_schemas::reference::ReferenceError| ConfigError::Value(e.to_string());
        let Some(dir) = &self.catalogue.dir else { return Refs::shipped().map_err(fault) };
        if !dir.is_dir() { return Err(ConfigError::Value(format!("catalogue.dir: {} is no folder", dir.display()))); }
        let read = |name: &str| -> Result<Option<String>, ConfigError> {
            let path = dir.join(name);
            if !path.exists() { return Ok(None); }
            std::fs::read_to_string(&path).map(Some).map_err(|e| ConfigError::File(path.display().to_string(), e))
        };
        let (checkpoints, regions, nodes) = (read("checkpoints.csv")?, read("regions.csv")?, read("nodes.csv")?);
        let (edges, cameras, scales) = (read("edges.csv")?, read("cameras.csv")?, read("scales.csv")?);
        let files = CatalogueFiles {
            checkpoints: checkpoints.as_deref().unwrap_or(SHIPPED.checkpoints),
            regions: regions.as_deref().unwrap_or(SHIPPED.regions),
            nodes: nodes.as_deref().unwrap_or(SHIPPED.nodes),
            edges: edges.as_deref().unwrap_or(SHIPPED.edges),
            cameras: cameras.as_deref().unwrap_or(SHIPPED.cameras),
            scales: scales.as_deref().unwrap_or(SHIPPED.scales),
        };
        Catalogue::parse(&files).and_then(Refs::new).map_err(fault)
    }

    /// The files the configuration names, by key.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let (log, users) = (&self.log, [("http.users_file", &self.http.users_file), ("sql.users_file", &self.sql.users_file)]);
        [("log.ca", &log.ca), ("log.cert", &log.cert), ("log.key", &log.key), ("log.password_file", &log.password_file)].into_iter()
            .chain(users).filter_map(|(key, file)| Some((key, file.as_deref()?)))
    }

    fn check(self) -> Result<Self, ConfigError> {
        if self.log.partitions == 0 || self.log.partitions > SHARDS {
            return Err(ConfigError::Value(format!("log.partitions is {}; it must be 1 to {SHARDS}", self.log.partitions)));
        }
        for (name, listen, users) in [("http", self.http.listen, &self.http.users_file), ("sql", self.sql.listen, &self.sql.users_file)] {
            if users.is_none() && !listen.ip().is_loopback() {
                return Err(ConfigError::Value(format!("{name}.listen is {listen}, but without {name}.users_file only loopback is served")));
            }
        }
        if self.sql.cert.is_some() != self.sql.key.is_some() {
            return Err(ConfigError::Value("sql.cert and sql.key belong together".to_owned()));
        }
        Ok(self)
    }
}

fn check_keys(place: &str, table: &toml::Table) -> Result<(), ConfigError> {
    for (section, value) in table {
        match value {
            toml::Value::Table(keys) => {
                for key in keys.keys() { check_key(place, &format!("{section}.{key}"))?; }
                if keys.is_empty() { check_key(place, section)?; }
            }
            _ => check_key(place, section)?,
        }
    }
    Ok(())
}

fn check_key(place: &str, key: &str) -> Result<(), ConfigError> {
    let known: Vec<String> = KNOWN.iter().flat_map(|(s, keys)| keys.iter().map(move |k| format!("{s}.{k}"))).collect();
    if known.iter().any(|k| k == key) || KNOWN.iter().any(|(s, _)| *s == key) { return Ok(()); }
    let nearest = known.iter().min_by_key(|k| strsim::damerau_levenshtein(k, key)).cloned().unwrap_or_default();
    Err(ConfigError::UnknownKey { place: place.to_owned(), key: key.to_owned(), nearest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Config::load(Some(file.path()))
    }

    #[test]
    fn a_catalogue_of_our_own() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { catalogue: CatalogueConfig { dir: Some(folder.path().into()) }, ..Config::default() };
        assert_eq!(config.reference().unwrap().catalogue, Catalogue::shipped().unwrap(), "an empty folder changes nothing");
        std::fs::write(folder.path().join("cameras.csv"), "camera,road,kind,from,to,at_km,lat,lon,region\nroad/a,M36,toll,AST,TMT,1,51,71,astana\n").unwrap();
        let devices = config.reference().unwrap().catalogue.road_devices;
        assert!(devices.contains_key(&"road/a".into()) && !devices.contains_key(&"road/tmt-kgd".into()));
        std::fs::write(folder.path().join("edges.csv"), "from,to,km,road,source\nAST,XXX,1,a,b\n").unwrap();
        assert_eq!(config.reference().unwrap_err().to_string(), "edges.csv:2: unknown node `XXX`");
    }

    #[test]
    fn wrong_keys_and_values_are_named() {
        for (text, says) in [
            ("[log]\nbroker = \"x\"", "did you mean `log.brokers`"),
            ("[htpp]\nlisten = \"127.0.0.1:1\"", "did you mean `http.listen`"),
            ("[log]\npartitions = 0", "log.partitions is 0"),
            ("[log]\nkind = \"rabbit\"", "rabbit"),
            ("[http]\nlisten = \"0.0.0.0:80\"", "only loopback"),
            ("[sql]\ncert = \"x.pem\"", "belong together"),
            ("[log\n", "expected"),
        ] {
            let error = load(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
        let good = load("[log]\nkind = \"kafka\"\npartitions = 8\n[sql]\nlisten = \"127.0.0.1:0\"").unwrap();
        assert_eq!(load("[log]\npartitions = \"6\"\nfsync = \"false\"").map(|c| (c.log.partitions, c.log.fsync)).unwrap(), (6, false));
        assert_eq!((good.log.kind, good.log.partitions, good.http), (LogKind::Kafka, 8, HttpConfig::default()));
    }
}
