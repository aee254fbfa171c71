//! The reads of databases.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_rds::{
    operation::describe_global_clusters::DescribeGlobalClustersError,
    types::{
        DbCluster as SdkCluster, DbInstance as SdkInstance, Filter, GlobalCluster as SdkGlobal, PendingModifiedValues,
        VpcSecurityGroupMembership,
    },
};
use crossover_aws::cloud_error;
use crossover_model::error::CloudError;

use super::RdsDatabases;
use crate::{ClusterMember, Databases, DbCluster, DbInstance, GlobalCluster, GlobalMember};

const INSTANCES: &str = "rds:DescribeDBInstances";
const CLUSTERS: &str = "rds:DescribeDBClusters";
const GLOBAL: &str = "rds:DescribeGlobalClusters";

#[async_trait]
impl Databases for RdsDatabases {
    async fn instances(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<DbInstance>, CloudError> {
        let describe = self.clients.client(region).describe_db_instances().filters(named("db-instance-id", ids));
        let pages = describe.into_paginator().items().send();
        let all: Result<Vec<SdkInstance>, _> = pages.collect().await;
        let all = all.map_err(|error| cloud_error(INSTANCES, error))?;
        // Emulators ignore filters.
        Ok(all.iter().filter_map(instance).filter(|instance| ids.contains(&instance.id)).collect())
    }

    async fn clusters(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<DbCluster>, CloudError> {
        let describe = self.clients.client(region).describe_db_clusters().filters(named("db-cluster-id", ids));
        let pages = describe.into_paginator().items().send();
        let all: Result<Vec<SdkCluster>, _> = pages.collect().await;
        let all = all.map_err(|error| cloud_error(CLUSTERS, error))?;
        Ok(all.iter().filter_map(cluster).filter(|cluster| ids.contains(&cluster.id)).collect())
    }

    async fn global_cluster(&self, region: Option<&str>, id: &str) -> Result<Option<GlobalCluster>, CloudError> {
        match self.clients.client(region).describe_global_clusters().global_cluster_identifier(id).send().await {
            Ok(answer) => Ok(answer.global_clusters().iter().filter_map(global).find(|global| global.id == id)),
            Err(error)
                if matches!(error.as_service_error(), Some(DescribeGlobalClustersError::GlobalClusterNotFoundFault(_))) =>
            {
                Ok(None)
            }
            Err(error) => Err(cloud_error(GLOBAL, error)),
        }
    }
}

fn named(filter: &str, ids: &BTreeSet<String>) -> Filter {
    Filter::builder().name(filter).set_values(Some(ids.iter().cloned().collect())).build()
}

fn instance(from: &SdkInstance) -> Option<DbInstance> {
    let pending = from.pending_modified_values.as_ref();
    let is_going = |group: &&VpcSecurityGroupMembership| group.status.as_deref() == Some("removing");
    let groups = from.vpc_security_groups();
    Some(DbInstance {
        id: from.db_instance_identifier.clone()?,
        arn: from.db_instance_arn.clone().unwrap_or_default(),
        status: from.db_instance_status.clone().unwrap_or_default(),
        engine: from.engine.clone().unwrap_or_default(),
        source: from.read_replica_source_db_instance_identifier.clone().filter(|source| !source.is_empty()),
        replicas: from.read_replica_db_instance_identifiers().iter().cloned().collect(),
        parameter_group: from.db_parameter_groups().first().and_then(|group| group.db_parameter_group_name.clone()),
        cluster: from.db_cluster_identifier.clone(),
        endpoint: from.endpoint.as_ref().and_then(|endpoint| endpoint.address.clone()),
        zone: from.availability_zone.clone(),
        secondary_zone: from.secondary_availability_zone.clone(),
        multi_az: from.multi_az.unwrap_or_default(),
        encrypted: from.storage_encrypted.unwrap_or_default(),
        multi_az_pending: pending.and_then(|pending| pending.multi_az) == Some(true),
        backup_window: from.preferred_backup_window.clone(),
        backup_retention_days: from.backup_retention_period.and_then(|days| u32::try_from(days).ok()).unwrap_or_default(),
        security_groups: groups
            .iter()
            .filter(|group| !is_going(group))
            .filter_map(|group| group.vpc_security_group_id.clone())
            .collect(),
        security_groups_pending: groups.iter().any(|group| group.status.as_deref().is_some_and(|status| status != "active")),
        vpc: from.db_subnet_group.as_ref().and_then(|group| group.vpc_id.clone()),
        pending: pending.map(pending_values).unwrap_or_default(),
    })
}

/// The pending changes but those that are facts of their own; of a password only that it changes.
fn pending_values(from: &PendingModifiedValues) -> BTreeSet<String> {
    let text = |name: &str, value: Option<&str>| value.map(|value| format!("{name} = {value}"));
    let number = |name: &str, value: Option<i32>| value.map(|value| format!("{name} = {value}"));
    let flag = |name: &str, value: Option<bool>| value.map(|value| format!("{name} = {value}"));
    let named = |name: &str, is_changed: bool| is_changed.then(|| name.to_owned());
    let values = [
        text("DBInstanceClass", from.db_instance_class()),
        text("DBInstanceIdentifier", from.db_instance_identifier()),
        text("DBSubnetGroupName", from.db_subnet_group_name()),
        text("EngineVersion", from.engine_version()),
        text("LicenseModel", from.license_model()),
        text("StorageType", from.storage_type()),
        text("CACertificateIdentifier", from.ca_certificate_identifier()),
        number("AllocatedStorage", from.allocated_storage()),
        number("Iops", from.iops()),
        number("Port", from.port()),
        number("StorageThroughput", from.storage_throughput()),
        flag("IAMDatabaseAuthenticationEnabled", from.iam_database_authentication_enabled()),
        flag("DedicatedLogVolume", from.dedicated_log_volume()),
        named("MasterUserPassword", from.master_user_password().is_some()),
        named("ProcessorFeatures", !from.processor_features().is_empty()),
        named("PendingCloudwatchLogsExports", from.pending_cloudwatch_logs_exports().is_some()),
    ];
    values.into_iter().flatten().collect()
}

fn cluster(from: &SdkCluster) -> Option<DbCluster> {
    let member = |member: &aws_sdk_rds::types::DbClusterMember| {
        Some(ClusterMember {
            instance: member.db_instance_identifier.clone()?,
            writer: member.is_cluster_writer.unwrap_or_default(),
            promotion_tier: member.promotion_tier.and_then(|tier| u32::try_from(tier).ok()).unwrap_or_default(),
        })
    };
    Some(DbCluster {
        id: from.db_cluster_identifier.clone()?,
        arn: from.db_cluster_arn.clone().unwrap_or_default(),
        status: from.status.clone().unwrap_or_default(),
        engine: from.engine.clone().unwrap_or_default(),
        engine_version: from.engine_version.clone().unwrap_or_default(),
        endpoint: from.endpoint.clone(),
        source: from.replication_source_identifier.clone().filter(|source| !source.is_empty()),
        replicas: from.read_replica_identifiers().iter().cloned().collect(),
        members: from.db_cluster_members().iter().filter_map(member).collect(),
    })
}

fn global(from: &SdkGlobal) -> Option<GlobalCluster> {
    let member = |member: &aws_sdk_rds::types::GlobalClusterMember| {
        Some(GlobalMember { cluster: member.db_cluster_arn.clone()?, writer: member.is_writer.unwrap_or_default() })
    };
    Some(GlobalCluster {
        id: from.global_cluster_identifier.clone()?,
        status: from.status.clone().unwrap_or_default(),
        members: from.global_cluster_members().iter().filter_map(member).collect(),
        moving_to: from.failover_state.as_ref().and_then(|state| state.to_db_cluster_arn.clone()),
    })
}
