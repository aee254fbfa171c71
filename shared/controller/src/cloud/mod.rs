//! What the controller asks of a cloud, in its own words: one small trait for each concern.
//!
//! Every method is one call (or one paged read). None of them retries: the controller does, in
//! [`crate::retry`], so that one policy is simulated and swept with faults.

mod alarms;
mod beacons;
mod clock;
mod databases;
mod error;
mod health_checks;
mod journal;
mod notices;
mod permissions;
mod records;
mod routes;
mod routing_controls;

pub use alarms::{AlarmActions, AlarmMetric, AlarmReading, AlarmState, Alarms};
pub use beacons::{BeaconMetric, BeaconObject, Beacons};
pub use clock::Clock;
pub use databases::{
    AVAILABLE, ClusterMember, DatabaseChanges, Databases, DbCluster, DbInstance, GlobalCluster, GlobalMember,
    INVALID_CLUSTER_STATE, INVALID_INSTANCE_STATE, InstanceChange, LagMetric, LagSample, Lags, NewReplica,
};
pub use error::{CloudError, Fault};
pub use health_checks::{CheckerReport, HealthCheck, HealthChecks};
pub use journal::{Change, Journal, LeaseAnswer, Written};
pub use notices::{Notices, Publication};
pub use permissions::{Allowed, Caller, Context, ContextValue, Permissions, Right};
pub use records::{
    AliasTarget, BATCH_CHARACTERS, BATCH_VALUES, ChangeStatus, HostedZone, PAGE_RECORD_SETS, RecordAnswer, RecordChange,
    RecordPage, RecordPlace, RecordSet, Records, Role, Routing,
};
pub use routes::{Gateway, Route, RouteTable, Routes, Subnet, Tables};
pub use routing_controls::{ClusterEndpoint, ControlState, RoutingControls};
