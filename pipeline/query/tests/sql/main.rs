//! The query layer as its clients see it: a real server on loopback, real clients against it.
//!
//! One binary, because every binary links the query engine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on must say so")]

mod clients;
mod hostile;
mod limits;
mod logins;
mod queries;
mod refused;
mod support;
mod views;
