//! Findings on stores, distributions and deployments.

use crate::account::{HOME, all_pass, set};

#[test]
fn stores_and_deployments() {
    all_pass(&[
        ("no versions", |it| it.buckets[0].versioned = Some(false), &["warning bucket-versions: bucket uploads"]),
        ("no replication", |it| it.buckets[0].replicated = Some(false), &["warning bucket-replication: bucket uploads"]),
        ("neither is known", |it| (it.buckets[0].versioned, it.buckets[0].replicated) = (None, None), &[]),
        ("no recovery", |it| it.tables[0].recoverable = Some(false), &["warning table-recovery: table carts"]),
        ("no replica", |it| it.tables[0].replicas_in = Some(set(&[HOME])), &["warning table-replica: table carts"]),
        (
            "a replica elsewhere",
            |it| it.tables[0].replicas_in = Some(set(&["eu-west-1"])),
            &["warning table-replica: table carts"],
        ),
        ("nothing is known of it", |it| (it.tables[0].recoverable, it.tables[0].replicas_in) = (None, None), &[]),
        ("one origin", |it| it.distributions[0].origin_groups = 0, &["warning one-origin: distribution E1"]),
        ("no rollback", |it| it.deployment_groups[0].rolls_back = false, &["warning no-rollback: deployment group shop/prod"]),
    ]);
}
