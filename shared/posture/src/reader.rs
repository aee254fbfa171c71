//! The reads of an account, in a few small traits. Each method reads all pages of one resource type, through
//! [`Reading`], which repeats failed calls and notes lasting failures: the result is `None` then.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use crate::{
    Administrators, Bucket, Cache, DbCluster, DbInstance, DeploymentGroup, Distribution, Image, LoadBalancer, NatGateway,
    Reading, Root, RouteTable, ScalingGroup, Server, Snapshot, Subnet, Subscription, Table, TargetGroup, User, VpnConnection,
};

/// All of the readers.
pub trait Reader: Networks + Stores + Fleets + People {
    /// The Region that is checked for single points of failure.
    fn region(&self) -> String;
}

/// The network and its resources.
#[async_trait]
pub trait Networks: Send + Sync {
    /// All subnets.
    async fn subnets(&self, reading: &Reading<'_>) -> Option<Vec<Subnet>>;

    /// All route tables.
    async fn route_tables(&self, reading: &Reading<'_>) -> Option<Vec<RouteTable>>;

    /// The NAT gateways that exist.
    async fn nat_gateways(&self, reading: &Reading<'_>) -> Option<Vec<NatGateway>>;

    /// The running instances.
    async fn servers(&self, reading: &Reading<'_>) -> Option<Vec<Server>>;

    /// The account's complete snapshots in a Region; with `only`, those of these volumes.
    async fn volume_snapshots(
        &self,
        reading: &Reading<'_>,
        region: &str,
        only: Option<&BTreeSet<String>>,
    ) -> Option<Vec<Snapshot>>;

    /// The VPN connections that exist.
    async fn vpn_connections(&self, reading: &Reading<'_>) -> Option<Vec<VpnConnection>>;
}

/// Data stores.
#[async_trait]
pub trait Stores: Send + Sync {
    /// All RDS instances.
    async fn db_instances(&self, reading: &Reading<'_>) -> Option<Vec<DbInstance>>;

    /// All clusters.
    async fn db_clusters(&self, reading: &Reading<'_>) -> Option<Vec<DbCluster>>;

    /// All caches.
    async fn caches(&self, reading: &Reading<'_>) -> Option<Vec<Cache>>;

    /// The complete snapshots of instances and clusters in a Region, with automatic ones and those that are kept
    /// there for other Regions.
    async fn db_snapshots(&self, reading: &Reading<'_>, region: &str) -> Option<Vec<Snapshot>>;

    /// The complete snapshots of caches.
    async fn cache_snapshots(&self, reading: &Reading<'_>) -> Option<Vec<Snapshot>>;

    /// The buckets of the Region.
    async fn buckets(&self, reading: &Reading<'_>) -> Option<Vec<Bucket>>;

    /// All DynamoDB tables.
    async fn tables(&self, reading: &Reading<'_>) -> Option<Vec<Table>>;
}

/// Compute and the delivery of traffic to it.
#[async_trait]
pub trait Fleets: Send + Sync {
    /// All auto-scaling groups.
    async fn scaling_groups(&self, reading: &Reading<'_>) -> Option<Vec<ScalingGroup>>;

    /// The account's images in a Region, and any others with these ids or names.
    async fn images(
        &self,
        reading: &Reading<'_>,
        region: &str,
        ids: &BTreeSet<String>,
        names: &BTreeSet<String>,
    ) -> Option<Vec<Image>>;

    /// All load balancers except Classic ones.
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

    /// All IAM users, from the credential report, which may be four hours old.
    async fn users(&self, reading: &Reading<'_>) -> Option<Vec<User>>;

    /// The principals with the policy `AdministratorAccess`.
    async fn administrators(&self, reading: &Reading<'_>) -> Option<Administrators>;

    /// The topics among the actions of these alarms, given by name or ARN; unknown alarms are missing.
    async fn alarm_topics(&self, reading: &Reading<'_>, alarms: &BTreeSet<String>) -> Option<BTreeMap<String, BTreeSet<String>>>;

    /// The subscriptions of a topic, by its ARN.
    async fn subscriptions(&self, reading: &Reading<'_>, topic: &str) -> Option<Vec<Subscription>>;
}
