//! What a side does for its clients. Pure.

use serde::{Deserialize, Serialize};

/// What a side of a kind does for its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duty {
    /// It takes their writes.
    Write,
    /// It serves them. A duty of a later version is read as this one.
    #[serde(other)]
    Serve,
}

impl Duty {
    /// That a side goes on doing it for now.
    #[must_use]
    pub fn still(self) -> &'static str {
        match self {
            Self::Serve => "still serves",
            Self::Write => "still takes the writes",
        }
    }

    /// That no side does it.
    #[must_use]
    pub fn by_nobody(self) -> &'static str {
        match self {
            Self::Serve => "NOBODY SERVES",
            Self::Write => "NOBODY CAN WRITE",
        }
    }
}
