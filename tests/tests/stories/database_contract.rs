//! What the controller relies on of RDS, Aurora and their lag metrics, in its own words, so that every
//! backend can be held to it.

#![expect(clippy::expect_used, reason = "tests")]

use std::{collections::BTreeSet, time::Duration};

use crossover_engine::ports::Clock;
use crossover_kinds::registry;
use crossover_model::error::{CloudError, Fault};
use crossover_rds::{
    AVAILABLE, DatabaseChanges, Databases, DbInstance, INVALID_CLUSTER_STATE, INVALID_INSTANCE_STATE, InstanceChange, LagMetric,
    Lags, NewReplica, RdsAccount,
};
use crossover_sandbox::{Account, Sandbox};
use crossover_tests::database::{Kind, QUARANTINE};

const HERE: Option<&str> = None;
const THERE: Option<&str> = Some("us-west-2");

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

async fn describe(databases: &dyn Databases, region: Option<&str>, id: &str) -> DbInstance {
    let mut found = databases.instances(region, &[id.to_owned()].into()).await.expect("an answer");
    found.pop().expect("the instance")
}

fn is_refused<T: std::fmt::Debug>(answer: Result<T, CloudError>, code: &str) {
    let error = answer.expect_err("a refusal");
    assert_eq!((error.fault, error.code.as_str()), (Fault::Refused, code), "{error}");
}

/// The statuses that an instance goes through until it is available again, each once.
async fn statuses(sandbox: &Sandbox, region: Option<&str>, id: &str) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    loop {
        let status = describe(sandbox, region, id).await.status;
        if seen.last() != Some(&status) {
            seen.push(status.clone());
        }
        if status == AVAILABLE && seen.len() > 1 {
            return seen;
        }
        sandbox.sleep(Duration::from_secs(5)).await;
    }
}

#[test]
fn a_promotion_takes_minutes_and_can_be_made_once() {
    run(async {
        let sandbox = Sandbox::new(Kind::Replica.account());
        let began = sandbox.now();
        let replica = describe(&sandbox, THERE, "orders-usw2").await;
        assert_eq!(
            replica.source.as_deref(),
            Some("arn:aws:rds:us-east-1:111122223333:db:orders-use1"),
            "an ARN: another Region"
        );
        sandbox.promote_replica(THERE, "orders-usw2", None).await.expect("accepted");
        is_refused(sandbox.promote_replica(THERE, "orders-usw2", None).await, INVALID_INSTANCE_STATE);
        let first = describe(&sandbox, THERE, "orders-usw2").await;
        assert!(first.source.is_some(), "a replica still");
        assert_eq!(statuses(&sandbox, THERE, "orders-usw2").await, ["modifying", "rebooting", "backing-up", AVAILABLE]);
        let last = describe(&sandbox, THERE, "orders-usw2").await;
        assert_eq!((last.source, last.backup_retention_days), (None, 1));
        assert!(sandbox.now().duration_since(began).unsigned_abs() > Duration::from_mins(3));
        is_refused(sandbox.promote_replica(THERE, "orders-usw2", None).await, INVALID_INSTANCE_STATE);
        is_refused(sandbox.promote_replica(HERE, "orders-use1", None).await, INVALID_INSTANCE_STATE);
        let missing = sandbox.promote_replica(HERE, "orders-usw2", None).await.expect_err("it is in another Region");
        assert_eq!((missing.fault, missing.code.as_str()), (Fault::NotFound, "DBInstanceNotFound"));
    });
}

#[test]
fn a_replica_that_is_backed_up_can_not_be_promoted() {
    run(async {
        let sandbox = Sandbox::new(Kind::Replica.account());
        sandbox.change(|account, _| "backing-up".clone_into(&mut account.rds_mut().instances[1].status));
        is_refused(sandbox.promote_replica(THERE, "orders-usw2", None).await, INVALID_INSTANCE_STATE);
    });
}

#[test]
fn what_does_not_exist_is_missing_and_no_error() {
    run(async {
        let sandbox = Sandbox::new(Kind::Replica.account());
        let ids = BTreeSet::from(["orders-use1".to_owned(), "nobody".to_owned(), "orders-usw2".to_owned()]);
        let found = sandbox.instances(HERE, &ids).await.expect("an answer");
        assert_eq!(found.iter().map(|instance| instance.id.as_str()).collect::<Vec<_>>(), ["orders-use1"]);
        assert_eq!(sandbox.clusters(HERE, &ids).await.expect("an answer"), []);
        assert_eq!(sandbox.global_cluster(HERE, "nobody").await.expect("an answer"), None);
    });
}

#[test]
fn a_source_of_replicas_can_not_be_stopped_nor_a_replica() {
    run(async {
        let sandbox = Sandbox::new(Kind::Replica.account());
        is_refused(sandbox.stop_instance(HERE, "orders-use1").await, INVALID_INSTANCE_STATE);
        is_refused(sandbox.stop_instance(THERE, "orders-usw2").await, INVALID_INSTANCE_STATE);
        sandbox.promote_replica(THERE, "orders-usw2", None).await.expect("accepted");
        sandbox.sleep(Duration::from_mins(5)).await;
        sandbox.stop_instance(HERE, "orders-use1").await.expect("accepted");
        assert_eq!(describe(&sandbox, HERE, "orders-use1").await.status, "stopping");
        sandbox.sleep(Duration::from_mins(3)).await;
        assert_eq!(describe(&sandbox, HERE, "orders-use1").await.status, "stopped");
        is_refused(sandbox.stop_instance(HERE, "orders-use1").await, INVALID_INSTANCE_STATE);
    });
}

#[test]
fn changed_security_groups_take_a_moment_and_the_same_again_changes_nothing() {
    run(async {
        let sandbox = Sandbox::new(Kind::Replica.account());
        let groups = BTreeSet::from([QUARANTINE.to_owned()]);
        let change = InstanceChange { security_groups: Some(groups.clone()), ..InstanceChange::default() };
        sandbox.modify_instance(HERE, "orders-use1", &change).await.expect("accepted");
        let first = describe(&sandbox, HERE, "orders-use1").await;
        assert!(first.security_groups_pending && first.status == AVAILABLE, "{first:?}");
        sandbox.modify_instance(HERE, "orders-use1", &change).await.expect("accepted again");
        sandbox.sleep(Duration::from_secs(10)).await;
        let then = describe(&sandbox, HERE, "orders-use1").await;
        assert!(then.security_groups == groups && !then.security_groups_pending, "{then:?}");
    });
}

#[test]
fn backups_and_a_standby_take_minutes_and_nothing_else_can_be_changed_meanwhile() {
    run(async {
        let sandbox = Sandbox::new(Kind::Replica.account());
        let change = InstanceChange { backup_retention_days: Some(3), multi_az: Some(true), ..InstanceChange::default() };
        sandbox.modify_instance(THERE, "orders-usw2", &change).await.expect("accepted");
        is_refused(sandbox.modify_instance(THERE, "orders-usw2", &change).await, INVALID_INSTANCE_STATE);
        let first = describe(&sandbox, THERE, "orders-usw2").await;
        assert!(first.multi_az_pending && !first.multi_az, "{first:?}");
        assert_eq!(statuses(&sandbox, THERE, "orders-usw2").await, ["modifying", AVAILABLE]);
        let then = describe(&sandbox, THERE, "orders-usw2").await;
        assert_eq!((then.multi_az, then.multi_az_pending, then.backup_retention_days), (true, false, 3));
    });
}

#[test]
fn a_reboot_with_failover_needs_a_standby_and_changes_the_zones() {
    run(async {
        let sandbox = Sandbox::new(Kind::MultiAz.account());
        sandbox.reboot_with_failover(HERE, "orders").await.expect("accepted");
        is_refused(sandbox.reboot_with_failover(HERE, "orders").await, INVALID_INSTANCE_STATE);
        assert_eq!(statuses(&sandbox, HERE, "orders").await, ["rebooting", AVAILABLE]);
        let then = describe(&sandbox, HERE, "orders").await;
        assert_eq!((then.zone.as_deref(), then.secondary_zone.as_deref()), (Some("us-east-1b"), Some("us-east-1a")));
        sandbox.change(|account, _| account.rds_mut().instances[0].multi_az = false);
        is_refused(sandbox.reboot_with_failover(HERE, "orders").await, "InvalidParameterCombination");
    });
}

#[test]
fn a_cluster_fails_over_to_the_named_instance() {
    run(async {
        let sandbox = Sandbox::new(Kind::Aurora.account());
        is_refused(sandbox.fail_over_cluster(HERE, "orders", "orders-1").await, INVALID_INSTANCE_STATE);
        let missing = sandbox.fail_over_cluster(HERE, "orders", "orders-9").await.expect_err("no member");
        assert_eq!(missing.fault, Fault::NotFound);
        sandbox.fail_over_cluster(HERE, "orders", "orders-2").await.expect("accepted");
        is_refused(sandbox.fail_over_cluster(HERE, "orders", "orders-3").await, INVALID_CLUSTER_STATE);
        let cluster = async || sandbox.clusters(HERE, &["orders".to_owned()].into()).await.expect("an answer").remove(0);
        assert_eq!(cluster().await.status, "failing-over");
        sandbox.sleep(Duration::from_mins(1)).await;
        let then = cluster().await;
        assert_eq!(then.status, AVAILABLE);
        let writers: Vec<&str> =
            then.members.iter().filter(|member| member.writer).map(|member| member.instance.as_str()).collect();
        assert_eq!(writers, ["orders-2"]);
    });
}

#[test]
fn a_global_database_fails_over_from_the_region_that_is_left_and_switches_over_only_when_both_are_well() {
    let arn = Kind::Global.sides()[1];
    let moved = async |sandbox: &Sandbox| {
        sandbox.sleep(Duration::from_mins(1)).await;
        let global = sandbox.global_cluster(THERE, "orders").await.expect("an answer").expect("a global database");
        assert_eq!((global.status.as_str(), &global.moving_to), (AVAILABLE, &None));
        global.members.iter().filter(|member| member.writer).map(|member| member.cluster.clone()).collect::<Vec<_>>()
    };
    run(async {
        let sandbox = Sandbox::new(Kind::Global.account());
        sandbox.change(|account, _| account.rds_mut().unreachable.insert("us-east-1".to_owned()));
        let lost = sandbox.global_cluster(HERE, "orders").await.expect_err("no answer");
        assert_eq!(lost.fault, Fault::TimedOut);
        let lost = sandbox.switch_over_global(HERE, "orders", arn).await.expect_err("no answer");
        assert_eq!(lost.fault, Fault::TimedOut);
        sandbox.fail_over_global(THERE, "orders", arn).await.expect("accepted");
        let again = sandbox.fail_over_global(THERE, "orders", arn).await;
        is_refused(again, "InvalidGlobalClusterStateFault");
        let global = sandbox.global_cluster(THERE, "orders").await.expect("an answer").expect("a global database");
        assert_eq!((global.status.as_str(), global.moving_to.as_deref()), ("failing-over", Some(arn)));
        assert_eq!(moved(&sandbox).await, [arn]);
        is_refused(sandbox.fail_over_global(THERE, "orders", arn).await, INVALID_CLUSTER_STATE);
    });
    run(async {
        let sandbox = Sandbox::new(Kind::Global.account());
        sandbox.change(|account, _| "upgrading".clone_into(&mut account.rds_mut().clusters[1].status));
        is_refused(sandbox.switch_over_global(HERE, "orders", arn).await, INVALID_CLUSTER_STATE);
        sandbox.change(|account, _| AVAILABLE.clone_into(&mut account.rds_mut().clusters[1].status));
        sandbox.switch_over_global(HERE, "orders", arn).await.expect("accepted");
        assert_eq!(moved(&sandbox).await, [arn]);
    });
}

#[test]
fn a_cluster_that_is_a_replica_is_promoted_once() {
    run(async {
        let sandbox = Sandbox::new(Kind::Global.account());
        is_refused(sandbox.promote_replica_cluster(THERE, "orders-usw2").await, INVALID_CLUSTER_STATE);
        sandbox.change(|account, _| {
            account.rds_mut().clusters[1].source = Some("arn:aws:rds:us-east-1:1:cluster:orders-use1".to_owned());
        });
        sandbox.promote_replica_cluster(THERE, "orders-usw2").await.expect("accepted");
        is_refused(sandbox.promote_replica_cluster(THERE, "orders-usw2").await, INVALID_CLUSTER_STATE);
        sandbox.sleep(Duration::from_mins(5)).await;
        let then = sandbox.clusters(THERE, &["orders-usw2".to_owned()].into()).await.expect("an answer").remove(0);
        assert_eq!((then.status.as_str(), then.source), (AVAILABLE, None));
    });
}

#[test]
fn only_oracle_changes_roles() {
    run(async {
        let sandbox = Sandbox::new(Kind::Replica.account());
        is_refused(sandbox.switch_over_replica(THERE, "orders-usw2").await, INVALID_INSTANCE_STATE);
        sandbox
            .change(|account, _| account.rds_mut().instances.iter_mut().for_each(|one| "oracle-ee".clone_into(&mut one.engine)));
        is_refused(sandbox.switch_over_replica(HERE, "orders-use1").await, INVALID_INSTANCE_STATE);
        sandbox.switch_over_replica(THERE, "orders-usw2").await.expect("accepted");
        sandbox.sleep(Duration::from_mins(3)).await;
        assert_eq!(describe(&sandbox, THERE, "orders-usw2").await.source, None);
        let old = describe(&sandbox, HERE, "orders-use1").await;
        assert_eq!(old.source.as_deref(), Some("arn:aws:rds:us-west-2:111122223333:db:orders-usw2"));
    });
}

#[test]
fn a_replica_needs_a_free_name_and_a_source_with_backups() {
    run(async {
        let sandbox = Sandbox::new(Kind::Replica.account());
        let replica = |id: &str, source: &str| NewReplica {
            id: id.to_owned(),
            source: format!("arn:aws:rds:{source}"),
            security_groups: BTreeSet::from(["sg-clients".to_owned()]),
            ..NewReplica::default()
        };
        let of_source = |id: &str| replica(id, "us-east-1:111122223333:db:orders-use1");
        let taken = sandbox.create_replica(HERE, &of_source("orders-use1")).await;
        is_refused(taken, "DBInstanceAlreadyExists");
        let no_backups = sandbox.create_replica(THERE, &replica("orders-3", "us-west-2:111122223333:db:orders-usw2")).await;
        is_refused(no_backups, INVALID_INSTANCE_STATE);
        sandbox.create_replica(HERE, &of_source("orders-3")).await.expect("accepted");
        assert_eq!(
            describe(&sandbox, HERE, "orders-3").await.source.as_deref(),
            Some("orders-use1"),
            "an identifier: the same Region"
        );
        assert_eq!(statuses(&sandbox, HERE, "orders-3").await, ["creating", AVAILABLE]);

        let with_key = NewReplica { kms_key: Some("alias/orders".to_owned()), ..of_source("orders-6") };
        is_refused(sandbox.create_replica(THERE, &with_key).await, "InvalidParameterCombination");
        // A KMS key belongs to one Region (`CreateDBInstanceReadReplica`, `KmsKeyId`).
        sandbox.change(|account, _| account.rds_mut().instances.iter_mut().for_each(|instance| instance.encrypted = true));
        let no_key = sandbox.create_replica(THERE, &of_source("orders-4")).await;
        is_refused(no_key, "InvalidParameterCombination");
        let with_key = NewReplica { kms_key: Some("alias/orders".to_owned()), ..of_source("orders-4") };
        sandbox.create_replica(THERE, &with_key).await.expect("accepted");
        sandbox.create_replica(HERE, &of_source("orders-5")).await.expect("it has the key of its source");
    });
}

#[test]
fn samples_come_by_the_minute_and_say_what_they_say() {
    run(async {
        let sandbox = Sandbox::new(Kind::Replica.account());
        let ids = BTreeSet::from(["orders-usw2".to_owned(), "nobody".to_owned()]);
        let read = async |since| {
            let read = sandbox.lag_samples(THERE, LagMetric::ReplicaLag, &ids, since).await.expect("an answer");
            read.get("orders-usw2").cloned().unwrap_or_default()
        };
        let since = sandbox.now() - Duration::from_mins(5);
        let samples = read(since).await;
        assert!((4..=6).contains(&samples.len()), "{samples:?}");
        assert!(samples.iter().all(|sample| sample.at.as_second() % 60 == 0 && (sample.value - 2.0).abs() < 0.01), "{samples:?}");
        sandbox.change(|account, now| account.rds_mut().set_lag("orders-usw2", Some(-1.0), now));
        sandbox.sleep(Duration::from_mins(3)).await;
        let values: BTreeSet<i64> = read(since).await.iter().map(|sample| if sample.value < 0.0 { -1 } else { 2 }).collect();
        assert_eq!(values, BTreeSet::from([-1, 2]), "from then on");
        sandbox.change(|account, now| account.rds_mut().set_lag("orders-usw2", None, now));
        sandbox.sleep(Duration::from_mins(10)).await;
        assert_eq!(read(sandbox.now() - Duration::from_mins(5)).await, []);
        let elsewhere = sandbox.lag_samples(HERE, LagMetric::ReplicaLag, &ids, since).await.expect("an answer");
        assert!(elsewhere.is_empty(), "the replica's own Region has them");
    });
}

#[test]
fn an_account_file_holds_databases() {
    for kind in Kind::ALL {
        let account = kind.account();
        let printed = account.print().expect("a file");
        assert_eq!(Account::parse(&printed, &registry().sections()).expect("a good account"), account);
    }
}
