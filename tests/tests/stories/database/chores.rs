//! What is left to do of a finished move keeps nothing else from happening.

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_rds::RdsAccount;
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::{
    database::{ALARM_HOME, ALARM_OTHER, ALARM_THIRD, Kind, TARGET, alarm, command, endpoint, record},
    stage::{Stage, tick},
};
use serde_json::json;

use super::{mails, run};

/// Home of a cluster has failed, another instance is the writer, and Route 53 refuses every change of the record.
async fn with_a_record_that_can_not_be_moved() -> Stage {
    let mut stage = Stage::with(Kind::Aurora.account(), &Kind::Aurora.topology("block = \"1m\""));
    stage.faults([FaultRule::every("route53:ChangeResourceRecordSets", Fault::Refuse)]);
    alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
    stage.ticks(3).await;
    assert_eq!(Kind::Aurora.writer(&stage.sandbox.account()), Some("orders-3"));
    assert!(stage.sandbox.account().dynamodb().journal[TARGET].memory.open.is_some(), "the record is left to do");
    stage
}

#[test]
fn a_record_that_can_not_be_moved_does_not_hold_back_the_next_failover() {
    run(async {
        let mut stage = with_a_record_that_can_not_be_moved().await;
        let second = alarm(&mut stage, ALARM_THIRD, AlarmState::Alarm).await;
        assert_ne!(second.outcome, Outcome::Held, "{second:?}");
        stage.ticks(2).await;
        assert_eq!(Kind::Aurora.writer(&stage.sandbox.account()), Some("orders-2"), "{:?}", stage.told());
        stage.faults([]);
        stage.ticks(3).await;
        assert_eq!(record(&stage.sandbox.account()), endpoint("us-east-1", "orders-2"));
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
    });
}

#[test]
fn a_record_that_can_not_be_moved_does_not_hold_back_an_order() {
    run(async {
        let mut stage = with_a_record_that_can_not_be_moved().await;
        stage.reconcile(&command("failover", &json!({ "to": "orders-2" }))).await;
        stage.ticks(2).await;
        assert_eq!(Kind::Aurora.writer(&stage.sandbox.account()), Some("orders-2"), "{:?}", stage.told());
    });
}

#[test]
fn a_new_failure_is_told_although_backups_are_still_to_be_turned_on() {
    run(async {
        let mut stage = Kind::Replica.stage();
        let other = Some("orders-usw2".to_owned());
        stage.faults([FaultRule { resource: other, ..FaultRule::every("rds:ModifyDBInstance", Fault::Refuse) }]);
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(8).await;
        assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(Kind::Replica.sides()[1]));
        assert!(stage.sandbox.account().dynamodb().journal[TARGET].memory.open.is_some(), "backups are left to do");
        stage.set_alarm(ALARM_HOME, AlarmState::Ok);
        alarm(&mut stage, ALARM_OTHER, AlarmState::Alarm).await;
        assert!(mails(&stage).contains("no member can take over from orders-usw2 in us-west-2"), "{}", mails(&stage));
        // It is the answer to an order, too.
        let order = command("failover", &json!({ "away_from": Kind::Replica.sides()[1], "accept_data_loss": true }));
        let held = stage.reconcile(&order).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        assert!(stage.sandbox.account().dynamodb().journal[TARGET].memory.intent.is_none(), "it leaves no intent");
        stage.faults([]);
        stage.ticks(2).await;
        assert_eq!(stage.sandbox.account().rds().instances[1].backup_retention_days, 7, "and is done meanwhile");
    });
}

#[test]
fn a_cluster_that_is_backed_up_moves_no_writer() {
    run(async {
        let mut stage = Kind::Aurora.stage();
        stage.sandbox.change(|account, _| "backing-up".clone_into(&mut account.rds_mut().clusters[0].status));
        let refused = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(refused.outcome, Outcome::Failed, "{refused:?}");
        assert!(!stage.told().is_empty(), "it is told at once");
        stage.ticks(2).await;
        stage.sandbox.change(|account, _| "available".clone_into(&mut account.rds_mut().clusters[0].status));
        stage.ticks(3).await;
        assert_eq!(Kind::Aurora.writer(&stage.sandbox.account()), Some("orders-3"), "{:?}", stage.told());
    });
}

#[test]
fn clients_are_led_to_a_promoted_member_while_rds_makes_its_first_backup() {
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.sandbox.change(|account, _| {
            account.rds_mut().promotion_ms = 3_600_000;
            account.rds_mut().instances[1].backup_retention_days = 1;
        });
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(47).await;
        let account = stage.sandbox.account();
        assert_eq!(account.rds().instances[1].status, "backing-up");
        assert!(record(&account).starts_with("orders-usw2."), "{}", mails(&stage));
        let open = account.dynamodb().journal[TARGET].memory.open.as_ref().map(|open| open.outcome);
        assert_eq!(open, Some(Outcome::Pending), "its backups and standby are left to do");
        stage.ticks(20).await;
        assert_eq!(stage.sandbox.account().rds().instances[1].backup_retention_days, 7);
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
        assert_eq!(stage.count("rds:PromoteReadReplica"), 1);
        assert!(!mails(&stage).contains("PARTIAL") && !mails(&stage).contains("FAILED"), "{}", mails(&stage));
    });
}

#[test]
fn a_standby_takes_over_while_rds_optimizes_the_storage() {
    run(async {
        for kind in [Kind::MultiAz, Kind::Aurora] {
            let mut stage = kind.stage();
            stage.sandbox.change(|account, _| {
                account.rds_mut().instances.iter_mut().for_each(|it| "storage-optimization".clone_into(&mut it.status));
            });
            let home = kind.writer(&stage.sandbox.account()).map(str::to_owned);
            alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            stage.ticks(3).await;
            assert_ne!(kind.writer(&stage.sandbox.account()).map(str::to_owned), home, "{kind:?}: {}", mails(&stage));
        }
    });
}

#[test]
fn a_replica_that_rds_works_on_is_promoted_only_by_force_and_a_refusal_is_told() {
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.sandbox.change(|account, _| "storage-optimization".clone_into(&mut account.rds_mut().instances[1].status));
        let order = |force: bool| {
            command("failover", &json!({ "to": Kind::Replica.sides()[1], "accept_data_loss": true, "force": force }))
        };
        let held = stage.reconcile(&order(false)).await;
        assert!(held.reason.contains("has the status storage-optimization"), "{held:?}");
        stage.faults([FaultRule::every("rds:PromoteReadReplica", Fault::Refuse)]);
        let refused = stage.reconcile(&order(true)).await;
        assert_ne!(refused.outcome, Outcome::Completed, "{refused:?}");
        assert!(mails(&stage).contains("a fault of the sandbox"), "RDS's own words: {}", mails(&stage));
        stage.faults([]);
        stage.reconcile(&order(true)).await;
        stage.ticks(8).await;
        assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(Kind::Replica.sides()[1]), "{}", mails(&stage));
    });
}

#[test]
fn backups_are_on_from_the_promotion_on() {
    run(async {
        let after = "after = { backup_retention_days = 14 }";
        let topology = Kind::Replica.topology("").replace("after = { backup_retention_days = 7, multi_az = true }", after);
        let mut stage = Stage::with(Kind::Replica.account(), &topology);
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(stage.sandbox.account().rds().instances[1].backup_retention_days, 14, "with the call itself");
        stage.ticks(8).await;
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
        // The fence; nothing is left to turn on.
        assert_eq!(stage.count("rds:ModifyDBInstance"), 1);
    });
}
