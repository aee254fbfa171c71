//! The errors of commands.

use crossover_model::topology::Problems;

use crate::{function::Unanswered, sandbox_controller::Killed};

/// Why a command failed, as a message for the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{path}: {error}; expected a readable file")]
    Unread { path: String, error: std::io::Error },
    #[error("{path}: {error}; expected a writable file")]
    Unwritten { path: String, error: std::io::Error },
    #[error("{path}: {error}")]
    Account { path: String, error: crossover_sandbox::BadAccount },
    #[error("{path}: {problems}")]
    Topology { path: String, problems: Problems },
    #[error("{0}")]
    Machine(#[from] std::io::Error),
    #[error("{0}")]
    Print(#[from] serde_json::Error),
    #[error("{0}")]
    Junit(#[from] quick_junit::SerializeError),
    #[error("{0}")]
    Killed(#[from] Killed),
    #[error("{0}")]
    Unanswered(#[from] Unanswered),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Refused(String),
}
