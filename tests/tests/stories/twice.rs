//! The same event again, late, reordered, or many at once.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::Ec2Account;
use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_sandbox::round_trips;
use crossover_tests::stage::{ALARM_A, Stage, alarm_event, command, tick};
use serde_json::json;

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

#[test]
fn the_same_event_again_changes_nothing_and_says_so() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_A, AlarmState::Alarm);
        let event = alarm_event(ALARM_A, AlarmState::Alarm, stage.sandbox.now());
        assert_eq!(stage.invoke(&event).await.expect("alive").outcome, Outcome::Completed);
        let again = stage.invoke(&event).await.expect("alive");
        assert_eq!(again.outcome, Outcome::Settled);
        assert_eq!(again.targets[0].reason, "every route is where it should be for now; 2 of them are away from home");
        assert_eq!(stage.count("ec2:ReplaceRoute"), 2);
        assert_eq!(stage.told().len(), 1);
    });
}

#[test]
fn a_late_event_is_only_a_reason_to_look() {
    run(async {
        let mut stage = Stage::new();
        let late = alarm_event(ALARM_A, AlarmState::Alarm, stage.sandbox.now());
        stage.wait(Duration::from_hours(2)).await;
        assert_eq!(stage.invoke(&late).await.expect("alive").outcome, Outcome::Settled);
        assert_eq!(stage.count("ec2:ReplaceRoute"), 0);
    });
}

#[test]
fn a_lost_event_is_made_good_by_the_tick() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_A, AlarmState::Alarm);
        assert_eq!(stage.invoke(&tick()).await.expect("alive").outcome, Outcome::Completed);
    });
}

#[test]
fn many_at_once_give_one_crossover_and_the_others_say_who_is_at_it() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_A, AlarmState::Alarm);
        let event = alarm_event(ALARM_A, AlarmState::Alarm, stage.sandbox.now());
        let invocations: Vec<_> = (0..20).map(|_| stage.invocation()).collect();
        let all =
            futures::future::join_all(invocations.iter().map(|invocation| stage.controller.handle(&event, invocation))).await;
        let completed = all.iter().filter(|answer| answer.outcome == Outcome::Completed).count();
        let held: Vec<_> = all.iter().filter(|answer| answer.outcome == Outcome::Held).collect();
        let settled = all.iter().filter(|answer| answer.outcome == Outcome::Settled).count();
        assert_eq!((completed, settled + held.len()), (1, 19), "{all:?}");
        assert!(held[0].targets[0].reason.contains(" holds the lease until 2026-03-14T03:13:4"), "{:?}", held[0]);
        assert_eq!(stage.count("ec2:ReplaceRoute"), 2);
        assert_eq!(stage.told().len(), 1);
    });
}

#[test]
fn two_orders_of_the_same_instant_are_two_crossovers() {
    run(async {
        let mut stage = Stage::new();
        let orders = [("failover", json!({ "away_from": "us-east-1a" })), ("failback", json!({}))];
        let given = orders.map(|(verb, more)| (stage.invocation(), command(verb, &more)));
        let all = given.iter().map(|(invocation, order)| stage.invoke_as(invocation, order));
        let all = futures::future::join_all(all).await;
        assert!(all.iter().flatten().all(|answer| answer.outcome == Outcome::Completed), "{all:?}");
        let account = stage.sandbox.account();
        let ids: Vec<&str> = account.dynamodb().crossovers.iter().map(|crossover| crossover.id.as_str()).collect();
        assert!(matches!(ids[..], [first, second] if first < second), "{ids:?}");
    });
}

#[test]
fn an_uncontended_crossover_costs_two_dependent_round_trips() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_A, AlarmState::Alarm);
        stage.invoke(&alarm_event(ALARM_A, AlarmState::Alarm, stage.sandbox.now())).await.expect("alive");
        let calls = stage.sandbox.calls();
        let last = calls.iter().filter(|call| call.call == "ec2:ReplaceRoute").map(|call| call.ended).max();
        let until: Vec<_> = calls.into_iter().filter(|call| Some(call.ended) <= last).collect();
        assert_eq!(round_trips(&until), 2, "{until:?}");
    });
}

#[test]
fn what_was_read_while_another_was_at_work_is_read_again() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_A, AlarmState::Alarm);
        stage.invoke(&tick()).await.expect("alive");
        let before = stage.count("ec2:DescribeRouteTables");
        stage.invoke(&tick()).await.expect("alive");
        assert_eq!(stage.count("ec2:DescribeRouteTables") - before, 2);
    });
}

#[test]
fn a_dry_run_makes_not_one_write() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_A, AlarmState::Alarm);
        let before = stage.sandbox.account();
        for payload in [
            command("failover", &json!({ "away_from": "us-east-1b", "dry_run": true })),
            command("failback", &json!({ "dry_run": true })),
            command("plan", &json!({})),
            command("plan", &json!({ "away_from": "us-east-1a" })),
            json!({ "command": "plan", "target": "no-such-target" }),
        ] {
            stage.invoke(&payload).await.expect("alive");
        }
        let writes: Vec<_> = stage.sandbox.calls().into_iter().filter(crossover_sandbox::Call::is_write).collect();
        assert_eq!(writes, vec![]);
        assert_eq!(stage.sandbox.account().ec2().route_tables, before.ec2().route_tables);
        assert!(stage.sandbox.account().dynamodb().journal.is_empty());
    });
}

#[test]
fn one_bad_record_does_not_stop_the_others() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_A, AlarmState::Alarm);
        let good = json!({ "AlarmName": ALARM_A, "NewStateValue": "ALARM" }).to_string();
        let records = json!({ "Records": [{ "Sns": { "Message": "{broken" } }, { "Sns": { "Message": good } }, { "body": 3 }] });
        let answer = stage.invoke(&records).await.expect("alive");
        assert_eq!(answer.targets[0].outcome, Outcome::Completed);
        assert_eq!(answer.outcome, Outcome::Failed);
        let reason = answer.reason.expect("a reason");
        assert!(reason.contains("Records[0].Sns.Message") && reason.contains("Records[2]"), "{reason}");
        assert!(stage.told().iter().any(|subject| subject.contains("not understood")), "{:?}", stage.told());
    });
}
