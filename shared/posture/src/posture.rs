//! Everything that is looked at, as plain data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Administrators, Bucket, Cache, DbCluster, DbInstance, DeploymentGroup, Distribution, Image, LoadBalancer, NatGateway, Root,
    RouteTable, ScalingGroup, Server, Snapshot, Subnet, Subscription, Table, TargetGroup, User, VpnConnection,
};

/// What an account has around the targets, as far as it could be read. What is by Region has no entry for a
/// Region that could not be, and nothing is found of it then.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Posture {
    /// Subnets.
    pub subnets: Vec<Subnet>,
    /// Route tables.
    pub route_tables: Vec<RouteTable>,
    /// NAT gateways.
    pub nat_gateways: Vec<NatGateway>,
    /// EC2's instances that run.
    pub servers: Vec<Server>,
    /// Site-to-site VPN connections.
    pub vpn_connections: Vec<VpnConnection>,
    /// RDS instances.
    pub db_instances: Vec<DbInstance>,
    /// Clusters of Aurora and its kin.
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
    /// The images that these start, and what other Regions have, by Region.
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
    /// Users of IAM.
    pub users: Option<Vec<User>>,
    /// Who may do everything.
    pub administrators: Option<Administrators>,
    /// The topics that alarms tell, by the alarms as the topology names them.
    pub alarm_topics: BTreeMap<String, BTreeSet<String>>,
    /// Subscriptions, by topic.
    pub topics: BTreeMap<String, Vec<Subscription>>,
}
