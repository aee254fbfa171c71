//! Each order of a person, each way that it can go. What is only remembered is in `notes.rs`, what is
//! only asked in `questions.rs`.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::Ec2Account;
use crossover_model::{
    alarm::AlarmState::{Alarm, InsufficientData, Ok},
    answer::TargetAnswer,
    direction::Direction,
    hold::Held,
    outcome::Outcome,
    trigger::Aim,
};
use crossover_sandbox::{Fault, FaultRule};
use crossover_sns::SnsAccount;
use crossover_tests::stage::{
    ALARM_A, ALARM_B, ALARM_C, Stage, TIME_LIMIT, account, alarm_event, command, three_sides, tick, topology, topology_with,
};
use serde_json::{Value, json};

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

/// How many tables each gateway serves, by the last digit of its id.
fn served(stage: &Stage) -> [usize; 3] {
    let at = |digit: char| stage.routes().values().filter(|to| to.starts_with("nat-") && to.ends_with(digit)).count();
    ['1', '2', '3'].map(at)
}

fn failover(more: &Value) -> Value {
    command("failover", more)
}

#[test]
fn failover_to_a_side_leaves_all_the_others() {
    run(async {
        let (account, topology) = three_sides(&[]);
        let mut stage = Stage::with(account, &topology);
        let answer = stage.reconcile(&failover(&json!({ "to": "us-east-1c" }))).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{}", answer.reason);
        assert_eq!(served(&stage), [0, 0, 6]);
        let intent = stage.memory().intent.expect("a wish that stays");
        assert_eq!(intent.aim, Aim::To("us-east-1c".to_owned()));
        let later = stage.ticks(90).await.targets.remove(0);
        assert_eq!((later.outcome, served(&stage)), (Outcome::Settled, [0, 0, 6]));
        assert!(
            later.remarks.iter().any(|remark| remark.starts_with("tester has kept it at us-east-1c since ")),
            "{:?}",
            later.remarks
        );
    });
}

#[test]
fn failover_away_from_a_side_spreads_its_work_over_the_others() {
    run(async {
        let (account, topology) = three_sides(&[]);
        let mut stage = Stage::with(account, &topology);
        assert_eq!(stage.reconcile(&failover(&json!({ "away_from": "us-east-1b" }))).await.outcome, Outcome::Completed);
        assert_eq!(served(&stage), [3, 0, 3]);
        // A second wish takes the place of the first, and says so.
        let ends = "this ends the intent of tester since ";
        let again =
            stage.reconcile(&failover(&json!({ "away_from": "us-east-1b", "reason": "the same for another reason" }))).await;
        assert!(!again.remarks.iter().any(|remark| remark.starts_with(ends)), "{:?}", again.remarks);
        let second = stage.reconcile(&failover(&json!({ "away_from": "us-east-1a" }))).await;
        assert_eq!(second.outcome, Outcome::Completed);
        let said = second.remarks.iter().find(|remark| remark.starts_with(ends)).expect("whose wish ended");
        assert!(said.ends_with("away from us-east-1b: the same for another reason"), "{said}");
        assert!(stage.mail().contains(ends), "{}", stage.mail());
        assert_eq!(served(&stage)[0], 0);
        assert_eq!(stage.memory().intent.expect("a wish").aim, Aim::AwayFrom("us-east-1a".to_owned()));
    });
}

/// How often it was told that tester's wish ended, once the second order has been given after the first, the process died at
/// each of its calls, and the third came, if there is one.
async fn told_of_the_end(first: Value, second: Value, third: Option<Value>) -> Vec<usize> {
    let mut told = Vec::new();
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        for skip in 0.. {
            let (account, topology) = three_sides(&[]);
            let mut stage = Stage::with(account, &topology);
            assert_eq!(stage.reconcile(&failover(&first)).await.outcome, Outcome::Completed);
            let wish = stage.memory().intent;
            stage.faults([FaultRule::once("*", skip, fault)]);
            let killed = stage.invoke(&failover(&second)).await.is_none();
            stage.faults([]);
            if let Some(third) = &third {
                stage.wait(TIME_LIMIT).await;
                stage.reconcile(&failover(third)).await;
            }
            stage.ticks(30).await;
            // Killed before its lease, the order is nowhere, and a person has had no answer.
            if stage.memory().intent.map(|intent| intent.aim) != wish.map(|intent| intent.aim) {
                let published = stage.sandbox.account().sns().published.clone();
                let ends = |body: &String| body.contains("this ends the intent of tester since ");
                told.push(published.iter().filter(|published| ends(&published.bodies["email"])).count());
            }
            if !killed {
                assert!(skip > 6, "{skip} calls");
                break;
            }
        }
    }
    told
}

#[test]
fn whose_wish_was_ended_is_told_wherever_the_process_dies() {
    run(async {
        let away = |side: &str| json!({ "away_from": side });
        let in_other_words = json!({ "away_from": "us-east-1a", "operator": "eve", "reason": "it did not answer" });
        for (first, second, third) in [
            (away("us-east-1b"), away("us-east-1a"), None),
            (away("us-east-1b"), away("us-east-1a"), Some(in_other_words)),
            // Nothing has to be moved for it.
            (json!({ "to": "us-east-1c" }), away("us-east-1a"), None),
        ] {
            let told = told_of_the_end(first.clone(), second.clone(), third.clone()).await;
            assert!(told.len() > 10 && told.iter().all(|times| (1..=2).contains(times)), "{second}, {third:?}: {told:?}");
        }
    });
}

#[test]
fn whose_wish_was_ended_is_told_once() {
    run(async {
        let (account, topology) = three_sides(&[]);
        let mut stage = Stage::with(account, &topology);
        stage.reconcile(&failover(&json!({ "away_from": "us-east-1b" }))).await;
        let order = failover(&json!({ "away_from": "us-east-1a" }));
        let ends = |answer: &TargetAnswer| answer.remarks.iter().any(|remark| remark.starts_with("this ends the intent of"));
        assert!(ends(&stage.reconcile(&order).await));
        assert!(!ends(&stage.reconcile(&order).await), "it ended with the first");
        stage.sandbox.change(|account, _| {
            let table = account.ec2_mut().route_tables.iter_mut().find(|table| table.routes.values().any(|to| to.ends_with('2')));
            let route = table.and_then(|table| table.routes.get_mut("0.0.0.0/0")).expect("a route");
            *route = route.replace('2', "1");
        });
        let again = stage.reconcile(&order).await;
        assert!(again.outcome == Outcome::Completed && !ends(&again), "{again:?}");
    });
}

#[test]
fn a_failover_that_is_held_ends_no_wish_and_does_not_say_so() {
    run(async {
        let (account, topology) = three_sides(&[]);
        let mut stage = Stage::with(account, &topology);
        assert_eq!(stage.reconcile(&failover(&json!({ "away_from": "us-east-1b" }))).await.outcome, Outcome::Completed);
        stage.set_alarm(ALARM_B, InsufficientData);
        let held = stage.reconcile(&failover(&json!({ "to": "us-east-1b" }))).await;
        assert_eq!(held.outcome, Outcome::Held, "{}", held.reason);
        assert!(!held.remarks.iter().any(|remark| remark.starts_with("this ends")), "{:?}", held.remarks);
        assert!(
            held.remarks.iter().any(|remark| remark.starts_with("tester has kept it away from us-east-1b")),
            "{:?}",
            held.remarks
        );
        assert_eq!(stage.memory().intent.expect("the wish").aim, Aim::AwayFrom("us-east-1b".to_owned()));
    });
}

#[test]
fn failover_to_a_side_that_is_not_known_to_be_healthy_is_held_and_not_remembered() {
    run(async {
        for state in [Alarm, InsufficientData] {
            let mut stage = Stage::new();
            stage.set_alarm(ALARM_B, state);
            let answer = stage.reconcile(&failover(&json!({ "to": "us-east-1b" }))).await;
            assert_eq!(answer.outcome, Outcome::Held, "{}", answer.reason);
            assert!(stage.memory().intent.is_none(), "what was held back happens hours later");
            assert!(
                answer.remarks.is_empty() && !stage.mail().contains("has kept it"),
                "a wish is said to stand: {:?}",
                answer.remarks
            );
            assert_eq!(stage.count("ec2:ReplaceRoute"), 0);
            assert_eq!(stage.told().len(), 1);
        }
    });
}

#[test]
fn force_moves_onto_a_doubtful_side_is_told_and_stays() {
    run(async {
        for state in [Alarm, InsufficientData] {
            let mut stage = Stage::with(account(), &topology_with(&[("failback", "\"automatic\""), ("stable_for", "\"1m\"")]));
            stage.set_alarm(ALARM_B, state);
            let answer = stage.reconcile(&failover(&json!({ "to": "us-east-1b", "force": true }))).await;
            assert_eq!(answer.outcome, Outcome::Completed, "{}", answer.reason);
            assert_eq!(served(&stage), [0, 4, 0]);
            assert!(stage.mail().contains("requested by tester with --force: test"), "{}", stage.mail());
            let order = stage.sandbox.account().dynamodb().crossovers[0].order.clone().expect("an order");
            assert!(order.force && !order.accept_data_loss);

            let replaced = stage.count("ec2:ReplaceRoute");
            stage.ticks(120).await;
            assert_eq!((served(&stage), stage.count("ec2:ReplaceRoute")), ([0, 4, 0], replaced), "{state:?}: it was moved back");
            assert!(stage.memory().intent.is_some());
        }
    });
}

#[test]
fn force_moves_nothing_onto_a_gateway_that_can_not_serve() {
    run(async {
        let mut account = account();
        "failed".clone_into(&mut account.ec2_mut().nat_gateways[1].state);
        let mut stage = Stage::with(account, &topology());
        let answer = stage.reconcile(&failover(&json!({ "to": "us-east-1b", "force": true }))).await;
        assert_eq!((answer.outcome, stage.count("ec2:ReplaceRoute")), (Outcome::Held, 0), "{}", answer.reason);
    });
}

#[test]
fn force_takes_a_healthy_side_before_a_doubtful_one() {
    run(async {
        for state in [Alarm, InsufficientData] {
            let (account, topology) = three_sides(&[]);
            let mut stage = Stage::with(account, &topology);
            stage.set_alarm(ALARM_B, state);
            let answer = stage.reconcile(&failover(&json!({ "away_from": "us-east-1a", "force": true }))).await;
            assert_eq!((answer.outcome, served(&stage)), (Outcome::Completed, [0, 2, 4]), "{}", answer.reason);
        }
    });
}

#[test]
fn accept_data_loss_is_recorded_and_told() {
    run(async {
        let mut stage = Stage::new();
        let order = json!({ "away_from": "us-east-1a", "accept_data_loss": true, "force": true });
        assert_eq!(stage.reconcile(&failover(&order)).await.outcome, Outcome::Completed);
        let order = stage.sandbox.account().dynamodb().crossovers[0].order.clone().expect("an order");
        assert!(order.accept_data_loss && order.force);
        assert!(stage.mail().contains("requested by tester with --force with --accept-data-loss: test"), "{}", stage.mail());
    });
}

#[test]
fn a_failover_that_dies_is_taken_up_with_its_force() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_B, Alarm);
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, Fault::KillBefore)]);
        assert!(stage.invoke(&failover(&json!({ "to": "us-east-1b", "force": true }))).await.is_none());
        stage.faults([]);
        stage.ticks(2).await;
        assert_eq!(served(&stage), [0, 4, 0]);
        let crossovers = stage.sandbox.account().dynamodb().crossovers.clone();
        assert_eq!((crossovers.len(), crossovers[0].outcome, crossovers[0].resumed), (1, Outcome::Completed, true));
        assert!(crossovers[0].order.as_ref().is_some_and(|order| order.force));
        let told = stage.sandbox.account().sns().published.clone();
        assert!(
            told.iter().any(|notice| notice.bodies["email"].contains("requested by tester with --force")),
            "{:?}",
            stage.told()
        );
    });
}

#[test]
fn a_switchover_is_done_when_every_side_is_healthy() {
    run(async {
        let mut stage = Stage::new();
        let answer = stage.reconcile(&command("switchover", &json!({ "to": "us-east-1b" }))).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{}", answer.reason);
        assert_eq!(served(&stage), [0, 4, 0]);
        assert_eq!(stage.sandbox.account().dynamodb().crossovers[0].direction, Direction::Switchover);
        assert_eq!(stage.times_told("switchover completed"), 1, "{:?}", stage.told());
        assert!(stage.memory().last_automatic.is_none() && stage.memory().reviews.is_empty());
        stage.ticks(60).await;
        assert_eq!(served(&stage), [0, 4, 0]);
    });
}

#[test]
fn a_switchover_is_held_while_any_side_is_not_healthy() {
    run(async {
        for (alarm, state) in [(ALARM_A, Alarm), (ALARM_C, Alarm), (ALARM_C, InsufficientData)] {
            let (account, topology) = three_sides(&[]);
            let mut stage = Stage::with(account, &topology);
            stage.set_alarm(alarm, state);
            let answer = stage.reconcile(&command("switchover", &json!({ "away_from": "us-east-1a" }))).await;
            assert_eq!(answer.outcome, Outcome::Held);
            assert!(
                answer.reason.starts_with("a switchover requires every side to be healthy, and us-east-1"),
                "{}",
                answer.reason
            );
            assert!(answer.reason.contains(alarm), "no evidence: {}", answer.reason);
            assert_eq!((answer.held, stage.memory().intent), (Some(Held::NotHealthy), None));
            assert!(stage.mail().contains("\"command\":\"failover\""), "{}", stage.mail());
            assert_eq!(served(&stage), [2, 2, 2]);
        }
    });
}

#[test]
fn a_switchover_knows_no_force() {
    run(async {
        let mut stage = Stage::new();
        let answer = stage.invoke(&command("switchover", &json!({ "to": "us-east-1b", "force": true }))).await.expect("alive");
        assert_eq!(answer.outcome, Outcome::Failed);
        assert!(answer.reason.expect("a reason").starts_with("force: is not known; expected command, target, "));
    });
}

#[test]
fn failback_of_one_side_leaves_the_others_away() {
    run(async {
        let (account, topology) = three_sides(&[("block", "\"1s\"")]);
        let mut stage = Stage::with(account, &topology);
        stage.alarm(ALARM_A, Alarm).await;
        stage.wait(Duration::from_mins(1)).await;
        stage.alarm(ALARM_B, Alarm).await;
        assert_eq!(served(&stage), [0, 0, 6]);
        stage.set_alarm(ALARM_A, Ok);
        stage.set_alarm(ALARM_B, Ok);
        let answer = stage.reconcile(&command("failback", &json!({ "side": "us-east-1b" }))).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{}", answer.reason);
        assert_eq!(served(&stage), [0, 2, 4]);
        assert_eq!(stage.reconcile(&command("failback", &json!({}))).await.outcome, Outcome::Completed);
        assert_eq!(served(&stage), [2, 2, 2]);
        let again = stage.reconcile(&command("failback", &json!({}))).await;
        assert_eq!((again.outcome, again.reason.as_str()), (Outcome::Settled, "every route is at home"));
    });
}

#[test]
fn a_failback_held_back_by_an_unhealthy_home_keeps_the_operators_intent() {
    run(async {
        let mut stage = Stage::new();
        stage.reconcile(&failover(&json!({ "away_from": "us-east-1a" }))).await;
        stage.set_alarm(ALARM_A, Alarm);
        let held = stage.reconcile(&command("failback", &json!({}))).await;
        assert_eq!(held.outcome, Outcome::Held);
        assert!(stage.memory().intent.is_some());
        assert!(held.remarks[0].starts_with("tester has kept it away from us-east-1a since"), "{:?}", held.remarks);
        stage.set_alarm(ALARM_A, Ok);
        stage.ticks(3).await;
        assert_eq!(served(&stage), [0, 4, 0], "a failback that was held back happened by itself");
    });
}

#[test]
fn the_same_order_again_changes_nothing_and_says_so() {
    run(async {
        let mut stage = Stage::new();
        let order = failover(&json!({ "away_from": "us-east-1a" }));
        assert_eq!(stage.reconcile(&order).await.outcome, Outcome::Completed);
        let again = stage.reconcile(&order).await;
        assert_eq!(again.outcome, Outcome::Settled, "{}", again.reason);
        assert_eq!((stage.count("ec2:ReplaceRoute"), stage.told().len()), (2, 1));
    });
}

#[test]
fn an_order_of_two_at_once_is_done_once() {
    run(async {
        let mut stage = Stage::new();
        let order = failover(&json!({ "away_from": "us-east-1a" }));
        let (first, second) = (stage.invocation(), stage.invocation());
        let controller = &stage.controller;
        let (one, two) = tokio::join!(controller.handle(&order, &first), controller.handle(&order, &second));
        let mut outcomes = [one.outcome, two.outcome];
        outcomes.sort_unstable();
        assert_eq!(outcomes, [Outcome::Completed, Outcome::Settled]);
        assert_eq!((stage.count("ec2:ReplaceRoute"), stage.sandbox.account().dynamodb().crossovers.len()), (2, 1));
    });
}

#[test]
fn what_is_wrong_with_a_command_is_said_with_its_key_its_value_and_what_was_expected() {
    let cases = [
        (
            json!({ "command": "failover", "away_from": "a", "to": "b" }),
            "to: cannot be combined with away_from; keep one of the two",
        ),
        (
            json!({ "command": "failover" }),
            "away_from: is missing; expected the side to leave, or \"to\" with the side to move to",
        ),
        (
            json!({ "command": "failover", "to": "us-east-1z" }),
            "to: \"us-east-1z\" is not one of the sides of egress-prod; did you mean us-east-1a? known: us-east-1a, us-east-1b",
        ),
        (json!({ "command": "failover", "to": "us-east-1b", "force": "yes" }), "force: \"yes\" is not true or false"),
        (
            json!({ "command": "failback", "side": "moon" }),
            "side: \"moon\" is not one of the sides of egress-prod; known: us-east-1a, us-east-1b",
        ),
        (
            json!({ "command": "failback", "to": "us-east-1b" }),
            "to: is not known; expected command, target, reason, operator, dry_run, side",
        ),
        (
            json!({ "command": "pause", "target": "egress-prd" }),
            "target: \"egress-prd\" is not one of the nat, dns and database targets; did you mean egress-prod? known: egress-prod",
        ),
        (json!({ "command": "pause", "until": "2h" }), "until: is not known; expected command, target, for, reason, operator"),
        (
            json!({ "command": "pause", "for": "soon" }),
            "for: \"soon\" is not a span of time of at most 30 days, as in \"90m\" or \"2h\"",
        ),
        (
            json!({ "command": "pause", "for": "721h" }),
            "for: \"721h\" is not a span of time of at most 30 days, as in \"90m\" or \"2h\"",
        ),
        (
            json!({ "command": "pause", "for": "-2h" }),
            "for: \"-2h\" is not a span of time of at most 30 days, as in \"90m\" or \"2h\"",
        ),
        (
            json!({ "command": "pause", "for": "0s" }),
            "for: \"0s\" is not a span of time of at most 30 days, as in \"90m\" or \"2h\"",
        ),
        (json!({ "command": "pause", "for": 90 }), "for: 90 is not a non-empty text"),
        (json!({ "command": "pause", "reason": " " }), "reason: \" \" is not a non-empty text"),
        (json!({ "command": "resume", "for": "2h" }), "for: is not known; expected command, target, reason, operator"),
        (json!({ "command": "ack", "target": null }), "target: is missing; expected a text"),
        (json!({ "command": "release", "side": "us-east-1a" }), "side: is not known; expected command, target, reason, operator"),
        (json!({ "command": "status", "reason": "x" }), "reason: is not known; expected command, target"),
        (json!({ "command": "history", "limit": 0 }), "limit: 0 is not a whole number from 1 to 100"),
        (json!({ "command": "history", "limit": 101 }), "limit: 101 is not a whole number from 1 to 100"),
        (json!({ "command": "history", "limit": "5" }), "limit: \"5\" is not a whole number from 1 to 100"),
        (
            json!({ "command": "histroy" }),
            "command: \"histroy\" is not known; did you mean history? expected one of failover, switchover, failback, unfence, abort, plan, status, history, pause, stop, resume, ack, release, rename, forget",
        ),
    ];
    run(async {
        for (more, expected) in cases {
            let mut stage = Stage::new();
            let verb = more["command"].as_str().expect("a verb").to_owned();
            let mut payload = command(&verb, &more);
            if ["status", "history"].contains(&verb.as_str()) {
                let object = payload.as_object_mut().expect("an object");
                object.retain(|key, _| more.get(key).is_some() || key == "target");
            }
            let answer = stage.invoke(&payload).await.expect("alive");
            assert_eq!((answer.outcome, answer.reason.as_deref()), (Outcome::Failed, Some(expected)), "{payload}");
            assert!(answer.targets.is_empty() && stage.sandbox.account().dynamodb().journal.is_empty(), "{payload}");
            // Who only asked is answered; what somebody wanted done is told.
            let told = usize::from(!["status", "history"].contains(&verb.as_str()));
            assert_eq!(stage.told().len(), told, "{payload}");
        }
    });
}

#[test]
fn a_command_passes_the_block_and_an_alarm_after_it_does_not() {
    run(async {
        let (account, topology) = three_sides(&[]);
        let mut stage = Stage::with(account, &topology);
        stage.alarm(ALARM_A, Alarm).await;
        stage.wait(Duration::from_mins(5)).await;
        assert_eq!(stage.reconcile(&failover(&json!({ "away_from": "us-east-1c" }))).await.outcome, Outcome::Completed);
        assert_eq!(served(&stage), [0, 6, 0]);
        // The wish is no reason for what the alarm calls for.
        let blocked = stage.alarm(ALARM_B, Alarm).await;
        assert_eq!(blocked.outcome, Outcome::Held);
        assert_eq!(served(&stage), [0, 6, 0]);
    });
}

#[test]
fn a_late_alarm_event_does_not_end_an_intent() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&[("failback", "\"automatic\""), ("stable_for", "\"1m\"")]));
        let late = alarm_event(ALARM_B, Alarm, stage.sandbox.now());
        stage.reconcile(&failover(&json!({ "to": "us-east-1b" }))).await;
        stage.wait(Duration::from_mins(30)).await;
        for trigger in [late, alarm_event(ALARM_A, Ok, stage.sandbox.now()), tick()] {
            assert_eq!(stage.reconcile(&trigger).await.outcome, Outcome::Settled);
        }
        assert_eq!(served(&stage), [0, 4, 0]);
    });
}

#[test]
fn a_failback_to_a_gateway_that_carries_nothing_is_held_and_the_wish_stands() {
    run(async {
        let mut stage = Stage::new();
        assert_eq!(
            stage.reconcile(&command("failover", &json!({ "away_from": "us-east-1a" }))).await.outcome,
            Outcome::Completed
        );
        stage.sandbox.change(|account, _| "deleted".clone_into(&mut account.ec2_mut().nat_gateways[0].state));
        let held = stage.reconcile(&command("failback", &json!({}))).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        assert!(
            held.reason.contains("nothing can be failed back: us-east-1a: nat-0a1b2c3d4e5f60001 is deleted"),
            "{}",
            held.reason
        );
        assert!(stage.memory().intent.is_some(), "the wish to stay away is kept");
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
    });
}
