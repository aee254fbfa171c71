//! The account around the targets, and its single points of failure: resources whose loss
//! affects others, or can't be undone.
//!
//! [`check`] reads an account through a [`Reader`] and returns its findings. The result of the reads is plain data
//! ([`Posture`]), and [`findings`] over it is pure. There is one file for each resource type: its
//! data and its findings. An unreadable resource type is a finding of its own, and all others are still
//! checked.
//!
//! An *error* is a resource that is already broken, or whose loss can't be undone; a *warning* one whose
//! failure affects its users.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "aws")]
mod aws;
mod balancers;
mod buckets;
mod caches;
pub mod concern;
mod databases;
mod deployments;
mod distributions;
mod groups;
mod images;
mod listeners;
mod network;
mod people;
mod posture;
mod read;
mod reader;
mod reading;
mod scope;

pub mod sandbox;
mod snapshot;
mod snapshots;
mod tables;
mod vpn;
mod words;

use crossover_engine::retry::Patience;
use crossover_model::finding::{Finding, Rule};
use scope::ReadScope;

#[cfg(feature = "aws")]
pub use aws::AwsPosture;
pub use balancers::{LoadBalancer, TargetGroup};
pub use buckets::Bucket;
pub use caches::Cache;
pub use databases::{DbCluster, DbInstance};
pub use deployments::DeploymentGroup;
pub use distributions::Distribution;
pub use groups::ScalingGroup;
pub use images::Image;
pub use listeners::Subscription;
pub use network::{NatGateway, RouteTable, Server, Subnet};
pub use people::{AccessKey, Administrators, Root, User};
pub use posture::Posture;
pub use reader::{Fleets, Networks, People, Reader, Stores};
pub use reading::Reading;
pub use sandbox::PostureAccount;
pub use scope::Scope;
pub use snapshot::Snapshot;
pub use tables::Table;
pub use vpn::{Tunnel, VpnConnection};

/// The rules of the account around the targets. An unreadable resource is a finding of the controller's own rule.
pub const RULES: &[&Rule] = &[
    &network::ONE_NAT,
    &vpn::VPN_TUNNEL,
    &vpn::VPN_CUSTOMER_GATEWAY,
    &databases::DATABASE_ALONE,
    &databases::CLUSTER_ALONE,
    &caches::CACHE_ALONE,
    &caches::CACHE_FAILOVER,
    &caches::CACHE_ZONES,
    &snapshots::SNAPSHOT_OLD,
    &snapshots::SNAPSHOT_REGION,
    &images::IMAGE_REGION,
    &groups::GROUP_ZONE,
    &groups::GROUP_HEALTH,
    &groups::GROUP_ROOM,
    &balancers::BALANCER_ZONE,
    &balancers::CROSS_ZONE,
    &buckets::BUCKET_VERSIONS,
    &buckets::BUCKET_REPLICATION,
    &tables::TABLE_RECOVERY,
    &tables::TABLE_REPLICA,
    &distributions::ONE_ORIGIN,
    &deployments::NO_ROLLBACK,
    &people::ROOT_MFA,
    &people::ROOT_KEYS,
    &people::UNUSED_USER,
    &people::UNUSED_KEY,
    &people::ONE_ADMINISTRATOR,
    &listeners::ONE_LISTENER,
];

/// The findings for the account around the targets, the worst first. It writes nothing.
pub async fn check(reader: &dyn Reader, declared: &Scope, patience: Patience<'_>) -> Vec<Finding> {
    let reading = Reading::new(patience);
    let scope = ReadScope::new(reader.region(), declared);
    let posture = read::read(reader, &scope, &reading).await;
    let mut all = findings(&posture, &scope.home, declared, patience.now());
    all.extend(reading.unseen());
    all.sort();
    all
}

/// The findings for an account that was read from its Region `home`. Pure.
#[must_use]
pub fn findings(posture: &Posture, home: &str, declared: &Scope, now: jiff::Timestamp) -> Vec<Finding> {
    let scope = ReadScope::new(home.to_owned(), declared);
    let mut all = Vec::new();
    all.extend(network::findings(&posture.subnets, &posture.route_tables, &posture.nat_gateways, &posture.servers));
    all.extend(vpn::findings(&posture.vpn_connections));
    all.extend(databases::findings(&posture.db_instances, &posture.db_clusters));
    all.extend(caches::findings(&posture.caches));
    all.extend(snapshots::findings(posture, &scope, now));
    all.extend(images::findings(&posture.images, &posture.scaling_groups, &scope));
    all.extend(groups::findings(&posture.scaling_groups));
    all.extend(balancers::findings(&posture.load_balancers, &posture.target_groups));
    all.extend(buckets::findings(&posture.buckets));
    all.extend(tables::findings(&posture.tables, &scope));
    all.extend(distributions::findings(&posture.distributions));
    all.extend(deployments::findings(&posture.deployment_groups));
    all.extend(people::findings(posture.root, posture.users.as_deref(), posture.administrators.as_ref(), now));
    all.extend(listeners::findings(&posture.alarm_topics, &posture.topics, declared));
    all.sort();
    all
}
