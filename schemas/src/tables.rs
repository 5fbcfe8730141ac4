//! The rows that people query: one type per SQL table of the contract. Operators hand over a whole row each time
//! it changes (upsert by the key named beside it); append-only tables only ever add. Times are instants; the
//! query layer shows them as `timestamptz`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

type S = CompactString;

macro_rules! rows {
    ($($(#[$doc:meta])* $table:literal $kind:ident($($key:ident),*) $name:ident { $($(#[$fdoc:meta])* $field:ident: $ty:ty),* $(,)? })*) => {
        $( $(#[$doc])* #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)] #[allow(missing_docs)]
           pub struct $name { $($(#[$fdoc])* pub $field: $ty),* } )*

        /// A changed row of one of the tables.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[allow(missing_docs)]
        pub enum ViewRow { $($name(Box<$name>)),* , Delete { table: CompactString, key: Vec<CompactString> } }

        /// Every table: name, whether rows are upserted by key or appended, key columns, all columns in order.
        pub const TABLES: &[(&str, TableKind, &[&str], &[&str])] =
            &[$(($table, TableKind::$kind, &[$(stringify!($key)),*], &[$(stringify!($field)),*])),*];
    };
}

/// How rows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// The newest row of a key stands.
    Upsert,
    /// Every row stays.
    Append,
}

rows! {
    /// Bookings. Key: booking_id.
    "bookings" Upsert(booking_id) BookingRow { booking_id: S, account_id: S, checkpoint: S, scheme: S, plate: S, country: S,
        vin: Option<S>, status: S, lane: S, number: Option<u32>, slot_start: Option<Timestamp>,
        slot_end: Option<Timestamp>, seen: bool, updated_at: Timestamp }
    /// Capacity of hours. Key: checkpoint, slot_start.
    "slots" Upsert(checkpoint, slot_start) SlotRow { checkpoint: S, slot_start: Timestamp, capacity: u32, held: u32, confirmed: u32, free: u32 }
    /// The queue, as positions. Key: booking_id (position is computed by the reader from lane, slot, number).
    "queue" Upsert(booking_id) QueueRow { checkpoint: S, booking_id: S, plate: S, country: S, lane: S, status: S, slot_start: Timestamp, number: u32 }
    /// Gate decisions, every revision.
    "gate_decisions" Append() GateDecisionRow { arrival_id: S, revision: u32, checkpoint: S, camera: S, outcome: S, reason: S, rule: S,
        booking_id: Option<S>, plate: S, country: Option<S>, posterior: Option<f64>, decided_at: Timestamp }
    /// Barrier commands with what became of them. Key: command_id.
    "barrier_commands" Upsert(command_id) BarrierCommandRow { command_id: S, checkpoint: S, barrier: S, action: S, mode: S, actor: Option<S>,
        booking_id: Option<S>, issued_at: Timestamp, not_after: Timestamp, seq: u64, result: Option<S> }
    /// Journeys. Key: journey_id.
    "journeys" Upsert(journey_id) JourneyRow { journey_id: S, plate: S, country: Option<S>, booking_id: Option<S>, checkpoint: Option<S>, state: S,
        last_camera: Option<S>, last_lat: Option<f64>, last_lon: Option<f64>, last_seen_at: Option<Timestamp>, eta: Option<Timestamp> }
    /// Accepted sights.
    "sights" Append() SightRow { plate: S, country: Option<S>, camera: S, at: Timestamp, speed_kmh: Option<f64>, lat: Option<f64>, lon: Option<f64> }
    /// Weighings.
    "weighings" Append() WeighingRow { station: S, plate: Option<S>, country: Option<S>, at: Timestamp, gross_kg: f64, axles: u32, limit_kg: f64, over_pct: f64 }
    /// Risk alerts. Key: alert_id.
    "alerts" Upsert(alert_id) AlertRow { alert_id: S, kind: S, severity: u8, state: S, plate: Option<S>, country: Option<S>, region: S,
        raised_at: Timestamp, updated_at: Timestamp, score: f64 }
    /// Tasks of mobile groups. Key: task_id.
    "tasks" Upsert(task_id) TaskRow { task_id: S, alert_id: S, region: S, group_id: S, state: S, assigned_at: Timestamp, stop_started_at: Option<Timestamp> }
    /// Mobile groups. Key: group_id.
    "groups" Upsert(group_id) GroupRow { group_id: S, region: S, status: S, lat: Option<f64>, lon: Option<f64>, seen_at: Option<Timestamp> }
    /// Permit blanks in stock. Key: country, kind, year.
    "permits" Upsert(country, kind, year) PermitRow { country: S, kind: S, year: i32, stock: i64, requested: u32, issued: u32, used: u32 }
    /// Devices. Key: device.
    "devices" Upsert(device) DeviceRow { device: S, checkpoint: Option<S>, kind: S, state: S, last_seen_at: Option<Timestamp> }
    /// Source systems. Key: source.
    "sources" Upsert(source) SourceRow { source: S, state: S, last_at: Option<Timestamp>, lag_s: Option<f64> }
    /// Dead letters.
    "dead_letters" Append() DeadLetterRow { topic: S, at: Timestamp, reason: S, detail: S }
}
