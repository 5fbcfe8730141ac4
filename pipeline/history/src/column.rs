//! How one field of a row becomes one value of a column. The types are the few that the live tables show too, so that a
//! table has the same columns in schema `public` and in history.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Builder, Int32Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow::datatypes::{DataType, TimeUnit};
use compact_str::CompactString;
use deltalake_core::kernel::{DataType as DeltaType, PrimitiveType};
use kezek_schemas::time::Timestamp;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnType {
    /// Text.
    Text,
    /// 32-bit integer.
    Int,
    /// Double precision.
    Double,
    /// An instant, microseconds, UTC.
    Time,
}

impl ColumnType {
    pub(crate) fn arrow(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Int => DataType::Int32,
            Self::Double => DataType::Float64,
            Self::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }

    pub(crate) fn delta(self) -> DeltaType {
        DeltaType::Primitive(match self {
            Self::Text => PrimitiveType::String,
            Self::Int => PrimitiveType::Integer,
            Self::Double => PrimitiveType::Double,
            Self::Time => PrimitiveType::Timestamp,
        })
    }

    pub(crate) fn builder(self) -> Builder {
        match self {
            Self::Text => Builder::Text(StringBuilder::new()),
            Self::Int => Builder::Int(Int32Builder::new()),
            Self::Double => Builder::Double(Float64Builder::new()),
            Self::Time => Builder::Time(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
        }
    }
}

/// A column that is being filled.
pub(crate) enum Builder {
    Text(StringBuilder),
    Int(Int32Builder),
    Double(Float64Builder),
    Time(TimestampMicrosecondBuilder),
}

impl Builder {
    fn null(&mut self) {
        match self {
            Self::Text(b) => b.append_null(),
            Self::Int(b) => b.append_null(),
            Self::Double(b) => b.append_null(),
            Self::Time(b) => b.append_null(),
        }
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(b) => Arc::new(b.finish()),
            Self::Int(b) => Arc::new(b.finish()),
            Self::Double(b) => Arc::new(b.finish()),
            Self::Time(b) => Arc::new(b.finish()),
        }
    }
}

/// A field type that has a column type. A builder of another type takes a null: it cannot be met, the builder comes from
/// the field's own type.
pub(crate) trait Field {
    const TYPE: ColumnType;
    const NULLABLE: bool;
    fn put(&self, into: &mut Builder);
}

macro_rules! field {
    ($ty:ty, $kind:ident, $self:ident => $value:expr) => {
        impl Field for $ty {
            const TYPE: ColumnType = ColumnType::$kind;
            const NULLABLE: bool = false;
            fn put(&self, into: &mut Builder) {
                let $self = self;
                if let Builder::$kind(builder) = into { builder.append_value($value) } else { into.null() }
            }
        }
    };
}
field!(CompactString, Text, text => text.as_str());
field!(u32, Int, n => i32::try_from(*n).unwrap_or(i32::MAX));
field!(f64, Double, x => *x);
field!(Timestamp, Time, t => t.0);

impl<T: Field> Field for Option<T> {
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = true;
    fn put(&self, into: &mut Builder) {
        match self {
            Some(value) => value.put(into),
            None => into.null(),
        }
    }
}

/// The type and nullability of a field, told by the type of its accessor.
pub(crate) const fn type_of<R, T: Field>(_: fn(&R) -> &T) -> (ColumnType, bool) { (T::TYPE, T::NULLABLE) }
