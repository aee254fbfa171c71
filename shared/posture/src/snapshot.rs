//! A backup.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A backup that is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Its identifier.
    pub id: String,
    /// What it is of: `db:NAME`, `cluster:NAME`, `cache:NAME`, `vol-…`.
    pub of: String,
    /// The state that it holds.
    pub at: Timestamp,
    /// The snapshots that it may be a copy of; EBS says of a copy nothing but what its description and tags name.
    #[serde(default)]
    pub copy_of: Vec<String>,
}
