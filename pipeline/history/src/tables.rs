//! The tables of history: the append-only tables of the contract, their columns in order, how they are sorted, which
//! column gives the date, and which columns name a person's vehicle.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef};
use jiff::civil::Date;
use kezek_schemas::tables::*;
use kezek_schemas::time::{Timestamp, Zone, days_since_epoch};

use crate::column::{Builder, ColumnType, Field, type_of};

/// Where the day of `date` begins and ends. All of Kazakhstan has had one clock since 1 March 2024; before, history of the
/// west is partitioned by the clock of Almaty too, so that a day is one partition.
pub const HISTORY_ZONE: &str = "Asia/Almaty";

/// The partition column.
pub(crate) const DATE: &str = "date";

/// A column.
#[derive(Debug)]
pub(crate) struct Column {
    pub name: &'static str,
    pub ty: ColumnType,
    pub nullable: bool,
}

/// A table of history.
pub(crate) struct Spec {
    pub name: &'static str,
    pub columns: Vec<Column>,
    /// Sorted by these, in this order.
    pub sort: &'static [&'static str],
    /// The column whose day is the row's date.
    pub time: &'static str,
    /// Columns that name a vehicle or lead to its owner. They are what a pseudonym replaces or forgetting empties, and what
    /// the comparison with the journal leaves out.
    pub personal: &'static [&'static str],
    /// Columns and `date`.
    pub schema: SchemaRef,
    /// Whether the row is one of this table.
    pub has: fn(&ViewRow) -> bool,
    /// Puts the row's values into the builders of the columns; the row's time. None: it is not this table's.
    pub put: fn(&ViewRow, &mut [Builder]) -> Option<Timestamp>,
}

macro_rules! history {
    ($($name:literal $row:ident sort[$($sort:ident),*] time[$time:ident] personal[$($personal:ident),*] { $($field:ident),* $(,)? })*) => {
        static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(|| vec![$({
            let columns: Vec<Column> = vec![$({
                let (ty, nullable) = type_of(|row: &$row| &row.$field);
                Column { name: stringify!($field), ty, nullable }
            }),*];
            let mut fields: Vec<ArrowField> = columns.iter().map(|c| ArrowField::new(c.name, c.ty.arrow(), c.nullable)).collect();
            fields.push(ArrowField::new(DATE, DataType::Date32, false));
            Spec { name: $name, columns, sort: &[$(stringify!($sort)),*], time: stringify!($time), personal: &[$(stringify!($personal)),*],
                schema: Arc::new(Schema::new(fields)), has: |row| matches!(row, ViewRow::$row(_)), put: |row, builders| {
                    let ViewRow::$row(row) = row else { return None };
                    // Every field is named: a new one of the row does not compile until it has its column here.
                    let $row { $($field),* } = &**row;
                    let at = *$time;
                    let mut builders = builders.iter_mut();
                    $( if let Some(builder) = builders.next() { $field.put(builder); } )*
                    Some(at)
                } }
        }),*]);
    };
}

history! {
    "gate_decisions" GateDecisionRow sort[checkpoint, plate, decided_at] time[decided_at] personal[plate, booking_id] {
        arrival_id, revision, checkpoint, camera, outcome, reason, rule, booking_id, plate, country, posterior, decided_at }
    "sights" SightRow sort[plate, at] time[at] personal[plate] { plate, country, camera, at, speed_kmh, lat, lon }
    "weighings" WeighingRow sort[station, plate, at] time[at] personal[plate] {
        station, plate, country, at, gross_kg, axles, limit_kg, over_pct }
    "dead_letters" DeadLetterRow sort[topic, at] time[at] personal[] { topic, at, reason, detail }
}

/// All tables.
pub(crate) fn specs() -> &'static [Spec] { &SPECS }

/// The names of the tables.
#[must_use]
pub fn names() -> Vec<&'static str> { SPECS.iter().map(|s| s.name).collect() }

/// The day an instant is in, as history has it; none if the tz database lacks [`HISTORY_ZONE`].
#[must_use]
pub fn day(at: Timestamp) -> Option<Date> { Zone::get(HISTORY_ZONE).map(|zone| zone.date_hour(at).0) }

/// The table of a row, if it is kept in history.
pub(crate) fn spec_of(row: &ViewRow) -> Option<(usize, &'static Spec)> { SPECS.iter().enumerate().find(|(_, s)| (s.has)(row)) }

/// The days of instants.
#[derive(Clone, Debug)]
pub(crate) struct Days(Zone);

impl Days {
    pub(crate) fn new() -> Option<Self> { Zone::get(HISTORY_ZONE).map(Self) }

    /// Days since 1970 of the day an instant is in.
    pub(crate) fn of(&self, at: Timestamp) -> i32 { days_since_epoch(self.0.date_hour(at).0) }

    /// As text, the way the partition is named.
    pub(crate) fn text(days: i32) -> String { kezek_schemas::time::date_of_days(days).unwrap_or(Date::ZERO).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_keeps_exactly_the_append_only_tables_with_their_columns() {
        let ours: Vec<_> = SPECS.iter().map(|s| (s.name, s.columns.iter().map(|c| c.name).collect::<Vec<_>>())).collect();
        let theirs: Vec<_> = TABLES.iter().filter(|t| t.1 == TableKind::Append).map(|t| (t.0, t.3.to_vec())).collect();
        assert_eq!(ours, theirs);
        for spec in specs() {
            for name in spec.sort.iter().chain(spec.personal).chain([&spec.time]) {
                assert!(spec.columns.iter().any(|c| c.name == *name), "{}.{name}", spec.name);
            }
        }
    }

    #[test]
    fn a_day_is_the_local_one() {
        let days = Days::new().unwrap();
        for (at, date) in [
            ("2025-06-30T18:59:59Z", "2025-06-30"),
            ("2025-06-30T19:00:00Z", "2025-07-01"),
            ("2025-07-01T00:00:00+05:00", "2025-07-01"),
            // Before 1 March 2024 Almaty's clock was six hours ahead.
            ("2024-01-31T18:00:00Z", "2024-02-01"),
        ] {
            assert_eq!(Days::text(days.of(Timestamp::parse(at).unwrap())), date, "{at}");
        }
    }
}
