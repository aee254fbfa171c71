//! What is asked of Route 53's record sets.

use std::{cmp::Ordering, collections::BTreeMap};

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

/// A record set, with everything that Route 53 says of it: what is to be deleted must be named exactly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordSet {
    /// Its name as Route 53 writes it, as in `www.example.com.` and `\052.example.com.`
    pub name: String,
    /// Its type, as in `A`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What tells it from the others of its name and type; none when it is the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_id: Option<String>,
    /// How Route 53 chooses among those of one name and type.
    #[serde(default, skip_serializing_if = "Routing::is_simple")]
    pub routing: Routing,
    /// The id of its health check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<String>,
    /// What it answers with.
    pub answer: RecordAnswer,
}

/// How Route 53 chooses among the record sets of one name and type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Routing {
    /// There is only this one.
    #[default]
    Simple,
    /// As long as the primary is healthy it answers, else the secondary.
    Failover(Role),
    /// By chance, in proportion to its weight, from 0 to 255.
    Weighted(u8),
    /// The Region that is nearest in time.
    Latency(String),
    /// Where who asks is, by Route 53's own fields, as in `CountryCode`.
    Geolocation(BTreeMap<String, String>),
    /// How far who asks is, by Route 53's own fields.
    Geoproximity(BTreeMap<String, String>),
    /// The block that who asks is in, by Route 53's own fields.
    Cidr(BTreeMap<String, String>),
    /// Up to eight healthy ones at once.
    Multivalue,
}

impl Routing {
    /// Whether there is nothing to choose.
    #[must_use]
    pub fn is_simple(&self) -> bool {
        *self == Self::Simple
    }
}

/// The role of a record set in a failover pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Answers as long as it is healthy.
    Primary,
    /// Answers when the primary is not healthy.
    Secondary,
}

/// What a record set answers with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordAnswer {
    /// These values.
    Values {
        /// How long resolvers keep the answer, in seconds.
        ttl: u32,
        /// The values, in Route 53's own writing.
        values: Vec<String>,
    },
    /// What another name in AWS answers with.
    Alias(AliasTarget),
}

/// What an alias leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AliasTarget {
    /// The hosted zone of the name, which for most services is one of the service's own.
    pub zone: String,
    /// The name.
    pub name: String,
    /// Whether the health of what it leads to counts as its own (`EvaluateTargetHealth`).
    pub evaluate_target_health: bool,
}

impl RecordSet {
    /// How long resolvers may keep what it answers with, in seconds: an alias has the TTL of what it leads to, 60 s for
    /// a load balancer (Route 53 Developer Guide, "Choosing between alias and non-alias records").
    #[must_use]
    pub fn ttl(&self) -> u32 {
        match &self.answer {
            RecordAnswer::Values { ttl, .. } => *ttl,
            RecordAnswer::Alias(_) => 60,
        }
    }

    /// How many values it counts with in a batch; an alias has none, and counts with one all the same.
    #[must_use]
    pub fn values(&self) -> usize {
        match &self.answer {
            RecordAnswer::Values { values, .. } => values.len(),
            RecordAnswer::Alias(_) => 1,
        }
    }

    /// The same with its values in order: Route 53 need not give them back in the one that they came in.
    #[must_use]
    pub fn in_order(&self) -> Self {
        let mut set = self.clone();
        if let RecordAnswer::Values { values, .. } = &mut set.answer {
            values.sort();
        }
        set
    }

    /// How many characters its values have.
    #[must_use]
    pub fn characters(&self) -> usize {
        match &self.answer {
            RecordAnswer::Values { values, .. } => values.iter().map(|value| value.chars().count()).sum(),
            RecordAnswer::Alias(_) => 0,
        }
    }
}

/// A place in the order in which a zone lists its record sets: by name with the labels reversed, then
/// by type, then by set identifier (`ListResourceRecordSets`, "Sort order").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPlace {
    /// The name as Route 53 writes it.
    pub name: String,
    /// The type.
    pub kind: String,
    /// The set identifier; none for the first of a name and type.
    pub set_id: Option<String>,
}

impl RecordPlace {
    fn key(&self) -> (String, &str, Option<&str>) {
        let mut labels: Vec<&str> = self.name.trim_end_matches('.').split('.').collect();
        labels.reverse();
        (labels.join(".") + ".", &self.kind, self.set_id.as_deref())
    }
}

impl Ord for RecordPlace {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for RecordPlace {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A hosted zone, its record sets aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedZone {
    /// Its name as Route 53 writes it, as in `example.com.`
    pub name: String,
    /// Whether it answers inside of VPCs alone.
    pub private: bool,
    /// Whether it can be changed again within an hour of the loss of the one Region in which Route 53
    /// takes changes (Route 53 Developer Guide, "Accelerated recovery"); public zones alone can have it.
    pub accelerated_recovery: bool,
}

/// One page of a zone's record sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPage {
    /// The record sets, in the zone's order.
    pub record_sets: Vec<RecordSet>,
    /// Where the next page begins; none after the last one.
    pub next: Option<RecordPlace>,
}

/// One change of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordChange {
    /// Removes a record set, which must be exactly this one still.
    Delete(RecordSet),
    /// Adds a record set, which must not be there.
    Create(RecordSet),
}

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeStatus {
    /// Not every DNS server of Route 53 knows it.
    Pending,
    /// All of them do.
    InSync,
}

/// Reads of a hosted zone's record sets, and the one change.
#[async_trait]
pub trait Records: Send + Sync {
    /// The zone itself (`GetHostedZone`).
    async fn hosted_zone(&self, zone: &str) -> Result<HostedZone, CloudError>;

    /// One page of the record sets, public zone or private, from the first that is not before `from`
    /// (`ListResourceRecordSets`). What was changed is seen at once, also while its status is pending.
    async fn record_sets(&self, zone: &str, from: &RecordPlace) -> Result<RecordPage, CloudError>;

    /// Makes all of the changes or none of them, and gives the change's id
    /// (`ChangeResourceRecordSets`). A record set that is not as it is said to be is
    /// [`Fault::Refused`](crossover_model::error::Fault::Refused) with the code `InvalidChangeBatch`.
    async fn change_records(&self, zone: &str, changes: &[RecordChange]) -> Result<String, CloudError>;

    /// How far a change has come (`GetChange`).
    async fn change_status(&self, change: &str) -> Result<ChangeStatus, CloudError>;
}
