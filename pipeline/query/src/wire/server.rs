//! The server: its threads, its accept loop, its end.
//!
//! Two runtimes, both of lower priority than the engine's threads: one speaks with clients, one plans and runs
//! statements. Where a broken statement takes its thread's time, deadlines and cancellations are still heard.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use datafusion::error::DataFusionError;
use datafusion_postgres::pgwire::api::{PidSecretKeyGenerator, RandomPidSecretKeyGenerator};
use datafusion_postgres::pgwire::tokio::TlsAcceptor;
use tokio::io::{AsyncWriteExt as _, DuplexStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

use super::cancel::Cancels;
use super::conversation::{over_stream, over_tcp};
use super::tls::{TlsError, acceptor};
use crate::audit::Audit;
use crate::engine::Engines;
use crate::limits::{CONNECTIONS, PLANNING_STACK_BYTES, RUNNING_STATEMENTS, SQL_NICE, SQL_THREADS, WIRE_THREADS};
use crate::roles::Role;
use crate::running::Workers;
use crate::scram::random;
use crate::sqlstate::Refusal;
use crate::store::View;
use crate::users::Auth;

/// Bytes on their way between a client in this process and the server.
const STREAM_BYTES: usize = 256 * 1024;

/// How many blocking threads either runtime may start (files of sorts that spill).
const BLOCKING_THREADS: usize = 4;

/// How the server is to be.
pub struct ServerOptions {
    /// Who is let in.
    pub auth: Auth,
    /// Certificate chain and key in PEM form. With them every client must speak TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Address, threads.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The engine cannot be set up.
    #[error("query engine: {0}")]
    Engine(#[from] DataFusionError),
    /// TLS was asked for and cannot be had.
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    /// Everybody would be let in from everywhere.
    #[error("without users only loopback is served, and {0} is not")]
    NotLoopback(SocketAddr),
    /// No secret can be made.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

/// What all conversations share.
pub(crate) struct Shared {
    pub(crate) engines: Engines,
    pub(crate) auth: Auth,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) cancels: Arc<Cancels>,
    pub(crate) keys: Keys,
    pub(crate) audit: Arc<Audit>,
    pub(crate) secret: [u8; 32],
    runtime: tokio::runtime::Handle,
    places: Arc<Semaphore>,
    role_places: Vec<(Role, Arc<Semaphore>)>,
}

/// Numbers and secrets of sessions.
pub(crate) struct Keys(RandomPidSecretKeyGenerator);

impl Keys {
    pub(crate) fn generate<C: datafusion_postgres::pgwire::api::ClientInfo>(&self, client: &C)
        -> (i32, datafusion_postgres::pgwire::messages::startup::SecretKey) {
        self.0.generate(client)
    }
}

impl Shared {
    /// Where statements of a role run.
    pub(crate) fn workers(&self, role: Role) -> Workers {
        let role_places = self.role_places.iter().find(|(r, _)| *r == role).map_or(&self.places, |(_, s)| s).clone();
        Workers { runtime: self.runtime.clone(), places: self.places.clone(), role_places }
    }
}

/// A running server.
pub struct Server {
    shared: Arc<Shared>,
    address: Option<SocketAddr>,
    wire: Option<Runtime>,
    sql: Option<Runtime>,
}

fn runtime(name: &str, threads: usize, stack: Option<usize>) -> std::io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(threads).max_blocking_threads(BLOCKING_THREADS).thread_name(name).enable_all().on_thread_start(|| {
        // On Linux the nice value is the thread's own. Where it cannot be lowered, SQL only is less polite.
        let _ = rustix::process::nice(SQL_NICE);
    });
    if let Some(bytes) = stack { builder.thread_stack_size(bytes); }
    builder.build()
}

/// Serves a listener; it must be on loopback if nobody has to log in.
pub fn serve(listener: TcpListener, view: &View, options: ServerOptions) -> Result<Server, ServeError> {
    let address = listener.local_addr()?;
    if matches!(options.auth, Auth::Loopback) && !address.ip().is_loopback() { return Err(ServeError::NotLoopback(address)); }
    let mut server = Server::embedded(view, options)?;
    listener.set_nonblocking(true)?;
    let shared = server.shared.clone();
    if let Some(wire) = &server.wire {
        let guard = wire.enter();
        let listener = tokio::net::TcpListener::from_std(listener)?;
        drop(guard);
        wire.spawn(accept(listener, shared));
    }
    server.address = Some(address);
    Ok(server)
}

async fn accept(listener: tokio::net::TcpListener, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let mut stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(e) => {
                // Out of file handles, most likely: others may leave.
                tracing::warn!(error = %e, "a SQL client cannot be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        match places.clone().try_acquire_owned() {
            Ok(place) => {
                let shared = shared.clone();
                tokio::spawn(async move {
                    over_tcp(shared, stream).await;
                    drop(place);
                });
            }
            Err(_) => {
                let _ = stream.try_write(&farewell(&Refusal::TooMany));
                let _ = stream.shutdown().await;
            }
        }
    }
}

/// An error response for a client whose first message is not even read.
fn farewell(refusal: &Refusal) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, text) in [(b'S', "FATAL"), (b'V', "FATAL"), (b'C', refusal.sqlstate()), (b'M', &refusal.to_string())] {
        body.push(field);
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    body.push(0);
    let mut message = vec![b'E'];
    message.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
    message.extend_from_slice(&body);
    message
}

impl Server {
    /// A server without an address, for clients in this process.
    pub fn embedded(view: &View, options: ServerOptions) -> Result<Self, ServeError> {
        let audit = Arc::new(Audit::default());
        let tls = options.tls.map(|(cert, key)| acceptor(&cert, &key)).transpose()?;
        let sql = runtime("sql", SQL_THREADS, Some(PLANNING_STACK_BYTES))?;
        let wire = runtime("sql-wire", WIRE_THREADS, None)?;
        let role_places = Role::ALL.iter().map(|r| (*r, Arc::new(Semaphore::new(r.running())))).collect();
        let shared = Shared {
            engines: Engines::new(view, &audit)?,
            auth: options.auth,
            tls,
            cancels: Arc::default(),
            keys: Keys(RandomPidSecretKeyGenerator::default()),
            audit,
            secret: random().map_err(|_| ServeError::NoRandomness)?,
            runtime: sql.handle().clone(),
            places: Arc::new(Semaphore::new(RUNNING_STATEMENTS)),
            role_places,
        };
        Ok(Self { shared: Arc::new(shared), address: None, wire: Some(wire), sql: Some(sql) })
    }

    /// Where it listens; the unspecified address if it does not.
    #[must_use]
    pub fn address(&self) -> SocketAddr { self.address.unwrap_or_else(|| ([0, 0, 0, 0], 0).into()) }

    /// A connection of a client in this process.
    #[must_use]
    pub fn connect(&self) -> DuplexStream {
        let (theirs, ours) = tokio::io::duplex(STREAM_BYTES);
        if let Some(wire) = &self.wire { wire.spawn(over_stream(self.shared.clone(), ours)); }
        theirs
    }

    /// Ends all conversations; no statement is waited for.
    pub fn stop(&mut self) {
        for runtime in [self.wire.take(), self.sql.take()].into_iter().flatten() { runtime.shutdown_background(); }
    }
}

impl Drop for Server {
    fn drop(&mut self) { self.stop(); }
}
