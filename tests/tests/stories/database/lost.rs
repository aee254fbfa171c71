//! The member that was made the writer can't be found any more, and the old one is in its fence.

use crossover_dynamodb::DynamoDbAccount;
use crossover_kinds::registry;
use crossover_model::{alarm::AlarmState, hold::Held, outcome::Outcome};
use crossover_rds::RdsAccount;
use crossover_tests::{
    database::{ALARM_HOME, Kind, TARGET, alarm, command, endpoint, is_quarantine, record, three_replicas},
    stage::{Stage, tick},
};
use serde_json::json;

use super::{mails, run};

/// Home has failed, the other member was made the writer, and home is healthy again.
async fn moved() -> Stage {
    let mut stage = Kind::Replica.stage();
    alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
    stage.ticks(8).await;
    stage.set_alarm(ALARM_HOME, AlarmState::Ok);
    assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
    assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(Kind::Replica.sides()[1]));
    stage
}

fn home_takes_writes(stage: &Stage) -> bool {
    let account = stage.sandbox.account();
    account.rds().takes_writes(&account.rds().instances[0], is_quarantine)
}

/// A person gives the writer another name in RDS, or deletes it.
fn lose(stage: &Stage, new_name: Option<&str>) {
    stage.sandbox.change(|account, _| match new_name {
        Some(name) => {
            let found = &mut account.rds_mut().instances[1];
            (found.id, found.arn) = (name.to_owned(), found.arn.replace("orders-usw2", name));
            found.endpoint = Some(endpoint("us-west-2", name));
        }
        None => _ = account.rds_mut().instances.remove(1),
    });
}

#[test]
fn an_old_writer_stays_in_its_fence_when_the_new_one_is_renamed_or_deleted() {
    for new_name in [Some("orders-usw2-new"), None] {
        run(async {
            let mut stage = moved().await;
            lose(&stage, new_name);
            for _ in 0..4 {
                stage.ticks(1).await;
                assert!(!home_takes_writes(&stage), "{new_name:?}: {}", mails(&stage));
                assert_eq!(record(&stage.sandbox.account()), endpoint("us-west-2", "orders-usw2"), "{new_name:?}");
            }
            let held = stage.reconcile(&tick()).await;
            assert_eq!(held.held, Some(Held::Ambiguous), "{held:?}");
            assert!(held.reason.contains("RDS has no instance of its name any more"), "{}", held.reason);
            assert!(mails(&stage).contains("crossover unfence orders --side orders-use1 --force"), "{}", mails(&stage));
            let away = stage.sandbox.account().dynamodb().journal[TARGET].memory.away.clone();
            assert_eq!(away["orders writer"], Kind::Replica.sides()[1], "{new_name:?}");
        });
    }
}

#[test]
fn a_person_lets_clients_in_to_an_old_writer_whose_successor_is_lost() {
    for order in [
        command("unfence", &json!({ "side": "orders-use1" })),
        command("failover", &json!({ "to": "orders-use1", "force": true })),
    ] {
        run(async {
            let mut stage = moved().await;
            lose(&stage, None);
            stage.ticks(2).await;
            stage.reconcile(&order).await;
            assert!(home_takes_writes(&stage), "{}", mails(&stage));
            stage.ticks(3).await;
            let last = stage.reconcile(&tick()).await;
            assert_eq!(last.outcome, Outcome::Settled, "{}", mails(&stage));
            assert!(home_takes_writes(&stage));
            let remark = "the writer's record points to none of the readable members";
            assert!(last.remarks.iter().any(|told| told == remark), "{:?}", last.remarks);
        });
    }
}

#[test]
fn a_lost_writer_is_found_again_once_the_topology_declares_its_new_name() {
    run(async {
        let mut stage = moved().await;
        lose(&stage, Some("orders-usw2-new"));
        stage.ticks(2).await;
        let topology = Kind::Replica.topology("").replace(":orders-usw2\"", ":orders-usw2-new\"");
        stage.declare(&registry(), &topology);
        let side = format!("{0}={0}-new", Kind::Replica.sides()[1]);
        stage.reconcile(&command("rename", &json!({ "side": side }))).await;
        stage.ticks(3).await;
        assert!(!home_takes_writes(&stage), "{}", mails(&stage));
        let last = stage.reconcile(&tick()).await;
        assert_eq!((last.outcome, last.reason.contains("orders-usw2-new")), (Outcome::Settled, true), "{last:?}");
    });
}

#[test]
fn an_old_writer_stays_in_its_fence_when_the_topology_does_not_declare_the_new_one() {
    run(async {
        let (account, topology) = three_replicas("");
        let mut stage = Stage::with(account, &topology);
        let order = json!({ "to": crossover_tests::database::THIRD, "accept_data_loss": true });
        stage.reconcile(&command("failover", &order)).await;
        stage.ticks(8).await;
        stage.reconcile(&command("release", &json!({}))).await;
        stage.declare(&registry(), &Kind::Replica.topology(""));
        for _ in 0..4 {
            stage.ticks(1).await;
            assert!(!home_takes_writes(&stage), "{}", mails(&stage));
        }
        // Another replica still follows the old writer, whose Region fails.
        stage.sandbox.change(|account, _| account.rds_mut().unreachable.insert("us-east-1".to_owned()));
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(stage.count("rds:PromoteReadReplica"), 1, "{}", mails(&stage));
        stage.sandbox.change(|account, _| account.rds_mut().unreachable.clear());
        alarm(&mut stage, ALARM_HOME, AlarmState::Ok).await;
        let held = stage.reconcile(&tick()).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        assert!(held.reason.contains("the topology does not declare it any more"), "{}", held.reason);
        stage.declare(&registry(), &topology);
        stage.ticks(2).await;
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled, "{}", mails(&stage));
        assert!(record(&stage.sandbox.account()).starts_with("orders-euw1."));
        assert!(!home_takes_writes(&stage));
    });
}

#[test]
fn no_other_member_replaces_an_old_writer_that_a_person_opened_while_the_new_one_is_lost() {
    run(async {
        let (account, topology) = three_replicas("");
        let before = account.rds().instances[0].security_groups.clone();
        let mut stage = Stage::with(account, &topology);
        let order = json!({ "to": crossover_tests::database::THIRD, "accept_data_loss": true });
        stage.reconcile(&command("failover", &order)).await;
        stage.ticks(8).await;
        stage.reconcile(&command("release", &json!({}))).await;
        stage.declare(&registry(), &Kind::Replica.topology("data_loss = \"accept\"\nblock = \"1m\""));
        stage.sandbox.change(|account, _| account.rds_mut().instances[0].security_groups = before);
        stage.ticks(2).await;
        assert!(home_takes_writes(&stage), "{}", mails(&stage));
        let held = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(3).await;
        assert_eq!((held.held, stage.count("rds:PromoteReadReplica")), (Some(Held::Ambiguous), 1), "{held:?}");
        assert!(held.reason.contains("the topology does not declare it any more"), "{}", held.reason);
    });
}

#[test]
fn a_forced_order_that_names_no_side_does_not_open_an_old_writer_whose_successor_is_not_declared() {
    run(async {
        let (account, topology) = three_replicas("");
        let mut stage = Stage::with(account, &topology);
        let order = json!({ "to": crossover_tests::database::THIRD, "accept_data_loss": true });
        stage.reconcile(&command("failover", &order)).await;
        stage.ticks(8).await;
        stage.declare(&registry(), &Kind::Replica.topology(""));
        let order = json!({ "away_from": Kind::Replica.sides()[1], "accept_data_loss": true, "force": true });
        let held = stage.reconcile(&command("failover", &order)).await;
        assert_eq!(held.held, Some(Held::Ambiguous), "{held:?}");
        stage.ticks(3).await;
        assert!(!home_takes_writes(&stage), "{}", mails(&stage));
        let unfence = stage.reconcile(&command("unfence", &json!({ "side": "orders-use1" }))).await;
        assert_eq!(unfence.outcome, Outcome::Held, "{unfence:?}");
        stage.declare(&registry(), &topology);
        stage.ticks(2).await;
        assert!(record(&stage.sandbox.account()).starts_with("orders-euw1."), "{}", mails(&stage));
        assert!(!home_takes_writes(&stage));
    });
}
