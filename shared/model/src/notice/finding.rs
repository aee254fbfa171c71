//! A finding in a notice.

use serde::{Deserialize, Serialize};

use crate::findings_diff::KnownFinding;

/// A finding in a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeFinding {
    /// Its state since the last notice.
    pub state: FindingState,
    /// The finding.
    #[serde(flatten)]
    pub finding: KnownFinding,
}

/// The state of a finding since the last notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingState {
    /// It is unchanged.
    #[serde(rename = "standing")]
    Unchanged,
    /// It is gone.
    Gone,
    /// It was not in a notice before. A state of a later version is read as this one.
    #[serde(other)]
    New,
}
