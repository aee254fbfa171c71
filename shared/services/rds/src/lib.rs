//! RDS and Aurora: who takes the writes, what changes that, and how far replicas are behind.

mod databases;
mod record;
pub mod sandbox;

pub use databases::{
    AVAILABLE, ClusterMember, DatabaseChanges, Databases, DbCluster, DbInstance, GlobalCluster, GlobalMember,
    INVALID_CLUSTER_STATE, INVALID_INSTANCE_STATE, InstanceChange, LagMetric, LagSample, Lags, NewReplica,
};
pub use record::RdsNotes;
pub use sandbox::{Rds, RdsAccount};
