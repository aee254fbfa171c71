//! RDS refuses a promotion after the old writer was fenced.

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_rds::RdsAccount;
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::{
    database::{ALARM_HOME, Kind, TARGET, alarm, command},
    stage::{Stage, tick},
};
use serde_json::json;

use super::{changes, killed_before_it_promotes, mails, run};

/// The rights of the role lack this call.
fn deny(stage: &Stage, call: &str) {
    stage.faults([FaultRule::every(call, Fault::Refuse)]);
}

fn clients_are_let_in(stage: &Stage) -> bool {
    let account = stage.sandbox.account();
    let home = &account.rds().instances[0];
    home.security_groups.contains("sg-clients") && home.security_groups.contains("sg-people")
}

#[test]
fn a_fence_is_removed_at_once_when_the_promotion_is_refused() {
    run(async {
        let mut stage = Kind::Replica.stage();
        deny(&stage, "rds:PromoteReadReplica");
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert!(!clients_are_let_in(&stage), "fenced before the promotion");
        stage.ticks(1).await;
        assert!(clients_are_let_in(&stage), "{}", mails(&stage));
        let mut minutes = 0;
        for _ in 0..30 {
            stage.ticks(1).await;
            minutes += usize::from(!clients_are_let_in(&stage));
        }
        assert!(minutes <= 4, "fenced in {minutes} of 30 minutes");
        assert!(mails(&stage).contains("RDS refused to make orders-usw2 in us-west-2 the writer"), "{}", mails(&stage));

        // Once the rights are there, it goes on by itself.
        stage.faults([]);
        stage.ticks(45).await;
        assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(Kind::Replica.sides()[1]), "{:?}", stage.told());
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
    });
}

#[test]
fn a_person_may_go_on_or_back_after_a_refusal() {
    for order in [command("failback", &json!({})), command("failover", &json!({ "to": "orders-use1", "force": true }))] {
        run(async {
            let mut stage = Kind::Replica.stage();
            deny(&stage, "rds:PromoteReadReplica");
            alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            stage.wait(std::time::Duration::from_mins(1)).await;
            let answer = stage.reconcile(&order).await;
            assert!(clients_are_let_in(&stage), "{order}: {answer:?}");
            stage.ticks(2).await;
            assert!(clients_are_let_in(&stage), "{order}: {}", mails(&stage));
        });
    }
    run(async {
        let mut stage = Kind::Replica.stage();
        deny(&stage, "rds:PromoteReadReplica");
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(1).await;
        stage.faults([]);
        let order = json!({ "to": Kind::Replica.sides()[1], "accept_data_loss": true });
        let answer = stage.reconcile(&command("failover", &order)).await;
        assert_eq!(answer.outcome, Outcome::Pending, "{answer:?}");
        stage.ticks(8).await;
        assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(Kind::Replica.sides()[1]));
    });
}

#[test]
fn nothing_is_fenced_for_a_replica_that_refuses_a_promotion_in_its_status() {
    for status in ["backing-up", "modifying", "storage-full", "upgrading"] {
        run(async {
            let mut stage = Kind::Replica.stage();
            stage.sandbox.change(|account, _| status.clone_into(&mut account.rds_mut().instances[1].status));
            let held = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!(held.outcome, Outcome::Held, "{status}: {held:?}");
            assert!(held.reason.contains(&format!("has the status {status}, not available")), "{}", held.reason);
            assert_eq!(changes(&stage), [""; 0], "{status}");
            stage.sandbox.change(|account, _| "available".clone_into(&mut account.rds_mut().instances[1].status));
            stage.ticks(8).await;
            assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(Kind::Replica.sides()[1]), "{status}");
        });
    }
}

#[test]
fn a_replica_that_begins_a_backup_after_the_fence_does_not_keep_clients_out() {
    run(async {
        let mut stage = killed_before_it_promotes().await;
        stage.sandbox.change(|account, _| "backing-up".clone_into(&mut account.rds_mut().instances[1].status));
        // The invocation that died may have asked for the promotion.
        stage.ticks(1).await;
        deny(&stage, "rds:PromoteReadReplica");
        stage.sandbox.change(|account, _| "available".clone_into(&mut account.rds_mut().instances[1].status));
        stage.ticks(3).await;
        assert!(clients_are_let_in(&stage), "{}", mails(&stage));
        let memory = stage.sandbox.account().dynamodb().journal[TARGET].memory.clone();
        assert!(memory.open.is_some(), "it goes on");
    });
}

#[test]
fn clients_that_were_let_in_again_are_not_shut_out_for_another_status_of_the_replica() {
    for status in ["storage-full", "rebooting", "backing-up", "can't be read"] {
        run(async {
            let mut stage = killed_before_it_promotes().await;
            stage.reconcile(&command("pause", &json!({}))).await;
            stage.ticks(4).await;
            assert!(clients_are_let_in(&stage), "{}", mails(&stage));
            stage.reconcile(&command("resume", &json!({}))).await;
            stage.sandbox.change(|account, _| match status {
                "can't be read" => _ = account.rds_mut().unreachable.insert("us-west-2".to_owned()),
                status => status.clone_into(&mut account.rds_mut().instances[1].status),
            });
            for _ in 0..3 {
                stage.ticks(1).await;
                assert!(clients_are_let_in(&stage), "{status}: {}", mails(&stage));
            }
            stage.sandbox.change(|account, _| {
                account.rds_mut().unreachable.clear();
                "available".clone_into(&mut account.rds_mut().instances[1].status);
            });
            stage.ticks(8).await;
            assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(Kind::Replica.sides()[1]), "{status}");
        });
    }
}

#[test]
fn an_old_writer_is_not_fenced_for_a_replica_that_is_busy_with_something_else() {
    for status in ["backing-up", "rebooting", "failed"] {
        run(async {
            let mut stage = killed_before_it_promotes().await;
            // A person restores what the fence took away.
            stage.sandbox.change(|account, _| {
                account.rds_mut().instances[0].security_groups = ["sg-clients", "sg-people"].map(str::to_owned).into();
                status.clone_into(&mut account.rds_mut().instances[1].status);
            });
            for _ in 0..3 {
                stage.ticks(1).await;
                assert!(clients_are_let_in(&stage), "{status}: {}", mails(&stage));
            }
        });
    }
}

#[test]
fn a_hold_says_that_nobody_can_write() {
    run(async {
        let mut stage = killed_before_it_promotes().await;
        stage.sandbox.change(|account, _| account.rds_mut().unreachable.insert("us-west-2".to_owned()));
        stage.ticks(1).await;
        assert!(mails(&stage).contains("orders-use1 is fenced, and nobody can write"), "{}", mails(&stage));
    });
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.sandbox.change(|account, _| {
            account.rds_mut().unreachable.insert("us-west-2".to_owned());
            "failed".clone_into(&mut account.rds_mut().instances[0].status);
        });
        let held = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert!(held.reason.starts_with("orders-use1 is failed, and nobody can write"), "{}", held.reason);
    });
}
