//! An alert on its way to the region that publishes it. The same `alert_id` raised again is an update; the region's
//! owner keeps the state (raised, updated, cleared), gives the record its id and sends a mobile group.

use compact_str::CompactString;
use kezek_schemas::ids::{AlertId, BookingId, Country, JourneyId, RegionId};
use kezek_schemas::plate::Plate;
use serde::{Deserialize, Serialize};

use crate::kernel::{Cx, Message, Owner};

/// What happened to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum AlertState { Raised, Updated, Cleared }

/// An alert (`risk.alerts`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Deterministic: from the rule, the vehicle or journey, and the first cause.
    pub alert_id: AlertId,
    /// Rule code (`T-ROUTE`) or `DEVICE`.
    pub kind: CompactString,
    /// 1-4; a task is made from 3.
    pub severity: u8,
    /// What happened.
    pub state: AlertState,
    /// The vehicle; none for notices.
    pub plate: Option<Plate>,
    /// Its country.
    pub country: Option<Country>,
    /// The region that publishes it.
    pub region: RegionId,
    /// Where: degrees north.
    pub lat: f64,
    /// Where: degrees east.
    pub lon: f64,
    /// How sure, 0-1.
    pub score: f64,
    /// Evidence items, each a JSON object as text (no personal data beyond need).
    pub evidence: Vec<String>,
    /// The journey.
    pub journey_id: Option<JourneyId>,
    /// The booking.
    pub booking_id: Option<BookingId>,
    /// For the desk only: nobody is sent.
    pub desk_only: bool,
    /// Nodes the vehicle is expected to pass, in order, with kilometres from its last sight: for dispatch.
    pub way: Vec<(kezek_schemas::ids::NodeId, f64)>,
}

/// Sends an alert to its region.
pub fn raise(cx: &mut Cx<'_>, alert: Alert) { tell(cx, false, alert); }

/// Sends an alert to its region; nobody is sent after a vehicle for what came late.
pub fn tell(cx: &mut Cx<'_>, late: bool, alert: Alert) {
    let region = alert.region.clone();
    cx.send(Owner::Region(region), Message::Dispatch(crate::dispatch::Msg::Alert { alert: Box::new(alert), late }));
}
