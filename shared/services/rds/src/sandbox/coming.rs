//! Operations in progress.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A scheduled change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coming {
    /// When it is visible.
    pub at: Timestamp,
    /// The ARN of the instance or the cluster, or the id of the global database.
    pub of: String,
    /// What changes.
    pub then: Becomes,
}

/// A change of an instance, a cluster or a global database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Becomes {
    /// It has this status.
    Status(String),
    /// It is no longer a replica.
    Promoted,
    /// Its changed security groups are in force.
    Fenced,
    /// It has a standby, or none.
    MultiAz(bool),
    /// Its standby has taken over.
    OtherZone,
    /// The instance of this identifier is the writer.
    Writer(String),
    /// The cluster of this ARN is the primary.
    Primary(String),
    /// It and its source have switched roles.
    SwitchedOver,
}
