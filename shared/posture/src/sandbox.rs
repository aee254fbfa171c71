//! The account around the targets in the sandbox: returned as the account file has it.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_model::error::{CloudError, Fault};
use crossover_sandbox::{
    Account, Sandbox, Section,
    erased_serde::{self, Deserializer},
};

use crate::{
    Administrators, Bucket, Cache, DbCluster, DbInstance, DeploymentGroup, Distribution, Fleets, Image, LoadBalancer, NatGateway,
    Networks, People, Posture, Reader, Reading, Root, RouteTable, ScalingGroup, Server, Snapshot, Stores, Subnet, Subscription,
    Table, TargetGroup, User, VpnConnection, concern,
};

const KEY: &str = "estate";

/// The key is left out of the file if there is nothing.
impl Section for Posture {
    const RESOURCES: bool = false;

    fn keys() -> &'static [&'static str] {
        &[KEY]
    }

    fn read(&mut self, _: &str, value: &mut dyn Deserializer<'_>) -> Result<(), erased_serde::Error> {
        *self = erased_serde::deserialize(value)?;
        Ok(())
    }

    fn write(&self, key: &str) -> Option<&dyn erased_serde::Serialize> {
        (key == KEY && *self != Self::default()).then_some(self)
    }
}

/// The account around the targets in a sandbox account.
pub trait PostureAccount {
    /// The section.
    fn posture(&self) -> &Posture;

    /// The section, mutable.
    fn posture_mut(&mut self) -> &mut Posture;
}

impl PostureAccount for Account {
    fn posture(&self) -> &Posture {
        self.section()
    }

    fn posture_mut(&mut self) -> &mut Posture {
        self.section_mut()
    }
}

/// All of one resource type, in one call.
async fn all<T>(
    sandbox: &Sandbox,
    reading: &Reading<'_>,
    of: &str,
    call: &'static str,
    give: impl Fn(&Posture) -> T + Sync,
) -> Option<T> {
    reading.all(of, || sandbox.call(call, "", |state, _| Ok(give(state.account.posture())))).await
}

/// The result of a call for one of them.
async fn one<T>(sandbox: &Sandbox, reading: &Reading<'_>, of: &str, call: &'static str, name: &str, value: Option<T>) -> Option<T>
where
    T: Clone + Send + Sync,
{
    reading.one(of, name, || sandbox.call(call, name, |_, _| Ok(value.clone()))).await.flatten()
}

impl Reader for Sandbox {
    fn region(&self) -> String {
        self.inspect(|account| account.region.clone())
    }
}

#[async_trait]
impl Networks for Sandbox {
    async fn subnets(&self, reading: &Reading<'_>) -> Option<Vec<Subnet>> {
        all(self, reading, concern::SUBNETS, "ec2:DescribeSubnets", |posture| posture.subnets.clone()).await
    }

    async fn route_tables(&self, reading: &Reading<'_>) -> Option<Vec<RouteTable>> {
        all(self, reading, concern::ROUTE_TABLES, "ec2:DescribeRouteTables", |posture| posture.route_tables.clone()).await
    }

    async fn nat_gateways(&self, reading: &Reading<'_>) -> Option<Vec<NatGateway>> {
        all(self, reading, concern::NAT_GATEWAYS, "ec2:DescribeNatGateways", |posture| posture.nat_gateways.clone()).await
    }

    async fn servers(&self, reading: &Reading<'_>) -> Option<Vec<Server>> {
        all(self, reading, concern::SERVERS, "ec2:DescribeInstances", |posture| posture.servers.clone()).await
    }

    async fn volume_snapshots(
        &self,
        reading: &Reading<'_>,
        region: &str,
        only: Option<&BTreeSet<String>>,
    ) -> Option<Vec<Snapshot>> {
        let asked = |snapshot: &&Snapshot| only.is_none_or(|only| only.contains(&snapshot.of));
        let give = |posture: &Posture| in_region(&posture.volume_snapshots, region).iter().filter(asked).cloned().collect();
        all(self, reading, &concern::in_region(concern::VOLUME_SNAPSHOTS, region), "ec2:DescribeSnapshots", give).await
    }

    async fn vpn_connections(&self, reading: &Reading<'_>) -> Option<Vec<VpnConnection>> {
        all(self, reading, concern::VPN_CONNECTIONS, "ec2:DescribeVpnConnections", |posture| posture.vpn_connections.clone())
            .await
    }
}

#[async_trait]
impl Stores for Sandbox {
    async fn db_instances(&self, reading: &Reading<'_>) -> Option<Vec<DbInstance>> {
        all(self, reading, concern::DB_INSTANCES, "rds:DescribeDBInstances", |posture| posture.db_instances.clone()).await
    }

    async fn db_clusters(&self, reading: &Reading<'_>) -> Option<Vec<DbCluster>> {
        all(self, reading, concern::DB_CLUSTERS, "rds:DescribeDBClusters", |posture| posture.db_clusters.clone()).await
    }

    async fn caches(&self, reading: &Reading<'_>) -> Option<Vec<Cache>> {
        all(self, reading, concern::CACHES, "elasticache:DescribeReplicationGroups", |posture| posture.caches.clone()).await
    }

    async fn db_snapshots(&self, reading: &Reading<'_>, region: &str) -> Option<Vec<Snapshot>> {
        let give = |posture: &Posture| in_region(&posture.db_snapshots, region).to_vec();
        all(self, reading, &concern::in_region(concern::DB_SNAPSHOTS, region), "rds:DescribeDBSnapshots", give).await
    }

    async fn cache_snapshots(&self, reading: &Reading<'_>) -> Option<Vec<Snapshot>> {
        let region = self.region();
        let give = |posture: &Posture| in_region(&posture.cache_snapshots, &region).to_vec();
        all(self, reading, concern::CACHE_SNAPSHOTS, "elasticache:DescribeSnapshots", give).await
    }

    async fn buckets(&self, reading: &Reading<'_>) -> Option<Vec<Bucket>> {
        let mut buckets = all(self, reading, concern::BUCKETS, "s3:ListBuckets", |posture| posture.buckets.clone()).await?;
        for bucket in &mut buckets {
            let Bucket { name, versioned, replicated } = &*bucket;
            let enabled = one(self, reading, concern::BUCKETS, "s3:GetBucketVersioning", name, *versioned).await;
            let copied = one(self, reading, concern::BUCKETS, "s3:GetBucketReplication", name, *replicated).await;
            (bucket.versioned, bucket.replicated) = (enabled, copied);
        }
        Some(buckets)
    }

    async fn tables(&self, reading: &Reading<'_>) -> Option<Vec<Table>> {
        let mut tables = all(self, reading, concern::TABLES, "dynamodb:ListTables", |posture| posture.tables.clone()).await?;
        for table in &mut tables {
            let Table { name, recoverable, replicas_in } = &*table;
            let enabled = one(self, reading, concern::TABLES, "dynamodb:DescribeContinuousBackups", name, *recoverable).await;
            let copied = one(self, reading, concern::TABLES, "dynamodb:DescribeTable", name, replicas_in.clone()).await;
            (table.recoverable, table.replicas_in) = (enabled, copied);
        }
        Some(tables)
    }
}

#[async_trait]
impl Fleets for Sandbox {
    async fn scaling_groups(&self, reading: &Reading<'_>) -> Option<Vec<ScalingGroup>> {
        let call = "autoscaling:DescribeAutoScalingGroups";
        all(self, reading, concern::SCALING_GROUPS, call, |posture| posture.scaling_groups.clone()).await
    }

    async fn images(
        &self,
        reading: &Reading<'_>,
        region: &str,
        _: &BTreeSet<String>,
        _: &BTreeSet<String>,
    ) -> Option<Vec<Image>> {
        let give = |posture: &Posture| in_region(&posture.images, region).to_vec();
        all(self, reading, &concern::in_region(concern::IMAGES, region), "ec2:DescribeImages", give).await
    }

    async fn load_balancers(&self, reading: &Reading<'_>) -> Option<Vec<LoadBalancer>> {
        let call = "elasticloadbalancing:DescribeLoadBalancers";
        all(self, reading, concern::LOAD_BALANCERS, call, |posture| posture.load_balancers.clone()).await
    }

    async fn target_groups(&self, reading: &Reading<'_>) -> Option<Vec<TargetGroup>> {
        let call = "elasticloadbalancing:DescribeTargetGroups";
        all(self, reading, concern::TARGET_GROUPS, call, |posture| posture.target_groups.clone()).await
    }

    async fn distributions(&self, reading: &Reading<'_>) -> Option<Vec<Distribution>> {
        all(self, reading, concern::DISTRIBUTIONS, "cloudfront:ListDistributions", |posture| posture.distributions.clone()).await
    }

    async fn deployment_groups(&self, reading: &Reading<'_>) -> Option<Vec<DeploymentGroup>> {
        let call = "codedeploy:ListDeploymentGroups";
        all(self, reading, concern::DEPLOYMENT_GROUPS, call, |posture| posture.deployment_groups.clone()).await
    }
}

#[async_trait]
impl People for Sandbox {
    async fn root(&self, reading: &Reading<'_>) -> Option<Root> {
        all(self, reading, concern::ROOT, "iam:GetAccountSummary", |posture| posture.root).await.flatten()
    }

    async fn users(&self, reading: &Reading<'_>) -> Option<Vec<User>> {
        all(self, reading, concern::USERS, "iam:GetCredentialReport", |posture| posture.users.clone()).await.flatten()
    }

    async fn administrators(&self, reading: &Reading<'_>) -> Option<Administrators> {
        let call = "iam:ListEntitiesForPolicy";
        all(self, reading, concern::ADMINISTRATORS, call, |posture| posture.administrators.clone()).await.flatten()
    }

    async fn alarm_topics(&self, reading: &Reading<'_>, alarms: &BTreeSet<String>) -> Option<BTreeMap<String, BTreeSet<String>>> {
        let give = |posture: &Posture| {
            let asked = posture.alarm_topics.iter().filter(|(alarm, _)| alarms.contains(*alarm));
            asked.map(|(alarm, topics)| (alarm.clone(), topics.clone())).collect()
        };
        all(self, reading, concern::ALARMS, "cloudwatch:DescribeAlarms", give).await
    }

    async fn subscriptions(&self, reading: &Reading<'_>, topic: &str) -> Option<Vec<Subscription>> {
        const CALL: &str = "sns:ListSubscriptionsByTopic";
        let read = || {
            self.call(CALL, topic, |state, _| {
                let topics = &state.account.posture().topics;
                // A file without topics says nothing about them.
                match topics.get(topic) {
                    None if !topics.is_empty() => Err(CloudError::new(CALL, Fault::NotFound, "Topic does not exist")),
                    subscriptions => Ok(subscriptions.cloned()),
                }
            })
        };
        reading.one(concern::TOPICS, topic, read).await.flatten()
    }
}

fn in_region<'e, T>(all: &'e BTreeMap<String, Vec<T>>, region: &str) -> &'e [T] {
    all.get(region).map_or(&[], Vec::as_slice)
}
