//! The rules of database targets.

use crossover_model::finding::Rule;
use crossover_route53::{CHANGE_GUARDRAIL, RECORD_PROTECTED, RECORD_UNFIT};

/// All of them.
pub(crate) const RULES: &[&Rule] = &[
    &NOT_AVAILABLE,
    &NO_INSTANCE,
    &NO_DESTINATION,
    &ENGINE_VERSION,
    &NO_STANDBY,
    &REPLICA_BEHIND,
    &REPLICA_KEY,
    &REPLICA_PARAMETERS,
    &FENCE_GROUP,
    &FENCE_OPEN,
    &PENDING_CHANGES,
    &RECORD_UNFIT,
    &RECORD_PROTECTED,
    &CHANGE_GUARDRAIL,
];

pub(crate) const NOT_AVAILABLE: Rule = Rule::error(
    "not-available",
    "A database is not available",
    "The status that RDS reports for the database is not available. RDS accepts no promotion or failover of it.",
    "Wait until RDS has finished its operation, or resolve the status in the RDS console.",
);
pub(crate) const NO_INSTANCE: Rule = Rule::error(
    "no-instance",
    "A cluster has no instance",
    "The cluster stores the data and has no instance that serves. A failover to it would leave nobody serving, so it never \
     takes over.",
    "Add an instance to the cluster, of the class that the writer has.",
);
pub(crate) const NO_DESTINATION: Rule = Rule::error(
    "no-destination",
    "A Multi-AZ DB cluster of MySQL takes no destination",
    "The target is declared with the engine `aurora`, and its cluster is a Multi-AZ DB cluster of MySQL. RDS chooses the new \
     writer of such a cluster itself (`FailoverDBCluster` refuses a destination), so Crossover can't move it.",
    "Remove the target from the topology. RDS fails over by itself.",
);
pub(crate) const ENGINE_VERSION: Rule = Rule::error(
    "engine-version",
    "A cluster of a global database has another engine version",
    "The major or minor engine version of a secondary cluster differs from that of the primary. Aurora refuses a failover and a \
     switchover to it.",
    "Upgrade the secondary clusters, and then the primary.",
);
pub(crate) const NO_STANDBY: Rule = Rule::error(
    "no-standby",
    "A Multi-AZ database has no standby",
    "The target is declared with the engine `rds-multi-az`, and the instance is in one zone only. There is no standby to fail \
     over to.",
    "Convert the instance to a Multi-AZ deployment.",
);
pub(crate) const REPLICA_BEHIND: Rule = Rule::error(
    "replica-behind",
    "A replica is too far behind to take over",
    "The replication lag is above `max_lag`, or it is not known. An automatic failover is held, because it could lose \
     more data than the topology allows.",
    "Check the replication and its lag metric in CloudWatch, or raise `max_lag`.",
);
pub(crate) const FENCE_GROUP: Rule = Rule::error(
    "fence-group",
    "A member can't be fenced with the declared security group",
    "The fence moves an old writer into a security group without rules, and a security group belongs to one VPC. This member is in \
     another VPC or Region than the group, so RDS refuses the fence, and clients may write to two members after a failover.",
    "Create a security group without rules in the VPC of the member, and declare it in the side: \
     `fence = { security_group = \"sg-…\" }`.",
);
pub(crate) const FENCE_OPEN: Rule = Rule::error(
    "fence-open",
    "The security group of a fence has inbound rules",
    "The fence moves an old writer into this security group. What its inbound rules let in still writes to the old writer after a \
     failover, and those writes are lost.",
    "Remove the inbound rules of the group, or declare a group without rules.",
);
pub(crate) const PENDING_CHANGES: Rule = Rule::warning(
    "pending-changes",
    "Changes of a database wait for its maintenance window",
    "After a failover, Crossover turns on the standby of the new writer. RDS would apply all pending changes with \
     that, at once, and some of them restart the database. Crossover does not do that, so the new writer has no standby \
     until the changes are applied.",
    "Apply the changes in a quiet hour, or cancel them.",
);
pub(crate) const REPLICA_KEY: Rule = Rule::warning(
    "replica-key",
    "No KMS key is declared to recreate an encrypted replica",
    "The database is encrypted. After a failover to another Region, its first home can be recreated as a replica only with a \
     KMS key of that Region.",
    "Add `replica = { kms_key = \"alias/…\" }` to the side.",
);
pub(crate) const REPLICA_PARAMETERS: Rule = Rule::warning(
    "replica-parameters",
    "No parameter group is declared to recreate a replica",
    "The members in other Regions have a parameter group of their own. After a failover to one of them, RDS gives the first home, \
     which is recreated as a replica, the default parameters of the engine. For Db2 with one's own license it refuses to create it.",
    "Create the parameter group in home's Region, and add `replica = { parameter_group = \"…\" }` to the side.",
);
