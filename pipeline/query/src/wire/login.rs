//! The login: who it is, by SCRAM where there are users, and which tables that role has.
//!
//! Nothing of a session exists before the login is done; whoever fails is told so and the connection ends.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use datafusion_postgres::pgwire::api::auth::{ServerParameterProvider, StartupHandler, finish_authentication, protocol_negotiation,
    save_startup_parameters_to_metadata};
use datafusion_postgres::pgwire::api::{ClientInfo, METADATA_DATABASE, METADATA_USER, PgWireConnectionState};
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::startup::{Authentication, PasswordMessageFamily};
use datafusion_postgres::pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use futures::{Sink, SinkExt as _};

use super::conversation::{Conversation, Guest};
use crate::engine::DATABASE;
use crate::limits::MESSAGE_BYTES;
use crate::roles::Role;
use crate::scram::{Exchange, MECHANISM, Verifier};
use crate::settings::Settings;
use crate::sqlstate::{Refusal, engine_failed};
use crate::users::Auth;

/// Where a login stands.
#[derive(Default)]
pub(crate) enum Login {
    /// Nothing was said.
    #[default]
    Expected,
    /// The client was asked for its first message.
    Asked,
    /// The client was asked for its proof.
    Proving(Box<Exchange>, Role),
    /// It is over, well or not.
    Over,
}

struct Told(Settings, String);

impl ServerParameterProvider for Told {
    fn server_parameters<C: ClientInfo>(&self, _client: &C) -> Option<std::collections::HashMap<String, String>> {
        let settings = self.0.reported().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Some(settings.chain([("session_authorization".to_owned(), self.1.clone())]).collect())
    }
}

fn user_of<C: ClientInfo>(client: &C) -> String { client.metadata().get(METADATA_USER).cloned().unwrap_or_default() }

impl Conversation {
    fn step(&self) -> Login { std::mem::replace(&mut *self.login.lock().unwrap_or_else(PoisonError::into_inner), Login::Over) }

    fn now(&self, login: Login) { *self.login.lock().unwrap_or_else(PoisonError::into_inner) = login; }

    async fn enter<C>(&self, client: &mut C, role: Role) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: std::fmt::Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let user = user_of(client);
        let (number, secret) = self.shared.keys.generate(client);
        client.set_pid_and_secret_key(number, secret.clone());
        let session = self.shared.engines.session(role, &user).map_err(|e| engine_failed(&e))?;
        let entry = self.shared.cancels.enter(number, secret, &self.running);
        let guest = Guest { user: user.as_str().into(), role, number, session, workers: self.shared.workers(role), _entry: entry };
        if self.guest.set(guest).is_err() { return Err(Refusal::Protocol("logged in already").into()); }
        self.bound.store(MESSAGE_BYTES, Ordering::Relaxed);
        let settings = self.settings().clone();
        finish_authentication(client, &Told(settings, user)).await
    }

    /// Settings that came with the startup message; those we do not know are ignored, as connection poolers do.
    fn wishes<C: ClientInfo>(&self, client: &C) {
        let mut settings = self.settings();
        for (name, value) in client.metadata() {
            if ![METADATA_USER, METADATA_DATABASE, "options", "replication"].contains(&name.as_str()) { let _ = settings.set(name, value); }
        }
        for option in client.metadata().get("options").into_iter().flat_map(|o| o.split_whitespace()) {
            let assignment = option.strip_prefix("-c").or_else(|| option.strip_prefix("--")).unwrap_or(option);
            if let Some((name, value)) = assignment.split_once('=') { let _ = settings.set(name, value); }
        }
    }
}

#[async_trait]
impl StartupHandler for Conversation {
    async fn on_startup<C>(&self, client: &mut C, message: PgWireFrontendMessage) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: std::fmt::Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        match (message, self.step()) {
            (PgWireFrontendMessage::Startup(startup), Login::Expected) => {
                protocol_negotiation(client, &startup).await?;
                save_startup_parameters_to_metadata(client, &startup);
                if self.shared.tls.is_some() && !client.is_secure() { return Err(Refusal::TlsNeeded.into()); }
                let database = client.metadata().get(METADATA_DATABASE).cloned().unwrap_or_else(|| user_of(client));
                self.wishes(client);
                client.set_state(PgWireConnectionState::AuthenticationInProgress);
                match &self.shared.auth {
                    Auth::Loopback => {
                        if database != DATABASE { return Err(Refusal::NoDatabase(database).into()); }
                        self.enter(client, Role::Auditor).await
                    }
                    Auth::Users(_) => {
                        self.now(Login::Asked);
                        let ask = Authentication::SASL(vec![MECHANISM.to_owned()]);
                        Ok(client.send(PgWireBackendMessage::Authentication(ask)).await?)
                    }
                }
            }
            (PgWireFrontendMessage::PasswordMessageFamily(message), Login::Asked) => self.first(client, message).await,
            (PgWireFrontendMessage::PasswordMessageFamily(message), Login::Proving(exchange, role)) => {
                let proof = message.into_sasl_response()?;
                let Some(answer) = exchange.finish(&proof.data)? else { return Err(Refusal::Password(user_of(client)).into()) };
                client.feed(PgWireBackendMessage::Authentication(Authentication::SASLFinal(answer.into_bytes().into()))).await?;
                let database = client.metadata().get(METADATA_DATABASE).cloned().unwrap_or_else(|| user_of(client));
                if database != DATABASE { return Err(Refusal::NoDatabase(database).into()); }
                self.enter(client, role).await
            }
            _ => Err(Refusal::Scram.into()),
        }
    }
}

impl Conversation {
    async fn first<C>(&self, client: &mut C, message: PasswordMessageFamily) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: std::fmt::Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let Auth::Users(users) = &self.shared.auth else { return Err(Refusal::Scram.into()) };
        let first = message.into_sasl_initial_response()?;
        if first.auth_method != MECHANISM { return Err(Refusal::Scram.into()); }
        let name = user_of(client);
        let user = users.get(&name);
        let verifier = user.map_or_else(|| Verifier::nobody(&self.shared.secret, &name), |u| u.verifier.clone());
        let role = user.map_or(Role::Public, |u| u.role);
        let (exchange, answer) = Exchange::begin(&first.data.unwrap_or_default(), verifier, user.is_some())?;
        self.now(Login::Proving(Box::new(exchange), role));
        Ok(client.send(PgWireBackendMessage::Authentication(Authentication::SASLContinue(answer.into_bytes().into()))).await?)
    }
}
