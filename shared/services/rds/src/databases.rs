//! What is asked of RDS and Aurora, and of CloudWatch about their replication.
//!
//! Every method takes the Region that it is asked in: none is the caller's own. What is named by an
//! identifier is looked for in that Region alone, as AWS does.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_model::error::CloudError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The status of what serves and can be changed (RDS User Guide, "Viewing Amazon RDS DB instance
/// status").
pub const AVAILABLE: &str = "available";

/// The error code with which RDS refuses what an instance can't do in its status.
pub const INVALID_INSTANCE_STATE: &str = "InvalidDBInstanceState";

/// The error code with which RDS refuses what a cluster can't do in its status.
pub const INVALID_CLUSTER_STATE: &str = "InvalidDBClusterStateFault";

/// A DB instance, as `DescribeDBInstances` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, as RDS shows it")]
pub struct DbInstance {
    /// Its identifier (`DBInstanceIdentifier`).
    pub id: String,
    /// Its ARN (`DBInstanceArn`).
    pub arn: String,
    /// Its status (`DBInstanceStatus`), as in `available`, `modifying`, `rebooting`, `stopped`.
    pub status: String,
    /// Its engine (`Engine`), as in `mysql`, `oracle-ee`.
    pub engine: String,
    /// What it is a read replica of (`ReadReplicaSourceDBInstanceIdentifier`): an identifier, or an ARN
    /// when that is in another Region; none when it is no replica.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its read replicas (`ReadReplicaDBInstanceIdentifiers`): identifiers, or ARNs of those in other Regions.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub replicas: BTreeSet<String>,
    /// The Aurora cluster that it belongs to (`DBClusterIdentifier`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The name that clients connect to (`Endpoint.Address`); none while it is made, and while it is
    /// stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The Availability Zone that it serves in (`AvailabilityZone`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The Availability Zone of its standby (`SecondaryAvailabilityZone`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary_zone: Option<String>,
    /// Whether it has a standby (`MultiAZ`).
    #[serde(default)]
    pub multi_az: bool,
    /// Whether a standby is being made (`PendingModifiedValues.MultiAZ`).
    #[serde(default)]
    pub multi_az_pending: bool,
    /// Whether its storage is encrypted (`StorageEncrypted`).
    #[serde(default)]
    pub encrypted: bool,
    /// For how many days automated backups are kept (`BackupRetentionPeriod`); 0 when none are made.
    #[serde(default)]
    pub backup_retention_days: u32,
    /// Its VPC security groups, whether they are active yet or being added (`VpcSecurityGroups`), but
    /// for those that are being removed.
    #[serde(default)]
    pub security_groups: BTreeSet<String>,
    /// Whether any of them is still being added or removed.
    #[serde(default)]
    pub security_groups_pending: bool,
}

/// An Aurora DB cluster, as `DescribeDBClusters` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DbCluster {
    /// Its identifier (`DBClusterIdentifier`).
    pub id: String,
    /// Its ARN (`DBClusterArn`).
    pub arn: String,
    /// Its status (`Status`), as in `available`, `failing-over`, `promoting`.
    pub status: String,
    /// The name of its writer (`Endpoint`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// What it is a read replica of (`ReplicationSourceIdentifier`); none when it is no replica.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its read replicas (`ReadReplicaIdentifiers`): identifiers, or ARNs of those in other Regions.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub replicas: BTreeSet<String>,
    /// Its instances (`DBClusterMembers`).
    #[serde(default)]
    pub members: Vec<ClusterMember>,
}

/// An instance of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterMember {
    /// The instance's identifier (`DBInstanceIdentifier`).
    pub instance: String,
    /// Whether it is the writer (`IsClusterWriter`).
    pub writer: bool,
    /// The lower, the sooner Aurora makes it the writer (`PromotionTier`, 0 to 15).
    pub promotion_tier: u32,
}

/// An Aurora global database, as `DescribeGlobalClusters` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlobalCluster {
    /// Its identifier (`GlobalClusterIdentifier`).
    pub id: String,
    /// Its status (`Status`), as in `available`, `failing-over`, `switching-over`.
    pub status: String,
    /// Its clusters (`GlobalClusterMembers`).
    pub members: Vec<GlobalMember>,
    /// The ARN of the cluster that a failover or switchover under way makes the primary
    /// (`FailoverState.ToDbClusterArn`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving_to: Option<String>,
}

/// A cluster of a global database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlobalMember {
    /// The cluster's ARN (`DBClusterArn`).
    pub cluster: String,
    /// Whether it is the primary (`IsWriter`).
    pub writer: bool,
}

/// Reads of databases.
#[async_trait]
pub trait Databases: Send + Sync {
    /// The instances of these identifiers, in one call (`DescribeDBInstances` with the filter
    /// `db-instance-id`); those that don't exist are missing.
    async fn instances(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<DbInstance>, CloudError>;

    /// The clusters of these identifiers, in one call (`DescribeDBClusters` with the filter
    /// `db-cluster-id`); those that don't exist are missing.
    async fn clusters(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<DbCluster>, CloudError>;

    /// A global database (`DescribeGlobalClusters`), which each of its Regions knows; none when it does
    /// not exist.
    async fn global_cluster(&self, region: Option<&str>, id: &str) -> Result<Option<GlobalCluster>, CloudError>;
}

/// What of an instance is to be changed, at once (`ModifyDBInstance` with `ApplyImmediately`); what is
/// none stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstanceChange {
    /// Its VPC security groups, all of them.
    pub security_groups: Option<BTreeSet<String>>,
    /// For how many days automated backups are kept.
    pub backup_retention_days: Option<u32>,
    /// Whether it has a standby.
    pub multi_az: Option<bool>,
}

/// A read replica that is to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewReplica {
    /// Its identifier.
    pub id: String,
    /// What it is a replica of: the ARN, which tells the Region too. In that same Region RDS wants the
    /// identifier instead (`SourceDBInstanceIdentifier`).
    pub source: String,
    /// Its VPC security groups; the default one of its subnet group when there are none.
    pub security_groups: BTreeSet<String>,
    /// Its subnet group (`DBSubnetGroupName`); its Region's default one when there is none, or that of
    /// what it follows in the same Region.
    pub subnet_group: Option<String>,
    /// The KMS key of its Region (`KmsKeyId`), without which RDS makes no encrypted replica in another
    /// Region; in the same Region it has the key of what it follows.
    pub kms_key: Option<String>,
}

/// Changes of databases. Each only begins what then takes minutes, and is refused with
/// [`INVALID_INSTANCE_STATE`] or [`INVALID_CLUSTER_STATE`] when the status does not allow for it: so
/// what was begun can't be begun twice.
#[async_trait]
pub trait DatabaseChanges: Send + Sync {
    /// Makes a read replica an instance of its own, for good (`PromoteReadReplica`). It must be
    /// available, so not `backing-up` either.
    async fn promote_replica(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError>;

    /// Makes a read replica cluster a cluster of its own, for good (`PromoteReadReplicaDBCluster`).
    async fn promote_replica_cluster(&self, region: Option<&str>, cluster: &str) -> Result<(), CloudError>;

    /// Lets an Oracle standby and its primary change roles (`SwitchoverReadReplica`), in the Region of
    /// the standby. No other engine has this.
    async fn switch_over_replica(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError>;

    /// Lets the standby of a Multi-AZ instance take over (`RebootDBInstance` with `ForceFailover`).
    async fn reboot_with_failover(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError>;

    /// Makes an instance the writer of its Aurora cluster (`FailoverDBCluster` with
    /// `TargetDBInstanceIdentifier`).
    async fn fail_over_cluster(&self, region: Option<&str>, cluster: &str, to: &str) -> Result<(), CloudError>;

    /// Makes a cluster, by its ARN, the primary of its global database, whatever is lost
    /// (`FailoverGlobalCluster` with `AllowDataLoss`), in the Region of that cluster (Aurora User Guide,
    /// "Using switchover or failover in Amazon Aurora Global Database").
    async fn fail_over_global(&self, region: Option<&str>, global: &str, to: &str) -> Result<(), CloudError>;

    /// The same once it has everything that was written (`SwitchoverGlobalCluster`), in the Region of
    /// the primary.
    async fn switch_over_global(&self, region: Option<&str>, global: &str, to: &str) -> Result<(), CloudError>;

    /// Changes an instance (`ModifyDBInstance`).
    async fn modify_instance(&self, region: Option<&str>, instance: &str, change: &InstanceChange) -> Result<(), CloudError>;

    /// Stops an instance (`StopDBInstance`), which can't be one that has read replicas or is one. AWS
    /// starts it again after seven days (RDS User Guide, "Stopping an Amazon RDS DB instance
    /// temporarily").
    async fn stop_instance(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError>;

    /// Makes a read replica (`CreateDBInstanceReadReplica`), in this Region.
    async fn create_replica(&self, region: Option<&str>, replica: &NewReplica) -> Result<(), CloudError>;
}

/// A metric of CloudWatch, in `AWS/RDS`, that says how far a replica is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LagMetric {
    /// Of a read replica, by `DBInstanceIdentifier`, in seconds; −1 while replication is broken or
    /// can't be told (RDS User Guide, "Monitoring read replication").
    ReplicaLag,
    /// Of an Aurora replica behind the writer of its cluster, by `DBInstanceIdentifier`, in milliseconds.
    AuroraReplicaLag,
    /// Of a secondary cluster of a global database behind the primary, by `DBClusterIdentifier`, in
    /// milliseconds.
    #[serde(rename = "AuroraGlobalDBReplicationLag")]
    AuroraGlobalReplicationLag,
}

impl LagMetric {
    /// The metric's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReplicaLag => "ReplicaLag",
            Self::AuroraReplicaLag => "AuroraReplicaLag",
            Self::AuroraGlobalReplicationLag => "AuroraGlobalDBReplicationLag",
        }
    }

    /// The dimension by which it is asked for.
    #[must_use]
    pub fn dimension(self) -> &'static str {
        match self {
            Self::ReplicaLag | Self::AuroraReplicaLag => "DBInstanceIdentifier",
            Self::AuroraGlobalReplicationLag => "DBClusterIdentifier",
        }
    }
}

/// A sample of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LagSample {
    /// The time that it is about, as CloudWatch gives it: the beginning of its minute.
    pub at: Timestamp,
    /// Its value, in the metric's own unit: the most of its minute.
    pub value: f64,
}

/// How far replicas are behind.
#[async_trait]
pub trait Lags: Send + Sync {
    /// The samples of these replicas since then, by minutes and in no order, in one call
    /// (`GetMetricData`, `Maximum` with a period of 60 s); a replica without any may be missing.
    async fn lag_samples(
        &self,
        region: Option<&str>,
        metric: LagMetric,
        ids: &BTreeSet<String>,
        since: Timestamp,
    ) -> Result<BTreeMap<String, Vec<LagSample>>, CloudError>;
}
