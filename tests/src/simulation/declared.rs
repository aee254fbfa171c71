//! A topology that is declared for a while in place of a world's own.

use serde_json::{Value, json};

/// A topology that is declared for a while.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    /// What is different, in words.
    pub(crate) what: String,
    /// The topology.
    pub(crate) topology: String,
    /// The names that are different.
    pub(crate) renames: Renames,
}

/// The names that are different, each the old and the new one.
#[derive(Debug, Clone)]
pub(crate) enum Renames {
    Target(String, String),
    /// A side of this target.
    Side(String, String, String),
    /// A target or a side is gone.
    Nothing,
}

impl Renames {
    pub(super) fn reversed(&self) -> Self {
        match self.clone() {
            Self::Target(old, new) => Self::Target(new, old),
            Self::Side(target, old, new) => Self::Side(target, new, old),
            Self::Nothing => Self::Nothing,
        }
    }

    /// The command that gives the journal's names the new ones.
    pub(super) fn command(&self) -> Option<Value> {
        match self {
            Self::Target(old, new) => Some(json!({ "target": old, "to": new })),
            Self::Side(target, old, new) => Some(json!({ "target": target, "side": format!("{old}={new}") })),
            Self::Nothing => None,
        }
    }
}
