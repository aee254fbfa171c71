//! Recommended actions.

use serde::{Deserialize, Serialize};

/// A recommended action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// The instruction.
    pub what: String,
    /// The `crossover` command, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typed: Option<String>,
    /// The equivalent command of the AWS CLI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl Next {
    pub(super) fn say(what: &str, (typed, command): (Option<String>, Option<String>)) -> Self {
        Self { what: what.to_owned(), typed, command }
    }

    /// Both forms of the command, the shorter first.
    pub fn commands(&self) -> impl Iterator<Item = &String> {
        self.typed.iter().chain(&self.command)
    }
}
