//! The names of the resource types that are read, for findings about unreadable ones.

#![allow(missing_docs, reason = "the names say it")]

pub const SUBNETS: &str = "subnets";
pub const ROUTE_TABLES: &str = "route tables";
pub const NAT_GATEWAYS: &str = "NAT gateways";
pub const SERVERS: &str = "instances";
pub const VOLUME_SNAPSHOTS: &str = "snapshots of volumes";
pub const VPN_CONNECTIONS: &str = "VPN connections";
pub const DB_INSTANCES: &str = "databases";
pub const DB_CLUSTERS: &str = "database clusters";
pub const DB_SNAPSHOTS: &str = "snapshots of databases";
pub const CACHES: &str = "caches";
pub const CACHE_SNAPSHOTS: &str = "snapshots of caches";
pub const BUCKETS: &str = "buckets";
pub const TABLES: &str = "tables";
pub const SCALING_GROUPS: &str = "auto-scaling groups";
pub const IMAGES: &str = "images";
pub const LOAD_BALANCERS: &str = "load balancers";
pub const TARGET_GROUPS: &str = "target groups";
pub const DISTRIBUTIONS: &str = "distributions";
pub const DEPLOYMENT_GROUPS: &str = "deployment groups";
pub const ROOT: &str = "root user";
pub const USERS: &str = "users";
pub const ADMINISTRATORS: &str = "administrators";
pub const ALARMS: &str = "alarms";
pub const TOPICS: &str = "topics";

/// A resource type in one of several Regions.
#[must_use]
pub fn in_region(of: &str, region: &str) -> String {
    format!("{of} in {region}")
}
