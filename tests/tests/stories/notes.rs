//! What people want remembered: pauses, acknowledgements, the end of a wish.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{
    alarm::AlarmState::{Alarm, Ok},
    hold::Held,
    outcome::Outcome,
};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::stage::{ALARM_A, ALARM_B, Stage, TARGET, account, alarm_event, command, tick, topology_with};
use serde_json::{Value, json};

const NAT_A: &str = "nat-0a1b2c3d4e5f60001";
const NAT_B: &str = "nat-0a1b2c3d4e5f60002";
const TAKE: &str = "dynamodb:UpdateItem";
const WRITE: &str = "dynamodb:TransactWriteItems";

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

fn note(verb: &str) -> Value {
    command(verb, &json!({}))
}

/// About all targets.
fn of_everything(verb: &str, more: &Value) -> Value {
    let mut command = command(verb, more);
    command.as_object_mut().expect("an object").remove("target");
    command
}

#[test]
fn a_pause_holds_what_would_happen_by_itself_and_is_told_once_an_hour() {
    run(async {
        let mut stage = Stage::new();
        let paused = stage.reconcile(&note("pause")).await;
        assert_eq!((paused.outcome, paused.reason.as_str()), (Outcome::Recorded, "paused by tester until it is resumed: test"));
        assert!(stage.mail().contains("\"command\":\"status\",\"target\":\"egress-prod\""), "{}", stage.mail());

        let held = stage.alarm(ALARM_A, Alarm).await;
        assert_eq!(held.outcome, Outcome::Held);
        assert_eq!(
            held.reason,
            "paused since 2026-03-14T03:12:40Z by tester: test; it would move 2 routes from us-east-1a to us-east-1b, because us-east-1a is unhealthy"
        );
        assert_eq!(held.remarks, ["paused since 2026-03-14T03:12:40Z by tester: test"]);
        assert!(stage.memory().held.contains_key(&Held::Paused));
        assert!(
            stage.mail().contains("To allow automatic crossovers again:\n") && stage.mail().contains("\"command\":\"resume\""),
            "{}",
            stage.mail()
        );
        stage.ticks(59).await;
        assert_eq!(stage.times_told("HELD, paused"), 1, "{:?}", stage.told());
        stage.ticks(2).await;
        assert_eq!((stage.times_told("HELD, paused"), stage.count("ec2:ReplaceRoute")), (2, 0), "{:?}", stage.told());
    });
}

#[test]
fn a_pause_of_everything_holds_every_target() {
    run(async {
        let mut stage = Stage::new();
        let paused = stage.reconcile(&of_everything("pause", &json!({}))).await;
        assert_eq!((paused.target.as_str(), paused.kind.as_str(), paused.outcome), ("everything", "-", Outcome::Recorded));
        assert!(stage.told()[0].starts_with("Crossover: everything: paused by tester until it is"), "{:?}", stage.told());
        assert!(stage.mail().contains("'{\"command\":\"status\"}'"), "{}", stage.mail());
        let held = stage.alarm(ALARM_A, Alarm).await;
        assert!(
            held.reason.starts_with("everything is paused since 2026-03-14T03:12:40Z by tester: test; it would"),
            "{}",
            held.reason
        );
        // The target is not what was paused.
        assert_eq!(stage.reconcile(&note("resume")).await.reason, "it is not paused");
        assert_eq!(stage.reconcile(&of_everything("resume", &json!({}))).await.outcome, Outcome::Recorded);
        assert_eq!(stage.ticks(1).await.outcome, Outcome::Completed);
    });
}

#[test]
fn a_person_passes_a_pause() {
    run(async {
        let mut stage = Stage::new();
        stage.reconcile(&note("pause")).await;
        stage.reconcile(&of_everything("pause", &json!({}))).await;
        let order = stage.reconcile(&command("failover", &json!({ "away_from": "us-east-1a" }))).await;
        assert_eq!(order.outcome, Outcome::Completed, "{}", order.reason);
        // What everybody should know is in the answer and in the notice.
        for words in ["everything is paused since", "paused since"] {
            assert!(order.remarks.iter().any(|remark| remark.starts_with(words)), "{:?}", order.remarks);
            assert!(stage.mail().contains(&format!("\n  {words}")), "{}", stage.mail());
        }
        assert_eq!(stage.reconcile(&command("failback", &json!({}))).await.outcome, Outcome::Completed);
    });
}

#[test]
fn a_pause_holds_automatic_failback_too() {
    run(async {
        let keys = [("failback", "\"automatic\""), ("stable_for", "\"5m\""), ("block", "\"1m\"")];
        let mut stage = Stage::with(account(), &topology_with(&keys));
        stage.alarm(ALARM_A, Alarm).await;
        stage.set_alarm(ALARM_A, Ok);
        stage.reconcile(&note("pause")).await;
        stage.ticks(30).await;
        assert_eq!(stage.routes()["app-a"], NAT_B);
        stage.reconcile(&note("resume")).await;
        stage.ticks(1).await;
        assert_eq!(stage.routes()["app-a"], NAT_A);
    });
}

#[test]
fn a_pause_for_a_while_ends_by_itself_and_that_is_told() {
    run(async {
        let mut stage = Stage::new();
        let paused = stage.reconcile(&command("pause", &json!({ "for": "90m" }))).await;
        assert_eq!(paused.reason, "paused by tester until 2026-03-14T04:42:40Z: test");
        stage.alarm(ALARM_A, Alarm).await;
        stage.ticks(89).await;
        assert_eq!(stage.routes()["app-a"], NAT_A);
        stage.ticks(1).await;
        assert_eq!(stage.routes()["app-a"], NAT_B);
        assert_eq!(
            stage.times_told("egress-prod: resumed, the pause of 2026-03-14T03:12:40Z by tester is over"),
            1,
            "{:?}",
            stage.told()
        );
        assert!(stage.memory().pause.is_none());
        stage.ticks(10).await;
        assert_eq!(stage.times_told("resumed"), 1);
    });
}

#[test]
fn people_are_reminded_of_a_pause_every_four_hours() {
    run(async {
        for payload in [note("pause"), of_everything("pause", &json!({}))] {
            let mut stage = Stage::new();
            stage.reconcile(&payload).await;
            stage.ticks(239).await;
            assert_eq!(stage.times_told("STILL PAUSED"), 0);
            stage.ticks(2).await;
            assert_eq!(stage.times_told("STILL PAUSED, since 2026-03-14T03:12:40Z by tester: test"), 1, "{:?}", stage.told());
            assert!(stage.mail().contains("\"command\":\"resume\""), "{}", stage.mail());
            stage.ticks(241).await;
            assert_eq!((stage.times_told("STILL PAUSED"), stage.told().len()), (2, 3), "{:?}", stage.told());
        }
    });
}

#[test]
fn a_pause_of_everything_for_a_while_ends_by_itself_too() {
    run(async {
        let mut stage = Stage::new();
        stage.reconcile(&of_everything("pause", &json!({ "for": "10m" }))).await;
        stage.set_alarm(ALARM_A, Alarm);
        stage.ticks(11).await;
        assert_eq!(stage.times_told("everything: resumed, the pause"), 1, "{:?}", stage.told());
        assert_eq!(stage.routes()["app-a"], NAT_B);
    });
}

#[test]
fn resume_says_what_was_paused_by_whom() {
    run(async {
        let mut stage = Stage::new();
        stage.reconcile(&note("pause")).await;
        let resumed = stage.reconcile(&command("resume", &json!({ "operator": "other", "reason": "done" }))).await;
        assert_eq!(resumed.reason, "resumed by other: done; it had been paused since 2026-03-14T03:12:40Z by tester");
        assert_eq!(stage.told().len(), 2);
        let again = stage.reconcile(&note("resume")).await;
        assert_eq!((again.outcome, again.reason.as_str(), stage.told().len()), (Outcome::Settled, "it is not paused", 2));
    });
}

#[test]
fn an_acknowledgement_ends_the_block_and_what_was_blocked_happens_with_the_next_tick() {
    run(async {
        let mut stage = Stage::new();
        stage.alarm(ALARM_A, Alarm).await;
        stage.wait(Duration::from_mins(5)).await;
        stage.alarm(ALARM_A, Ok).await;
        assert_eq!(stage.alarm(ALARM_B, Alarm).await.outcome, Outcome::Held);
        assert!(stage.mail().contains("\"command\":\"ack\",\"target\":\"egress-prod\""), "{}", stage.mail());
        let ack = stage.reconcile(&note("ack")).await;
        assert_eq!(ack.outcome, Outcome::Recorded);
        assert!(
            ack.reason.starts_with("egress-prod-20260314T031240.000Z acknowledged by tester: test; nothing blocks the next"),
            "{}",
            ack.reason
        );
        assert!(stage.memory().reviews.is_empty());
        assert_eq!(stage.memory().last_automatic.and_then(|last| last.acknowledged).as_deref(), Some("tester"));
        assert_eq!(stage.ticks(1).await.outcome, Outcome::Completed);
        assert!(stage.routes().values().all(|to| to != NAT_B));
        // The new one waits to be looked at in its turn.
        assert_eq!(stage.memory().reviews.len(), 1);
        assert!(stage.memory().last_automatic.expect("one").acknowledged.is_none());
    });
}

#[test]
fn an_acknowledgement_of_nothing_says_so() {
    run(async {
        let mut stage = Stage::new();
        let ack = stage.reconcile(&note("ack")).await;
        assert_eq!((ack.outcome, ack.reason.as_str()), (Outcome::Settled, "nothing needs an acknowledgement"));
        stage.alarm(ALARM_A, Alarm).await;
        assert_eq!(stage.reconcile(&note("ack")).await.outcome, Outcome::Recorded);
        assert_eq!(stage.reconcile(&note("ack")).await.outcome, Outcome::Settled);
    });
}

#[test]
fn after_a_release_work_goes_home_as_the_policy_says() {
    run(async {
        let automatic = [("failback", "\"automatic\""), ("stable_for", "\"5m\"")];
        for (keys, home) in [(&automatic[..], NAT_A), (&[], NAT_B)] {
            let mut stage = Stage::with(account(), &topology_with(keys));
            stage.reconcile(&command("failover", &json!({ "away_from": "us-east-1a" }))).await;
            stage.ticks(20).await;
            assert_eq!(stage.routes()["app-a"], NAT_B);
            let released = stage.reconcile(&note("release")).await;
            assert_eq!(released.outcome, Outcome::Recorded);
            assert_eq!(
                released.reason,
                "released by tester: test; tester kept it away from us-east-1a since 2026-03-14T03:12:40Z"
            );
            assert!(stage.memory().intent.is_none());
            stage.ticks(2).await;
            assert_eq!(stage.routes()["app-a"], home);
            let ready = stage.times_told("ready to fail back to us-east-1a");
            assert_eq!(ready, usize::from(home == NAT_B), "{:?}", stage.told());
            assert_eq!(stage.reconcile(&note("release")).await.reason, "no operator's intent is in force");
        }
    });
}

#[test]
fn with_the_journal_down_a_note_fails_and_nothing_is_remembered() {
    run(async {
        for verb in ["pause", "resume", "ack", "release"] {
            for fault in [Fault::ServerError, Fault::Refuse, Fault::Timeout] {
                let mut stage = Stage::new();
                stage.faults([FaultRule::every("dynamodb:*", fault)]);
                let answer = stage.reconcile(&note(verb)).await;
                assert_eq!(answer.outcome, Outcome::Failed, "{verb} {fault:?}: {}", answer.reason);
                assert!(answer.reason.starts_with("nothing was recorded; try again: dynamodb:UpdateItem"), "{}", answer.reason);
                assert!(stage.sandbox.account().dynamodb().journal.is_empty() && stage.told().is_empty());
                assert!(answer.took_ms < 10_000, "{}", answer.took_ms);
            }
        }
    });
}

#[test]
fn a_pause_needs_one_write_only_and_is_told() {
    run(async {
        for fault in [Fault::Refuse, Fault::ServerError, Fault::Timeout, Fault::ReplyLost] {
            let mut stage = Stage::new();
            stage.faults([FaultRule { times: (fault == Fault::Refuse).then_some(1), ..FaultRule::every(WRITE, fault) }]);
            let answer = stage.reconcile(&note("pause")).await;
            assert_eq!(answer.outcome, Outcome::Recorded, "{fault:?}");
            assert_eq!(stage.times_told("paused by"), 1, "{fault:?}");
            stage.faults([]);
            stage.wait(Duration::from_secs(61)).await;
            assert_eq!(stage.alarm(ALARM_A, Alarm).await.held, Some(Held::Paused), "{fault:?}");
        }
    });
}

#[test]
fn an_acknowledgement_that_could_not_be_written_is_not_half_remembered() {
    run(async {
        for fault in [Fault::Refuse, Fault::ServerError, Fault::Timeout, Fault::ReplyLost] {
            let mut stage = Stage::new();
            stage.alarm(ALARM_A, Alarm).await;
            stage.faults([FaultRule { times: (fault == Fault::Refuse).then_some(1), ..FaultRule::every(WRITE, fault) }]);
            let answer = stage.reconcile(&note("ack")).await;
            assert_eq!(answer.outcome, Outcome::Failed, "{fault:?}");
            assert!(answer.reason.contains("try again"), "{}", answer.reason);
            assert_eq!(stage.times_told("acknowledged by"), 0, "{fault:?}: told, and answered as failed");
            assert!(!stage.memory().reviews.is_empty(), "{fault:?}: in force, and nobody was told");
        }
    });
}

#[test]
fn a_note_whose_notice_could_not_be_sent_is_told_with_the_next_tick() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::every("sns:*", Fault::ServerError)]);
        for payload in [note("pause"), of_everything("pause", &json!({}))] {
            let answer = stage.reconcile(&payload).await;
            assert_eq!(answer.outcome, Outcome::Recorded);
            assert!(answer.remarks.iter().any(|remark| remark.contains("is kept in the journal")), "{:?}", answer.remarks);
        }
        stage.faults([]);
        stage.ticks(1).await;
        assert_eq!(stage.times_told("paused by tester until it is"), 2, "{:?}", stage.told());
    });
}

#[test]
fn a_note_waits_for_the_lease_and_says_who_holds_it() {
    run(async {
        let mut stage = Stage::new();
        // Dies with the lease, which ends with its deadline.
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, Fault::KillBefore)]);
        stage.set_alarm(ALARM_A, Alarm);
        assert!(stage.invoke(&tick()).await.is_none());
        stage.faults([]);
        let held = stage.reconcile(&note("ack")).await;
        assert_eq!(held.outcome, Outcome::Held);
        assert!(
            held.reason.starts_with("crossover-nat/1 holds the lease until 2026-03-14T03:13:40Z, for tick"),
            "{}",
            held.reason
        );
        assert!(held.took_ms >= 2_000, "it did not wait");
        assert!(stage.told().is_empty());
    });
}

#[test]
fn a_note_meets_an_alarm_and_both_are_done() {
    run(async {
        let mut stage = Stage::new();
        stage.reconcile(&note("pause")).await;
        stage.set_alarm(ALARM_A, Alarm);
        let (looking, noting) = (stage.invocation(), stage.invocation());
        let (event, resume) = (alarm_event(ALARM_A, Alarm, stage.sandbox.now()), note("resume"));
        let (looked, noted) = tokio::join!(stage.controller.handle(&event, &looking), stage.controller.handle(&resume, &noting));
        assert_eq!(noted.outcome, Outcome::Recorded);
        // Whoever was first: the other one's word is not lost.
        assert!([Outcome::Held, Outcome::Completed].contains(&looked.outcome), "{looked:?}");
        stage.ticks(1).await;
        let memory = stage.memory();
        assert!(memory.pause.is_none() && memory.away.len() == 2 && memory.last_automatic.is_some(), "{memory:?}");
    });
}

#[test]
fn a_pause_of_everything_that_could_not_be_read_is_passed_over_and_that_is_said() {
    run(async {
        let mut stage = Stage::new();
        stage.reconcile(&of_everything("pause", &json!({}))).await;
        stage.faults([FaultRule { resource: Some("*".to_owned()), ..FaultRule::every("dynamodb:GetItem", Fault::Refuse) }]);
        let answer = stage.alarm(ALARM_A, Alarm).await;
        assert_eq!(answer.outcome, Outcome::Completed);
        assert!(answer.remarks[0].starts_with("the pause of everything could not be read"), "{:?}", answer.remarks);
        assert!(stage.mail().contains("the pause of everything could not be read"), "{}", stage.mail());
    });
}

#[test]
fn an_order_that_an_invocation_died_over_is_taken_up_after_a_note() {
    run(async {
        for verb in ["ack", "resume", "release"] {
            for dies in [FaultRule::once("ec2:ReplaceRoute", 0, Fault::KillBefore), FaultRule::once(TAKE, 0, Fault::KillAfter)] {
                let mut stage = Stage::new();
                stage.faults([dies.clone()]);
                assert!(stage.invoke(&command("failover", &json!({ "away_from": "us-east-1a" }))).await.is_none());
                stage.faults([]);
                stage.wait(Duration::from_secs(61)).await;
                // Twice: a note is also what the second note must see past.
                for _ in 0..2 {
                    stage.reconcile(&note(verb)).await;
                }
                let next = stage.reconcile(&tick()).await;
                let intent = stage.memory().intent;
                assert_eq!((next.outcome, intent.is_some()), (Outcome::Completed, true), "{verb} {dies:?}: {}", next.reason);
                assert_eq!(stage.routes()["app-a"], NAT_B);
                assert!(stage.memory().died.is_none());
                let crossovers = stage.sandbox.account().dynamodb().crossovers.clone();
                assert_eq!((crossovers.len(), crossovers[0].resumed), (1, true));
            }
        }
    });
}

#[test]
fn an_order_that_an_invocation_died_over_is_taken_up_after_a_note_that_died_too() {
    run(async {
        for skip in 0..2 {
            let mut stage = Stage::new();
            stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, Fault::KillBefore)]);
            stage.sandbox.change(|account, _| _ = account.slow_ms.insert("dynamodb:*".to_owned(), 100));
            assert!(stage.invoke(&command("failover", &json!({ "away_from": "us-east-1a" }))).await.is_none());
            stage.wait(Duration::from_secs(61)).await;
            stage.faults([FaultRule::once(WRITE, skip, Fault::KillAfter)]);
            assert!(stage.invoke(&note("pause")).await.is_none());
            stage.faults([]);
            stage.wait(Duration::from_secs(61)).await;
            stage.reconcile(&note("resume")).await;
            assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Completed, "{skip}");
        }
    });
}

#[test]
fn what_is_paused_is_said_in_every_notice_of_a_note() {
    run(async {
        let mut stage = Stage::new();
        stage.alarm(ALARM_A, Alarm).await;
        stage.reconcile(&note("pause")).await;
        stage.reconcile(&of_everything("pause", &json!({}))).await;
        let ack = stage.reconcile(&note("ack")).await;
        for words in ["everything is paused since", "paused since"] {
            assert!(ack.remarks.iter().any(|remark| remark.starts_with(words)), "{:?}", ack.remarks);
            assert!(stage.mail().contains(&format!("\n  {words}")), "{}", stage.mail());
        }
    });
}

#[test]
fn a_note_in_a_dry_run_says_what_it_would_remember() {
    run(async {
        let mut stage = Stage::new();
        for (payload, expected) in [
            (note("pause"), "would be recorded: paused by tester until it is resumed: test"),
            (of_everything("pause", &json!({})), "would be recorded: paused by tester until it is resumed: test"),
            (note("resume"), "it is not paused"),
        ] {
            let mut invocation = stage.invocation();
            invocation.dry_run = true;
            let answer = stage.controller.handle(&payload, &invocation).await.targets.remove(0);
            assert_eq!((answer.outcome, answer.reason.as_str()), (Outcome::DryRun, expected));
        }
        assert!(stage.sandbox.account().dynamodb().journal.is_empty() && stage.told().is_empty());
    });
}

#[test]
fn the_same_pause_again_changes_nothing_and_says_so() {
    run(async {
        let mut stage = Stage::new();
        stage.reconcile(&note("pause")).await;
        let before = stage.sandbox.account().dynamodb().journal[TARGET].memory.pause.clone();
        stage.wait(Duration::from_mins(1)).await;
        let again = stage.reconcile(&note("pause")).await;
        assert_eq!((again.outcome, stage.told().len()), (Outcome::Settled, 1), "{}", again.reason);
        assert_eq!(stage.memory().pause, before);
        // Another reason is news.
        assert_eq!(stage.reconcile(&command("pause", &json!({ "reason": "other" }))).await.outcome, Outcome::Recorded);
    });
}
