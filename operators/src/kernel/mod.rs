//! What every operator stands on: tables with dirty tracking, timers as rows, owners, messages and effects.

mod cx;
mod effects;
mod message;
mod owner;
mod refs;
pub mod seen;
mod table;
mod tables;
mod timer;

pub use cx::Cx;
pub use effects::Effects;
pub use message::{Broadcast, Envelope, Message};
pub use owner::Owner;
pub use refs::Refs;
pub use seen::Seen;
pub use table::{AnyTable, Corrupt, OrderedTable, Rows, Table, TableSet, Tracked};
pub(crate) use table::table_set;
pub use tables::Tables;
pub use timer::{TimerKey, TimerKind};
