//! RDS, ElastiCache, S3 and DynamoDB.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::PointInTimeRecoveryStatus;
use aws_sdk_elasticache::types::{
    AutomaticFailoverStatus, CacheCluster, MultiAzStatus, ReplicationGroup, Snapshot as SdkCacheSnapshot,
};
use aws_sdk_rds::types::{
    DbCluster as SdkCluster, DbClusterSnapshot, DbInstance as SdkInstance, DbInstanceAutomatedBackup, DbSnapshot, GlobalCluster,
};
use aws_sdk_s3::types::{BucketVersioningStatus, ReplicationRuleStatus};
use crossover_aws::cloud_error;
use crossover_model::error::CloudError;
use futures::{join, try_join};

use super::{AwsPosture, each, region_of, timestamp};
use crate::{Bucket, Cache, DbCluster, DbInstance, Reading, Snapshot, Stores, Table, concern};

const AVAILABLE: &str = "available";
/// An automated snapshot of RDS, of a database in its own Region.
const AUTOMATED: &str = "automated";
/// S3's error code for a bucket without replication.
const NO_REPLICATION: &str = "ReplicationConfigurationNotFoundError";

#[async_trait]
impl Stores for AwsPosture {
    async fn db_instances(&self, reading: &Reading<'_>) -> Option<Vec<DbInstance>> {
        let read = || async {
            let all: Result<Vec<_>, _> =
                self.rds.client(None).describe_db_instances().into_paginator().items().send().collect().await;
            let all = all.map_err(|error| cloud_error("rds:DescribeDBInstances", error))?;
            Ok(all.into_iter().filter_map(|instance| db_instance(instance, self.home())).collect())
        };
        reading.all(concern::DB_INSTANCES, read).await
    }

    async fn db_clusters(&self, reading: &Reading<'_>) -> Option<Vec<DbCluster>> {
        let read = || async {
            let client = self.rds.client(None);
            let clusters = async {
                let all: Result<Vec<_>, _> = client.describe_db_clusters().into_paginator().items().send().collect().await;
                all.map_err(|error| cloud_error("rds:DescribeDBClusters", error))
            };
            let global = async {
                let all: Result<Vec<_>, _> = client.describe_global_clusters().into_paginator().items().send().collect().await;
                all.map_err(|error| cloud_error("rds:DescribeGlobalClusters", error))
            };
            let (clusters, global): (Vec<SdkCluster>, Vec<GlobalCluster>) = try_join!(clusters, global)?;
            Ok(clusters.into_iter().filter_map(|cluster| db_cluster(cluster, &global, self.home())).collect())
        };
        reading.all(concern::DB_CLUSTERS, read).await
    }

    async fn caches(&self, reading: &Reading<'_>) -> Option<Vec<Cache>> {
        let read = || async {
            let groups = async {
                let all: Result<Vec<_>, _> =
                    self.elasticache.describe_replication_groups().into_paginator().items().send().collect().await;
                all.map_err(|error| cloud_error("elasticache:DescribeReplicationGroups", error))
            };
            let alone = async {
                let describe = self.elasticache.describe_cache_clusters().show_cache_clusters_not_in_replication_groups(true);
                let all: Result<Vec<_>, _> = describe.into_paginator().items().send().collect().await;
                all.map_err(|error| cloud_error("elasticache:DescribeCacheClusters", error))
            };
            let (groups, alone): (Vec<ReplicationGroup>, Vec<CacheCluster>) = try_join!(groups, alone)?;
            Ok(groups.into_iter().filter_map(group).chain(alone.into_iter().filter_map(cluster)).collect())
        };
        reading.all(concern::CACHES, read).await
    }

    async fn db_snapshots(&self, reading: &Reading<'_>, region: &str) -> Option<Vec<Snapshot>> {
        let of = concern::in_region(concern::DB_SNAPSHOTS, region);
        reading.all(&of, || self.all_db_snapshots(region)).await
    }

    async fn cache_snapshots(&self, reading: &Reading<'_>) -> Option<Vec<Snapshot>> {
        let read = || async {
            let all: Result<Vec<_>, _> = self.elasticache.describe_snapshots().into_paginator().items().send().collect().await;
            let all = all.map_err(|error| cloud_error("elasticache:DescribeSnapshots", error))?;
            Ok(all.into_iter().filter_map(cache_snapshot).collect())
        };
        reading.all(concern::CACHE_SNAPSHOTS, read).await
    }

    async fn buckets(&self, reading: &Reading<'_>) -> Option<Vec<Bucket>> {
        let read = || async {
            let all: Result<Vec<_>, _> = self
                .s3
                .list_buckets()
                .bucket_region(self.home())
                .max_buckets(1000)
                .into_paginator()
                .items()
                .send()
                .collect()
                .await;
            all.map_err(|error| cloud_error("s3:ListBuckets", error))
        };
        let all: Vec<aws_sdk_s3::types::Bucket> = reading.all(concern::BUCKETS, read).await?;
        let here = |bucket: &aws_sdk_s3::types::Bucket| bucket.bucket_region().is_none_or(|region| region == self.home());
        let names = all.into_iter().filter(here).filter_map(|bucket| bucket.name);
        let whole = each(names, |name| async move {
            let (versioned, replicated) = join!(
                reading.one(concern::BUCKETS, &name, || self.is_versioned(&name)),
                reading.one(concern::BUCKETS, &name, || self.is_replicated(&name)),
            );
            Bucket { name, versioned, replicated }
        });
        Some(whole.await)
    }

    async fn tables(&self, reading: &Reading<'_>) -> Option<Vec<Table>> {
        let read = || async {
            let all: Result<Vec<_>, _> = self.dynamodb.list_tables().into_paginator().items().send().collect().await;
            all.map_err(|error| cloud_error("dynamodb:ListTables", error))
        };
        let names: Vec<String> = reading.all(concern::TABLES, read).await?;
        let whole = each(names, |name| async move {
            let (recoverable, replicas_in) = join!(
                reading.one(concern::TABLES, &name, || self.is_recoverable(&name)),
                reading.one(concern::TABLES, &name, || self.replicas_of(&name)),
            );
            Table { name, recoverable, replicas_in }
        });
        Some(whole.await)
    }
}

impl AwsPosture {
    async fn all_db_snapshots(&self, region: &str) -> Result<Vec<Snapshot>, CloudError> {
        let client = self.rds.client(Some(region));
        let instances = async {
            let all: Result<Vec<_>, _> = client.describe_db_snapshots().into_paginator().items().send().collect().await;
            all.map_err(|error| cloud_error("rds:DescribeDBSnapshots", error))
        };
        let clusters = async {
            let all: Result<Vec<_>, _> = client.describe_db_cluster_snapshots().into_paginator().items().send().collect().await;
            all.map_err(|error| cloud_error("rds:DescribeDBClusterSnapshots", error))
        };
        let continuous = async {
            let all: Result<Vec<_>, _> =
                client.describe_db_instance_automated_backups().into_paginator().items().send().collect().await;
            all.map_err(|error| cloud_error("rds:DescribeDBInstanceAutomatedBackups", error))
        };
        let (instances, clusters, continuous) = try_join!(instances, clusters, continuous)?;
        let home = self.home();
        // A snapshot of another Region's own resource is no copy, whatever its name.
        let ours = move |source: Option<&str>, kind: Option<&str>| {
            region == home || source.map_or(kind != Some(AUTOMATED), |source| region_of(source).is_none_or(|from| from == home))
        };
        let instances = instances.into_iter().filter(move |it| ours(it.source_db_snapshot_identifier(), it.snapshot_type()));
        let clusters = clusters.into_iter().filter(move |it| ours(it.source_db_cluster_snapshot_arn(), it.snapshot_type()));
        let continuous = continuous.into_iter().filter(|it| it.region.as_deref().is_none_or(|from| from == home));
        let all = instances.filter_map(db_snapshot).chain(clusters.filter_map(db_cluster_snapshot));
        Ok(all.chain(continuous.filter_map(automated_backup)).collect())
    }

    async fn is_versioned(&self, bucket: &str) -> Result<bool, CloudError> {
        let answer = self.s3.get_bucket_versioning().bucket(bucket).send().await;
        let answer = answer.map_err(|error| cloud_error("s3:GetBucketVersioning", error))?;
        Ok(answer.status == Some(BucketVersioningStatus::Enabled))
    }

    async fn is_replicated(&self, bucket: &str) -> Result<bool, CloudError> {
        match self.s3.get_bucket_replication().bucket(bucket).send().await {
            Ok(answer) => {
                let rules = answer.replication_configuration.map(|configuration| configuration.rules).unwrap_or_default();
                Ok(rules.iter().any(|rule| rule.status == ReplicationRuleStatus::Enabled))
            }
            Err(error) => {
                let error = cloud_error("s3:GetBucketReplication", error);
                if error.code == NO_REPLICATION { Ok(false) } else { Err(error) }
            }
        }
    }

    async fn is_recoverable(&self, table: &str) -> Result<bool, CloudError> {
        let answer = self.dynamodb.describe_continuous_backups().table_name(table).send().await;
        let answer = answer.map_err(|error| cloud_error("dynamodb:DescribeContinuousBackups", error))?;
        let recovery = answer.continuous_backups_description.and_then(|it| it.point_in_time_recovery_description);
        Ok(recovery.and_then(|it| it.point_in_time_recovery_status) == Some(PointInTimeRecoveryStatus::Enabled))
    }

    async fn replicas_of(&self, table: &str) -> Result<BTreeSet<String>, CloudError> {
        let answer = self.dynamodb.describe_table().table_name(table).send().await;
        let answer = answer.map_err(|error| cloud_error("dynamodb:DescribeTable", error))?;
        let replicas = answer.table.and_then(|table| table.replicas).unwrap_or_default();
        Ok(replicas.into_iter().filter_map(|replica| replica.region_name).collect())
    }
}

fn db_instance(instance: SdkInstance, home: &str) -> Option<DbInstance> {
    let named = |id: Option<&str>| id.is_some_and(|id| !id.is_empty());
    let replicas = instance.read_replica_db_instance_identifiers().iter().chain(instance.read_replica_db_cluster_identifiers());
    Some(DbInstance {
        replicas_in: replicas.map(|replica| region_of(replica).unwrap_or(home).to_owned()).collect(),
        replica: named(instance.read_replica_source_db_instance_identifier())
            || named(instance.read_replica_source_db_cluster_identifier()),
        multi_az: instance.multi_az.unwrap_or_default(),
        cluster: instance.db_cluster_identifier.filter(|cluster| !cluster.is_empty()),
        id: instance.db_instance_identifier?,
    })
}

fn db_cluster(cluster: SdkCluster, global: &[GlobalCluster], home: &str) -> Option<DbCluster> {
    let arn = cluster.db_cluster_arn.clone().unwrap_or_default();
    let is_it = |member: &&aws_sdk_rds::types::GlobalClusterMember| member.db_cluster_arn() == Some(arn.as_str());
    let global = global.iter().find(|global| global.global_cluster_members().iter().any(|member| is_it(&member)));
    let members = || global.into_iter().flat_map(aws_sdk_rds::types::GlobalCluster::global_cluster_members);
    let secondary = members().find(is_it).is_some_and(|member| member.is_writer == Some(false));
    let replicas = cluster.read_replica_identifiers().iter().map(String::as_str);
    let replicas = replicas.chain(members().filter_map(|member| member.db_cluster_arn()));
    Some(DbCluster {
        replicas_in: replicas.filter_map(region_of).filter(|region| *region != home).map(str::to_owned).collect(),
        replica: secondary || cluster.replication_source_identifier.as_ref().is_some_and(|source| !source.is_empty()),
        members: cluster.db_cluster_members().iter().filter_map(|member| member.db_instance_identifier.clone()).collect(),
        id: cluster.db_cluster_identifier?,
    })
}

fn db_snapshot(snapshot: DbSnapshot) -> Option<Snapshot> {
    let at = timestamp(snapshot.original_snapshot_create_time.or(snapshot.snapshot_create_time)?)?;
    let of = format!("db:{}", snapshot.db_instance_identifier?);
    complete(snapshot.status.as_deref()).then_some(Snapshot { id: snapshot.db_snapshot_identifier?, of, at, copy_of: Vec::new() })
}

fn db_cluster_snapshot(snapshot: DbClusterSnapshot) -> Option<Snapshot> {
    let (at, of) = (timestamp(snapshot.snapshot_create_time?)?, format!("cluster:{}", snapshot.db_cluster_identifier?));
    let id = snapshot.db_cluster_snapshot_identifier?;
    complete(snapshot.status.as_deref()).then_some(Snapshot { id, of, at, copy_of: Vec::new() })
}

/// Backups with point-in-time recovery.
fn automated_backup(backup: DbInstanceAutomatedBackup) -> Option<Snapshot> {
    let at = timestamp(backup.restore_window?.latest_time?)?;
    let id = backup.db_instance_automated_backups_arn.unwrap_or_default();
    Some(Snapshot { id, of: format!("db:{}", backup.db_instance_identifier?), at, copy_of: Vec::new() })
}

fn complete(status: Option<&str>) -> bool {
    status == Some(AVAILABLE)
}

fn group(group: ReplicationGroup) -> Option<Cache> {
    let shards = group.node_groups().iter().map(|shard| shard.node_group_members().len());
    Some(Cache {
        // A cluster that is being created has no shards yet.
        nodes: shards.min().filter(|nodes| *nodes > 0).unwrap_or(group.member_clusters().len()),
        automatic_failover: matches!(
            group.automatic_failover,
            Some(AutomaticFailoverStatus::Enabled | AutomaticFailoverStatus::Enabling)
        ),
        multi_az: group.multi_az == Some(MultiAzStatus::Enabled),
        engine: group.engine.unwrap_or_else(|| "redis".to_owned()),
        id: group.replication_group_id?,
    })
}

/// A cluster outside of replication groups; the others are skipped, because emulators ignore the filter.
fn cluster(cluster: CacheCluster) -> Option<Cache> {
    let alone = cluster.replication_group_id.as_ref().is_none_or(String::is_empty);
    let nodes = cluster.num_cache_nodes.and_then(|nodes| usize::try_from(nodes).ok()).unwrap_or_default();
    let engine = cluster.engine.unwrap_or_default();
    alone.then_some(Cache { id: cluster.cache_cluster_id?, engine, nodes, automatic_failover: false, multi_az: false })
}

/// Its age is that of its oldest shard.
fn cache_snapshot(snapshot: SdkCacheSnapshot) -> Option<Snapshot> {
    let times = snapshot.node_snapshots().iter().filter_map(|node| timestamp(node.snapshot_create_time?));
    let at = times.min()?;
    let of = snapshot.replication_group_id.filter(|id| !id.is_empty()).or(snapshot.cache_cluster_id)?;
    let id = snapshot.snapshot_name?;
    complete(snapshot.snapshot_status.as_deref()).then_some(Snapshot { id, of: format!("cache:{of}"), at, copy_of: Vec::new() })
}
