//! Why a record is a dead letter: the stable codes, and what goes with them.

use core::fmt;

use crate::time::Timestamp;

/// Why a record is not understood. `Display` is the stable code of `dead.letters.reason`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Larger than 256 KiB.
    TooLarge,
    /// Not UTF-8.
    NotUtf8,
    /// Not JSON, or a field of the contract is there twice.
    NotJson,
    /// JSON, but not an object.
    NotObject,
    /// An essential field is absent. Dotted name with list index.
    MissingField(String),
    /// A field has another JSON type, is outside its closed list or out of range. Dotted name with list index.
    WrongType(String),
    /// `at` or `received_at` cannot be read, or `at` is more than 24 h after arrival.
    BadTime,
    /// A `type` the topic does not have.
    UnknownType,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => f.write_str("too_large"),
            Self::NotUtf8 => f.write_str("not_utf8"),
            Self::NotJson => f.write_str("not_json"),
            Self::NotObject => f.write_str("not_object"),
            Self::MissingField(name) => write!(f, "missing_field:{name}"),
            Self::WrongType(name) => write!(f, "wrong_type:{name}"),
            Self::BadTime => f.write_str("bad_time"),
            Self::UnknownType => f.write_str("unknown_type"),
        }
    }
}

/// A record that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The stable code.
    pub reason: Reason,
    /// For a person.
    pub detail: String,
    /// When it arrived, as far as that can be told: the log's time, or what the record claims.
    pub arrival: Option<Timestamp>,
}

/// A fault of one field, before its place in the record is known.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) reason: Reason,
    pub(super) detail: String,
}

impl Fault {
    pub(super) fn missing(name: &str) -> Self {
        Self { reason: Reason::MissingField(name.to_owned()), detail: "the field is absent".to_owned() }
    }
    pub(super) fn wrong(name: &str, detail: impl Into<String>) -> Self {
        Self { reason: Reason::WrongType(name.to_owned()), detail: detail.into() }
    }
    pub(super) fn doubled() -> Self {
        Self { reason: Reason::NotJson, detail: "a field is there twice".to_owned() }
    }
    pub(super) fn bad_time(detail: impl Into<String>) -> Self {
        Self { reason: Reason::BadTime, detail: detail.into() }
    }
    /// The same fault, seen from the object (or list) that holds it.
    pub(super) fn within(self, outer: &str) -> Self {
        let reason = match self.reason {
            Reason::MissingField(name) => Reason::MissingField(format!("{outer}.{name}")),
            Reason::WrongType(name) if name.is_empty() => Reason::WrongType(outer.to_owned()),
            Reason::WrongType(name) => Reason::WrongType(format!("{outer}.{name}")),
            same @ (Reason::TooLarge | Reason::NotUtf8 | Reason::NotJson | Reason::NotObject | Reason::BadTime
                | Reason::UnknownType) => same,
        };
        Self { reason, ..self }
    }
}
