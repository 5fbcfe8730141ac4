//! What went wrong, as PostgreSQL would say it: every failure of a statement has the SQLSTATE that clients know.

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::arrow::error::ArrowError;
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion_postgres::pgwire::error::{ErrorInfo, PgWireError};

/// Why a statement does not run or did not end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// It would write.
    #[error("cannot execute {0} in a read-only transaction")]
    ReadOnly(String),
    /// Not for users.
    #[error("permission denied: {0}")]
    NotAllowed(String),
    /// Not offered.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// Its time is over.
    #[error("canceling statement due to statement timeout")]
    TimedOut,
    /// The client asked for its end.
    #[error("canceling statement due to user request")]
    Cancelled,
    /// More than one statement where one is due.
    #[error("cannot insert multiple commands into a prepared statement")]
    SeveralPrepared,
    /// No database of that name.
    #[error("database \"{0}\" does not exist")]
    NoDatabase(String),
    /// Wrong name or password; which of them is not told.
    #[error("password authentication failed for user \"{0}\"")]
    Password(String),
    /// A message of the login that is not understood.
    #[error("malformed SCRAM message")]
    Scram,
    /// No more connections.
    #[error("sorry, too many clients already")]
    TooMany,
    /// This server speaks TLS only.
    #[error("connection is not encrypted")]
    TlsNeeded,
    /// The transaction failed before.
    #[error("current transaction is aborted, commands ignored until end of transaction block")]
    Aborted,
    /// No such setting.
    #[error("unrecognized configuration parameter \"{0}\"")]
    NoSetting(String),
    /// A value that the setting does not take.
    #[error("invalid value for parameter \"{0}\"")]
    BadSetting(String),
    /// A bound of ours.
    #[error("{0}")]
    Limit(&'static str),
    /// So many parts that planning it could nest too deep.
    #[error("statement is too complex")]
    TooDeep,
    /// No such cursor.
    #[error("cursor \"{0}\" does not exist")]
    NoCursor(String),
    /// There is one of that name.
    #[error("cursor \"{0}\" already exists")]
    CursorTwice(String),
    /// Message or parameter that does not fit the protocol.
    #[error("{0}")]
    Protocol(&'static str),
    /// The engine broke; details are in the log.
    #[error("internal error")]
    Broken,
}

impl Refusal {
    /// PostgreSQL's code.
    pub(crate) const fn sqlstate(&self) -> &'static str {
        match self {
            Self::ReadOnly(_) => "25006",
            Self::NotAllowed(_) => "42501",
            Self::Unsupported(_) => "0A000",
            Self::TimedOut | Self::Cancelled => "57014",
            Self::SeveralPrepared => "42601",
            Self::NoDatabase(_) => "3D000",
            Self::Password(_) => "28P01",
            Self::Scram | Self::Protocol(_) => "08P01",
            Self::TooMany => "53300",
            Self::TlsNeeded => "28000",
            Self::Aborted => "25P02",
            Self::NoSetting(_) => "42704",
            Self::BadSetting(_) => "22023",
            Self::Limit(_) => "54000",
            Self::TooDeep => "54001",
            Self::NoCursor(_) => "34000",
            Self::CursorTwice(_) => "42P03",
            Self::Broken => "XX000",
        }
    }

    const fn severity(&self) -> &'static str {
        match self {
            Self::NoDatabase(_) | Self::Password(_) | Self::Scram | Self::TooMany | Self::TlsNeeded => "FATAL",
            Self::ReadOnly(_) | Self::NotAllowed(_) | Self::Unsupported(_) | Self::TimedOut | Self::Cancelled
            | Self::SeveralPrepared | Self::Aborted | Self::NoSetting(_) | Self::BadSetting(_) | Self::Limit(_) | Self::NoCursor(_)
            | Self::CursorTwice(_) | Self::Protocol(_) | Self::TooDeep | Self::Broken => "ERROR",
        }
    }

    /// As the wire's error fields.
    pub(crate) fn info(&self) -> ErrorInfo {
        ErrorInfo::new(self.severity().to_owned(), self.sqlstate().to_owned(), self.to_string())
    }
}

impl From<Refusal> for PgWireError {
    fn from(refusal: Refusal) -> Self { Self::UserError(Box::new(refusal.info())) }
}

/// The code of an error of the engine.
pub(crate) fn sqlstate_of(error: &DataFusionError) -> &'static str {
    match error {
        DataFusionError::ResourcesExhausted(_) => "53200",
        DataFusionError::SQL(e, _) => match e.as_ref() {
            ParserError::TokenizerError(_) | ParserError::ParserError(_) => "42601",
            ParserError::RecursionLimitExceeded => "54001",
        },
        DataFusionError::SchemaError(e, _) => match e.as_ref() {
            SchemaError::FieldNotFound { .. } => "42703",
            SchemaError::AmbiguousReference { .. } => "42702",
            SchemaError::DuplicateQualifiedField { .. } | SchemaError::DuplicateUnqualifiedField { .. } => "42701",
        },
        DataFusionError::NotImplemented(_) => "0A000",
        DataFusionError::Plan(message) => plan_code(message),
        DataFusionError::ArrowError(e, _) => match e.as_ref() {
            ArrowError::DivideByZero => "22012",
            ArrowError::ArithmeticOverflow(_) => "22003",
            ArrowError::CastError(_) | ArrowError::ParseError(_) => "22P02",
            _ => "XX000",
        },
        DataFusionError::Execution(message) if message.contains("parse") || message.contains("cast") => "22P02",
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => sqlstate_of(inner),
        DataFusionError::Shared(inner) => sqlstate_of(inner),
        DataFusionError::Collection(errors) => errors.first().map_or("XX000", sqlstate_of),
        DataFusionError::External(inner) => inner.downcast_ref::<DataFusionError>().map_or("XX000", sqlstate_of),
        _ => "XX000",
    }
}

fn plan_code(message: &str) -> &'static str {
    if message.contains("table '") && message.contains("not found") { "42P01" }
    else if message.contains("Invalid function") || message.contains("No function matches") || message.contains("does not exist") { "42883" }
    else if message.contains("type_coercion") || message.contains("Cannot coerce") || message.contains("Cannot infer") { "42804" }
    else { "42000" }
}

/// An error of the engine as the wire's.
pub(crate) fn engine_failed(error: &DataFusionError) -> PgWireError {
    let info = ErrorInfo::new("ERROR".to_owned(), sqlstate_of(error).to_owned(), error.strip_backtrace());
    PgWireError::UserError(Box::new(info))
}

/// The code of an error of the wire, for the audit.
pub(crate) fn code_of(error: &PgWireError) -> &str {
    match error {
        PgWireError::UserError(info) => &info.code,
        _ => "XX000",
    }
}
