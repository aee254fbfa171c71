//! What sends a notice, and so what carries out the commands in it.

use crate::text::quoted;

/// What carries out the commands in a notice, so that they work when they are pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// A deployed function, with its alias.
    Function(String),
    /// The command line with these flags, where no function is deployed.
    CommandLine(String),
}

impl Sender {
    /// The flags with which the command line reaches it.
    pub(super) fn flags(&self) -> String {
        match self {
            Self::Function(function) => format!("--function {}", quoted(function)),
            Self::CommandLine(flags) => flags.clone(),
        }
    }

    /// The command of the AWS CLI that sends it this payload.
    pub(super) fn invoke(&self, payload: &str) -> Option<String> {
        let Self::Function(function) = self else { return None };
        Some(format!(
            "aws lambda invoke --function-name {function} --cli-binary-format raw-in-base64-out --payload {} /dev/stdout",
            quoted(payload)
        ))
    }
}
