//! Calls to RDS and Aurora, and to CloudWatch for their replication.
//!
//! Every method takes the Region of the call; `None` is the caller's own. As in AWS, an
//! identifier names a database in that Region only.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_model::error::CloudError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The error code of RDS for a call that an instance's status does not allow.
pub const INVALID_INSTANCE_STATE: &str = "InvalidDBInstanceState";

/// The error code of RDS for a call that a cluster's status does not allow.
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
    /// The source of a read replica (`ReadReplicaSourceDBInstanceIdentifier`): an identifier, or an ARN
    /// if it is in another Region; `None` for other instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its read replicas (`ReadReplicaDBInstanceIdentifiers`): identifiers, or ARNs of those in other Regions.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub replicas: BTreeSet<String>,
    /// Its parameter group (`DBParameterGroups`), as in `default.mysql8.4`; the first one where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter_group: Option<String>,
    /// The Aurora cluster that it belongs to (`DBClusterIdentifier`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The name that clients connect to (`Endpoint.Address`); `None` while it is being created or
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
    /// Whether a standby is being created (`PendingModifiedValues.MultiAZ`).
    #[serde(default)]
    pub multi_az_pending: bool,
    /// Whether its storage is encrypted (`StorageEncrypted`).
    #[serde(default)]
    pub encrypted: bool,
    /// The retention of automated backups in days (`BackupRetentionPeriod`); 0 if they are disabled.
    #[serde(default)]
    pub backup_retention_days: u32,
    /// The time of its daily backup (`PreferredBackupWindow`), in UTC, as in `03:00-03:30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_window: Option<String>,
    /// Its VPC security groups, active or being added (`VpcSecurityGroups`), without
    /// those that are being removed.
    #[serde(default)]
    pub security_groups: BTreeSet<String>,
    /// Whether any of them is being added or removed.
    #[serde(default)]
    pub security_groups_pending: bool,
    /// Its VPC (`DBSubnetGroup.VpcId`), which its security groups must belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
    /// Other changes that wait for the maintenance window (`PendingModifiedValues`), as in `DBInstanceClass = db.r6g.large`;
    /// without the standby and the retention of backups. RDS makes all of them together with the next immediate change.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub pending: BTreeSet<String>,
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
    /// Its engine (`Engine`): `aurora-mysql` or `aurora-postgresql`; of a Multi-AZ DB cluster `mysql` or `postgres`.
    #[serde(default)]
    pub engine: String,
    /// The version of its engine (`EngineVersion`), as in `16.4`.
    #[serde(default)]
    pub engine_version: String,
    /// The name of its writer (`Endpoint`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The source of a read replica (`ReplicationSourceIdentifier`); `None` for other clusters.
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
    /// Its promotion tier: Aurora prefers lower ones (`PromotionTier`, 0 to 15).
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
    /// The ARN of the cluster that a failover or switchover in progress makes the primary
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

    /// A global database (`DescribeGlobalClusters`), which each of its Regions returns; `None` if it does
    /// not exist.
    async fn global_cluster(&self, region: Option<&str>, id: &str) -> Result<Option<GlobalCluster>, CloudError>;
}

/// A change of an instance (`ModifyDBInstance`); fields that are `None` don't change. Security groups change as soon as
/// possible in any case (RDS API Reference, `ModifyDBInstance`). The other changes are made with `ApplyImmediately`, and RDS
/// then makes all pending changes of the instance too (RDS User Guide, "Modifying an Amazon RDS DB instance").
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstanceChange {
    /// All of its VPC security groups.
    pub security_groups: Option<BTreeSet<String>>,
    /// The retention of automated backups in days.
    pub backup_retention_days: Option<u32>,
    /// Whether it has a standby.
    pub multi_az: Option<bool>,
}

/// A read replica to create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewReplica {
    /// Its identifier.
    pub id: String,
    /// The ARN of its source, which has the Region too. In the same Region, RDS requires the
    /// identifier instead (`SourceDBInstanceIdentifier`).
    pub source: String,
    /// Its VPC security groups; by default that of its subnet group.
    pub security_groups: BTreeSet<String>,
    /// Its subnet group (`DBSubnetGroupName`); by default the Region's, or that of
    /// its source in the same Region.
    pub subnet_group: Option<String>,
    /// The KMS key of its Region (`KmsKeyId`), which RDS requires for an encrypted replica in another
    /// Region; by default its source's key in the same Region.
    pub kms_key: Option<String>,
    /// Its parameter group (`DBParameterGroupName`); by default its source's in the same Region, and the engine's default one in
    /// another. RDS takes one in another Region only for some engines ([`takes_parameter_group`](crate::takes_parameter_group)).
    pub parameter_group: Option<String>,
}

/// Changes of databases. Each starts an operation that takes minutes, and is refused with
/// [`INVALID_INSTANCE_STATE`] or [`INVALID_CLUSTER_STATE`] if the status does not allow it: so
/// an operation can't be started twice.
#[async_trait]
pub trait DatabaseChanges: Send + Sync {
    /// Makes a read replica a standalone instance, irreversibly (`PromoteReadReplica`). It must be
    /// available, and so not `backing-up`. It keeps backups for so many days from then on, or for one day (`BackupRetentionPeriod`).
    async fn promote_replica(
        &self,
        region: Option<&str>,
        instance: &str,
        backup_retention_days: Option<u32>,
    ) -> Result<(), CloudError>;

    /// Makes a read replica cluster a standalone cluster, irreversibly (`PromoteReadReplicaDBCluster`).
    async fn promote_replica_cluster(&self, region: Option<&str>, cluster: &str) -> Result<(), CloudError>;

    /// Switches the roles of an Oracle standby and its primary (`SwitchoverReadReplica`), in the Region of
    /// the standby. No other engine has this.
    async fn switch_over_replica(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError>;

    /// Restarts an instance in its zone (`RebootDBInstance`), which ends its connections.
    async fn restart(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError>;

    /// Fails over to the standby of a Multi-AZ instance (`RebootDBInstance` with `ForceFailover`).
    async fn reboot_with_failover(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError>;

    /// Makes an instance the writer of its Aurora cluster (`FailoverDBCluster` with
    /// `TargetDBInstanceIdentifier`).
    async fn fail_over_cluster(&self, region: Option<&str>, cluster: &str, to: &str) -> Result<(), CloudError>;

    /// Makes a cluster, by its ARN, the primary of its global database, whatever is lost
    /// (`FailoverGlobalCluster` with `AllowDataLoss`), in the Region of that cluster (Aurora User Guide,
    /// "Using switchover or failover in Amazon Aurora Global Database").
    async fn fail_over_global(&self, region: Option<&str>, global: &str, to: &str) -> Result<(), CloudError>;

    /// Makes a cluster the primary after it has received all writes (`SwitchoverGlobalCluster`), in the Region of the
    /// current primary.
    async fn switch_over_global(&self, region: Option<&str>, global: &str, to: &str) -> Result<(), CloudError>;

    /// Changes an instance (`ModifyDBInstance`).
    async fn modify_instance(&self, region: Option<&str>, instance: &str, change: &InstanceChange) -> Result<(), CloudError>;

    /// Stops an instance (`StopDBInstance`), which must not be or have a read replica. AWS
    /// starts it again after seven days (RDS User Guide, "Stopping an Amazon RDS DB instance
    /// temporarily").
    async fn stop_instance(&self, region: Option<&str>, instance: &str) -> Result<(), CloudError>;

    /// Creates a read replica (`CreateDBInstanceReadReplica`), in this Region.
    async fn create_replica(&self, region: Option<&str>, replica: &NewReplica) -> Result<(), CloudError>;
}

/// A CloudWatch metric in `AWS/RDS` for the lag of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LagMetric {
    /// Of a read replica, by `DBInstanceIdentifier`, in seconds; −1 while replication is broken or
    /// unknown (RDS User Guide, "Monitoring read replication").
    ReplicaLag,
    /// Of a cluster that replicates another one by its binary log, as the writer of the cluster measures it, by `DBClusterIdentifier`
    /// and the role `WRITER`, in seconds; −1 while replication is broken or unknown (Aurora User Guide, "Amazon CloudWatch metrics
    /// for Amazon Aurora").
    AuroraBinlogReplicaLag,
    /// Of an Aurora replica behind the writer of its cluster, by `DBInstanceIdentifier`, in milliseconds.
    AuroraReplicaLag,
    /// Of a secondary cluster of a global database behind the primary, by `DBClusterIdentifier`, in
    /// milliseconds.
    #[serde(rename = "AuroraGlobalDBReplicationLag")]
    AuroraGlobalReplicationLag,
}

impl InstanceChange {
    /// Whether it is made with `ApplyImmediately`.
    #[must_use]
    pub fn applies_immediately(&self) -> bool {
        self.backup_retention_days.is_some() || self.multi_az.is_some()
    }
}

impl LagMetric {
    /// Its name in CloudWatch.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReplicaLag => "ReplicaLag",
            Self::AuroraBinlogReplicaLag => "AuroraBinlogReplicaLag",
            Self::AuroraReplicaLag => "AuroraReplicaLag",
            Self::AuroraGlobalReplicationLag => "AuroraGlobalDBReplicationLag",
        }
    }

    /// The dimension that names the replica.
    #[must_use]
    pub fn dimension(self) -> &'static str {
        match self {
            Self::ReplicaLag | Self::AuroraReplicaLag => "DBInstanceIdentifier",
            Self::AuroraBinlogReplicaLag | Self::AuroraGlobalReplicationLag => "DBClusterIdentifier",
        }
    }

    /// The value of the dimension `Role`, where the metric has that one too.
    #[must_use]
    pub fn role(self) -> Option<&'static str> {
        (self == Self::AuroraBinlogReplicaLag).then_some("WRITER")
    }
}

/// A sample of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LagSample {
    /// Its time, as CloudWatch has it: the beginning of its minute.
    pub at: Timestamp,
    /// Its value, in the metric's own unit: the maximum of its minute.
    pub value: f64,
}

/// Reads of replica lag.
#[async_trait]
pub trait Lags: Send + Sync {
    /// The samples of these replicas since then, by minute and in no order, in one call
    /// (`GetMetricData`, `Maximum` with a period of 60 s); a replica without any may be missing.
    async fn lag_samples(
        &self,
        region: Option<&str>,
        metric: LagMetric,
        ids: &BTreeSet<String>,
        since: Timestamp,
    ) -> Result<BTreeMap<String, Vec<LagSample>>, CloudError>;
}
