//! The running service: a log, the shards this process owns, the follower of all journals, HTTP and SQL.
//!
//! Threads: one per owned shard, one that takes and starts shards, one follower (and one that
//! writes history), and the runtimes of HTTP and SQL.
//! Nothing that people look at can reach a shard: everything follows the journal.

mod backend;
mod follow;
#[cfg(feature = "history")]
mod history;
mod homes;
mod looks;
mod metrics;
mod open;
mod shards;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use anyhow::Context as _;
use kezek_connectors::log::Log;
use kezek_http::LiveView;
use kezek_operators::kernel::Refs;

pub use backend::LogBackend;
pub use follow::Views;
#[cfg(feature = "history")]
pub use history::history_options;
pub use homes::Homes;
#[cfg(feature = "kafka")]
pub use open::kafka_options;
pub use open::open_log;

use crate::config::Config;
use crate::shard::{Health, Snapshots};

/// What all threads of a service share.
pub struct Shared {
    /// The log.
    pub log: Arc<dyn Log>,
    /// Reference data.
    pub refs: Arc<Refs>,
    /// Counters of the shards.
    pub health: Health,
    /// The clock of arrival times and idle timers.
    pub clock: fn() -> i64,
    /// When the process began.
    pub began: Instant,
    /// Shards stop at their next step.
    pub stop_shards: AtomicBool,
    /// Followers stop when they have followed everything.
    pub stop_followers: AtomicBool,
    /// Which partition has which id.
    pub homes: Homes,
    /// A shard failed for good: the process must end.
    pub failed: std::sync::Mutex<Option<String>>,
}

/// A service that runs.
pub struct Service {
    shared: Arc<Shared>,
    shards: Option<JoinHandle<()>>,
    followers: Vec<JoinHandle<()>>,
    views: Views,
    #[cfg(feature = "sql")]
    sql: kezek_query::Server,
    runtime: tokio::runtime::Runtime,
    http: Option<(tokio::sync::oneshot::Sender<()>, tokio::task::JoinHandle<()>)>,
    /// Where HTTP listens.
    pub http_address: SocketAddr,
    /// Where SQL listens.
    pub sql_address: Option<SocketAddr>,
}

impl Service {
    /// Starts everything.
    ///
    /// # Errors
    /// The log cannot be opened or an address cannot be bound.
    pub fn start(config: &Config, refs: Arc<Refs>) -> anyhow::Result<Self> {
        Self::start_on(config, refs, kezek_connectors::log::clock::wall_clock)
    }

    /// Starts everything on another clock: the demo's runs faster.
    ///
    /// # Errors
    /// As [`Service::start`].
    pub fn start_on(config: &Config, refs: Arc<Refs>, clock: fn() -> i64) -> anyhow::Result<Self> {
        let log = open_log(&config.log, clock)?;
        let shared = Arc::new(Shared { health: Health::new(log.partitions()), log, refs, clock, began: Instant::now(),
            stop_shards: AtomicBool::new(false), stop_followers: AtomicBool::new(false), homes: Homes::default(), failed: std::sync::Mutex::new(None) });
        let snapshots = Snapshots::new(&config.log.data_dir.join("snapshots"));
        let views = Views::new(Arc::new(LiveView::new(Arc::new(shared.refs.catalogue.clone()))));
        #[cfg_attr(not(feature = "history"), allow(unused_mut, reason = "history is the second"))]
        let mut followers = vec![follow::spawn(Arc::clone(&shared), views.clone(), snapshots.clone())?];
        #[cfg(feature = "history")]
        followers.push(history::spawn(Arc::clone(&shared), config)?);
        let shards = shards::spawn(Arc::clone(&shared), snapshots)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("http").enable_all().build()?;
        let backend = Arc::new(LogBackend::new(Arc::clone(&shared), &config.log.data_dir)?);
        let users = match &config.http.users_file {
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                kezek_http::AuthConfig::parse(&text).with_context(|| path.display().to_string())?
            }
            None => kezek_http::AuthConfig::default(),
        };
        let listener = runtime.block_on(tokio::net::TcpListener::bind(config.http.listen))
            .with_context(|| format!("http.listen {}", config.http.listen))?;
        let http_address = listener.local_addr()?;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let live = Arc::clone(&views.live);
        let task = runtime.spawn(async move {
            let until = async { let _ = stopped.await; };
            if let Err(e) = kezek_http::serve(listener, live, backend, users, until).await { tracing::error!(error = %e, "http ended"); }
        });
        #[cfg(feature = "sql")]
        let sql = views.serve_sql(&config.sql)?;
        #[cfg(feature = "sql")]
        let sql_address = Some(sql.address());
        #[cfg(not(feature = "sql"))]
        let sql_address = None;
        Ok(Self { shared, shards: Some(shards), followers, views, #[cfg(feature = "sql")] sql, runtime, http: Some((stop, task)), http_address, sql_address })
    }

    /// Why the service cannot go on, if it cannot.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.shared.failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The views, for commands that ask in the same process.
    #[must_use]
    pub const fn views(&self) -> &Views { &self.views }
    /// What the threads share.
    #[must_use]
    pub const fn shared(&self) -> &Arc<Shared> { &self.shared }

    /// Stops taking input, lets the shards end their commits, writes snapshots and gives everything up.
    pub fn stop(mut self) {
        self.shared.stop_shards.store(true, Ordering::Release);
        if let Some(thread) = self.shards.take() { let _ = thread.join(); }
        self.shared.stop_followers.store(true, Ordering::Release);
        for thread in self.followers.drain(..) { let _ = thread.join(); }
        if let Some((stop, task)) = self.http.take() {
            let _ = stop.send(());
            let _ = self.runtime.block_on(async { tokio::time::timeout(std::time::Duration::from_secs(2), task).await });
        }
        #[cfg(feature = "sql")]
        self.sql.stop();
        self.runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    }
}
