//! What is left of a crossover that could not be finished.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::Ec2Account;
use crossover_model::{
    alarm::AlarmState::{Alarm, InsufficientData, Ok},
    outcome::Outcome,
};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::stage::{ALARM_A, ALARM_B, Stage, command, three_sides};
use serde_json::json;

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

#[test]
fn what_is_left_of_a_failover_waits_while_nobody_knows_whether_its_side_is_still_unhealthy() {
    run(async {
        for cloudwatch_is_down in [true, false] {
            let mut stage = Stage::new();
            stage.faults([FaultRule::once("ec2:ReplaceRoute", 1, Fault::Refuse)]);
            stage.alarm(ALARM_A, Alarm).await;
            if cloudwatch_is_down {
                stage.faults([FaultRule::every("cloudwatch:*", Fault::ServerError)]);
            } else {
                stage.set_alarm(ALARM_A, InsufficientData);
            }
            let doubt = stage.ticks(3).await.targets.remove(0);
            assert_eq!(doubt.outcome, Outcome::Held);
            let words =
                "1 of 2 steps of egress-prod-20260314T031240.000Z remain, and it is not known whether us-east-1a is still";
            assert!(doubt.reason.starts_with(words), "{}", doubt.reason);
            assert_eq!(stage.told().len(), 2, "{:?}", stage.told());
            assert!(stage.mail().contains("\"away_from\":\"us-east-1a\""), "{}", stage.mail());
            stage.faults([]);
            stage.set_alarm(ALARM_A, Alarm);
            assert_eq!(stage.ticks(1).await.outcome, Outcome::Completed);
            assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 1);
        }
    });
}

#[test]
fn a_failover_in_doubt_ends_when_its_side_is_healthy_again() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 1, Fault::Refuse)]);
        stage.alarm(ALARM_A, Alarm).await;
        stage.set_alarm(ALARM_A, InsufficientData);
        stage.ticks(2).await;
        stage.set_alarm(ALARM_A, Ok);
        stage.ticks(1).await;
        assert!(stage.memory().open.is_none());
        assert_eq!(stage.times_told("failover stopped"), 1, "{:?}", stage.told());
    });
}

/// Three sides, of which the first has failed. One of its routes is refused for good, so the crossover stays open.
async fn never_finished(block: &str) -> Stage {
    let (account, topology) = three_sides(&[("block", block)]);
    let mut stage = Stage::with(account, &topology);
    let tables = stage.sandbox.account().ec2().route_tables.clone();
    let refused = tables.iter().find(|table| table.tags.get("Name").is_some_and(|name| name == "app-a")).expect("a table");
    stage.faults([FaultRule { resource: Some(refused.id.clone()), ..FaultRule::every("ec2:ReplaceRoute", Fault::Refuse) }]);
    let answer = stage.alarm(ALARM_A, Alarm).await;
    assert_eq!(answer.outcome, Outcome::Partial, "{answer:?}");
    stage.ticks(3).await;
    stage
}

/// How many routes lead to the gateway whose id ends with this digit.
fn routes_to(stage: &Stage, digit: char) -> usize {
    stage.routes().values().filter(|to| to.starts_with("nat-") && to.ends_with(digit)).count()
}

#[test]
fn another_side_that_fails_during_an_open_crossover_is_left_and_told() {
    run(async {
        let mut stage = never_finished("\"0 s\"").await;
        let answer = stage.alarm(ALARM_B, Alarm).await;
        assert_eq!(routes_to(&stage, '2'), 0, "{answer:?}");
        assert_eq!(stage.times_told("failover stopped, 1 of 2 steps done, the rest is continued by "), 1, "{:?}", stage.told());
        assert_eq!(stage.times_told("failover is PARTIAL"), 2, "{:?}", stage.told());
        let memory = stage.memory();
        let (open, last) = (memory.open.expect("it is open"), memory.last_automatic.expect("it was automatic"));
        assert_eq!((&open.id, open.left.len()), (&last.crossover_id, 2), "{open:?}");
        let ended = stage.sandbox.account().dynamodb().crossovers.clone();
        assert_eq!(ended.iter().map(|ended| ended.continued_by.as_ref()).collect::<Vec<_>>(), [Some(&open.id)]);
        // The same failures are the same crossover, and are told once.
        let told = stage.told().len();
        stage.ticks(10).await;
        assert_eq!((stage.told().len(), stage.memory().open.map(|open| open.id)), (told, Some(open.id)));
    });
}

#[test]
fn another_side_that_fails_within_the_block_is_left_and_told() {
    run(async {
        let mut stage = never_finished("\"1 h\"").await;
        let answer = stage.alarm(ALARM_B, Alarm).await;
        assert_eq!((answer.held, routes_to(&stage, '2')), (None, 0), "{answer:?}");
        assert_eq!(stage.times_told("failover is PARTIAL"), 2, "{:?}", stage.told());
    });
}

#[test]
fn an_order_during_an_open_crossover_is_carried_out() {
    run(async {
        for order in
            [json!({ "away_from": "us-east-1b" }), json!({ "to": "us-east-1c" }), json!({ "to": "us-east-1c", "force": true })]
        {
            let mut stage = never_finished("\"1 h\"").await;
            stage.reconcile(&command("failover", &order)).await;
            assert_eq!(routes_to(&stage, '2'), 0, "{order}");
            // Only the route that is refused is still where it was.
            assert_eq!((routes_to(&stage, '1'), routes_to(&stage, '3')), (1, 5), "{order}");
            assert!(stage.memory().intent.is_some(), "{order}");
            stage.set_alarm(ALARM_A, Ok);
            stage.faults([]);
            stage.reconcile(&command("failback", &json!({}))).await;
            assert_eq!(['1', '2', '3'].map(|digit| routes_to(&stage, digit)), [2, 2, 2], "{order}");
            assert!(stage.memory().open.is_none());
        }
    });
}

#[test]
fn a_notice_says_who_serves_and_a_metric_that_nothing_was_moved() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_B, Alarm);
        let held = stage.alarm(ALARM_A, Alarm).await;
        assert!(held.in_need, "{held:?}");
        let text = "Who serves now\n  us-east-1a, which is unhealthy; us-east-1b, which is unhealthy\n";
        assert!(stage.mail().contains(text), "{}", stage.mail());
        // Also where nothing is told.
        assert!(stage.ticks(2).await.targets[0].in_need);
        stage.set_alarm(ALARM_B, Ok);
        let moved = stage.ticks(1).await.targets.remove(0);
        assert!(moved.outcome == Outcome::Completed && !moved.in_need, "{moved:?}");
        assert!(stage.mail().contains("Who serves now\n  us-east-1b\n"), "{}", stage.mail());
        // The failed side serves nothing, so nobody is in need.
        assert!(!stage.ticks(1).await.targets[0].in_need);
    });
}
