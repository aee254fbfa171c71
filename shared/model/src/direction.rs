//! The direction of a crossover.

use serde::{Deserialize, Serialize};

use crate::later::Word;

/// Away from home, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Away from a side that failed, or that a person wants empty.
    Failover,
    /// Away from a side while all of them are healthy, as planned by a person.
    Switchover,
    /// Back to the declared home.
    Failback,
    /// Nowhere: clients reach again what a crossover has fenced.
    Unfence,
    /// A direction of a later version: no order of this version.
    #[serde(untagged)]
    Other(Word),
}

impl Direction {
    /// The verb of the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failover => "failover",
            Self::Switchover => "switchover",
            Self::Failback => "failback",
            Self::Unfence => "unfence",
            Self::Other(_) => "crossover",
        }
    }
}
