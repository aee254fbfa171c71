//! A snapshot of data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A complete backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Its identifier.
    pub id: String,
    /// Its source: `db:NAME`, `cluster:NAME`, `cache:NAME`, `vol-…`.
    pub of: String,
    /// The time of the state that it holds.
    pub at: Timestamp,
    /// The snapshots that it may be a copy of; EBS names the source of a copy only in its description and tags.
    #[serde(default)]
    pub copy_of: Vec<String>,
}
