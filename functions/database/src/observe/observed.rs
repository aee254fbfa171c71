//! What was read of a database.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_route53::RecordSet;
use jiff::Timestamp;

use crate::lag::Lag;

/// The longest wait for one Region: that a Region does not answer may be why we were woken.
pub(crate) const REGION_WAIT: Duration = Duration::from_secs(4);

/// What is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// When it was read.
    pub at: Timestamp,
    /// Each side's member.
    pub members: BTreeMap<String, Sight>,
    /// The side that AWS itself says is the writer; none where each member speaks for itself.
    pub writer: Option<String>,
    /// The status of what holds all members, while that is moving its writer.
    pub moving: Option<String>,
    /// The writer's record, where one is declared.
    pub record: Option<Record>,
    /// Replicas and members that no side names, as RDS names them.
    pub undeclared: BTreeSet<String>,
}

/// A member, as far as it can be seen.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// It was described.
    Seen(Seen),
    /// There is none.
    Missing,
    /// Its Region does not say; why.
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
    /// Whether clients can write to it, or what it follows.
    pub role: Role,
    /// The name that clients connect to.
    pub endpoint: Option<String>,
    /// How far it is behind.
    pub lag: Lag,
    /// The lower, the sooner it is to be the writer.
    pub tier: u32,
    /// Whether its engine can change roles with its source.
    pub switches_roles: bool,
    /// Its security groups.
    pub security_groups: BTreeSet<String>,
    /// Whether these are not in force yet.
    pub security_groups_pending: bool,
    /// Whether its storage is encrypted.
    pub encrypted: bool,
    /// For how many days automated backups are kept.
    pub backup_retention_days: u32,
    /// Whether it has a standby, or gets one.
    pub multi_az: bool,
}

/// What a member is to the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// It takes writes.
    Writer,
    /// It follows this side; none when that is no side of the target.
    Replica(Option<String>),
}

/// The writer's record.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// As it was read.
    Seen(RecordSet),
    /// There is none; in words.
    Missing(String),
    /// It is no simple CNAME; in words.
    Unfit(String),
    /// It could not be read.
    Unreadable(String),
}

impl Observed {
    /// A side's member, when it was described.
    #[must_use]
    pub fn seen(&self, side: &str) -> Option<&Seen> {
        match self.members.get(side) {
            Some(Sight::Seen(seen)) => Some(seen),
            Some(Sight::Missing | Sight::Unreadable(_)) | None => None,
        }
    }

    /// Whether a side's Region does not say.
    #[must_use]
    pub fn is_unreadable(&self, side: &str) -> bool {
        matches!(self.members.get(side), Some(Sight::Unreadable(_)))
    }
}
