//! RDS and Aurora: databases, their changes, and the lag of replicas.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contract")]
pub mod contract;
mod databases;
mod failures;
mod meter;
mod parameters;
mod record;
pub mod sandbox;
mod section;
mod status;

#[cfg(feature = "aws")]
pub use aws::{CloudWatchLags, RdsDatabases};
pub use databases::{
    ClusterMember, DatabaseChanges, Databases, DbCluster, DbInstance, GlobalCluster, GlobalMember, INVALID_CLUSTER_STATE,
    INVALID_INSTANCE_STATE, InstanceChange, LagMetric, LagSample, Lags, NewReplica,
};
pub use failures::{DatabaseFails, LagStops, RegionFails, StandbyFails};
pub use meter::{LagMeter, is_aurora};
pub use parameters::{is_default_group, needs_parameter_group, takes_parameter_group};
pub use record::RdsNotes;
pub use sandbox::{Rds, RdsAccount};
pub use status::{AVAILABLE, begins_promotion, is_broken, is_shut, may_be_promoted, may_return, moves_writer, serves};
