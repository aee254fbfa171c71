//! The rules of database targets.

use crossover_model::finding::Rule;
use crossover_route53::RECORD_UNFIT;

/// All of them.
pub(crate) const RULES: &[&Rule] = &[&NOT_AVAILABLE, &NO_STANDBY, &REPLICA_BEHIND, &REPLICA_KEY, &RECORD_UNFIT];

pub(crate) const NOT_AVAILABLE: Rule = Rule::error(
    "not-available",
    "A database is not available",
    "The status that RDS reports for the database is not available. RDS accepts no promotion or failover of it.",
    "Wait until RDS has finished its operation, or resolve the status in the RDS console.",
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
pub(crate) const REPLICA_KEY: Rule = Rule::warning(
    "replica-key",
    "No KMS key is declared to recreate an encrypted replica",
    "The database is encrypted. After a failover to another Region, its first home can be recreated as a replica only with a \
     KMS key of that Region.",
    "Add `replica = { kms_key = \"alias/…\" }` to the side.",
);
