//! A crossover has ended with something half done: a promotion that RDS accepted, or a fence.

use std::{collections::BTreeSet, time::Duration};

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{
    alarm::AlarmState,
    hold::Held,
    outcome::Outcome,
    step::{StepResult, Undo},
};
use crossover_rds::RdsAccount;
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::{
    database::{ALARM_HOME, ALARM_OTHER, Kind, TARGET, THIRD, alarm, command, is_quarantine, three_replicas},
    stage::{Stage, alarm_event, tick},
};
use serde_json::json;

use super::{killed_before_it_promotes, mails, run};

fn promoted(stage: &Stage) -> BTreeSet<String> {
    let calls = stage.sandbox.calls();
    calls.iter().filter(|call| call.call == "rds:PromoteReadReplica").map(|call| call.resource.clone()).collect()
}

fn unreachable(stage: &Stage, region: Option<&str>) {
    stage.sandbox.change(|account, _| account.rds_mut().unreachable = region.map(str::to_owned).into_iter().collect());
}

/// The members that clients can write to.
fn open_writers(stage: &Stage) -> Vec<String> {
    let account = stage.sandbox.account();
    let open = account.rds().instances.iter().filter(|instance| account.rds().takes_writes(instance, is_quarantine));
    open.map(|instance| instance.id.clone()).collect()
}

/// Home has failed, and the promotion of the nearer replica was accepted.
async fn promoting() -> Stage {
    let (account, topology) = three_replicas("");
    let mut stage = Stage::with(account, &topology);
    alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
    stage.wait(Duration::from_secs(61)).await;
    stage
}

#[test]
fn a_promotion_that_was_aborted_is_not_replaced_by_another_one() {
    for order in [
        json!({ "to": THIRD, "accept_data_loss": true }),
        json!({ "to": THIRD, "accept_data_loss": true, "force": true }),
        json!({ "away_from": "orders-use1", "accept_data_loss": true, "force": true }),
    ] {
        run(async {
            let mut stage = promoting().await;
            assert_eq!(stage.reconcile(&command("abort", &json!({}))).await.outcome, Outcome::Recorded);
            unreachable(&stage, Some("us-west-2"));
            for _ in 0..3 {
                let held = stage.reconcile(&command("failover", &order)).await;
                assert_eq!(held.outcome, Outcome::Held, "{order}: {held:?}");
                assert!(held.reason.contains("No other member is promoted meanwhile"), "{order}: {}", held.reason);
                stage.wait(Duration::from_secs(61)).await;
            }
            unreachable(&stage, None);
            stage.ticks(10).await;
            assert_eq!(promoted(&stage), BTreeSet::from(["orders-usw2".to_owned()]), "{order}");
        });
    }
}

#[test]
fn a_promotion_whose_reply_was_lost_and_that_was_aborted_is_not_forgotten() {
    run(async {
        let (account, topology) = three_replicas("");
        let mut stage = Stage::with(account, &topology);
        stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
        stage.faults([FaultRule::once("rds:PromoteReadReplica", 0, Fault::KillAfter)]);
        let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
        assert!(stage.invoke(&event).await.is_none(), "killed");
        stage.faults([]);
        stage.wait(Duration::from_secs(61)).await;
        stage.reconcile(&command("abort", &json!({}))).await;
        // RDS shows a promotion late, and a death left no word of it.
        let left = stage.sandbox.account().dynamodb().journal[TARGET].memory.half_done.clone();
        assert!(left.iter().any(crossover_model::half_done::HalfDone::is_request), "{left:?}");
        unreachable(&stage, Some("us-west-2"));
        let held = stage.reconcile(&command("failover", &json!({ "to": THIRD, "accept_data_loss": true, "force": true }))).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        assert!(!promoted(&stage).contains("orders-euw1"));
    });
}

#[test]
fn a_request_that_failed_is_forgotten_once_rds_shows_an_available_replica_for_long_enough() {
    run(async {
        let mut stage = promoting().await;
        stage.reconcile(&command("abort", &json!({}))).await;
        // RDS gave the promotion up.
        stage.sandbox.change(|account, _| {
            account.rds_mut().coming.clear();
            for instance in &mut account.rds_mut().instances {
                "available".clone_into(&mut instance.status);
            }
        });
        stage.ticks(3).await;
        let order = json!({ "to": THIRD, "accept_data_loss": true });
        let answer = stage.reconcile(&command("failover", &order)).await;
        assert_eq!(answer.outcome, Outcome::Pending, "{answer:?}");
        stage.ticks(8).await;
        assert!(promoted(&stage).contains("orders-euw1"), "{:?}", promoted(&stage));
        assert!(stage.sandbox.account().dynamodb().journal[TARGET].memory.half_done.iter().all(|left| !left.is_request()));
    });
}

#[test]
fn a_pause_or_a_stop_between_fence_and_promotion_lets_clients_in_again() {
    for (verb, everything) in [("pause", false), ("stop", false), ("abort", false), ("pause", true), ("stop", true)] {
        run(async {
            let mut stage = killed_before_it_promotes().await;
            let groups = stage.sandbox.account().rds().instances[0].security_groups.clone();
            assert!(groups.iter().all(|group| is_quarantine(group)), "fenced: {groups:?}");
            let word = if everything {
                json!({ "command": verb, "reason": "test", "operator": "tester" })
            } else {
                command(verb, &json!({}))
            };
            assert!(stage.invoke(&word).await.is_some());
            stage.ticks(4).await;
            assert_eq!(open_writers(&stage), ["orders-use1"], "{verb} {everything}: {}", mails(&stage));
            assert_eq!(promoted(&stage), BTreeSet::new(), "{verb}");
            let changes = stage.count("rds:ModifyDBInstance");
            stage.ticks(5).await;
            assert_eq!(stage.count("rds:ModifyDBInstance"), changes, "{verb}: it stays so");
        });
    }
}

#[test]
fn a_guard_that_holds_the_rest_of_a_failover_lets_clients_in_again() {
    run(async {
        let mut stage = killed_before_it_promotes().await;
        stage.set_alarm(ALARM_OTHER, AlarmState::Alarm);
        stage.ticks(4).await;
        assert_eq!(open_writers(&stage), ["orders-use1"], "{}", mails(&stage));
        assert_eq!(promoted(&stage), BTreeSet::new());
    });
}

#[test]
fn unfence_lets_clients_reach_what_an_abort_has_left_fenced() {
    run(async {
        let mut stage = promoting().await;
        stage.reconcile(&command("abort", &json!({}))).await;
        let held = stage.reconcile(&command("unfence", &json!({}))).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        assert!(held.reason.contains("RDS may be making orders-usw2 in us-west-2 the writer"), "{}", held.reason);
        let forced =
            stage.reconcile(&command("unfence", &json!({ "side": "orders-use1", "force": true, "dry_run": true }))).await;
        assert_eq!((forced.outcome, open_writers(&stage).len()), (Outcome::DryRun, 0), "{forced:?}");
        let forced = stage.reconcile(&command("unfence", &json!({ "side": "orders-use1", "force": true }))).await;
        assert_eq!(forced.outcome, Outcome::Completed, "{forced:?}");
        assert_eq!(open_writers(&stage), ["orders-use1"]);
        let groups = stage.sandbox.account().rds().instances[0].security_groups.clone();
        assert_eq!(groups, BTreeSet::from(["sg-clients".to_owned(), "sg-people".to_owned()]));
        assert!(stage.told().iter().any(|told| told.contains("unfence")), "{:?}", stage.told());
        let again = stage.reconcile(&command("unfence", &json!({ "side": "orders-use1" }))).await;
        assert!(again.remarks.iter().any(|remark| remark.contains("is not in its fence")), "{again:?}");
    });
}

#[test]
fn unfence_opens_no_second_writer_unless_it_is_forced() {
    run(async {
        let mut stage = Kind::Replica.stage();
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(8).await;
        assert_eq!(open_writers(&stage), ["orders-usw2"]);
        let held = stage.reconcile(&command("unfence", &json!({ "side": "orders-use1" }))).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        assert!(held.reason.contains("with two writers, neither has all writes"), "{}", held.reason);
        assert_eq!(open_writers(&stage), ["orders-usw2"]);
        stage.reconcile(&command("stop", &json!({}))).await;
        let forced = stage.reconcile(&command("unfence", &json!({ "side": "orders-use1", "force": true }))).await;
        assert_eq!(forced.outcome, Outcome::Completed, "{forced:?}");
        assert_eq!(open_writers(&stage).len(), 2);
    });
}

#[test]
fn an_edit_of_the_security_groups_between_two_attempts_is_not_overwritten() {
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
        stage.faults([FaultRule::every("rds:ModifyDBInstance", Fault::ServerError)]);
        let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
        let invocation = stage.invocation();
        let edit = async {
            stage.wait(Duration::from_secs(2)).await;
            stage.sandbox.change(|account, _| {
                account.rds_mut().instances[0].security_groups.insert("sg-forensics".to_owned());
            });
            stage.faults([]);
        };
        let (answer, ()) = futures::join!(stage.invoke_as(&invocation, &event), edit);
        let answer = answer.expect("alive").targets.remove(0);
        let fence = answer.steps.iter().find(|step| step.card.step == "fence").expect("a fence");
        assert_eq!(fence.result, StepResult::Conflict, "{fence:?}");
        assert_eq!(promoted(&stage), BTreeSet::new(), "an open writer is not left");
        assert!(mails(&stage).contains("sg-forensics"), "{}", mails(&stage));
        // It is decided again from what the person made of it.
        stage.ticks(8).await;
        assert_eq!(open_writers(&stage), ["orders-usw2"]);
        let left = stage.sandbox.account().dynamodb().journal[TARGET].memory.half_done.clone();
        let undo = left.iter().find(|left| left.step.card.step == "fence").and_then(|left| left.step.card.undo.clone());
        assert!(matches!(&undo, Some(Undo::Restore { ids, .. }) if ids.contains("sg-forensics")), "{undo:?}");
    });
}

#[test]
fn a_promotion_that_rds_completes_after_an_abort_is_told_also_without_a_fence() {
    run(async {
        let topology = Kind::Replica.topology("fence = \"none\"");
        let mut stage = Stage::with(Kind::Replica.account(), &topology);
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.wait(Duration::from_secs(61)).await;
        stage.reconcile(&command("abort", &json!({}))).await;
        stage.set_alarm(ALARM_HOME, AlarmState::Ok);
        stage.ticks(10).await;
        assert_eq!(open_writers(&stage).len(), 2);
        assert!(mails(&stage).contains("both take writes, and neither has all"), "{}", mails(&stage));
    });
}

#[test]
fn an_old_writer_is_restarted_although_the_crossover_that_fenced_it_was_aborted() {
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.faults([FaultRule::every("rds:RebootDBInstance", Fault::ServerError)]);
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.wait(Duration::from_secs(61)).await;
        stage.reconcile(&command("abort", &json!({}))).await;
        stage.faults([]);
        stage.reconcile(&command("resume", &json!({}))).await;
        stage.ticks(10).await;
        assert_eq!(open_writers(&stage), ["orders-usw2"], "{}", mails(&stage));
        assert!(stage.count("rds:RebootDBInstance") > 0);
    });
}

#[test]
fn nobody_is_promoted_beside_a_writer_that_nothing_is_known_of() {
    run(async {
        let (account, topology) = three_replicas("");
        let mut stage = Stage::with(account, &topology);
        stage.sandbox.change(|account, _| account.rds_mut().instances[2].source = None);
        let held = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        assert!(held.reason.contains("orders-euw1 in eu-west-1 takes writes too"), "{}", held.reason);
        assert_eq!(promoted(&stage), BTreeSet::new());
        let order = json!({ "to": Kind::Replica.sides()[1], "accept_data_loss": true, "force": true });
        assert_eq!(stage.reconcile(&command("failover", &order)).await.outcome, Outcome::Pending);
    });
}

#[test]
fn a_writer_that_cannot_serve_by_the_word_of_rds_is_told_at_once() {
    for status in ["failed", "stopped", "incompatible-parameters", "inaccessible-encryption-credentials", "storage-full"] {
        run(async {
            let mut stage = Kind::Replica.stage();
            stage.set_alarm(ALARM_HOME, AlarmState::InsufficientData);
            stage.sandbox.change(|account, _| status.clone_into(&mut account.rds_mut().instances[0].status));
            let held = stage.reconcile(&tick()).await;
            assert_eq!(held.held, Some(Held::CannotServe), "{status}: {held:?}");
            assert!(held.reason.contains(&format!("takes no writes, by RDS's own word: it is {status}")), "{}", held.reason);
            assert!(
                mails(&stage).contains("crossover failover orders --away-from orders-use1 --accept-data-loss"),
                "{}",
                mails(&stage)
            );
            assert_eq!(promoted(&stage), BTreeSet::new());
        });
    }
}
