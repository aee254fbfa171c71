//! Each guard holds with its own reason, in the answer and in the notice.

#![expect(clippy::expect_used, reason = "tests")]

use std::{collections::BTreeSet, time::Duration};

use crossover_cloudwatch::CloudWatchAccount;
use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::Ec2Account;
use crossover_model::{
    alarm::AlarmState::{self, Alarm, InsufficientData, Ok},
    answer::TargetAnswer,
    hold::Held,
    outcome::Outcome,
    topology::Mode,
};
use crossover_sns::SnsAccount;
use crossover_tests::stage::{
    ALARM_A, ALARM_B, ALARM_C, Stage, account, alarm_event, command, three_sides, tick, topology, topology_with,
};
use serde_json::{Value, json};

async fn look(stage: &mut Stage, payload: &Value) -> TargetAnswer {
    stage.invoke(payload).await.expect("nobody is killed").targets.remove(0)
}

async fn alarm(stage: &mut Stage, name: &str, becomes: AlarmState) -> TargetAnswer {
    stage.set_alarm(name, becomes);
    let event = alarm_event(name, becomes, stage.sandbox.now());
    look(stage, &event).await
}

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

#[test]
fn shadow_decides_and_tells_and_acts_on_nothing() {
    run(async {
        let mut stage = Stage::new();
        stage.controller.environment.mode = Mode::Shadow;
        let answer = alarm(&mut stage, ALARM_A, Alarm).await;
        assert_eq!(answer.outcome, Outcome::Held);
        assert!(
            answer.reason.starts_with("the mode is shadow; it would move 2 routes from us-east-1a to us-east-1b"),
            "{}",
            answer.reason
        );
        assert_eq!(answer.steps.len(), 2);
        assert_eq!(stage.count("ec2:ReplaceRoute"), 0);
        assert_eq!(stage.sandbox.account().sns().published[0].attributes["mode"], "shadow");

        let by_hand = look(&mut stage, &command("failover", &json!({ "away_from": "us-east-1a" }))).await;
        assert_eq!(by_hand.outcome, Outcome::Held);
        assert!(
            stage.sandbox.account().dynamodb().journal["egress-prod"].memory.intent.is_none(),
            "a command that was held back stays as a wish"
        );
    });
}

#[test]
fn a_target_may_be_in_shadow_alone() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&[("mode", "\"shadow\"")]));
        assert_eq!(alarm(&mut stage, ALARM_A, Alarm).await.outcome, Outcome::Held);
    });
}

#[test]
fn fewer_alarms_than_the_quorum_move_nothing() {
    run(async {
        let topology = topology_with(&[("quorum", "2")])
            .replace(&format!("\"{ALARM_A}\""), &format!("\"{ALARM_A}\", \"nat-use1a-errors\""))
            .replace(&format!("\"{ALARM_B}\""), &format!("\"{ALARM_B}\", \"nat-use1b-errors\""));
        let mut stage = Stage::with(account(), &topology);
        for name in ["nat-use1a-errors", "nat-use1b-errors"] {
            stage.set_alarm(name, Ok);
        }
        assert_eq!(alarm(&mut stage, ALARM_A, Alarm).await.outcome, Outcome::Settled);
        assert_eq!(alarm(&mut stage, "nat-use1a-errors", Alarm).await.outcome, Outcome::Completed);
    });
}

#[test]
fn ok_and_insufficient_data_fail_nothing_over() {
    run(async {
        for state in [Ok, InsufficientData] {
            let mut stage = Stage::new();
            let answer = alarm(&mut stage, ALARM_A, state).await;
            assert_eq!(answer.outcome, Outcome::Settled, "{answer:?}");
            assert_eq!(stage.count("ec2:ReplaceRoute"), 0);
        }
    });
}

#[test]
fn an_unknown_side_is_no_place_to_move_to() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_B, InsufficientData);
        let answer = alarm(&mut stage, ALARM_A, Alarm).await;
        assert_eq!(answer.outcome, Outcome::Held);
        assert_eq!(answer.reason, "no side is healthy: us-east-1a is unhealthy, us-east-1b is unknown");
    });
}

#[test]
fn an_alarm_that_does_not_exist_makes_its_side_unknown() {
    run(async {
        let mut account = account();
        account.cloudwatch_mut().alarms.retain(|alarm| alarm.name != ALARM_B);
        let mut stage = Stage::with(account, &topology());
        let answer = alarm(&mut stage, ALARM_A, Alarm).await;
        assert_eq!(answer.outcome, Outcome::Held);
        assert!(answer.sides[1].evidence.contains("does not exist"), "{:?}", answer.sides);
    });
}

#[test]
fn when_everyone_is_sick_it_holds_and_tells_once_an_hour() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_B, Alarm);
        assert_eq!(alarm(&mut stage, ALARM_A, Alarm).await.outcome, Outcome::Held);
        for _ in 0..59 {
            stage.wait(Duration::from_mins(1)).await;
            assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Held);
        }
        assert_eq!(stage.told().len(), 1, "{:?}", stage.told());
        stage.wait(Duration::from_mins(1)).await;
        look(&mut stage, &tick()).await;
        assert_eq!(stage.told().len(), 2);
        assert_eq!(stage.sandbox.account().sns().published[0].attributes["severity"], "critical");
    });
}

#[test]
fn a_gateway_that_can_not_serve_is_no_place_to_move_to() {
    run(async {
        for (state, words) in [("failed", "nat-0a1b2c3d4e5f60002 is failed"), ("gone", "nat-0a1b2c3d4e5f60002 does not exist")] {
            let mut account = account();
            account.ec2_mut().nat_gateways.retain(|gateway| state != "gone" || !gateway.id.ends_with('2'));
            account
                .ec2_mut()
                .nat_gateways
                .iter_mut()
                .filter(|gateway| gateway.id.ends_with('2'))
                .for_each(|gateway| state.clone_into(&mut gateway.state));
            let mut stage = Stage::with(account, &topology());
            let answer = alarm(&mut stage, ALARM_A, Alarm).await;
            assert_eq!(answer.outcome, Outcome::Held);
            assert!(answer.reason.contains("can't be moved to any side") && answer.reason.contains(words), "{}", answer.reason);
        }
    });
}

#[test]
fn after_an_automatic_failover_the_next_one_is_blocked_for_a_while() {
    run(async {
        let mut stage = Stage::new();
        assert_eq!(alarm(&mut stage, ALARM_A, Alarm).await.outcome, Outcome::Completed);
        stage.wait(Duration::from_mins(20)).await;
        alarm(&mut stage, ALARM_A, Ok).await;
        let blocked = alarm(&mut stage, ALARM_B, Alarm).await;
        assert_eq!(blocked.outcome, Outcome::Held);
        assert_eq!(blocked.held, Some(Held::Blocked), "{blocked:?}");
        assert!(blocked.reason.starts_with("blocked until 2026-03-14T04:12:40Z by egress-prod-"), "{}", blocked.reason);
        let mail = stage.sandbox.account().sns_mut().published.pop().expect("a notice").bodies["email"].clone();
        assert!(mail.contains("\"command\":\"failover\",\"target\":\"egress-prod\",\"away_from\":\"us-east-1b\""), "{mail}");

        let by_hand = look(&mut stage, &command("failover", &json!({ "away_from": "us-east-1b" }))).await;
        assert_eq!(by_hand.outcome, Outcome::Completed, "a person is not blocked: {}", by_hand.reason);
    });
}

/// Where every route of the account leads, by the last letter of the gateway's number.
fn routes(stage: &Stage) -> BTreeSet<char> {
    stage.routes().values().filter(|to| to.starts_with("nat-")).filter_map(|to| to.chars().last()).collect()
}

#[test]
fn of_three_zones_the_third_one_serves_once_two_have_failed_within_the_block() {
    run(async {
        for recovered in [false, true] {
            let (account, topology) = three_sides(&[]);
            let mut stage = Stage::with(account, &topology);
            assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome, Outcome::Completed);
            stage.wait(Duration::from_mins(10)).await;
            if recovered {
                stage.alarm(ALARM_A, Ok).await;
            }
            let second = stage.alarm(ALARM_B, Alarm).await;
            assert_eq!((second.outcome, routes(&stage)), (Outcome::Completed, BTreeSet::from(['3'])), "{second:?}");
            // What was left is not a destination, and is not left a second time.
            if recovered {
                let third = stage.alarm(ALARM_C, Alarm).await;
                assert_eq!((third.held, routes(&stage)), (Some(Held::Blocked), BTreeSet::from(['3'])), "{third:?}");
                stage.reconcile(&command("ack", &json!({}))).await;
                let third = stage.reconcile(&tick()).await;
                assert_eq!((third.outcome, routes(&stage)), (Outcome::Completed, BTreeSet::from(['1'])), "{third:?}");
            }
        }
    });
}

#[test]
fn the_block_ends() {
    run(async {
        let mut stage = Stage::new();
        alarm(&mut stage, ALARM_A, Alarm).await;
        alarm(&mut stage, ALARM_A, Ok).await;
        stage.wait(Duration::from_hours(1)).await;
        assert_eq!(alarm(&mut stage, ALARM_B, Alarm).await.outcome, Outcome::Completed);
    });
}

#[test]
fn automatic_failback_waits_until_home_is_stable() {
    run(async {
        let mut stage = Stage::with(
            account(),
            &topology_with(&[("failback", "\"automatic\""), ("stable_for", "\"15m\""), ("block", "\"5m\"")]),
        );
        alarm(&mut stage, ALARM_A, Alarm).await;
        stage.wait(Duration::from_mins(10)).await;
        assert_eq!(alarm(&mut stage, ALARM_A, Ok).await.outcome, Outcome::Settled);
        stage.wait(Duration::from_secs(899)).await;
        assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Settled);
        stage.wait(Duration::from_secs(2)).await;
        let home = look(&mut stage, &tick()).await;
        assert_eq!(home.outcome, Outcome::Completed, "{}", home.reason);
        assert!(stage.routes().iter().filter(|(name, _)| name.ends_with("-a")).all(|(_, to)| to.ends_with('1')));
    });
}

#[test]
fn automatic_failback_waits_for_its_hours() {
    run(async {
        // It is 03:12 UTC on a Saturday.
        let keys =
            [("failback", "\"automatic\""), ("stable_for", "\"15m\""), ("block", "\"5m\""), ("window", "\"Sat 05:00-06:00\"")];
        let mut stage = Stage::with(account(), &topology_with(&keys));
        alarm(&mut stage, ALARM_A, Alarm).await;
        stage.wait(Duration::from_mins(10)).await;
        alarm(&mut stage, ALARM_A, Ok).await;
        stage.wait(Duration::from_mins(80)).await;
        assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Settled, "it is not five yet");
        let status = look(&mut stage, &json!({ "command": "status", "target": "egress-prod" })).await.status.expect("a status");
        assert_eq!(
            status.next[0],
            "work returns to us-east-1a once it has been healthy for 0 s more, within Sat 05:00-06:00 UTC"
        );
        stage.wait(Duration::from_mins(20)).await;
        let home = look(&mut stage, &tick()).await;
        assert_eq!(home.outcome, Outcome::Completed, "{}", home.reason);
    });
}

#[test]
fn a_person_brings_work_home_at_any_hour() {
    run(async {
        let keys = [("failback", "\"automatic\""), ("stable_for", "\"1m\""), ("window", "\"Mon 05:00-06:00\"")];
        let mut stage = Stage::with(account(), &topology_with(&keys));
        alarm(&mut stage, ALARM_A, Alarm).await;
        alarm(&mut stage, ALARM_A, Ok).await;
        assert_eq!(look(&mut stage, &command("failback", &json!({}))).await.outcome, Outcome::Completed);
    });
}

#[test]
fn an_alarm_that_toggles_every_minute_for_an_hour_crosses_over_once() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&[("failback", "\"automatic\""), ("stable_for", "\"15m\"")]));
        for minute in 0..60 {
            alarm(&mut stage, ALARM_A, if minute % 2 == 0 { Alarm } else { Ok }).await;
            stage.wait(Duration::from_mins(1)).await;
        }
        assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 1);
        assert_eq!(stage.count("ec2:ReplaceRoute"), 2);
    });
}

#[test]
fn a_persons_wish_stays_until_failback() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&[("failback", "\"automatic\""), ("stable_for", "\"1m\"")]));
        look(&mut stage, &command("failover", &json!({ "away_from": "us-east-1a" }))).await;
        stage.wait(Duration::from_hours(2)).await;
        let later = look(&mut stage, &tick()).await;
        assert_eq!(later.outcome, Outcome::Settled);
        assert!(later.remarks[0].starts_with("tester has kept it away from us-east-1a since "), "{:?}", later.remarks);
        assert_eq!(look(&mut stage, &command("failback", &json!({}))).await.outcome, Outcome::Completed);
        assert!(stage.sandbox.account().dynamodb().journal["egress-prod"].memory.intent.is_none());
    });
}

#[test]
fn the_command_in_a_notice_of_a_block_names_the_side_that_is_to_be_left() {
    run(async {
        let (account, topology) = three_sides(&[]);
        let mut stage = Stage::with(account, &topology);
        alarm(&mut stage, ALARM_B, Alarm).await;
        alarm(&mut stage, ALARM_A, Alarm).await;
        stage.wait(Duration::from_mins(5)).await;
        alarm(&mut stage, ALARM_B, Ok).await;
        assert_eq!(alarm(&mut stage, ALARM_C, Alarm).await.held, Some(Held::Blocked));
        assert!(stage.mail().contains("\"command\":\"failover\",\"target\":\"egress-prod\",\"away_from\":\"us-east-1c\""));
        let as_told = look(&mut stage, &command("failover", &json!({ "away_from": "us-east-1c" }))).await;
        assert_eq!(as_told.outcome, Outcome::Completed, "{}", as_told.reason);
    });
}
