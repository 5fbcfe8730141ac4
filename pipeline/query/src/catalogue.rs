//! The tables of schema `public`: names, columns in the order of the contract, and what each column means.
//!
//! `country` stands beside every `plate`. A table's shape is data here; nothing else knows the columns.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::{Schema, SchemaRef};
use kezek_schemas::tables::*;

use crate::columns::{Cell, Column, ColumnType, SqlField, type_of};

/// The name of the table of shards' commits, which is computed when it is asked.
pub const STATUS_TABLE: &str = "kezek_status";

/// A table as people see it.
#[derive(Debug)]
pub struct TableSpec {
    /// Name.
    pub name: &'static str,
    /// What its rows are.
    pub doc: &'static str,
    /// How rows come.
    pub kind: TableKind,
    /// Names of the key columns (keyed tables only).
    pub key: &'static [&'static str],
    /// Columns in order.
    pub columns: Vec<Column>,
    /// The Arrow schema.
    pub schema: SchemaRef,
}

impl TableSpec {
    /// The position of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> { self.columns.iter().position(|c| c.name == name) }
}

/// Text columns that get a hash index in every chunk, so that a look-up by their value touches only its rows.
pub const INDEXED: &[&str] = &[
    "booking_id", "plate", "vin", "account_id", "arrival_id", "command_id", "journey_id", "alert_id", "task_id",
    "group_id", "device", "source",
];

macro_rules! column {
    ($row:ident, $field:ident, $doc:literal) => {{
        let (ty, nullable) = type_of(|row: &$row| &row.$field);
        Column {
            name: stringify!($field),
            doc: $doc,
            ty,
            nullable,
            get: |row, _| match row {
                ViewRow::$row(row) => row.$field.cell(),
                _ => Cell::Null,
            },
        }
    }};
}

macro_rules! tables {
    ($($name:literal $row:ident $doc:literal { $($field:ident $cdoc:literal),* $(,)? })*) => {
        fn row_tables() -> Vec<TableSpec> {
            vec![$(spec($name, $doc, vec![$(column!($row, $field, $cdoc)),*])),*]
        }

        /// The number of the table that a row belongs to, and the row's kind; none for a deletion.
        pub(crate) fn table_name(row: &ViewRow) -> &str {
            match row { $(ViewRow::$row(_) => $name,)* ViewRow::Delete { table, .. } => table.as_str() }
        }
    };
}

fn spec(name: &'static str, doc: &'static str, columns: Vec<Column>) -> TableSpec {
    let (kind, key) = TABLES.iter().find(|t| t.0 == name).map_or((TableKind::Append, &[][..]), |t| (t.1, t.2));
    let schema = Arc::new(Schema::new(columns.iter().map(Column::field).collect::<Vec<_>>()));
    TableSpec { name, doc, kind, key, columns, schema }
}

tables! {
    "bookings" BookingRow "Bookings, newest state." {
        booking_id "Booking", account_id "Account of the portal", checkpoint "Checkpoint", scheme "Rule set",
        plate "Plate, normal form", country "Country of the plate", vin "VIN", status "State of the booking",
        lane "turn or priority", number "Number of the day", slot_start "Start of the slot", slot_end "End of the slot",
        seen "Seen at the zone or the gate", updated_at "Last change" }
    "slots" SlotRow "Capacity of the hours of a checkpoint." {
        checkpoint "Checkpoint", slot_start "Start of the hour", capacity "Places", held "Places held by unfinished requests",
        confirmed "Places confirmed", free "Places free" }
    "queue" QueueRow "The queue of each checkpoint, in order." {
        checkpoint "Checkpoint", booking_id "Booking", plate "Plate, normal form", country "Country of the plate",
        lane "turn or priority", status "State of the booking", slot_start "Start of the slot", number "Number of the day" }
    "gate_decisions" GateDecisionRow "Every decision at a gate, every revision." {
        arrival_id "Arrival", revision "Revision, from 1", checkpoint "Checkpoint", camera "Camera of the first read",
        outcome "open, ask_officer, refuse or recorded", reason "Why", rule "Rule", booking_id "Booking",
        plate "Plate, normal form", country "Country of the plate", posterior "Probability of the booking",
        decided_at "When" }
    "barrier_commands" BarrierCommandRow "Commands to barriers and what became of them." {
        command_id "Command", checkpoint "Checkpoint", barrier "Barrier", action "open, hold or release",
        mode "auto or manual", actor "Who ordered it", booking_id "Booking", issued_at "When issued",
        not_after "When it expires", seq "Number at the barrier", result "What the controller answered" }
    "journeys" JourneyRow "Journeys of vehicles to their checkpoints." {
        journey_id "Journey", plate "Plate, normal form", country "Country of the plate", booking_id "Booking",
        checkpoint "Booked checkpoint", state "State", last_camera "Camera of the last sight", last_lat "Latitude of it",
        last_lon "Longitude of it", last_seen_at "Time of it", eta "Expected at the checkpoint" }
    "sights" SightRow "Sights of road cameras." {
        plate "Plate, normal form", country "Country of the plate", camera "Camera", at "When", speed_kmh "Speed",
        lat "Latitude", lon "Longitude" }
    "weighings" WeighingRow "Weighings." {
        station "Station", plate "Plate, normal form", country "Country of the plate", at "When", gross_kg "Gross mass",
        axles "Axles", limit_kg "Limit that applies", over_pct "Over the limit, per cent" }
    "alerts" AlertRow "Risk alerts, newest state." {
        alert_id "Alert", kind "Rule", severity "Severity", state "raised, updated or cleared", plate "Plate, normal form",
        country "Country of the plate", region "Region", raised_at "When raised", updated_at "Last change", score "Score" }
    "tasks" TaskRow "Tasks of mobile groups, newest state." {
        task_id "Task", alert_id "Alert", region "Region", group_id "Group", state "State", assigned_at "When assigned",
        stop_started_at "When the stop began" }
    "groups" GroupRow "Mobile groups." {
        group_id "Group", region "Region", status "Status", lat "Latitude", lon "Longitude", seen_at "Last position" }
    "permits" PermitRow "Foreign permit blanks." {
        country "Country", kind "Kind", year "Year", stock "Blanks in stock", requested "Requested", issued "Issued",
        used "Used" }
    "devices" DeviceRow "Devices and their state." {
        device "Device", checkpoint "Checkpoint", kind "Kind", state "State", last_seen_at "Last heard" }
    "sources" SourceRow "Source systems and their state." {
        source "Source", state "State", last_at "Last record", lag_s "Seconds behind" }
    "dead_letters" DeadLetterRow "Records that could not be understood." {
        topic "Topic", at "When", reason "Stable code", detail "Why" }
}

static SPECS: LazyLock<Vec<TableSpec>> = LazyLock::new(|| {
    let mut specs = row_tables();
    for table in &mut specs {
        if table.name == "queue" {
            let position = Column {
                name: "position", doc: "Place in the queue, from 1", ty: ColumnType::Int, nullable: false,
                get: |_, place| Cell::Int(place),
            };
            table.columns.insert(1, position);
            table.schema = Arc::new(Schema::new(table.columns.iter().map(Column::field).collect::<Vec<_>>()));
        }
    }
    specs
});

/// Every table that follows the journal (all but [`STATUS_TABLE`]).
#[must_use]
pub fn tables() -> &'static [TableSpec] { &SPECS }

/// A table by name.
#[must_use]
pub fn table(name: &str) -> Option<&'static TableSpec> { SPECS.iter().find(|t| t.name == name) }

/// What `\d table` of the command line shows: columns, types, meaning.
#[must_use]
pub fn describe(name: &str) -> Option<String> {
    let spec = table(name)?;
    let mut out = format!("{}: {}\n", spec.name, spec.doc);
    for column in &spec.columns {
        let null = if column.nullable { "" } else { " not null" };
        out.push_str(&format!("  {:<16} {:<26} {}\n", column.name, format!("{}{null}", column.ty.sql()), column.doc));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_the_contract() {
        for (name, columns) in [
            ("bookings", "booking_id account_id checkpoint scheme plate country vin status lane number slot_start slot_end seen updated_at"),
            ("slots", "checkpoint slot_start capacity held confirmed free"),
            ("queue", "checkpoint position booking_id plate country lane status slot_start number"),
            ("gate_decisions", "arrival_id revision checkpoint camera outcome reason rule booking_id plate country posterior decided_at"),
            ("barrier_commands", "command_id checkpoint barrier action mode actor booking_id issued_at not_after seq result"),
            ("journeys", "journey_id plate country booking_id checkpoint state last_camera last_lat last_lon last_seen_at eta"),
            ("sights", "plate country camera at speed_kmh lat lon"),
            ("weighings", "station plate country at gross_kg axles limit_kg over_pct"),
            ("alerts", "alert_id kind severity state plate country region raised_at updated_at score"),
            ("tasks", "task_id alert_id region group_id state assigned_at stop_started_at"),
            ("groups", "group_id region status lat lon seen_at"),
            ("permits", "country kind year stock requested issued used"),
            ("devices", "device checkpoint kind state last_seen_at"),
            ("sources", "source state last_at lag_s"),
            ("dead_letters", "topic at reason detail"),
        ] {
            let shown: Vec<_> = table(name).unwrap().columns.iter().map(|c| c.name).collect();
            assert_eq!(shown.join(" "), columns, "{name}");
        }
    }

    #[test]
    fn every_field_of_every_row_is_shown() {
        for (name, _, key, fields) in TABLES {
            let spec = table(name).unwrap_or_else(|| panic!("no table {name}"));
            for field in key.iter().chain(fields.iter()) {
                assert!(spec.column(field).is_some(), "{name}.{field}");
            }
        }
    }
}
