//! Forecasts: what would happen to a target, for questions and dry runs. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::hold::Held;

/// A forecast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "would", rename_all = "snake_case")]
pub enum Forecast {
    /// Nothing: the target is in the desired state.
    Stay {
        /// In words.
        #[serde(default)]
        what: String,
    },
    /// A crossover is desired, and a guard would hold it.
    Hold {
        /// The class of the reason.
        held: Held,
        /// In words.
        #[serde(default)]
        what: String,
    },
    /// Work would be moved.
    CrossOver {
        /// In words.
        #[serde(default)]
        what: String,
    },
    /// A forecast of a later version.
    #[serde(other)]
    Other,
}

impl Forecast {
    /// The description of the effect, without its certainty.
    #[must_use]
    pub fn what(&self) -> &str {
        match self {
            Self::Stay { what } | Self::Hold { what, .. } | Self::CrossOver { what } => what,
            Self::Other => "",
        }
    }
}

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stay { what } => write!(f, "settled: {what}"),
            Self::Hold { what, .. } => write!(f, "would be held: {what}"),
            Self::CrossOver { what } => write!(f, "would cross over: {what}"),
            Self::Other => f.write_str("something that this version does not know"),
        }
    }
}
