//! Hosted zones, and the durations of their changes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::RecordSet;

/// A hosted zone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostedZone {
    /// `Z…`
    pub id: String,
    /// Its name, as in `example.com.`
    pub name: String,
    /// Whether it is private to VPCs.
    #[serde(default)]
    pub private: bool,
    /// Whether it has accelerated recovery.
    #[serde(default)]
    pub accelerated_recovery: bool,
    /// Its Change Guardrails that are on.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub guardrails: BTreeSet<String>,
    /// What is protected from changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protections: Vec<Protected>,
    /// Its record sets.
    pub record_sets: Vec<RecordSet>,
}

/// A name and type that no change may touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protected {
    /// The name as Route 53 writes it.
    pub name: String,
    /// The type, as in `A`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The changes of Route 53's zones, and how long they take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ControlPlane {
    /// How long a change is pending, in milliseconds; within 60 s for most, by Route 53's documentation.
    pub in_sync_after_ms: u64,
    /// For how long after a change a zone refuses the next one (`PriorRequestNotComplete`), in
    /// milliseconds.
    pub busy_ms: u64,
    /// The times of the changes, by id.
    pub changes: BTreeMap<String, Timestamp>,
    /// The time of the last change of each zone, by id.
    pub changed: BTreeMap<String, Timestamp>,
}

impl Default for ControlPlane {
    fn default() -> Self {
        Self { in_sync_after_ms: 20_000, busy_ms: 0, changes: BTreeMap::new(), changed: BTreeMap::new() }
    }
}
