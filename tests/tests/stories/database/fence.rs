//! The old writer is kept from being written to, or it is told that it is not.

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_rds::RdsAccount;
use crossover_route53::Route53Account;
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_tests::{
    database::{ALARM_HOME, ALARM_OTHER, Kind, QUARANTINE, TARGET, THIRD, alarm, command, is_quarantine, three_replicas},
    stage::{Stage, tick},
};
use serde_json::{Value, json};

use super::{changes, killed_before_it_promotes, mails, run};

const OTHER: &str = "arn:aws:rds:us-west-2:111122223333:db:orders-usw2";

fn groups(account: &Account) -> Vec<String> {
    account.rds().instances[0].security_groups.iter().cloned().collect()
}

fn open_writers(stage: &Stage) -> usize {
    let account = stage.sandbox.account();
    account.rds().instances.iter().filter(|instance| account.rds().takes_writes(instance, is_quarantine)).count()
}

/// What is left of the record once the version 0.1 has read and written it.
fn as_0_1_writes_it(stage: &Stage) {
    fn forget(json: &mut Value) {
        match json {
            Value::Object(keys) => {
                keys.retain(|key, _| !["v", "undo", "could_lose"].contains(&key.as_str()));
                keys.values_mut().for_each(forget);
            }
            Value::Array(items) => items.iter_mut().for_each(forget),
            _ => {}
        }
    }
    stage.sandbox.change(|account, _| {
        let record = account.dynamodb_mut().journal.get_mut(TARGET).expect("its record");
        let mut json = serde_json::to_value(&record).expect("JSON");
        forget(&mut json);
        *record = serde_json::from_value(json).expect("a record");
    });
}

#[test]
fn the_old_writer_is_fenced_before_the_new_one_is_made() {
    run(async {
        let mut stage = Kind::Replica.stage();
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(changes(&stage), ["ModifyDBInstance", "PromoteReadReplica", "RebootDBInstance"]);
        assert_eq!(groups(&stage.sandbox.account()), [QUARANTINE]);
        stage.ticks(8).await;
        assert_eq!(open_writers(&stage), 1);
        assert!(mails(&stage).contains("end when the old writer restarts"), "{}", mails(&stage));
    });
}

#[test]
fn a_region_that_is_out_of_reach_does_not_stop_the_failover_and_is_fenced_once_it_is_back() {
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.sandbox.change(|account, _| account.rds_mut().unreachable.insert("us-east-1".to_owned()));
        let first = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(first.outcome, Outcome::Pending, "{first:?}");
        assert!(stage.count("rds:PromoteReadReplica") == 1, "{first:?}");
        assert!(mails(&stage).contains("orders-use1 can't be reached and is NOT FENCED yet"), "{}", mails(&stage));
        stage.ticks(10).await;
        assert!(stage.times_told("HELD, orders-use1 is NOT FENCED") == 1, "{:?}", stage.told());
        let account = stage.sandbox.account();
        assert!(account.dynamodb().journal[TARGET].memory.open.is_some(), "it is not forgotten");
        assert_eq!(open_writers(&stage), 2, "as nobody can help");

        stage.sandbox.change(|account, _| account.rds_mut().unreachable.clear());
        stage.ticks(1).await;
        assert_eq!(groups(&stage.sandbox.account()), [QUARANTINE]);
        assert_eq!(open_writers(&stage), 1);
        let account = stage.sandbox.account();
        assert!(account.dynamodb().journal[TARGET].memory.open.is_none());
        assert_eq!((account.dynamodb().crossovers.len(), account.dynamodb().crossovers[0].outcome), (1, Outcome::Completed));
        let last = stage.mail();
        assert!(last.contains("orders-use1 has accepted writes for 1") && last.contains("are not on orders-usw2"), "{last}");
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
    });
}

#[test]
fn a_global_database_whose_primary_region_is_out_of_reach_fails_over_in_the_other_one() {
    run(async {
        let mut stage = Kind::Global.stage();
        stage.sandbox.change(|account, _| account.rds_mut().unreachable.insert("us-east-1".to_owned()));
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert!(matches!(answer.outcome, Outcome::Completed | Outcome::Pending), "{answer:?}");
        stage.ticks(4).await;
        assert_eq!(Kind::Global.writer(&stage.sandbox.account()), Some(Kind::Global.sides()[1]));
        assert_eq!(changes(&stage), ["FailoverGlobalCluster"]);
        assert!(
            mails(&stage).contains("Aurora stops writes to orders-use1 in us-east-1 only if it can reach it"),
            "{}",
            mails(&stage)
        );
        stage.sandbox.change(|account, _| account.rds_mut().unreachable.clear());
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
    });
}

#[test]
fn a_fence_that_fails_is_told_and_tried_again() {
    for fault in [Fault::Refuse, Fault::ServerError, Fault::Timeout, Fault::Throttle] {
        run(async {
            let mut stage = Kind::Replica.stage();
            stage.faults([FaultRule {
                resource: Some("orders-use1".to_owned()),
                ..FaultRule::every("rds:ModifyDBInstance", fault)
            }]);
            let first = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!(stage.count("rds:PromoteReadReplica"), 1, "{fault:?}: {first:?}");
            assert_eq!(first.outcome, Outcome::Partial, "{fault:?}: {first:?}");
            let told = mails(&stage);
            assert!(!told.contains("PARTIAL"), "{fault:?}: {told}");
            assert!(told.contains("failed: promote-read-replica to orders-usw2 under way since"), "{fault:?}: {told}");
            assert!(told.contains("orders-use1 still takes the writes"), "{fault:?}: {told}");
            assert!(first.took_ms < 60_000);
            stage.faults([]);
            stage.ticks(8).await;
            assert_eq!(open_writers(&stage), 1, "{fault:?}");
            let account = stage.sandbox.account();
            assert_eq!(
                (account.dynamodb().crossovers.len(), account.dynamodb().crossovers[0].outcome),
                (1, Outcome::Completed),
                "{fault:?}"
            );
        });
    }
}

#[test]
fn a_writer_that_is_healthy_again_before_the_promotion_is_let_in_again() {
    run(async {
        let mut stage = killed_before_it_promotes().await;
        assert_eq!(groups(&stage.sandbox.account()), [QUARANTINE], "nobody serves");

        stage.set_alarm(ALARM_HOME, AlarmState::Ok);
        stage.ticks(1).await;
        assert_eq!(groups(&stage.sandbox.account()), ["sg-clients", "sg-people"], "as it was");
        assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some("orders-use1"));
        stage.ticks(3).await;
        assert_eq!(stage.count("rds:PromoteReadReplica"), 0);
        let account = stage.sandbox.account();
        assert!(account.dynamodb().journal[TARGET].memory.open.is_none());
        assert!(mails(&stage).contains("clients back to orders-use1"), "{}", mails(&stage));
    });
    // Also by what the version 0.1 wrote down, which has the groups in the step's text alone.
    run(async {
        let mut stage = killed_before_it_promotes().await;
        as_0_1_writes_it(&stage);
        stage.set_alarm(ALARM_HOME, AlarmState::Ok);
        stage.ticks(1).await;
        assert_eq!(groups(&stage.sandbox.account()), ["sg-clients", "sg-people"], "as it was");
    });
    // One whose alarm says nothing any more is not well again.
    run(async {
        let mut stage = killed_before_it_promotes().await;
        stage.set_alarm(ALARM_HOME, AlarmState::InsufficientData);
        stage.ticks(8).await;
        assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(Kind::Replica.sides()[1]), "{:?}", stage.told());
    });
}

#[test]
fn a_write_of_a_record_of_0_1_lost_the_former_groups_of_the_writer() {
    // The number of times that both versions write it, one after the other.
    for turns in 1..=3 {
        run(async {
            let mut stage = killed_before_it_promotes().await;
            for _ in 0..turns {
                as_0_1_writes_it(&stage);
                for verb in ["pause", "resume"] {
                    assert_eq!(stage.reconcile(&command(verb, &json!({}))).await.outcome, Outcome::Recorded);
                }
            }
            stage.set_alarm(ALARM_HOME, AlarmState::Ok);
            stage.ticks(1).await;
            assert_eq!(groups(&stage.sandbox.account()), ["sg-clients", "sg-people"], "as it was");
        });
    }
}

#[test]
fn a_step_without_former_groups_in_its_text_restores_none() {
    run(async {
        let mut stage = killed_before_it_promotes().await;
        as_0_1_writes_it(&stage);
        stage.sandbox.change(|account, _| {
            let open = account.dynamodb_mut().journal.get_mut(TARGET).and_then(|record| record.memory.open.as_mut());
            for step in &mut open.expect("it is open").steps {
                "available".clone_into(&mut step.card.from);
            }
        });
        stage.set_alarm(ALARM_HOME, AlarmState::Ok);
        stage.ticks(1).await;
        assert_eq!(groups(&stage.sandbox.account()), [QUARANTINE]);
        assert!(mails(&stage).contains("its earlier security groups are unknown"), "{}", mails(&stage));
    });
}

#[test]
fn an_old_writer_is_stopped_once_it_has_no_replica_and_again_when_aws_starts_it() {
    run(async {
        let mut stage = Stage::with(Kind::Replica.account(), &Kind::Replica.topology("fence = \"stop\""));
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(changes(&stage), ["PromoteReadReplica"]);
        assert!(mails(&stage).contains("can be stopped only once it has no replica"), "{}", mails(&stage));
        stage.ticks(8).await;
        assert_eq!(stage.sandbox.account().rds().instances[0].status, "stopped");
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);

        stage.wait(Duration::from_hours(24 * 7)).await;
        stage.sandbox.change(|account, _| "available".clone_into(&mut account.rds_mut().instances[0].status));
        stage.ticks(3).await;
        assert_eq!(stage.sandbox.account().rds().instances[0].status, "stopped", "{:?}", stage.told());
    });
}

#[test]
fn what_is_not_fenced_is_said_in_every_word() {
    run(async {
        let mut stage = Stage::with(Kind::Replica.account(), &Kind::Replica.topology("fence = \"none\""));
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(8).await;
        assert!(!changes(&stage)[..1].contains(&"ModifyDBInstance"), "{:?}", changes(&stage));
        assert!(mails(&stage).contains("orders-use1 is NOT FENCED (fence = \"none\")"), "{}", mails(&stage));
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
    });
}

#[test]
fn two_writers_of_which_nothing_is_known_are_left_alone_and_told() {
    run(async {
        let mut account = Kind::Replica.account();
        account.rds_mut().instances[1].source = None;
        account.route53_mut().hosted_zones.clear();
        let mut stage = Stage::with(account, &Kind::Replica.topology(""));
        let held = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        assert!(held.reason.contains("orders-use1 and orders-usw2 in us-west-2 take writes"), "{}", held.reason);
        let forced = json!({ "away_from": "orders-use1", "accept_data_loss": true, "force": true });
        assert_eq!(stage.reconcile(&command("failover", &forced)).await.outcome, Outcome::Held);
        assert_eq!(changes(&stage), [""; 0]);
    });
}

#[test]
fn one_that_was_left_before_and_takes_writes_still_is_fenced_too() {
    run(async {
        let (mut account, topology) = three_replicas("");
        // The writer was moved away from home, which is open again; then the new writer was lost as well.
        account.rds_mut().instances.retain(|instance| instance.id != "orders-usw2");
        let third = account.rds_mut().instances.iter_mut().find(|instance| instance.id == "orders-euw1").expect("the third");
        third.source = Some(OTHER.to_owned());
        let memory = &mut account.dynamodb_mut().journal.entry(TARGET.to_owned()).or_default().memory;
        memory.away.insert(format!("{TARGET} writer"), OTHER.to_owned());
        let mut stage = Stage::with(account, &topology);
        stage.set_alarm(ALARM_OTHER, AlarmState::Alarm);
        let order = json!({ "to": THIRD, "accept_data_loss": true });
        let over = stage.reconcile(&command("failover", &order)).await;
        assert_eq!(stage.count("rds:PromoteReadReplica"), 1, "{over:?}");
        stage.ticks(8).await;
        let account = stage.sandbox.account();
        let open = |id: &str| {
            let instance = account.rds().instances.iter().find(|instance| instance.id == id).expect("an instance");
            account.rds().takes_writes(instance, is_quarantine)
        };
        assert_eq!((open("orders-use1"), open("orders-euw1")), (false, true), "{over:?}");
    });
}
