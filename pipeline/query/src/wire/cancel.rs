//! Cancel requests: a connection of its own names a session and its secret, and the session's running statement ends.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use datafusion_postgres::pgwire::api::cancel::CancelHandler;
use datafusion_postgres::pgwire::messages::cancel::CancelRequest;
use datafusion_postgres::pgwire::messages::startup::SecretKey;
use hashbrown::HashMap;
use tokio_util::sync::CancellationToken;

/// The running statement of a session.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<CancellationToken>);

impl Running {
    /// A statement begins: what was asked of earlier ones does not concern it.
    pub(crate) fn begin(&self) -> CancellationToken {
        let token = CancellationToken::new();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = token.clone();
        token
    }

    fn cancel(&self) { self.0.lock().unwrap_or_else(PoisonError::into_inner).cancel(); }
}

/// Every session that can be cancelled.
#[derive(Debug, Default)]
pub(crate) struct Cancels(Mutex<HashMap<i32, (SecretKey, Arc<Running>)>>);

/// A session's entry; it leaves with it.
pub(crate) struct Entry {
    cancels: Arc<Cancels>,
    number: i32,
}

impl Drop for Entry {
    fn drop(&mut self) { self.cancels.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number); }
}

impl Cancels {
    /// Enters a session.
    pub(crate) fn enter(self: &Arc<Self>, number: i32, secret: SecretKey, running: &Arc<Running>) -> Entry {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(number, (secret, running.clone()));
        Entry { cancels: self.clone(), number }
    }
}

#[async_trait]
impl CancelHandler for Cancels {
    async fn on_cancel_request(&self, request: CancelRequest) {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((secret, running)) = sessions.get(&request.pid)
            // By value: a request's connection has agreed on no protocol version, so the same four bytes look different.
            && secret.eq_value(&request.secret_key)
        {
            running.cancel();
        }
    }
}
