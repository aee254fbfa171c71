//! What a check finds. Pure.

use serde::{Deserialize, Serialize};

use crate::error::CloudError;

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub resource: String,
    /// What is wrong with it, and what of it.
    pub what: String,
    /// What to do about it.
    pub fix: String,
    /// Where to read more; empty when there is no more to it.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub link: &'static str,
}

/// How bad a finding is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A crossover would not work now.
    Error,
    /// It would, but not as well as it could.
    Warning,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Finding {
    /// A target of which something could not be read.
    #[must_use]
    pub fn unreadable(resource: impl Into<String>, error: &CloudError) -> Self {
        Self {
            severity: Severity::Error,
            resource: resource.into(),
            what: format!("could not be read: {error}"),
            fix: "mend what the error says: a crossover would have to read it too".to_owned(),
            link: "",
        }
    }

    /// Something for which there was no time left.
    #[must_use]
    pub fn not_looked_at(resource: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            resource: resource.into(),
            what: "could not be looked at: the time ran out before that".to_owned(),
            fix: "see what else could not be read: what does not answer uses up the time; then check again".to_owned(),
            link: "",
        }
    }

    /// Something in the account that the topology could name and does not.
    #[must_use]
    pub fn undeclared(resource: impl Into<String>, what: String, fix: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, resource: resource.into(), what, fix: fix.into(), link: "" }
    }
}
