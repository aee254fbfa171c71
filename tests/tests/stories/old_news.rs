//! What is late, from before a change, or from a clock that is wrong: looked at, never believed.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_cloudwatch::CloudWatchAccount;
use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{
    alarm::AlarmState::{Alarm, Ok},
    outcome::Outcome,
};
use crossover_sandbox::{Fault, FaultRule, Sandbox};
use crossover_tests::stage::{ALARM_A, ALARM_B, Stage, TARGET, account, alarm_event, command, tick, topology, topology_with};
use jiff::{SignedDuration, ToSpan};
use serde_json::json;

const NAT_A: &str = "nat-0a1b2c3d4e5f60001";
const NAT_B: &str = "nat-0a1b2c3d4e5f60002";
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

fn without_cloudwatch(stage: &Stage) {
    stage.faults([FaultRule::every("cloudwatch:*", Fault::ServerError)]);
}

#[test]
fn an_event_older_than_stale_after_moves_nothing() {
    run(async {
        for (keys, minutes) in [(&[][..], 10), (&[("stale_after", "\"2m\"")], 2), (&[("stale_after", "\"30m\"")], 30)] {
            for (late, expected) in [(false, Outcome::Completed), (true, Outcome::Settled)] {
                let mut stage = Stage::with(account(), &topology_with(keys));
                without_cloudwatch(&stage);
                let event = alarm_event(ALARM_A, Alarm, stage.sandbox.now());
                stage.wait(Duration::from_mins(minutes)).await;
                // Reading the alarms in vain takes three seconds of the time.
                let more = if late { Duration::ZERO } else { Duration::from_secs(8) };
                stage.sandbox.change(|account, _| account.cloudwatch_mut().alarms.clear());
                let event = if late { event } else { alarm_event(ALARM_A, Alarm, stage.sandbox.now() - more) };
                let answer = stage.reconcile(&event).await;
                assert_eq!(answer.outcome, expected, "{keys:?} {late}: {answer:?}");
            }
        }
    });
}

#[test]
fn stale_after_can_be_set_for_all() {
    run(async {
        let mut stage = Stage::with(account(), &format!("[defaults]\nstale_after = \"30m\"\n{}", topology()));
        without_cloudwatch(&stage);
        let event = alarm_event(ALARM_A, Alarm, stage.sandbox.now());
        stage.wait(Duration::from_mins(29)).await;
        assert_eq!(stage.reconcile(&event).await.outcome, Outcome::Completed);
    });
}

#[test]
fn an_event_without_a_time_moves_nothing_while_nothing_else_says_so() {
    run(async {
        let mut stage = Stage::new();
        let direct = json!({ "alarmData": { "alarmName": ALARM_A, "state": { "value": "ALARM" } } });
        without_cloudwatch(&stage);
        assert_eq!(stage.reconcile(&direct).await.outcome, Outcome::Settled);
        stage.faults([]);
        stage.set_alarm(ALARM_A, Alarm);
        assert_eq!(stage.reconcile(&direct).await.outcome, Outcome::Completed);
    });
}

#[test]
fn an_event_from_before_the_last_change_moves_nothing() {
    run(async {
        let mut stage = Stage::new();
        let late = alarm_event(ALARM_A, Alarm, stage.sandbox.now());
        stage.alarm(ALARM_A, Alarm).await;
        stage.set_alarm(ALARM_A, Ok);
        stage.wait(Duration::from_mins(2)).await;
        assert_eq!(stage.reconcile(&command("failback", &json!({}))).await.outcome, Outcome::Completed);
        // Lambda tries an event of two minutes ago again.
        without_cloudwatch(&stage);
        let answer = stage.reconcile(&late).await;
        assert_eq!((answer.outcome, stage.routes()["app-a"].as_str()), (Outcome::Settled, NAT_A), "{}", answer.reason);
        // A new one is news, and a person's block is none.
        stage.reconcile(&command("ack", &json!({}))).await;
        let news = alarm_event(ALARM_A, Alarm, stage.sandbox.now());
        assert_eq!(stage.reconcile(&news).await.outcome, Outcome::Completed);
    });
}

#[test]
fn with_cloudwatch_readable_the_truth_counts_whatever_the_event_says() {
    run(async {
        let mut stage = Stage::new();
        let now = stage.sandbox.now();
        for at in [now - YEAR, now, now + YEAR] {
            assert_eq!(stage.reconcile(&alarm_event(ALARM_A, Alarm, at)).await.outcome, Outcome::Settled);
        }
        stage.set_alarm(ALARM_A, Alarm);
        let wrong = alarm_event(ALARM_A, Ok, now - YEAR);
        assert_eq!(stage.reconcile(&wrong).await.outcome, Outcome::Completed);
    });
}

#[test]
fn an_event_from_the_future_moves_nothing() {
    run(async {
        let mut stage = Stage::new();
        without_cloudwatch(&stage);
        for ahead in [2.minutes(), 1.hours(), 8760.hours()] {
            let event = alarm_event(ALARM_A, Alarm, stage.sandbox.now() + ahead);
            assert_eq!(stage.reconcile(&event).await.outcome, Outcome::Settled, "{ahead:?}");
        }
        // A clock that is a little wrong is no jump.
        let event = alarm_event(ALARM_A, Alarm, stage.sandbox.now() + 20.seconds());
        assert_eq!(stage.reconcile(&event).await.outcome, Outcome::Completed);
    });
}

#[test]
fn events_that_come_in_the_wrong_order_count_in_the_right_one() {
    run(async {
        let mut stage = Stage::new();
        without_cloudwatch(&stage);
        let now = stage.sandbox.now();
        let (alarm, ok) = (alarm_event(ALARM_A, Alarm, now - 60.seconds()), alarm_event(ALARM_A, Ok, now));
        let both = json!({ "Records": [{ "body": ok.to_string() }, { "body": alarm.to_string() }] });
        assert_eq!(stage.reconcile(&both).await.outcome, Outcome::Settled);
    });
}

/// What a clock that was a year ahead has written is loaded by one that is right.
fn a_year_later(stage: &Stage, topology: &str) -> Stage {
    let mut account = stage.sandbox.account();
    account.time -= YEAR;
    let time = account.time;
    for alarm in &mut account.cloudwatch_mut().alarms {
        alarm.since = alarm.since.min(time);
    }
    Stage::with(account, topology)
}

/// A stage whose clock is a year ahead.
fn a_year_ahead(topology: &str) -> Stage {
    let mut account = account();
    account.time += YEAR;
    Stage::with(account, topology)
}

#[test]
fn a_lease_of_a_clock_that_was_ahead_holds_nobody() {
    run(async {
        let topology = topology();
        let mut stage = a_year_ahead(&topology);
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, Fault::KillBefore)]);
        stage.set_alarm(ALARM_A, Alarm);
        assert!(stage.invoke(&tick()).await.is_none());
        stage.faults([]);
        let mut stage = a_year_later(&stage, &topology);
        let answer = stage.reconcile(&tick()).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{}", answer.reason);
        // The crossover has ended a year before it began.
        let broken = stage.verify();
        assert!(broken.len() == 1 && broken[0].contains("has not ended properly"), "{broken:?}");
    });
}

#[test]
fn a_block_of_a_clock_that_was_ahead_does_not_hold_for_a_year() {
    run(async {
        let topology = topology();
        let mut stage = a_year_ahead(&topology);
        stage.alarm(ALARM_A, Alarm).await;
        let mut stage = a_year_later(&stage, &topology);
        stage.set_alarm(ALARM_A, Ok);
        let answer = stage.alarm(ALARM_B, Alarm).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{}", answer.reason);
    });
}

#[test]
fn what_was_told_by_a_clock_that_was_ahead_is_told_again() {
    run(async {
        let topology = topology();
        let mut stage = a_year_ahead(&topology);
        stage.set_alarm(ALARM_B, Alarm);
        assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome, Outcome::Held);
        let mut stage = a_year_later(&stage, &topology);
        stage.ticks(2).await;
        assert_eq!(stage.times_told("HELD, no side is healthy"), 2, "{:?}", stage.told());
    });
}

#[test]
fn a_change_of_a_clock_that_was_ahead_does_not_make_every_event_old_news() {
    run(async {
        let topology = topology();
        let mut stage = a_year_ahead(&topology);
        stage.reconcile(&command("failover", &json!({ "to": "us-east-1b" }))).await;
        stage.reconcile(&command("failback", &json!({}))).await;
        let mut stage = a_year_later(&stage, &topology);
        without_cloudwatch(&stage);
        let event = alarm_event(ALARM_A, Alarm, stage.sandbox.now());
        let answer = stage.reconcile(&event).await;
        assert_eq!((answer.outcome, stage.routes()["app-a"].as_str()), (Outcome::Completed, NAT_B), "{}", answer.reason);
    });
}

#[test]
fn a_pause_for_a_while_of_a_clock_that_was_ahead_does_not_last_for_a_year() {
    run(async {
        let topology = topology();
        let mut stage = a_year_ahead(&topology);
        stage.reconcile(&command("pause", &json!({ "for": "2h" }))).await;
        let mut stage = a_year_later(&stage, &topology);
        stage.ticks(1).await;
        assert_eq!(stage.times_told("resumed, the pause of"), 1, "{:?}", stage.told());
        assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome, Outcome::Completed);
    });
}

#[test]
fn reminders_of_a_clock_that_was_ahead_do_not_wait_for_a_year() {
    run(async {
        let topology = topology();
        let mut stage = a_year_ahead(&topology);
        stage.alarm(ALARM_A, Alarm).await;
        stage.reconcile(&command("pause", &json!({}))).await;
        let mut stage = a_year_later(&stage, &topology);
        stage.ticks(60 * 25).await;
        let reminded = (stage.times_told("STILL PAUSED"), stage.times_told("nobody has acknowledged"));
        assert!(reminded.0 >= 6 && reminded.1 >= 1, "{reminded:?} {:?}", stage.told());
        assert!(reminded.0 <= 8 && reminded.1 <= 2, "{reminded:?}");
    });
}

#[test]
fn a_clock_that_jumps_back_settles_what_it_finds() {
    run(async {
        let topology = topology_with(&[("failback", "\"automatic\""), ("stable_for", "\"5m\"")]);
        let mut stage = a_year_ahead(&topology);
        stage.alarm(ALARM_A, Alarm).await;
        stage.ticks(5).await;
        let mut stage = a_year_later(&stage, &topology);
        let sandbox: &Sandbox = &stage.sandbox;
        assert!(sandbox.account().dynamodb().journal[TARGET].memory.last_automatic.is_some());
        stage.set_alarm(ALARM_A, Ok);
        stage.ticks(10).await;
        assert_eq!(stage.routes()["app-a"], NAT_A);
        assert!(stage.memory().unsent.is_empty() && stage.memory().open.is_none());
    });
}
