//! The pages and the HTTP interface.
//!
//! [`LiveView`] folds what the engine committed into what people ask for; [`serve`] answers them. Nothing here
//! decides anything: every order of a person becomes an input record and goes through the log
//! ([`Backend::ingest`]). Invariants: the view holds committed records only; everything kept is bounded
//! ([`bounds`]); plates are masked here, by role, before they leave the process, never in the page.
#![forbid(unsafe_code)]

mod access;
mod assets;
mod backend;
pub mod bounds;
mod error;
mod labels;
mod live;
mod mask;
mod pace;
mod routes;
mod server;

pub use access::{AuthConfig, Role, User, UsersFault};
pub use backend::{AuditEntry, Backend, IngestError, ReadError, TopicRecord};
pub use live::{FollowedCommit, LiveView};
pub use server::{router, serve};
