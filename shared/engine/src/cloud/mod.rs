//! What kinds ask of a cloud.

mod beacons;
mod databases;
mod health_checks;
mod records;
mod routes;
mod routing_controls;

pub use beacons::{BeaconMetric, BeaconObject, Beacons};
pub use databases::{
    AVAILABLE, ClusterMember, DatabaseChanges, Databases, DbCluster, DbInstance, GlobalCluster, GlobalMember,
    INVALID_CLUSTER_STATE, INVALID_INSTANCE_STATE, InstanceChange, LagMetric, LagSample, Lags, NewReplica,
};
pub use health_checks::{CheckerReport, HealthCheck, HealthChecks};
pub use records::{
    AliasTarget, BATCH_CHARACTERS, BATCH_VALUES, ChangeStatus, HostedZone, PAGE_RECORD_SETS, RecordAnswer, RecordChange,
    RecordPage, RecordPlace, RecordSet, Records, Role, Routing,
};
pub use routes::{Gateway, Route, RouteTable, Routes, Subnet, Tables};
pub use routing_controls::{ClusterEndpoint, ControlState, RoutingControls};
