//! The declaration of a database.

mod keys;
mod read;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::member::Member;

/// The keys of `[[database]]` beyond those of every target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseSpec {
    /// Its replication, which determines the sides that can take over.
    pub engine: Engine,
    /// The members in the order of their declaration: the first is home.
    pub members: Vec<Member>,
    /// The largest lag of a replica, at its last valid sample, to take over.
    pub max_lag: Duration,
    /// The largest age of that sample.
    pub max_sample_age: Duration,
    /// Whether an automatic failover may lose data within `max_lag`.
    pub accept_data_loss: bool,
    /// How the old writer is fenced.
    pub fence: Fence,
    /// The time after which a promotion is overdue.
    pub promote_timeout: Duration,
    /// The settings of home when it is created again as a replica of the writer.
    pub replica: Replica,
    /// The changes to the new writer after a promotion.
    pub after: After,
    /// The record with which clients find the writer.
    pub writer_record: Option<WriterRecord>,
}

/// The replication of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// Read replicas of an RDS instance, or of a cluster, in the same or in other Regions.
    RdsReplica,
    /// The standby of an RDS Multi-AZ instance; the members are zones.
    RdsMultiAz {
        /// The instance.
        instance: Member,
    },
    /// Instances of an Aurora cluster, which share their storage.
    Aurora {
        /// The cluster.
        cluster: Member,
    },
    /// The clusters of an Aurora global database, one in each Region.
    AuroraGlobal {
        /// The identifier of the global database.
        global: String,
    },
}

impl Engine {
    /// Whether the last writes can be missing on the side that takes over.
    #[must_use]
    pub fn loses_data(&self) -> bool {
        matches!(self, Self::RdsReplica | Self::AuroraGlobal { .. })
    }
}

/// How the old writer is fenced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fence {
    /// It is moved into a security group without rules: that of its side. A group belongs to one VPC, so a side without one
    /// can't be fenced.
    SecurityGroups(BTreeMap<String, String>),
    /// It is stopped, which RDS allows once it has no replica.
    Stop,
    /// It is not fenced.
    None,
}

/// Changes to the new writer; fields that are `None` don't change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct After {
    /// The retention of automated backups in days.
    pub backup_retention_days: Option<u32>,
    /// Whether it has a standby.
    pub multi_az: Option<bool>,
}

/// The settings of a new replica; fields that are `None` have RDS's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replica {
    /// Its KMS key, required for an encrypted replica in another Region than its source.
    pub kms_key: Option<String>,
    /// Its parameter group in another Region than its source's; by default the engine's.
    pub parameter_group: Option<String>,
    /// Its subnet group, and with that its VPC.
    pub subnet_group: Option<String>,
    /// Its security groups; by default those of its source in the same Region.
    pub security_groups: BTreeSet<String>,
}

/// The CNAME with which clients find the writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterRecord {
    /// Its hosted zone, `Z…`
    pub hosted_zone: String,
    /// Its name, as Route 53 writes it.
    pub name: String,
    /// Its TTL in seconds.
    pub ttl: u32,
}

impl WriterRecord {
    /// Its name in answers and notices.
    #[must_use]
    pub fn resource(&self) -> String {
        format!("{} CNAME", self.name.trim_end_matches('.'))
    }
}

impl DatabaseSpec {
    /// The home side of the writer.
    #[must_use]
    pub fn home(&self) -> &str {
        self.members.first().map_or("", |member| &member.side)
    }

    /// The security group that fences a side.
    #[must_use]
    pub fn fence_group(&self, side: &str) -> Option<&str> {
        match &self.fence {
            Fence::SecurityGroups(groups) => groups.get(side).map(String::as_str),
            Fence::Stop | Fence::None => None,
        }
    }

    /// Whether a side can be fenced.
    #[must_use]
    pub fn can_fence(&self, side: &str) -> bool {
        match &self.fence {
            Fence::SecurityGroups(groups) => groups.contains_key(side),
            Fence::Stop => true,
            Fence::None => false,
        }
    }

    /// The sides that can't be fenced, although the others are.
    pub(crate) fn unfenceable(&self) -> impl Iterator<Item = &Member> {
        let fences = self.fence != Fence::None;
        self.members.iter().filter(move |member| fences && !self.can_fence(&member.side))
    }

    /// The member of a side.
    #[must_use]
    pub fn member(&self, side: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.side == side)
    }
}
