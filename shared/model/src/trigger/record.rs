//! Commands about a target's record after the topology has changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// A command that moves or ends what the journal has of names that the topology does not declare any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordCommand {
    /// The change.
    pub change: RecordChange,
    /// The target, by the name in the journal.
    pub target: String,
    /// Why.
    pub reason: String,
    /// The operator.
    pub operator: String,
}

/// A change of a target's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordChange {
    /// The target or its sides have new names.
    Rename {
        /// The target's new name; none if only sides were renamed.
        to: Option<String>,
        /// The new names of sides, by their old ones.
        sides: BTreeMap<String, String>,
    },
    /// The target or its sides were removed.
    Forget {
        /// The removed sides; none if the whole target was removed.
        sides: BTreeSet<String>,
    },
}

impl RecordCommand {
    /// The word of the command.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self.change {
            RecordChange::Rename { .. } => "rename",
            RecordChange::Forget { .. } => "forget",
        }
    }
}

impl fmt::Display for RecordCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.as_str(), self.operator)
    }
}

/// The old and the new name in `OLD=NEW`.
///
/// # Errors
/// Says what was expected.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let named = |name: &str| (!name.trim().is_empty()).then(|| name.trim().to_owned());
    let pair = text.split_once('=').and_then(|(old, new)| Some((named(old)?, named(new)?)));
    pair.ok_or_else(|| format!("side: \"{text}\" is not OLD=NEW, the old and the new name of a side"))
}
