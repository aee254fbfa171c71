//! What an account has around the targets, and which of it is a single point of failure: something whose loss
//! takes more than itself, or can't be made good.
//!
//! [`look`] reads an account through a [`Reader`] and judges what it sees. What is read is plain data
//! ([`Posture`]), and the judgement over it ([`findings`]) is pure. There is one file for each sort of thing: its
//! data, and what is found of it. What can't be read is said of that alone and keeps nothing else from being
//! looked at.
//!
//! An *error* is what is broken already, or whose loss nothing brings back; a *warning* what takes its
//! users with it when it fails.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod around;
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

pub mod sandbox;
mod snapshot;
mod snapshots;
mod tables;
mod vpn;
mod words;

use around::Place;
use crossover_engine::retry::Patience;
use crossover_model::finding::{Finding, Rule};

pub use around::Around;
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
pub use snapshot::Snapshot;
pub use tables::Table;
pub use vpn::{Tunnel, VpnConnection};

/// The rules of the account around the targets. What can't be read is a finding of the controller's own rule.
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

/// What is found of the account around the targets, the worst first; not one write.
pub async fn look(reader: &dyn Reader, around: &Around, patience: Patience<'_>) -> Vec<Finding> {
    let reading = Reading::new(patience);
    let place = Place::new(reader.region(), around);
    let estate = read::read(reader, &place, &reading).await;
    let mut all = findings(&estate, &place.home, around, patience.now());
    all.extend(reading.unseen());
    all.sort();
    all
}

/// What is found of an account that was read from its Region `home`. Pure.
#[must_use]
pub fn findings(estate: &Posture, home: &str, around: &Around, now: jiff::Timestamp) -> Vec<Finding> {
    let place = Place::new(home.to_owned(), around);
    let mut all = Vec::new();
    all.extend(network::findings(&estate.subnets, &estate.route_tables, &estate.nat_gateways, &estate.servers));
    all.extend(vpn::findings(&estate.vpn_connections));
    all.extend(databases::findings(&estate.db_instances, &estate.db_clusters));
    all.extend(caches::findings(&estate.caches));
    all.extend(snapshots::findings(estate, &place, now));
    all.extend(images::findings(&estate.images, &estate.scaling_groups, &place));
    all.extend(groups::findings(&estate.scaling_groups));
    all.extend(balancers::findings(&estate.load_balancers, &estate.target_groups));
    all.extend(buckets::findings(&estate.buckets));
    all.extend(tables::findings(&estate.tables, &place));
    all.extend(distributions::findings(&estate.distributions));
    all.extend(deployments::findings(&estate.deployment_groups));
    all.extend(people::findings(estate.root, estate.users.as_deref(), estate.administrators.as_ref(), now));
    all.extend(listeners::findings(&estate.alarm_topics, &estate.topics, around));
    all.sort();
    all
}
