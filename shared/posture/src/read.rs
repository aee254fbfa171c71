//! Reads an account.

use std::collections::{BTreeMap, BTreeSet};

use futures::{future::join_all, join};

use crate::{Posture, Reader, Reading, scope::ReadScope};

/// Reads an account; what fails is noted in `reading`, and missing here.
pub(crate) async fn read(reader: &dyn Reader, scope: &ReadScope, reading: &Reading<'_>) -> Posture {
    let (network, stores, fleet, people) = join!(
        network_of(reader, scope, reading),
        stores_of(reader, scope, reading),
        fleet_of(reader, scope, reading),
        people_of(reader, scope, reading),
    );
    Posture {
        subnets: network.subnets,
        route_tables: network.route_tables,
        nat_gateways: network.nat_gateways,
        servers: network.servers,
        volume_snapshots: network.volume_snapshots,
        vpn_connections: network.vpn_connections,
        scaling_groups: fleet.scaling_groups,
        images: fleet.images,
        load_balancers: fleet.load_balancers,
        target_groups: fleet.target_groups,
        distributions: fleet.distributions,
        deployment_groups: fleet.deployment_groups,
        root: people.root,
        users: people.users,
        administrators: people.administrators,
        alarm_topics: people.alarm_topics,
        topics: people.topics,
        ..stores
    }
}

async fn network_of(reader: &dyn Reader, scope: &ReadScope, reading: &Reading<'_>) -> Posture {
    let (subnets, route_tables, nat_gateways, servers, vpn_connections) = join!(
        reader.subnets(reading),
        reader.route_tables(reading),
        reader.nat_gateways(reading),
        reader.servers(reading),
        reader.vpn_connections(reading),
    );
    let servers = servers.unwrap_or_default();
    let alone = servers.iter().filter(|server| server.scaling_group.is_none());
    let volumes: BTreeSet<String> = alone.flat_map(|server| server.volumes.iter().cloned()).collect();
    let volume_snapshots = if volumes.is_empty() {
        BTreeMap::new()
    } else {
        by_region(scope.everywhere(), async |region| reader.volume_snapshots(reading, region, scope.only(region, &volumes)).await)
            .await
    };
    Posture {
        subnets: subnets.unwrap_or_default(),
        route_tables: route_tables.unwrap_or_default(),
        nat_gateways: nat_gateways.unwrap_or_default(),
        servers,
        volume_snapshots,
        vpn_connections: vpn_connections.unwrap_or_default(),
        ..Posture::default()
    }
}

async fn stores_of(reader: &dyn Reader, scope: &ReadScope, reading: &Reading<'_>) -> Posture {
    let (db_instances, db_clusters, caches, db_snapshots, cache_snapshots, buckets, tables) = join!(
        reader.db_instances(reading),
        reader.db_clusters(reading),
        reader.caches(reading),
        by_region(scope.everywhere(), async |region| reader.db_snapshots(reading, region).await),
        reader.cache_snapshots(reading),
        reader.buckets(reading),
        reader.tables(reading),
    );
    Posture {
        db_instances: db_instances.unwrap_or_default(),
        db_clusters: db_clusters.unwrap_or_default(),
        caches: caches.unwrap_or_default(),
        db_snapshots,
        cache_snapshots: cache_snapshots.map(|all| (scope.home.clone(), all)).into_iter().collect(),
        buckets: buckets.unwrap_or_default(),
        tables: tables.unwrap_or_default(),
        ..Posture::default()
    }
}

async fn fleet_of(reader: &dyn Reader, scope: &ReadScope, reading: &Reading<'_>) -> Posture {
    let (scaling_groups, load_balancers, target_groups, distributions, deployment_groups) = join!(
        reader.scaling_groups(reading),
        reader.load_balancers(reading),
        reader.target_groups(reading),
        reader.distributions(reading),
        reader.deployment_groups(reading),
    );
    let scaling_groups = scaling_groups.unwrap_or_default();
    let ids: BTreeSet<String> = scaling_groups.iter().flat_map(|group| group.images.iter().cloned()).collect();
    let mut images = BTreeMap::new();
    if !ids.is_empty() && !scope.standby.is_empty() {
        let home = reader.images(reading, &scope.home, &ids, &BTreeSet::new()).await;
        if let Some(home) = home {
            let names = home.iter().filter(|image| ids.contains(&image.id)).map(|image| image.name.clone()).collect();
            images =
                by_region(&scope.standby, async |region| reader.images(reading, region, &BTreeSet::new(), &names).await).await;
            images.insert(scope.home.clone(), home);
        }
    }
    Posture {
        scaling_groups,
        images,
        load_balancers: load_balancers.unwrap_or_default(),
        target_groups: target_groups.unwrap_or_default(),
        distributions: distributions.unwrap_or_default(),
        deployment_groups: deployment_groups.unwrap_or_default(),
        ..Posture::default()
    }
}

async fn people_of(reader: &dyn Reader, scope: &ReadScope, reading: &Reading<'_>) -> Posture {
    let listeners = async {
        let alarm_topics = reader.alarm_topics(reading, &scope.alarms).await.unwrap_or_default();
        let arns: BTreeSet<&String> = alarm_topics.values().flatten().chain(&scope.notice_topic).collect();
        let read = arns.into_iter().map(async |topic| Some((topic.clone(), reader.subscriptions(reading, topic).await?)));
        let topics = join_all(read).await.into_iter().flatten().collect();
        (alarm_topics, topics)
    };
    let (root, users, administrators, (alarm_topics, topics)) =
        join!(reader.root(reading), reader.users(reading), reader.administrators(reading), listeners);
    Posture { root, users, administrators, alarm_topics, topics, ..Posture::default() }
}

/// The results of the readable Regions.
async fn by_region<'r, T>(
    regions: impl IntoIterator<Item = &'r String>,
    read: impl AsyncFn(&'r str) -> Option<T>,
) -> BTreeMap<String, T> {
    let all = regions.into_iter().map(async |region| Some((region.clone(), read(region).await?)));
    join_all(all).await.into_iter().flatten().collect()
}
