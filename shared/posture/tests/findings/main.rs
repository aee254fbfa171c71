//! The findings of an account with a single problem.

#![expect(clippy::expect_used, reason = "tests")]

mod account;
mod data;
mod fleets;
mod people;
mod stores;
mod ways_out;

use std::collections::BTreeSet;

use crossover_posture::{Posture, Root, RouteTable, Server, Snapshot, Subnet, findings};

use crate::account::{HOME, STANDBY, found, found_in, now, scope, set, snapshot, sound};

#[test]
fn a_redundant_account_has_no_findings() {
    assert_eq!(found(|_| {}), [""; 0]);
    assert_eq!(findings(&Posture::default(), HOME, &scope(&[HOME, STANDBY]), now()), []);
}

#[test]
fn without_another_region_none_is_read() {
    let alone = |posture: &mut Posture| {
        for by_region in [&mut posture.db_snapshots, &mut posture.volume_snapshots] {
            by_region.remove(STANDBY);
            by_region.insert("eu-west-1".to_owned(), Vec::new());
        }
        posture.images.remove(STANDBY);
    };
    assert_eq!(found_in(&[HOME], alone), [""; 0]);
    assert_eq!(found_in(&[], alone), [""; 0]);
    assert_eq!(found_in(&[HOME, "eu-west-1"], alone).len(), 4, "three snapshots, and a replica of the table");
    assert_eq!(
        found_in(&[HOME], |it| it.tables[0].replicas_in = Some(BTreeSet::new())),
        ["warning table-replica: table carts"],
        "a table should have a replica somewhere"
    );
}

#[test]
fn the_worst_comes_first() {
    let two = |it: &mut Posture| {
        it.buckets[0].versioned = Some(false);
        it.root = Some(Root { password: true, mfa: false, keys: false });
    };
    assert_eq!(found(two), ["error root-mfa: root user", "warning bucket-versions: bucket uploads"]);
}

#[test]
fn an_account_of_thousands_is_checked_in_linear_time() {
    const MANY: usize = 20_000;
    let mut posture = sound();
    let vpc = "vpc-of-many".to_owned();
    for number in 0..MANY {
        let (id, zone) = (format!("subnet-{number}"), ["us-east-1a", "us-east-1b"][number % 2].to_owned());
        let leads_to = set(&["i-0"]);
        let table = RouteTable { id: format!("rtb-{number}"), vpc: vpc.clone(), main: false, subnets: set(&[&id]), leads_to };
        posture.route_tables.push(table);
        posture.subnets.push(Subnet { id, vpc: vpc.clone(), zone: zone.clone() });
        let volume = format!("vol-{number}");
        for (region, copy_of) in [(HOME, Vec::new()), (STANDBY, vec![format!("snap-{number}")])] {
            let of = if copy_of.is_empty() { volume.clone() } else { "vol-ffffffff".to_owned() };
            let id = if copy_of.is_empty() { format!("snap-{number}") } else { format!("snap-copy-{number}") };
            posture.volume_snapshots.entry(region.to_owned()).or_default().push(Snapshot { copy_of, ..snapshot(&id, &of) });
        }
        let (interfaces, volumes) = (set(&[&format!("eni-{number}")]), set(&[&volume]));
        posture.servers.push(Server { id: format!("i-{number}"), zone, interfaces, volumes, scaling_group: None });
    }
    // Comparing each resource with every other one would take 400 million comparisons, and eight billion for triples.
    let found: Vec<String> =
        findings(&posture, HOME, &scope(&[STANDBY]), now()).into_iter().map(|found| found.resource).collect();
    assert_eq!(found, ["gateway i-0"], "the only one that another zone needs; all volumes have their copies");
}
