//! What the values of a lag metric say, which depends on the engine that measures them.

use std::time::Duration;

use crate::{LagMetric, LagSample};

/// RDS does not measure in the same second of each minute.
const INEXACT_S: f64 = 10.0;

/// How long a PostgreSQL source on which nobody writes has nothing to replay (RDS User Guide, "Monitoring read replication": "up to
/// five minutes if there are no user transactions").
const IDLE_POSTGRES: Duration = Duration::from_mins(5);

/// Whether the instances of a cluster of this engine share one storage; those of a Multi-AZ DB cluster have their own (RDS User
/// Guide, "Multi-AZ DB cluster deployments").
#[must_use]
pub fn is_aurora(engine: &str) -> bool {
    engine.starts_with("aurora")
}

/// A lag metric, as an engine measures it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LagMeter {
    /// The metric.
    pub metric: LagMetric,
    /// Whether its values grow with the clock while nothing arrives: then a grown value says only when something arrived last.
    pub counts_on: bool,
    /// How long nothing may arrive from a source that serves.
    pub idle: Duration,
}

impl LagMeter {
    /// The metric of a replica of this engine (`Engine`), as in `postgres`.
    ///
    /// `ReplicaLag` of PostgreSQL is the age of the last replayed transaction (`now() - pg_last_xact_replay_timestamp()`; RDS User
    /// Guide, "Monitoring and tuning the replication process"). That of Oracle is the apply lag and the time since the replica
    /// received data ("Monitoring read replication"). Both grow from the moment in which the source fails. That of MySQL and
    /// MariaDB is −1 then.
    #[must_use]
    pub fn of(metric: LagMetric, engine: &str) -> Self {
        let is_replica = metric == LagMetric::ReplicaLag;
        let (postgres, oracle) = (engine.starts_with("postgres"), engine.starts_with("oracle"));
        let idle = if is_replica && postgres { IDLE_POSTGRES } else { Duration::ZERO };
        Self { metric, counts_on: is_replica && (postgres || oracle), idle }
    }

    /// Whether something has arrived between two samples: the clock alone does not explain the second one.
    #[must_use]
    pub fn is_news(self, before: &LagSample, after: &LagSample) -> bool {
        let passed = after.at.duration_since(before.at).as_secs_f64();
        !self.counts_on || after.value + INEXACT_S < before.value + passed
    }
}
