//! One client, from the first byte to the last: login, then message after message, each within its time.
//!
//! A client who does not read its rows, does not finish its login, or sends what is no message loses its connection;
//! nothing a client sends ends anything else.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use datafusion_postgres::pgwire::api::{ClientInfo, NoopHandler, PgWireConnectionState};
use datafusion_postgres::pgwire::error::{ErrorInfo, PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::response::{ReadyForQuery, TransactionStatus};
use datafusion_postgres::pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use datafusion_postgres::pgwire::tokio::server::{PgWireMessageServerCodec, negotiate_tls, process_message};
use futures::{SinkExt, StreamExt as _};
use hashbrown::HashMap;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::codec::{Framed, FramedParts};

use super::cancel::{Entry, Running};
use super::cursors::Cursors;
use super::frames::{Bound, Bounded};
use super::login::Login;
use super::server::Shared;
use crate::engine::Session;
use crate::limits::{LOGIN_MESSAGE_BYTES, LOGIN_TIME, PREPARED, PREPARED_BYTES, SLOW_READER_GRACE, STATEMENT_TIME};
use crate::prepared::Kept;
use crate::roles::Role;
use crate::running::{Clock, Workers};
use crate::settings::Settings;
use crate::sqlstate::Refusal;

/// The codec of a client's stream.
pub(crate) type Codec = PgWireMessageServerCodec<Kept>;

/// What a client who has logged in has.
pub(crate) struct Guest {
    pub(crate) user: Arc<str>,
    pub(crate) role: Role,
    pub(crate) number: i32,
    pub(crate) session: Session,
    pub(crate) workers: Workers,
    pub(crate) _entry: Entry,
}

/// The server's side of a connection.
pub(crate) struct Conversation {
    pub(crate) shared: Arc<Shared>,
    pub(crate) bound: Bound,
    pub(crate) login: Mutex<Login>,
    pub(crate) guest: OnceLock<Guest>,
    pub(crate) running: Arc<Running>,
    pub(crate) settings: Mutex<Settings>,
    pub(crate) cursors: Cursors,
    /// Bytes of what is kept under a name: (portal or statement, name).
    kept: Mutex<HashMap<(bool, String), usize>>,
}

impl Conversation {
    pub(crate) fn new(shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self { shared, bound: Arc::new(AtomicUsize::new(LOGIN_MESSAGE_BYTES)), login: Mutex::default(), guest: OnceLock::new(),
            running: Arc::default(), settings: Mutex::default(), cursors: Cursors::default(), kept: Mutex::default() })
    }

    /// The guest; a message that needs one before the login is no message.
    pub(crate) fn guest(&self) -> PgWireResult<&Guest> { Ok(self.guest.get().ok_or(Refusal::Protocol("not logged in"))?) }

    pub(crate) fn settings(&self) -> std::sync::MutexGuard<'_, Settings> { self.settings.lock().unwrap_or_else(PoisonError::into_inner) }

    /// A statement begins.
    pub(crate) fn clock(&self) -> Clock {
        Clock { deadline: Instant::now() + self.settings().statement_time(), cancelled: self.running.begin() }
    }

    /// Keeps count of what a client keeps with us.
    pub(crate) fn keep(&self, portal: bool, name: &str, bytes: usize) -> Result<(), Refusal> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.insert((portal, name.to_owned()), bytes);
        if kept.len() > PREPARED || kept.values().sum::<usize>() > PREPARED_BYTES {
            match before {
                Some(before) => kept.insert((portal, name.to_owned()), before),
                None => kept.remove(&(portal, name.to_owned())),
            };
            return Err(Refusal::Limit("too many prepared statements or portals"));
        }
        Ok(())
    }

    /// It is kept no more.
    pub(crate) fn forget(&self, portal: bool, name: &str) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(&(portal, name.to_owned()));
    }

    /// Portals end with their transaction.
    pub(crate) fn forget_portals(&self) { self.kept.lock().unwrap_or_else(PoisonError::into_inner).retain(|(portal, _), _| !portal); }
}

/// A conversation whose client may ask: what the protocol's handlers are implemented for.
pub(crate) struct Desk(pub(crate) Arc<Conversation>);

/// Speaks with a client over TCP.
pub(crate) async fn over_tcp(shared: Arc<Shared>, stream: TcpStream) {
    let deadline = Instant::now() + LOGIN_TIME;
    let Ok(Ok(Some(framed))) = timeout_at(deadline, negotiate_tls::<Kept>(stream, shared.tls.clone())).await else { return };
    let FramedParts { io, codec, read_buf, write_buf, .. } = framed.into_parts();
    // Bytes that came in the clear before TLS was agreed on were sent by who knows whom.
    if codec.client_info.is_secure && !read_buf.is_empty() { return; }
    let conversation = Conversation::new(shared);
    let Ok(stream) = Bounded::new(io, conversation.bound.clone(), &read_buf) else { return };
    let mut parts = FramedParts::new::<PgWireBackendMessage>(stream, codec);
    parts.read_buf = read_buf;
    parts.write_buf = write_buf;
    speak(conversation, Framed::from_parts(parts), deadline).await;
}

/// Speaks with a client in this process.
pub(crate) async fn over_stream<S>(shared: Arc<Shared>, stream: S)
where
    S: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static,
{
    let conversation = Conversation::new(shared);
    let Ok(stream) = Bounded::new(stream, conversation.bound.clone(), &[]) else { return };
    let client = datafusion_postgres::pgwire::api::DefaultClient::new(([127, 0, 0, 1], 0).into(), true);
    let mut framed = Framed::new(stream, Codec::new(client));
    framed.set_state(PgWireConnectionState::AwaitingStartup);
    speak(conversation, framed, Instant::now() + LOGIN_TIME).await;
}

async fn speak<S>(conversation: Arc<Conversation>, mut socket: Framed<Bounded<S>, Codec>, login_deadline: Instant)
where
    S: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static,
{
    let desk = Arc::new(Desk(conversation.clone()));
    loop {
        let message = if conversation.guest.get().is_some() {
            socket.next().await
        } else {
            timeout_at(login_deadline, socket.next()).await.unwrap_or(None)
        };
        let outcome = match message {
            None | Some(Ok(PgWireFrontendMessage::Terminate(_))) => break,
            Some(Err(_)) => {
                // What follows on the stream cannot be understood.
                let told = told(&mut socket, Refusal::Protocol("message is not understood or too long").into(), Next::Nothing);
                let _ = timeout(SLOW_READER_GRACE, told).await;
                break;
            }
            Some(Ok(message)) => {
                let next = if message.is_extended_query() { Next::Sync } else { Next::Ready };
                let work = process_message(message, &mut socket, conversation.clone(), desk.clone(), desk.clone(),
                    Arc::new(NoopHandler), conversation.shared.cancels.clone());
                // A client that does not read its rows blocks the work, not the deadline.
                match timeout(STATEMENT_TIME + SLOW_READER_GRACE, work).await {
                    Err(_) => break,
                    Ok(Ok(())) => continue,
                    Ok(Err(e)) => (e, next),
                }
            }
        };
        let (error, next) = outcome;
        if matches!(error, PgWireError::IoError(_)) { break; }
        let info = ErrorInfo::from(error);
        let next = if info.is_fatal() || conversation.guest.get().is_none() { Next::Nothing } else { next };
        let ended = matches!(next, Next::Nothing);
        match timeout(SLOW_READER_GRACE, told(&mut socket, info, next)).await {
            Ok(Ok(())) if !ended => {}
            _ => break,
        }
    }
    let _ = timeout(SLOW_READER_GRACE, SinkExt::<PgWireBackendMessage>::close(&mut socket)).await;
}

/// What the client sends after an error.
enum Next {
    /// The next query.
    Ready,
    /// Messages to be left out until a sync.
    Sync,
    /// Nothing that we read.
    Nothing,
}

impl From<Refusal> for ErrorInfo {
    fn from(refusal: Refusal) -> Self { refusal.info() }
}

async fn told<S>(socket: &mut Framed<Bounded<S>, Codec>, info: ErrorInfo, next: Next) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static,
{
    socket.feed(PgWireBackendMessage::ErrorResponse(info.into())).await?;
    let status: TransactionStatus = socket.transaction_status().to_error_state();
    socket.set_transaction_status(status);
    match next {
        Next::Ready => {
            socket.set_state(PgWireConnectionState::ReadyForQuery);
            socket.feed(PgWireBackendMessage::ReadyForQuery(ReadyForQuery::new(status))).await?;
        }
        Next::Sync => socket.set_state(PgWireConnectionState::AwaitingSync),
        Next::Nothing => {}
    }
    SinkExt::<PgWireBackendMessage>::flush(socket).await
}
