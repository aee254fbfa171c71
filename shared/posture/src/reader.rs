//! What is asked of an account, in a few small traits. Each method reads all pages of one thing; through
//! [`Reading`], which has the patience and takes note of what fails: none is returned then.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use crate::{
    Administrators, Bucket, Cache, DbCluster, DbInstance, DeploymentGroup, Distribution, Image, LoadBalancer, NatGateway,
    Reading, Root, RouteTable, ScalingGroup, Server, Snapshot, Subnet, Subscription, Table, TargetGroup, User, VpnConnection,
};

/// All of them.
pub trait Reader: Networks + Stores + Fleets + People {
    /// The Region that single points are looked for in.
    fn region(&self) -> String;
}

/// The network, and what stands in it.
#[async_trait]
pub trait Networks: Send + Sync {
    /// All subnets.
    async fn subnets(&self, reading: &Reading<'_>) -> Option<Vec<Subnet>>;

    /// All route tables.
    async fn route_tables(&self, reading: &Reading<'_>) -> Option<Vec<RouteTable>>;

    /// The NAT gateways that are there.
    async fn nat_gateways(&self, reading: &Reading<'_>) -> Option<Vec<NatGateway>>;

    /// The instances that run.
    async fn servers(&self, reading: &Reading<'_>) -> Option<Vec<Server>>;

    /// The complete snapshots of our own in a Region; with `only`, those of these volumes.
    async fn volume_snapshots(
        &self,
        reading: &Reading<'_>,
        region: &str,
        only: Option<&BTreeSet<String>>,
    ) -> Option<Vec<Snapshot>>;

    /// The VPN connections that are there.
    async fn vpn_connections(&self, reading: &Reading<'_>) -> Option<Vec<VpnConnection>>;
}

/// What keeps data.
#[async_trait]
pub trait Stores: Send + Sync {
    /// All RDS instances.
    async fn db_instances(&self, reading: &Reading<'_>) -> Option<Vec<DbInstance>>;

    /// All clusters.
    async fn db_clusters(&self, reading: &Reading<'_>) -> Option<Vec<DbCluster>>;

    /// All caches.
    async fn caches(&self, reading: &Reading<'_>) -> Option<Vec<Cache>>;

    /// The complete snapshots of instances and clusters in a Region, automatic ones and those that are kept there
    /// for other Regions too.
    async fn db_snapshots(&self, reading: &Reading<'_>, region: &str) -> Option<Vec<Snapshot>>;

    /// The complete snapshots of caches.
    async fn cache_snapshots(&self, reading: &Reading<'_>) -> Option<Vec<Snapshot>>;

    /// The buckets of the Region.
    async fn buckets(&self, reading: &Reading<'_>) -> Option<Vec<Bucket>>;

    /// All DynamoDB tables.
    async fn tables(&self, reading: &Reading<'_>) -> Option<Vec<Table>>;
}

/// What does the work, and brings it there.
#[async_trait]
pub trait Fleets: Send + Sync {
    /// All auto-scaling groups.
    async fn scaling_groups(&self, reading: &Reading<'_>) -> Option<Vec<ScalingGroup>>;

    /// The images of our own in a Region, and those of anybody with these ids or names.
    async fn images(
        &self,
        reading: &Reading<'_>,
        region: &str,
        ids: &BTreeSet<String>,
        names: &BTreeSet<String>,
    ) -> Option<Vec<Image>>;

    /// All load balancers but Classic ones.
    async fn load_balancers(&self, reading: &Reading<'_>) -> Option<Vec<LoadBalancer>>;

    /// All target groups.
    async fn target_groups(&self, reading: &Reading<'_>) -> Option<Vec<TargetGroup>>;

    /// The CloudFront distributions that are enabled.
    async fn distributions(&self, reading: &Reading<'_>) -> Option<Vec<Distribution>>;

    /// All deployment groups.
    async fn deployment_groups(&self, reading: &Reading<'_>) -> Option<Vec<DeploymentGroup>>;
}

/// People.
#[async_trait]
pub trait People: Send + Sync {
    /// The root user.
    async fn root(&self, reading: &Reading<'_>) -> Option<Root>;

    /// All users of IAM, as of its credential report, which may be four hours old.
    async fn users(&self, reading: &Reading<'_>) -> Option<Vec<User>>;

    /// Whom the policy `AdministratorAccess` is attached to.
    async fn administrators(&self, reading: &Reading<'_>) -> Option<Administrators>;

    /// The topics among the actions of alarms, which are given by name or ARN; only of those that there are.
    async fn alarm_topics(&self, reading: &Reading<'_>, alarms: &BTreeSet<String>) -> Option<BTreeMap<String, BTreeSet<String>>>;

    /// The subscriptions of a topic, by its ARN.
    async fn subscriptions(&self, reading: &Reading<'_>, topic: &str) -> Option<Vec<Subscription>>;
}
