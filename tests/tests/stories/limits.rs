//! The guards for how much is unhealthy at once, where they can be set, and their order.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::Ec2Account;
use crossover_model::{
    alarm::AlarmState::{Alarm, InsufficientData, Ok},
    answer::TargetAnswer,
    hold::Held,
    outcome::Outcome,
    topology::Mode,
};
use crossover_sns::SnsAccount;
use crossover_tests::{
    fleet::{alarm, fleet, moved, name},
    stage::{ALARM_A, ALARM_B, ALARM_C, Stage, account, alarm_event, command, three_sides, tick, topology},
};
use serde_json::json;

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

/// It was held for this reason, and that is in the journal and in a notice.
fn assert_held(stage: &Stage, answer: &TargetAnswer, why: Held, starts: &str) {
    assert_eq!(answer.outcome, Outcome::Held, "{}", answer.reason);
    assert!(answer.reason.starts_with(starts), "{}", answer.reason);
    let account = stage.sandbox.account();
    let memory = &account.dynamodb().journal[&answer.target].memory;
    assert!(memory.held.contains_key(&why), "{:?}", memory.held);
    let told = stage.sandbox.account().sns().published.clone();
    let told = told.iter().find(|told| told.attributes["target"] == answer.target && told.attributes["outcome"] == "held");
    let mail = &told.expect("a notice").bodies["email"];
    assert!(mail.contains(&format!("HELD, {}", &answer.reason[..starts.len()])), "{mail}");
    assert!(mail.contains("\nWhat to do next\n"), "{mail}");
}

/// The example's topology with these lines of `[defaults]`, and with its target's own keys of these names taken out.
fn with_defaults(lines: &str, without: &[&str]) -> String {
    let kept = |line: &&str| !without.iter().any(|key| line.starts_with(&format!("{key} =")));
    let topology: Vec<String> = topology().lines().filter(kept).map(str::to_owned).collect();
    format!("[defaults]\n{lines}\n{}\n", topology.join("\n"))
}

#[test]
fn every_guard_has_its_own_reason() {
    run(async {
        let mut stage = Stage::new();
        stage.controller.environment.mode = Mode::Shadow;
        let shadow = stage.alarm(ALARM_A, Alarm).await;
        assert_held(&stage, &shadow, Held::Shadow, "the mode is shadow; it would move 2 routes");

        let mut stage = Stage::new();
        stage.reconcile(&command("pause", &json!({}))).await;
        let paused = stage.alarm(ALARM_A, Alarm).await;
        assert_held(&stage, &paused, Held::Paused, "paused since 2026-03-14T03:12:40Z by tester: test; it would move");

        let mut stage = Stage::new();
        stage.set_alarm(ALARM_B, InsufficientData);
        let unhealthy = stage.alarm(ALARM_A, Alarm).await;
        assert_held(
            &stage,
            &unhealthy,
            Held::AllSidesUnhealthy,
            "no side is healthy: us-east-1a is unhealthy, us-east-1b is unknown",
        );

        let mut stage = Stage::new();
        stage.alarm(ALARM_A, Alarm).await;
        stage.set_alarm(ALARM_A, Ok);
        let blocked = stage.alarm(ALARM_B, Alarm).await;
        assert_held(&stage, &blocked, Held::Blocked, "blocked until 2026-03-14T04:12:40Z by egress-prod-");

        let mut account = account();
        "failed".clone_into(&mut account.ec2_mut().nat_gateways[1].state);
        let mut stage = Stage::with(account, &topology());
        let unable = stage.alarm(ALARM_A, Alarm).await;
        assert_held(&stage, &unable, Held::NoSideAble, "rtb-0a1b2c3d4e5f6a100, rtb-0a1b2c3d4e5f6a200 can't be moved to any side");
    });
}

#[test]
fn fewer_healthy_sides_than_min_healthy_hold() {
    run(async {
        let keys = [("min_healthy", "2"), ("block", "\"1s\"")];
        let (account, topology) = three_sides(&keys);
        let mut stage = Stage::with(account, &topology);
        assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome, Outcome::Completed);
        stage.wait(Duration::from_mins(1)).await;
        let held = stage.alarm(ALARM_B, Alarm).await;
        let starts =
            "only 1 healthy, and min_healthy is 2: us-east-1a is unhealthy, us-east-1b is unhealthy, us-east-1c is healthy";
        assert_held(&stage, &held, Held::AllSidesUnhealthy, starts);
        // A person who knows better says so.
        let plain = stage.reconcile(&command("failover", &json!({ "to": "us-east-1c" }))).await;
        assert_eq!(plain.outcome, Outcome::Held);
        assert!(stage.mail().contains("\"to\":\"SIDE\",\"force\":true"), "{}", stage.mail());
        assert_eq!(
            stage.reconcile(&command("failover", &json!({ "to": "us-east-1c", "force": true }))).await.outcome,
            Outcome::Completed
        );
    });
}

#[test]
fn many_unhealthy_targets_in_several_places_hold() {
    run(async {
        let (account, topology) = fleet(6, "");
        let mut stage = Stage::with(account, &topology);
        for (number, zone) in [(0, "us-east-1a"), (1, "us-east-1b"), (2, "us-east-1c"), (3, "us-east-1b")] {
            stage.set_alarm(&alarm(number, zone), Alarm);
        }
        let event = alarm_event(&alarm(0, "us-east-1a"), Alarm, stage.sandbox.now());
        let starts = "4 of 6 targets are unhealthy at once, in us-east-1a, us-east-1b, us-east-1c: more than max_sick_share = 0.5, so the monitoring";
        let by_event = stage.reconcile(&event).await;
        assert_held(&stage, &by_event, Held::TooManyTargetsUnhealthy, starts);
        let swept = stage.ticks(1).await;
        assert_eq!(swept.targets.iter().filter(|target| target.outcome == Outcome::Held).count(), 4);
        assert_eq!(moved(&stage.sandbox.account()), 0);
        // A person is not held back, and with fewer unhealthy ones nobody is.
        let order = json!({
            "command": "failover", "target": name(0), "away_from": "us-east-1a", "reason": "test", "operator": "tester"
        });
        assert_eq!(stage.reconcile(&order).await.outcome, Outcome::Completed);
        stage.set_alarm(&alarm(3, "us-east-1b"), Ok);
        stage.ticks(1).await;
        assert_eq!(moved(&stage.sandbox.account()), 3);
    });
}

#[test]
fn a_place_that_is_lost_entirely_is_what_failover_is_for() {
    run(async {
        let (account, topology) = fleet(6, "");
        let mut stage = Stage::with(account, &topology);
        for number in (0..6).filter(|number| number % 3 != 1) {
            stage.set_alarm(&alarm(number, "us-east-1a"), Alarm);
        }
        assert_eq!(stage.ticks(1).await.outcome, Outcome::Completed);
        assert_eq!(moved(&stage.sandbox.account()), 4);
    });
}

#[test]
fn of_three_targets_nothing_is_said_about_the_monitoring() {
    run(async {
        let (account, topology) = fleet(3, "");
        let mut stage = Stage::with(account, &topology);
        for (number, zone) in [(0, "us-east-1a"), (1, "us-east-1b"), (2, "us-east-1c")] {
            stage.set_alarm(&alarm(number, zone), Alarm);
        }
        assert_eq!(stage.ticks(1).await.outcome, Outcome::Completed);
    });
}

#[test]
fn the_share_can_be_set_for_all_and_for_one() {
    run(async {
        for (defaults, own, expected) in [
            ("max_sick_share = 0.2", "", Outcome::Held),
            ("max_sick_share = 1", "", Outcome::Completed),
            ("max_sick_share = 0.2", "max_sick_share = 0.5", Outcome::Completed),
            ("", "max_sick_share = 0", Outcome::Held),
        ] {
            let (account, topology) = fleet(6, defaults);
            let first = format!("name = \"{}\"", name(0));
            let mut stage = Stage::with(account, &topology.replace(&first, &format!("{first}\n{own}")));
            stage.set_alarm(&alarm(0, "us-east-1a"), Alarm);
            stage.set_alarm(&alarm(1, "us-east-1b"), Alarm);
            let answer = stage.reconcile(&alarm_event(&alarm(0, "us-east-1a"), Alarm, stage.sandbox.now())).await;
            assert_eq!(answer.outcome, expected, "{defaults} {own}: {}", answer.reason);
        }
    });
}

#[test]
fn what_is_set_for_all_holds_for_a_target_that_says_nothing_else() {
    run(async {
        // Each: the line of [defaults], the target's own that takes its place, and whether a failover is held.
        for (line, own, held_by_default, held_by_own) in
            [("mode = \"shadow\"", "mode = \"armed\"", true, false), ("mode = \"armed\"", "mode = \"shadow\"", false, true)]
        {
            let mut stage = Stage::with(account(), &with_defaults(line, &[]));
            assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome == Outcome::Held, held_by_default, "{line}");
            let both = with_defaults(line, &[]).replace("[[nat]]", &format!("[[nat]]\n{own}"));
            let mut stage = Stage::with(account(), &both);
            assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome == Outcome::Held, held_by_own, "{own}");
        }

        let two_alarms = with_defaults("quorum = 2", &["quorum"])
            .replace(&format!("\"{ALARM_A}\""), &format!("\"{ALARM_A}\", \"second-a\""))
            .replace(&format!("\"{ALARM_B}\""), &format!("\"{ALARM_B}\", \"second-b\""));
        for (topology, expected) in
            [(two_alarms.clone(), Outcome::Settled), (two_alarms.replace("[[nat]]", "[[nat]]\nquorum = 1"), Outcome::Completed)]
        {
            let mut stage = Stage::with(account(), &topology);
            stage.set_alarm("second-a", Ok);
            stage.set_alarm("second-b", Ok);
            assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome, expected);
        }

        for (defaults, own, minutes) in [("block = \"10m\"", "", 10), ("block = \"10m\"", "block = \"20m\"", 20)] {
            let topology = with_defaults(defaults, &["block"]).replace("[[nat]]", &format!("[[nat]]\n{own}"));
            let mut stage = Stage::with(account(), &topology);
            stage.alarm(ALARM_A, Alarm).await;
            stage.set_alarm(ALARM_A, Ok);
            stage.wait(Duration::from_secs(60 * minutes - 2)).await;
            assert_eq!(stage.alarm(ALARM_B, Alarm).await.outcome, Outcome::Held, "{defaults} {own}");
            stage.wait(Duration::from_secs(3)).await;
            assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Completed, "{defaults} {own}");
        }

        for (defaults, own, minutes) in [("review = \"30m\"", "", 30), ("review = \"30m\"", "review = \"50m\"", 50)] {
            let topology = with_defaults(defaults, &[]).replace("[[nat]]", &format!("[[nat]]\n{own}"));
            let mut stage = Stage::with(account(), &topology);
            stage.alarm(ALARM_A, Alarm).await;
            stage.ticks(minutes - 1).await;
            assert_eq!(stage.times_told("nobody has acknowledged"), 0, "{:?}", stage.told());
            stage.ticks(2).await;
            assert_eq!(stage.times_told("nobody has acknowledged"), 1, "{:?}", stage.told());
        }

        let (account, topology) = three_sides(&[]);
        let mut stage = Stage::with(account, &format!("[defaults]\nmin_healthy = 2\n{topology}"));
        stage.set_alarm(ALARM_C, Alarm);
        assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome, Outcome::Held);
    });
}

/// Everything speaks against it at once: the first of the order is what is said. Then the first goes
/// away, and the next is said.
#[test]
fn the_guards_speak_in_the_order_of_the_design() {
    run(async {
        let (account, topology) = fleet(6, "max_sick_share = 0.2");
        let mut stage = Stage::with(account, &topology);
        let (first, second) = (alarm(0, "us-east-1a"), alarm(0, "us-east-1b"));
        let note = |verb: &str| json!({ "command": verb, "target": name(0), "reason": "test", "operator": "tester" });
        // An automatic failover a while ago, which blocks the next.
        stage.set_alarm(&first, Alarm);
        stage.reconcile(&tick()).await;
        assert_eq!(moved(&stage.sandbox.account()), 1);
        stage.reconcile(&note("pause")).await;
        stage.controller.environment.mode = Mode::Shadow;
        stage.set_alarm(&second, Alarm);
        stage.set_alarm(&alarm(1, "us-east-1b"), Alarm);
        stage.set_alarm(&alarm(2, "us-east-1c"), Alarm);

        let event = alarm_event(&second, Alarm, stage.sandbox.now());
        let mut said = Vec::new();
        for step in 0..6 {
            match step {
                1 => stage.controller.environment.mode = Mode::Armed,
                2 => _ = stage.reconcile(&note("resume")).await,
                3 => stage.set_alarm(&first, Ok),
                4 => {
                    stage.set_alarm(&alarm(1, "us-east-1b"), Ok);
                    stage.set_alarm(&alarm(2, "us-east-1c"), Ok);
                }
                5 => stage.sandbox.change(|account, _| {
                    let gateway = account.ec2_mut().nat_gateways.iter_mut().find(|gateway| gateway.id == "nat-0-us-east-1a");
                    "failed".clone_into(&mut gateway.expect("a gateway").state);
                }),
                _ => {}
            }
            let answer = stage.reconcile(&event).await;
            assert_eq!(answer.outcome, Outcome::Held, "{step}: {}", answer.reason);
            said.push(answer.reason.split([';', ':']).next().expect("words").split(" since ").next().expect("words").to_owned());
        }
        assert_eq!(
            said[..4],
            [
                "the mode is shadow",
                "paused",
                "no side is healthy",
                "3 of 6 targets are unhealthy at once, in us-east-1b, us-east-1c"
            ]
        );
        assert!(said[4].starts_with("blocked until "), "{said:?}");
        assert!(said[5].ends_with("can't be moved to any side"), "{said:?}");
    });
}

#[test]
fn only_some_event_of_what_is_unhealthy_elsewhere_is_no_reason_to_hold() {
    run(async {
        // What could not be read of the others says nothing of them.
        let (account, topology) = fleet(300, "max_sick_share = 0.1");
        let mut stage = Stage::with(account, &topology);
        stage.set_alarm(&alarm(299, "us-east-1c"), Alarm);
        let event = alarm_event(&alarm(299, "us-east-1c"), Alarm, stage.sandbox.now());
        assert_eq!(stage.reconcile(&event).await.outcome, Outcome::Completed);
        assert_eq!(stage.count("cloudwatch:DescribeAlarms"), 1, "an alarm's event costs one read of alarms");
    });
}
