//! What a topology says of a database.

mod keys;
mod read;

use std::{collections::BTreeSet, time::Duration};

use crate::member::Member;

/// What `[[database]]` adds to a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseSpec {
    /// What replicates it, and so what can take over.
    pub engine: Engine,
    /// The members in the order of their declaration: the first is home.
    pub members: Vec<Member>,
    /// How far behind a replica may be at its last good sample.
    pub max_lag: Duration,
    /// How old that sample may be.
    pub max_sample_age: Duration,
    /// Whether a loss within that may be taken without a person.
    pub accept_data_loss: bool,
    /// How the old writer is kept from being written to.
    pub fence: Fence,
    /// How long a promotion may take.
    pub promote_timeout: Duration,
    /// How home is made anew, as a replica of the writer.
    pub replica: Replica,
    /// How the new writer shall be once it is one.
    pub after: After,
    /// The record by which clients find the writer.
    pub writer_record: Option<WriterRecord>,
}

/// What replicates a database.
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
    /// Clusters of an Aurora global database, one in each Region.
    AuroraGlobal {
        /// The identifier of the global database.
        global: String,
    },
}

impl Engine {
    /// Whether what was written last can be missing on who takes over.
    #[must_use]
    pub fn loses_data(&self) -> bool {
        matches!(self, Self::RdsReplica | Self::AuroraGlobal { .. })
    }
}

/// How the old writer is kept from being written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fence {
    /// It is moved into a security group that lets nobody in.
    SecurityGroup(String),
    /// It is stopped, which RDS allows for once it has no replica any more.
    Stop,
    /// It is not.
    None,
}

/// How the new writer shall be; what is none stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct After {
    /// For how many days automated backups are kept.
    pub backup_retention_days: Option<u32>,
    /// Whether it has a standby.
    pub multi_az: Option<bool>,
}

/// How a new replica shall be; what is none is as RDS makes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replica {
    /// Its KMS key, which an encrypted one in another Region than its source needs.
    pub kms_key: Option<String>,
    /// Its subnet group, and with that its VPC.
    pub subnet_group: Option<String>,
    /// Its security groups; those of its source when that is in the same Region.
    pub security_groups: BTreeSet<String>,
}

/// The CNAME by which clients find the writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterRecord {
    /// Its hosted zone, `Z…`
    pub hosted_zone: String,
    /// Its name, as Route 53 writes it.
    pub name: String,
    /// How long resolvers may keep it, in seconds.
    pub ttl: u32,
}

impl WriterRecord {
    /// How answers and notices name it.
    #[must_use]
    pub fn resource(&self) -> String {
        format!("{} CNAME", self.name.trim_end_matches('.'))
    }
}

impl DatabaseSpec {
    /// The side that the writer is at home on.
    #[must_use]
    pub fn home(&self) -> &str {
        self.members.first().map_or("", |member| &member.side)
    }

    /// The member that is a side.
    #[must_use]
    pub fn member(&self, side: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.side == side)
    }
}
