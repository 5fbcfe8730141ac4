//! Structured logs on stderr, without personal data; `RUST_LOG` chooses.

use tracing_subscriber::EnvFilter;

/// Starts logging once; a second call changes nothing.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,fjall=warn,lsm_tree=warn"));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).json().try_init();
}
