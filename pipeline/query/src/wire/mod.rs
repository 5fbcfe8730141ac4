//! The Postgres wire: an accept loop of our own over the protocol's parts, because a server must be able to refuse:
//! clients without TLS where TLS is asked for, messages without end, readers who do not read.
//!
//! One statement, end to end: `frames` bounds its bytes, `conversation` takes the message, `simple` or `extended`
//! has it prepared and run by the SQL threads, `answer` sends its rows as they come and tells the audit.

mod answer;
mod cancel;
mod commands;
mod conversation;
mod cursors;
mod extended;
mod frames;
mod login;
mod server;
mod simple;
mod tls;

pub use server::{ServeError, Server, ServerOptions, serve};
