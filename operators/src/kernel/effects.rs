//! What an operator wants of the world. The shell makes it happen in one commit, or not at all.

use kezek_schemas::outputs::OutRecord;
use kezek_schemas::tables::ViewRow;

use super::Envelope;

/// Effects of one event (and, in a batch, of many).
#[derive(Debug, Default)]
pub struct Effects {
    /// Output records in order.
    pub outputs: Vec<OutRecord>,
    /// Messages in order.
    pub messages: Vec<Envelope>,
    /// Changed rows of the SQL tables; empty unless `wants_views`.
    pub views: Vec<ViewRow>,
    /// Whether anybody follows the views (`replay` does not).
    pub wants_views: bool,
    /// Names of counters to raise by one.
    pub counts: Vec<&'static str>,
}
