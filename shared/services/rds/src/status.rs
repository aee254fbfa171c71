//! What the statuses of databases mean, in one table.
//!
//! Sources: RDS User Guide, "Viewing Amazon RDS DB instance status"; Aurora User Guide, "Viewing DB cluster status" and "Viewing
//! DB instance status in an Aurora cluster"; RDS API Reference, `FailoverState`. The engines have the same statuses: a note says
//! which of them a status is of. A status that is not here is a new one: it neither serves nor is being worked on, so nobody is
//! promoted in it, and nobody waits for it.

/// The status in which a database serves and can be changed.
pub const AVAILABLE: &str = "available";

/// What RDS does with a database of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// It serves, and a replica can be promoted.
    Serves,
    /// It serves, and RDS refuses to promote a replica (RDS User Guide, "Promoting a read replica").
    BackedUp,
    /// Its writer is being moved; other operations leave the writer where it is.
    Moves,
    /// RDS or a person changes it, and it returns without a loss.
    Works,
    /// It takes no writes until a person does something, and connections to it may go on.
    Broken,
    /// It takes no writes and has no connections.
    Shut,
}

use Status::{BackedUp, Broken, Moves, Serves, Shut, Works};

/// Of instances, clusters and global databases.
const STATUSES: [(&str, Status); 37] = [
    (AVAILABLE, Serves),
    ("backing-up", BackedUp),
    ("configuring-enhanced-monitoring", Serves),
    ("configuring-iam-database-auth", Serves),
    ("configuring-log-exports", Serves),
    // Beside reboots and other changes (AWS Knowledge Center, "Why is my RDS instance stuck in storage optimization").
    ("storage-config-upgrade", Serves),
    ("storage-initialization", Serves),
    ("storage-optimization", Serves),
    // Also the failover to the standby of a Multi-AZ instance.
    ("rebooting", Moves),
    // Of clusters and global databases.
    ("failing-over", Moves),
    ("promoting", Moves),
    ("switching-over", Moves),
    // Also the promotion and the switchover of a replica.
    ("modifying", Works),
    ("maintenance", Works),
    ("moving-to-vpc", Works),
    ("renaming", Works),
    ("resetting-master-credentials", Works),
    ("starting", Works),
    ("upgrading", Works),
    // Of Aurora: it is rewound.
    ("backtracking", Works),
    ("converting-to-vpc", Works),
    ("delete-precheck", Works),
    ("storage-full", Broken),
    ("inaccessible-encryption-credentials", Broken),
    ("inaccessible-encryption-credentials-recoverable", Broken),
    ("incompatible-create", Broken),
    ("incompatible-credentials", Broken),
    ("incompatible-network", Broken),
    ("incompatible-option-group", Broken),
    ("incompatible-parameters", Broken),
    ("incompatible-restore", Broken),
    ("insufficient-capacity", Broken),
    ("restore-error", Broken),
    ("deleting", Shut),
    ("failed", Shut),
    ("stopped", Shut),
    ("stopping", Shut),
];

fn is_one_of(status: &str, wanted: &[Status]) -> bool {
    STATUSES.iter().any(|(name, meaning)| *name == status && wanted.contains(meaning))
}

/// Whether clients are served in this status as in `available`, while RDS works beside it.
#[must_use]
pub fn serves(status: &str) -> bool {
    is_one_of(status, &[Serves, BackedUp])
}

/// Whether RDS may promote a replica in this status: its words tell if it refuses.
#[must_use]
pub fn may_be_promoted(status: &str) -> bool {
    is_one_of(status, &[Serves])
}

/// Whether the writer is being moved in this status.
#[must_use]
pub fn moves_writer(status: &str) -> bool {
    is_one_of(status, &[Moves])
}

/// Whether a promotion may begin with this status: `modifying` of an instance, `promoting` of a cluster.
#[must_use]
pub fn begins_promotion(status: &str) -> bool {
    ["modifying", "promoting"].contains(&status)
}

/// Whether RDS or a person is changing a writer of this status, so that it may return without a loss.
#[must_use]
pub fn may_return(status: &str) -> bool {
    is_one_of(status, &[Moves, Works])
}

/// Whether a database of this status takes no writes until a person does something.
#[must_use]
pub fn is_broken(status: &str) -> bool {
    is_one_of(status, &[Broken, Shut])
}

/// Whether a database of this status takes no writes and has no connections.
#[must_use]
pub fn is_shut(status: &str) -> bool {
    is_one_of(status, &[Shut])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_one_meaning() {
        for (index, (name, _)) in STATUSES.iter().enumerate() {
            assert!(STATUSES[index + 1..].iter().all(|(other, _)| other != name), "{name}");
            assert_eq!([serves(name), may_return(name), is_broken(name)].iter().filter(|is| **is).count(), 1, "{name}");
        }
        assert!(!["", "new-in-2027"].iter().any(|name| serves(name) || may_return(name) || is_broken(name)));
    }
}
