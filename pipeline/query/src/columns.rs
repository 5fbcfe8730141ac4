//! How a row's fields become SQL values: the few SQL types that every client understands, and the reading of one
//! field of a row as one of them.
//!
//! Result types are kept to `integer`, `bigint`, `double precision`, `text`, `boolean` and `timestamptz`.

use std::sync::Arc;

use compact_str::CompactString;
use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int32Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};
use kezek_schemas::tables::ViewRow;
use kezek_schemas::time::Timestamp;

/// The offset that `timestamptz` values carry.
pub const UTC: &str = "+00:00";

/// A SQL type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// `text`
    Text,
    /// `integer`
    Int,
    /// `bigint`
    BigInt,
    /// `double precision`
    Double,
    /// `boolean`
    Bool,
    /// `timestamptz`, microseconds
    Time,
}

impl ColumnType {
    /// The Arrow type.
    #[must_use]
    pub fn arrow(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Int => DataType::Int32,
            Self::BigInt => DataType::Int64,
            Self::Double => DataType::Float64,
            Self::Bool => DataType::Boolean,
            Self::Time => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        }
    }

    /// The name PostgreSQL gives the type.
    #[must_use]
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Int => "integer",
            Self::BigInt => "bigint",
            Self::Double => "double precision",
            Self::Bool => "boolean",
            Self::Time => "timestamp with time zone",
        }
    }
}

/// One value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// Text.
    Text(&'a str),
    /// A small integer.
    Int(i32),
    /// An integer.
    BigInt(i64),
    /// A number.
    Double(f64),
    /// A truth value.
    Bool(bool),
    /// An instant, microseconds since 1970.
    Time(i64),
}

/// A field type that has a SQL type.
pub trait SqlField {
    /// Its SQL type.
    const TYPE: ColumnType;
    /// Whether it may be absent.
    const NULLABLE: bool;
    /// Its value.
    fn cell(&self) -> Cell<'_>;
}

macro_rules! field {
    ($ty:ty, $kind:ident, $self:ident => $value:expr) => {
        impl SqlField for $ty {
            const TYPE: ColumnType = ColumnType::$kind;
            const NULLABLE: bool = false;
            fn cell(&self) -> Cell<'_> {
                let $self = self;
                Cell::$kind($value)
            }
        }
    };
}
field!(CompactString, Text, s => s.as_str());
field!(bool, Bool, v => *v);
field!(u8, Int, v => i32::from(*v));
field!(i32, Int, v => *v);
field!(u32, Int, v => i32::try_from(*v).unwrap_or(i32::MAX));
field!(i64, BigInt, v => *v);
field!(u64, BigInt, v => i64::try_from(*v).unwrap_or(i64::MAX));
field!(f64, Double, v => *v);
field!(Timestamp, Time, t => t.0);

impl<T: SqlField> SqlField for Option<T> {
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = true;
    fn cell(&self) -> Cell<'_> { self.as_ref().map_or(Cell::Null, SqlField::cell) }
}

/// The SQL type and nullability of a field, told by the type of its accessor.
pub(crate) fn type_of<R, T: SqlField>(_: fn(&R) -> &T) -> (ColumnType, bool) { (T::TYPE, T::NULLABLE) }

/// A column of a table: its name, type, meaning, and how it is read from a row. The number beside the row is its
/// place in the queue, for the one column that is computed.
#[derive(Debug)]
pub struct Column {
    /// Name.
    pub name: &'static str,
    /// Meaning, for people.
    pub doc: &'static str,
    /// SQL type.
    pub ty: ColumnType,
    /// Whether it may be null.
    pub nullable: bool,
    /// The value in a row.
    pub get: fn(&ViewRow, i32) -> Cell<'_>,
}

impl Column {
    /// The Arrow field.
    #[must_use]
    pub fn field(&self) -> Field { Field::new(self.name, self.ty.arrow(), self.nullable) }

    /// The column's values of some rows as one Arrow array.
    #[must_use]
    pub fn array(&self, rows: &[(&ViewRow, i32)]) -> ArrayRef {
        macro_rules! build {
            ($builder:expr, $kind:ident) => {{
                let mut builder = $builder;
                for (row, place) in rows {
                    match (self.get)(row, *place) {
                        Cell::$kind(value) => builder.append_value(value),
                        _ => builder.append_null(),
                    }
                }
                Arc::new(builder.finish())
            }};
        }
        let n = rows.len();
        match self.ty {
            ColumnType::Text => build!(StringBuilder::with_capacity(n, n * 12), Text),
            ColumnType::Int => build!(Int32Builder::with_capacity(n), Int),
            ColumnType::BigInt => build!(Int64Builder::with_capacity(n), BigInt),
            ColumnType::Double => build!(Float64Builder::with_capacity(n), Double),
            ColumnType::Bool => build!(BooleanBuilder::with_capacity(n), Bool),
            ColumnType::Time => build!(TimestampMicrosecondBuilder::with_capacity(n).with_timezone(UTC), Time),
        }
    }
}
