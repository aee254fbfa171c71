//! What people should know besides.

use std::fmt;

use crossover_model::{journal::Intent, text::short};

/// What people should know besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Remark {
    /// Something that stays true, whatever becomes of the target.
    Text(String),
    /// What an operator wants.
    Kept(Intent),
    /// What an operator wanted until the present order came.
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

/// What an operator wants, as long as it stands.
pub(crate) fn kept(intent: &Intent) -> String {
    format!("{} has kept it {} since {}: {}", intent.operator, intent.place(), short(intent.since), intent.reason)
}

/// What an operator wanted until another order came.
pub(crate) fn ended(intent: &Intent) -> String {
    format!("this ends the intent of {} since {}, {}: {}", intent.operator, short(intent.since), intent.place(), intent.reason)
}
