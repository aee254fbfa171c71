//! Calls for Route 53's record sets.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use async_trait::async_trait;
use crossover_model::error::CloudError;
use serde::{Deserialize, Serialize};

/// The most values that one batch of changes may hold, of all its changes together (Route 53 Developer
/// Guide, "Quotas": 1,000 `ResourceRecord` elements, "including alias records", in a
/// `ChangeResourceRecordSets` request).
pub const BATCH_VALUES: usize = 1_000;

/// The most characters that all values of one batch may have together (the same page).
pub const BATCH_CHARACTERS: usize = 32_000;

/// The most record sets that one page holds (`ListResourceRecordSets`).
pub const PAGE_RECORD_SETS: usize = 300;

/// A record set with all its fields: deletions must match exactly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordSet {
    /// Its name as Route 53 writes it, as in `www.example.com.` and `\052.example.com.`
    pub name: String,
    /// Its type, as in `A`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its set identifier among those of its name and type; `None` if it is the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_id: Option<String>,
    /// How Route 53 chooses among those of one name and type.
    #[serde(default, skip_serializing_if = "Routing::is_simple")]
    pub routing: Routing,
    /// The id of its health check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<String>,
    /// Its values or alias.
    pub answer: RecordAnswer,
}

/// How Route 53 chooses among the record sets of one name and type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Routing {
    /// A simple record set.
    #[default]
    Simple,
    /// The primary while it is healthy, else the secondary.
    Failover(Role),
    /// At random, in proportion to its weight, from 0 to 255.
    Weighted(u8),
    /// By the Region with the lowest latency.
    Latency(String),
    /// By the client's location, in Route 53's fields, as in `CountryCode`.
    Geolocation(BTreeMap<String, String>),
    /// By the client's distance, in Route 53's fields.
    Geoproximity(BTreeMap<String, String>),
    /// By the client's CIDR block, in Route 53's fields.
    Cidr(BTreeMap<String, String>),
    /// Up to eight healthy ones at once.
    Multivalue,
    /// As a traffic policy says, by the instance of this id that made the record set. A change by anybody else orphans the
    /// instance (Route 53 API Reference, `ResourceRecordSet`, `TrafficPolicyInstanceId`).
    TrafficPolicy(String),
}

impl Routing {
    /// Whether the name and type have no other record set.
    #[must_use]
    pub fn is_simple(&self) -> bool {
        *self == Self::Simple
    }
}

/// The role of a record set in a failover pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Used while it is healthy.
    Primary,
    /// Used while the primary is unhealthy.
    Secondary,
}

/// The content of a record set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordAnswer {
    /// These values, with their TTL.
    Values {
        /// How long resolvers keep the answer, in seconds.
        ttl: u32,
        /// The values, as Route 53 writes them.
        values: Vec<String>,
    },
    /// The records of another name in AWS.
    Alias(AliasTarget),
}

/// The target of an alias.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AliasTarget {
    /// The hosted zone of the name, which for most services is one of the service's own.
    pub zone: String,
    /// The DNS name that it answers for.
    pub name: String,
    /// Whether the health of its target counts as its own (`EvaluateTargetHealth`).
    pub evaluate_target_health: bool,
}

impl RecordSet {
    /// How long resolvers may cache it, in seconds: an alias has the TTL of its target, 60 s for
    /// a load balancer (Route 53 Developer Guide, "Choosing between alias and non-alias records").
    #[must_use]
    pub fn ttl(&self) -> u32 {
        match &self.answer {
            RecordAnswer::Values { ttl, .. } => *ttl,
            RecordAnswer::Alias(_) => 60,
        }
    }

    /// The number of values that count in a batch; an alias has none, and counts as one.
    #[must_use]
    pub fn values(&self) -> usize {
        match &self.answer {
            RecordAnswer::Values { values, .. } => values.len(),
            RecordAnswer::Alias(_) => 1,
        }
    }

    /// This record set with its values sorted, because Route 53 may return them in another order.
    #[must_use]
    pub fn in_order(&self) -> Self {
        let mut set = self.clone();
        if let RecordAnswer::Values { values, .. } = &mut set.answer {
            values.sort();
        }
        set
    }

    /// The number of characters of its values.
    #[must_use]
    pub fn characters(&self) -> usize {
        match &self.answer {
            RecordAnswer::Values { values, .. } => values.iter().map(|value| value.chars().count()).sum(),
            RecordAnswer::Alias(_) => 0,
        }
    }
}

/// A position in a zone's order of record sets: by name with the labels reversed, then
/// by type, then by set identifier (`ListResourceRecordSets`, "Sort order").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPosition {
    /// The name as Route 53 writes it.
    pub name: String,
    /// The type, as in `A`.
    pub kind: String,
    /// The set identifier; none for the first of a name and type.
    pub set_id: Option<String>,
}

impl RecordPosition {
    /// That of a record set.
    #[must_use]
    pub fn of(set: &RecordSet) -> Self {
        Self { name: set.name.clone(), kind: set.kind.clone(), set_id: set.set_id.clone() }
    }

    fn key(&self) -> (String, &str, Option<&str>) {
        let mut labels: Vec<&str> = self.name.trim_end_matches('.').split('.').collect();
        labels.reverse();
        (labels.join(".") + ".", &self.kind, self.set_id.as_deref())
    }
}

impl Ord for RecordPosition {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for RecordPosition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A hosted zone, without its record sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedZone {
    /// Its name as Route 53 writes it, as in `example.com.`
    pub name: String,
    /// Whether it is private to VPCs.
    pub private: bool,
    /// Whether it can be changed again within an hour of the loss of the Region in which Route 53
    /// accepts changes (Route 53 Developer Guide, "Accelerated recovery"); only public zones can have it.
    pub accelerated_recovery: bool,
    /// The Change Guardrails that are on, as in `ACTIVE_RECORD_CHECK` (Route 53 API Reference, `ChangeGuardrail`).
    pub guardrails: BTreeSet<String>,
}

/// One page of a zone's record sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPage {
    /// The record sets, in the zone's order.
    pub record_sets: Vec<RecordSet>,
    /// The position of the next page; `None` after the last one.
    pub next: Option<RecordPosition>,
}

/// One change of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordChange {
    /// Deletes a record set, which must still be exactly this one.
    Delete(RecordSet),
    /// Creates a record set, which must not exist.
    Create(RecordSet),
}

/// The status of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeStatus {
    /// Not all DNS servers of Route 53 have it.
    Pending,
    /// All of them have it.
    InSync,
}

/// Reads of a hosted zone's record sets, and the one change.
#[async_trait]
pub trait Records: Send + Sync {
    /// The zone itself (`GetHostedZone`).
    async fn hosted_zone(&self, zone: &str) -> Result<HostedZone, CloudError>;

    /// One page of the record sets of a public or private zone, from the first that is not before `from`
    /// (`ListResourceRecordSets`). Changes are visible at once, even while they are pending.
    async fn record_sets(&self, zone: &str, from: &RecordPosition) -> Result<RecordPage, CloudError>;

    /// The names, as Route 53 writes them, and types of a zone that are protected from changes (`ListResourceRecordSetProtections`).
    async fn protections(&self, zone: &str) -> Result<BTreeSet<(String, String)>, CloudError>;

    /// Makes all of the changes or none of them, and returns the change's id (`ChangeResourceRecordSets`). A record set that
    /// differs from the one given is [`Fault::Refused`](crossover_model::error::Fault::Refused) with the code
    /// `InvalidChangeBatch`.
    async fn change_records(&self, zone: &str, changes: &[RecordChange]) -> Result<String, CloudError>;

    /// The status of a change (`GetChange`).
    async fn change_status(&self, change: &str) -> Result<ChangeStatus, CloudError>;
}
