//! A Kafka broker of the test's own, by `deploy/kafka/broker.sh`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A running broker; gone when dropped.
pub struct Broker {
    folder: PathBuf,
    port: u16,
    security: &'static str,
    /// Its address.
    pub address: String,
}

impl Broker {
    /// Starts one that keeps everything in a folder. `None`, said loudly, on a machine that has none: `deploy/test.sh`
    /// sets `KEZEK_TEST_BROKERS` when it could start one.
    pub fn start(folder: &Path, test: &str) -> Option<Self> { Self::with(folder, test, "plaintext") }

    /// The same, and clients must come over TLS with a password: `tls/` in the folder holds what they need.
    pub fn secure(folder: &Path, test: &str) -> Option<Self> { Self::with(folder, test, "sasl_tls") }

    fn with(folder: &Path, test: &str, security: &'static str) -> Option<Self> {
        if std::env::var_os("KEZEK_TEST_BROKERS").is_none() {
            eprintln!("NOT RUN: {test} needs Kafka brokers: KEZEK_TEST_BROKERS is not set");
            return None;
        }
        let port = free_port();
        let mut broker = Self { folder: folder.to_owned(), port, security, address: String::new() };
        broker.address = broker.script("start").expect("the broker starts");
        Some(broker)
    }

    fn script(&self, action: &str) -> Option<String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/kafka/broker.sh");
        let mut command = Command::new("bash");
        command.arg(script).arg(action).arg(&self.folder).arg(self.port.to_string())
            .env("KEZEK_BROKER_SECURITY", self.security).stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = command.output().expect("bash runs");
        let said = String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned();
        output.status.success().then_some(said)
    }

    /// Ends it as a power cut would.
    pub fn kill(&self) { assert!(self.script("kill").is_some(), "the broker is killed"); }

    /// Starts it again on what it kept.
    pub fn restart(&self) { assert!(self.script("start").is_some(), "the broker starts again"); }
}

impl Drop for Broker {
    fn drop(&mut self) { let _gone_already = self.script("kill"); }
}

/// A port, with the two after it, that nobody listens on.
fn free_port() -> u16 {
    loop {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
        if port < u16::MAX - 1 && free(port + 1) && free(port + 2) { return port; }
    }
}
