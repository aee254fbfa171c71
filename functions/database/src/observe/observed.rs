//! The observed state of a database.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_route53::RecordSet;
use jiff::Timestamp;

use crate::{backup_window::BackupWindow, lag::Lag};

/// The longest wait for one Region: an unavailable Region may be the reason for the trigger.
pub(crate) const REGION_WAIT: Duration = Duration::from_secs(4);

/// The observed state of a database.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// When it was read.
    pub at: Timestamp,
    /// Each side's member.
    pub members: BTreeMap<String, Sight>,
    /// The side that AWS names as the writer; `None` if each member reports its own role.
    pub writer: Option<String>,
    /// The status of the cluster or global database, while it moves its writer.
    pub moving: Option<String>,
    /// The writer's record, if one is declared.
    pub record: Option<Record>,
    /// Undeclared replicas and members, as RDS names them.
    pub undeclared: BTreeSet<String>,
}

/// The result of reading a member.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly all are seen, and a target has few")]
pub enum Sight {
    /// It was described.
    Seen(Seen),
    /// It does not exist.
    Missing,
    /// It could not be read, with the error.
    Unreadable(String),
}

/// A member that was described.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, as RDS shows it")]
pub struct Seen {
    /// Its ARN.
    pub arn: String,
    /// Its status.
    pub status: String,
    /// Its engine, as RDS names it.
    pub engine: String,
    /// The version of its engine; empty where no rule asks for it.
    pub engine_version: String,
    /// Whether clients can write to it, or its source.
    pub role: Role,
    /// The name that clients connect to.
    pub endpoint: Option<String>,
    /// Its lag.
    pub lag: Lag,
    /// Its promotion tier: lower ones are preferred.
    pub tier: u32,
    /// Whether its engine can switch roles with its source.
    pub switches_roles: bool,
    /// Its security groups.
    pub security_groups: BTreeSet<String>,
    /// Whether a change of these is not in force yet.
    pub security_groups_pending: bool,
    /// Whether it is a cluster without instances, which only stores the data (Aurora User Guide, "Creating a headless Aurora DB
    /// cluster in a secondary Region").
    pub is_headless: bool,
    /// Whether its storage is encrypted.
    pub encrypted: bool,
    /// The retention of automated backups in days.
    pub backup_retention_days: u32,
    /// Its daily backup window, if backups are enabled and it could be understood.
    pub backup_window: Option<BackupWindow>,
    /// Whether it has a standby, or one is being created.
    pub multi_az: bool,
    /// Its parameter group.
    pub parameter_group: Option<String>,
    /// Its VPC.
    pub vpc: Option<String>,
    /// Its changes that wait for the maintenance window, in the words of RDS.
    pub pending: BTreeSet<String>,
}

/// The role of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// It takes writes.
    Writer,
    /// It is a replica of this side; `None` for an undeclared source.
    Replica(Option<String>),
}

/// The writer's record.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// The record set as read.
    Seen(RecordSet),
    /// It does not exist; in words.
    Missing(String),
    /// It is not a simple CNAME; in words.
    Unfit(String),
    /// It could not be read, with the error.
    Unreadable(String),
}

impl Observed {
    /// A side's member, if it was described.
    #[must_use]
    pub fn seen(&self, side: &str) -> Option<&Seen> {
        match self.members.get(side) {
            Some(Sight::Seen(seen)) => Some(seen),
            Some(Sight::Missing | Sight::Unreadable(_)) | None => None,
        }
    }

    /// Whether a side's member could not be read.
    #[must_use]
    pub fn is_unreadable(&self, side: &str) -> bool {
        matches!(self.members.get(side), Some(Sight::Unreadable(_)))
    }
}
