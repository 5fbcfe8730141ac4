//! Exit codes: 0 ok, 1 something found, 2 usage, 3 configuration wrong or topics disagree with it, 4 dependency
//! unreachable.

use std::process::ExitCode;

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A command looked for something and found it.
    #[error("{0}")]
    Found(String),
    /// The command line cannot be understood or names what is not there.
    #[error("{0:#}")]
    Usage(anyhow::Error),
    /// The configuration is wrong, or the log disagrees with it.
    #[error("{0:#}")]
    Configuration(anyhow::Error),
    /// Something we depend on cannot be reached.
    #[error("{0:#}")]
    Unreachable(anyhow::Error),
}

impl Failure {
    /// The exit code.
    #[must_use]
    pub fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Found(_) => 1,
            Self::Usage(_) => 2,
            Self::Configuration(_) => 3,
            Self::Unreachable(_) => 4,
        })
    }
}

/// What a command returns.
pub type Outcome = Result<ExitCode, Failure>;
