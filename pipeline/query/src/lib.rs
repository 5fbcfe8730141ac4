//! Live SQL over the journal.
//!
//! A follower of the journal applies commits to a [`Store`] and publishes; [`serve`] answers PostgreSQL clients, each
//! statement over one snapshot of all tables, and the command line asks through the same wire. This crate is the
//! only one that knows the query engine: its compile time stays out of the others, and nothing here can reach a
//! shard. No query writes anything; see `readonly` for how that is kept, and `roles` for who sees what.
#![forbid(unsafe_code)]

mod audit;
pub mod catalogue;
pub mod chunk;
pub mod columns;
mod engine;
mod functions;
mod interrupt;
mod keyed;
pub mod limits;
mod log;
mod prepared;
mod provider;
mod pruning;
mod queue;
mod readonly;
mod roles;
mod ruled;
mod running;
mod scram;
mod settings;
mod shown;
mod sqlstate;
pub mod store;
mod users;
mod views;
mod wire;

pub use engine::{DATABASE, SCHEMA};
pub use roles::Role;
pub use scram::{NoRandomness, Verifier};
pub use store::{Store, View};
pub use users::{Auth, Users, UsersError};
pub use wire::{ServeError, Server, ServerOptions, serve};
