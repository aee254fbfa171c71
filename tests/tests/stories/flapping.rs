//! Sides that fail and recover again and again.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_cloudwatch::CloudWatchAccount;
use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{
    alarm::AlarmState::{Alarm, Ok},
    direction::Direction,
    outcome::Outcome,
};
use crossover_tests::stage::{ALARM_A, ALARM_B, Stage, account, alarm_event, command, tick, topology, topology_with};
use serde_json::json;

const NAT_A: &str = "nat-0a1b2c3d4e5f60001";
const NAT_B: &str = "nat-0a1b2c3d4e5f60002";
const AUTOMATIC: [(&str, &str); 2] = [("failback", "\"automatic\""), ("stable_for", "\"5m\"")];
const HASTY: [(&str, &str); 3] = [("failback", "\"automatic\""), ("stable_for", "\"20s\""), ("block", "\"10s\"")];

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

/// The alarm toggles every minute for so many minutes; each time its event comes, and a tick half a
/// minute later.
async fn toggle(stage: &mut Stage, minutes: usize) {
    for minute in 0..minutes {
        let becomes = if minute % 2 == 0 { Alarm } else { Ok };
        stage.alarm(ALARM_A, becomes).await;
        stage.wait(Duration::from_secs(30)).await;
        stage.reconcile(&tick()).await;
        stage.wait(Duration::from_secs(30)).await;
    }
}

fn failovers(stage: &Stage) -> usize {
    stage.sandbox.account().dynamodb().crossovers.iter().filter(|crossover| crossover.direction == Direction::Failover).count()
}

#[test]
fn an_alarm_that_toggles_for_an_hour_gives_one_crossover_and_one_notice_that_says_so() {
    run(async {
        for keys in [&[][..], &AUTOMATIC] {
            let mut stage = Stage::with(account(), &topology_with(keys));
            toggle(&mut stage, 60).await;
            assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 1, "{keys:?}");
            assert_eq!(stage.times_told("us-east-1a FLAPPING, no automatic failback"), 1, "{keys:?}: {:?}", stage.told());
            assert_eq!(stage.told().len(), 2, "{keys:?}: {:?}", stage.told());
            assert!(
                stage.mail().contains("\"command\":\"failover\",\"target\":\"egress-prod\",\"away_from\":\"us-east-1a\""),
                "{}",
                stage.mail()
            );
        }
    });
}

#[test]
fn however_hasty_the_policy_failback_stops_once_it_flaps() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&HASTY));
        toggle(&mut stage, 60).await;
        let crossovers = stage.sandbox.account().dynamodb().crossovers.len();
        // There and back until the third time that it fails within the hour.
        assert!((1..=5).contains(&crossovers), "{crossovers} crossovers: {:?}", stage.told());
        assert_eq!(failovers(&stage), 3);
        assert_eq!(stage.times_told("FLAPPING"), 1, "{:?}", stage.told());
        assert_eq!(stage.routes()["app-a"], NAT_B);
    });
}

#[test]
fn a_side_that_recovers_for_good_goes_home_in_the_end() {
    run(async {
        for keys in [&AUTOMATIC[..], &HASTY] {
            let mut stage = Stage::with(account(), &topology_with(keys));
            toggle(&mut stage, 30).await;
            stage.set_alarm(ALARM_A, Ok);
            stage.ticks(50).await;
            assert_eq!(stage.routes()["app-a"], NAT_B, "{keys:?}: home too soon");
            stage.ticks(15).await;
            assert_eq!(stage.routes()["app-a"], NAT_A, "{keys:?}: {:?}", stage.told());
            assert!(stage.told().pop().expect("a notice").contains("failback completed"), "{:?}", stage.told());
        }
    });
}

#[test]
fn by_hand_a_side_that_recovers_for_good_is_told_to_be_ready() {
    run(async {
        let mut stage = Stage::new();
        toggle(&mut stage, 30).await;
        stage.set_alarm(ALARM_A, Ok);
        stage.ticks(50).await;
        assert_eq!(stage.times_told("ready to fail back"), 0, "{:?}", stage.told());
        stage.ticks(15).await;
        assert_eq!(stage.times_told("ready to fail back to us-east-1a"), 1, "{:?}", stage.told());
    });
}

#[test]
fn a_person_may_bring_work_home_to_a_side_that_flaps() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&AUTOMATIC));
        toggle(&mut stage, 8).await;
        assert_eq!(stage.reconcile(&command("failback", &json!({}))).await.outcome, Outcome::Completed);
        assert_eq!(stage.routes()["app-a"], NAT_A);
    });
}

#[test]
fn a_flapping_side_that_work_is_on_is_left_again() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&HASTY));
        toggle(&mut stage, 8).await;
        stage.reconcile(&command("failback", &json!({}))).await;
        assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome, Outcome::Completed);
        assert_eq!(stage.routes()["app-a"], NAT_B);
    });
}

#[test]
fn events_that_come_twice_and_looks_in_between_are_no_turns() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_A, Alarm);
        let event = alarm_event(ALARM_A, Alarm, stage.sandbox.now());
        for _ in 0..20 {
            stage.reconcile(&event).await;
            stage.ticks(1).await;
        }
        assert_eq!(stage.times_told("FLAPPING"), 0, "{:?}", stage.told());
    });
}

/// The alarms of one side of one outage go off, and recover, one after the other.
#[test]
fn several_alarms_of_one_outage_do_not_flap() {
    run(async {
        for quorum in ["1", "2"] {
            let keys = [&AUTOMATIC[..], &[("quorum", quorum)]].concat();
            let topology = topology_with(&keys)
                .replace(&format!("\"{ALARM_A}\""), &format!("\"{ALARM_A}\", \"a-2\", \"a-3\", \"a-4\""))
                .replace(&format!("\"{ALARM_B}\""), &format!("\"{ALARM_B}\", \"b-2\""));
            let mut account = account();
            let since = account.cloudwatch().alarms[0].since;
            for name in ["a-2", "a-3", "a-4", "b-2"] {
                account.cloudwatch_mut().set_alarm(name, Ok, since);
            }
            let mut stage = Stage::with(account, &topology);
            for becomes in [Alarm, Ok] {
                for name in [ALARM_A, "a-2", "a-3", "a-4"] {
                    stage.alarm(name, becomes).await;
                    stage.ticks(1).await;
                }
            }
            assert_eq!(stage.times_told("FLAPPING"), 0, "{quorum}: {:?}", stage.told());
        }
    });
}

#[test]
fn with_several_alarms_a_side_that_flaps_is_still_known() {
    run(async {
        let topology = topology().replace(&format!("\"{ALARM_A}\""), &format!("\"{ALARM_A}\", \"a-2\""));
        let mut account = account();
        let since = account.cloudwatch().alarms[0].since;
        account.cloudwatch_mut().set_alarm("a-2", Ok, since);
        let mut stage = Stage::with(account, &topology);
        for _ in 0..3 {
            for becomes in [Alarm, Ok] {
                for name in [ALARM_A, "a-2"] {
                    stage.alarm(name, becomes).await;
                    stage.wait(Duration::from_secs(5)).await;
                }
                stage.ticks(1).await;
            }
        }
        assert_eq!(stage.times_told("us-east-1a FLAPPING"), 1, "{:?}", stage.told());
    });
}
