//! Everything that is read, as plain data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Administrators, Bucket, Cache, DbCluster, DbInstance, DeploymentGroup, Distribution, Image, LoadBalancer, NatGateway, Root,
    RouteTable, ScalingGroup, Server, Snapshot, Subnet, Subscription, Table, TargetGroup, User, VpnConnection,
};

/// The account around the targets, as far as it was readable. A map by Region has no entry for an unreadable
/// Region, which then has no findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Posture {
    /// Subnets.
    pub subnets: Vec<Subnet>,
    /// Route tables.
    pub route_tables: Vec<RouteTable>,
    /// NAT gateways.
    pub nat_gateways: Vec<NatGateway>,
    /// Running EC2 instances.
    pub servers: Vec<Server>,
    /// Site-to-site VPN connections.
    pub vpn_connections: Vec<VpnConnection>,
    /// RDS instances.
    pub db_instances: Vec<DbInstance>,
    /// Clusters of Aurora, DocumentDB and Neptune.
    pub db_clusters: Vec<DbCluster>,
    /// ElastiCache.
    pub caches: Vec<Cache>,
    /// Snapshots of instances and clusters, by Region.
    pub db_snapshots: BTreeMap<String, Vec<Snapshot>>,
    /// Snapshots of caches, by Region.
    pub cache_snapshots: BTreeMap<String, Vec<Snapshot>>,
    /// Snapshots of volumes, by Region.
    pub volume_snapshots: BTreeMap<String, Vec<Snapshot>>,
    /// Auto-scaling groups.
    pub scaling_groups: Vec<ScalingGroup>,
    /// The images of these, and those in other Regions, by Region.
    pub images: BTreeMap<String, Vec<Image>>,
    /// Load balancers.
    pub load_balancers: Vec<LoadBalancer>,
    /// Target groups.
    pub target_groups: Vec<TargetGroup>,
    /// Buckets of the Region.
    pub buckets: Vec<Bucket>,
    /// DynamoDB tables.
    pub tables: Vec<Table>,
    /// CloudFront distributions.
    pub distributions: Vec<Distribution>,
    /// Deployment groups.
    pub deployment_groups: Vec<DeploymentGroup>,
    /// The root user.
    pub root: Option<Root>,
    /// IAM users.
    pub users: Option<Vec<User>>,
    /// The administrators.
    pub administrators: Option<Administrators>,
    /// The topics of alarm actions, by the alarms as the topology names them.
    pub alarm_topics: BTreeMap<String, BTreeSet<String>>,
    /// Subscriptions, by topic.
    pub topics: BTreeMap<String, Vec<Subscription>>,
}
