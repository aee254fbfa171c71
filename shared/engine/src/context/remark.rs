//! Remarks in answers and notices.

use std::fmt;

use crossover_model::{journal::Intent, text::short};

/// Additional information for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Remark {
    /// A fact that does not depend on the outcome.
    Text(String),
    /// The intent in force.
    Kept(Intent),
    /// The intent that the order ends.
    Ended(String),
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Ended(text) => f.write_str(text),
            Self::Kept(intent) => f.write_str(&kept(intent)),
        }
    }
}

/// Describes the intent in force.
pub(crate) fn kept(intent: &Intent) -> String {
    format!("{} has kept it {} since {}: {}", intent.operator, intent.aim_in_words(), short(intent.since), intent.reason)
}

/// Describes an intent that another order ended.
pub(crate) fn ended(intent: &Intent) -> String {
    format!(
        "this ends the intent of {} since {}, {}: {}",
        intent.operator,
        short(intent.since),
        intent.aim_in_words(),
        intent.reason
    )
}
