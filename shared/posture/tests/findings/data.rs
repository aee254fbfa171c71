//! Findings on data and its copies.

use crossover_posture::Posture;

use crate::account::{HOME, STANDBY, all_pass, at, set, snapshot};

#[test]
fn databases_and_caches() {
    all_pass(&[
        ("no standby", |it| it.db_instances[0].multi_az = false, &["warning database-alone: database orders"]),
        (
            "a replica instead",
            |it| {
                it.db_instances[0].multi_az = false;
                it.db_instances[0].replicas_in = vec![HOME.to_owned()];
            },
            &[],
        ),
        ("one member", |it| it.db_clusters[0].members = set(&["shop-1"]), &["warning cluster-alone: cluster shop"]),
        ("a cache of one node", |it| it.caches[0].nodes = 1, &["warning cache-alone: cache sessions"]),
        ("no failover", |it| it.caches[0].automatic_failover = false, &["warning cache-failover: cache sessions"]),
        ("no Multi-AZ", |it| it.caches[0].multi_az = false, &["warning cache-zones: cache sessions"]),
        ("memcached of one node", |it| it.caches[1].nodes = 1, &["warning cache-alone: cache pages"]),
    ]);
}

fn age(posture: &mut Posture, index: usize, time: &str) {
    posture.db_snapshots.get_mut(HOME).expect("snapshots")[index].at = at(time);
}

#[test]
fn snapshots() {
    all_pass(&[
        ("26 hours old", |it| age(it, 0, "2026-03-13T10:00:00Z"), &[]),
        ("older", |it| age(it, 0, "2026-03-13T09:59:59Z"), &["warning snapshot-old: database orders"]),
        ("of the future", |it| age(it, 0, "2026-03-15T09:59:59Z"), &[]),
        ("of a cluster", |it| age(it, 1, "2026-03-10T00:00:00Z"), &["warning snapshot-old: cluster shop"]),
        (
            "none",
            |it| {
                it.db_snapshots.insert(HOME.to_owned(), vec![snapshot("shop-1", "cluster:shop")]);
            },
            &["error snapshot-old: database orders"],
        ),
        (
            "they can't be read",
            |it| {
                it.db_snapshots.remove(HOME);
            },
            &[],
        ),
        (
            "none of a cache",
            |it| {
                it.cache_snapshots.insert(HOME.to_owned(), Vec::new());
            },
            &["warning snapshot-old: cache sessions"],
        ),
        (
            "none of a volume, and so no copy",
            |it| {
                it.volume_snapshots.insert(HOME.to_owned(), Vec::new());
            },
            &["error snapshot-old: volume vol-1 of i-1", "warning snapshot-region: volume vol-1 of i-1"],
        ),
        ("none of a volume that a group makes anew", |it| it.servers[0].scaling_group = Some("web".to_owned()), &[]),
        (
            "none elsewhere",
            |it| {
                it.db_snapshots.insert(STANDBY.to_owned(), Vec::new());
            },
            &["warning snapshot-region: cluster shop", "warning snapshot-region: database orders"],
        ),
        (
            "none elsewhere, but replicas",
            |it| {
                it.db_snapshots.insert(STANDBY.to_owned(), Vec::new());
                it.db_instances[0].replicas_in = vec![STANDBY.to_owned()];
                it.db_clusters[0].replicas_in = set(&[STANDBY]);
            },
            &[],
        ),
        (
            "the other Region can't be read",
            |it| {
                it.db_snapshots.remove(STANDBY);
            },
            &[],
        ),
        (
            "a snapshot of another volume there",
            |it| it.volume_snapshots.get_mut(STANDBY).expect("snapshots")[0].copy_of = vec!["snap-7".to_owned()],
            &["warning snapshot-region: volume vol-1 of i-1"],
        ),
    ]);
}
