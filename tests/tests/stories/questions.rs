//! What people ask: how a target stands, what was, what would be.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::forecast::Forecast;
use crossover_model::{
    alarm::AlarmState::{Alarm, Ok},
    direction::Direction,
    health::State,
    hold::Held,
    outcome::Outcome,
    status::Status,
    text::short,
    topology::Mode,
};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::stage::{ALARM_A, ALARM_B, Stage, TARGET, account, command, three_sides, tick, topology_with};
use serde_json::{Value, json};

const NAT_B: &str = "nat-0a1b2c3d4e5f60002";

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

fn ask(verb: &str) -> Value {
    json!({ "command": verb, "target": TARGET })
}

async fn status(stage: &mut Stage) -> Status {
    let answer = stage.reconcile(&ask("status")).await;
    assert_eq!(answer.outcome, Outcome::DryRun, "{answer:?}");
    answer.status.expect("a status")
}

#[test]
fn the_status_of_a_quiet_target_has_nothing_to_say() {
    run(async {
        let mut stage = Stage::new();
        let answer = stage.reconcile(&ask("status")).await;
        assert_eq!(answer.forecast, Some(Forecast::Stay { what: "every route is at home".to_owned() }));
        assert_eq!(answer.sides.iter().map(|side| side.health).collect::<Vec<_>>(), [State::Healthy; 2]);
        assert!(answer.sides[0].evidence.starts_with("nat-use1a-unreachable OK since"), "{:?}", answer.sides);
        let expected = json!({
            "mode": "armed", "serving": { "us-east-1a": 2, "us-east-1b": 2 }, "away": {}, "unsent": 0, "next": []
        });
        assert_eq!(serde_json::to_value(answer.status.expect("a status")).expect("JSON"), expected);
        assert!(
            stage.sandbox.account().dynamodb().journal.is_empty() && stage.sandbox.calls().iter().all(|call| !call.is_write())
        );
    });
}

#[test]
fn the_status_says_where_work_is_why_it_is_blocked_and_what_is_to_be_reviewed() {
    run(async {
        let mut stage = Stage::new();
        stage.alarm(ALARM_A, Alarm).await;
        let status = status(&mut stage).await;
        assert_eq!(status.serving["us-east-1b"], 4);
        assert_eq!(status.away.values().collect::<Vec<_>>(), [NAT_B; 2]);
        assert_eq!(short(status.since.expect("a time")), "2026-03-14T03:12:40Z");
        assert_eq!(short(status.blocked_until.expect("a time")), "2026-03-14T04:12:40Z");
        let id = "egress-prod-20260314T031240.000Z";
        assert_eq!(status.reviews.keys().collect::<Vec<_>>(), [id]);
        assert_eq!(
            status.next,
            [
                "until 2026-03-14T04:12:40Z, no side is left twice automatically, and nothing fails back automatically"
                    .to_owned(),
                format!("a reminder of {id} is sent at 2026-03-15T03:12:40Z"),
            ]
        );
    });
}

#[test]
fn the_status_says_what_a_guard_would_hold() {
    run(async {
        let mut stage = Stage::new();
        stage.alarm(ALARM_A, Alarm).await;
        stage.set_alarm(ALARM_A, Ok);
        stage.set_alarm(ALARM_B, Alarm);
        let next = status(&mut stage).await.next;
        assert!(next[0].starts_with("held: blocked until 2026-03-14T04:12:40Z by "), "{next:?}");
        assert!(!next.iter().any(|next| next.contains("the next reconcile would move")), "{next:?}");
    });
}

#[test]
fn the_status_says_who_paused_it_until_when_and_who_keeps_it_where() {
    run(async {
        let mut stage = Stage::new();
        stage.reconcile(&command("failover", &json!({ "to": "us-east-1b" }))).await;
        stage.reconcile(&command("pause", &json!({ "for": "2h", "operator": "ann" }))).await;
        stage.reconcile(&json!({ "command": "pause", "operator": "bob", "reason": "storm" })).await;
        let answer = stage.reconcile(&ask("status")).await;
        for words in ["everything is paused since", "paused since", "tester has kept it at us-east-1b since"] {
            assert!(answer.remarks.iter().any(|remark| remark.starts_with(words)), "{words}: {:?}", answer.remarks);
        }
        let status = answer.status.expect("a status");
        assert_eq!(
            (status.pause.expect("a pause").operator.as_str(), status.everything_paused.expect("one").operator.as_str()),
            ("ann", "bob")
        );
        assert_eq!(status.intent.expect("a wish").operator, "tester");
        assert!(status.next.contains(&"the pause ends at 2026-03-14T05:12:40Z".to_owned()), "{:?}", status.next);

        // One that is over, and of which no tick has told yet, is not shown.
        stage.wait(Duration::from_hours(3)).await;
        assert!(self::status(&mut stage).await.pause.is_none());
    });
}

#[test]
fn the_status_says_who_is_at_work_and_what_is_not_finished() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 1, Fault::Refuse), FaultRule::every("sns:*", Fault::ServerError)]);
        assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome, Outcome::Partial);
        let partial = status(&mut stage).await;
        assert_eq!(partial.open.as_ref().expect("an open crossover").outcome, Outcome::Partial);
        assert_eq!(partial.unsent, 1);
        assert_eq!(
            partial.next[0],
            "the next reconcile would move 1 route from us-east-1a to us-east-1b, because us-east-1a is unhealthy"
        );
        assert_eq!(partial.next[1], "the next reconcile sends 1 notice that could not be sent");
        assert!(partial.lease.is_none());

        stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, Fault::KillBefore)]);
        assert!(stage.invoke(&tick()).await.is_none());
        let answer = stage.reconcile(&ask("status")).await;
        assert!(
            answer.remarks.iter().any(|remark| remark.starts_with("crossover-nat/3 holds the lease until")),
            "{:?}",
            answer.remarks
        );
        assert_eq!(answer.status.expect("a status").lease.expect("a lease").holder, "crossover-nat/3");
    });
}

#[test]
fn the_status_says_what_waits_flaps_and_is_held() {
    run(async {
        let mut stage = Stage::new();
        for _ in 0..3 {
            stage.alarm(ALARM_A, Alarm).await;
            stage.wait(Duration::from_mins(1)).await;
            stage.alarm(ALARM_A, Ok).await;
            stage.wait(Duration::from_mins(1)).await;
        }
        let flapping = status(&mut stage).await;
        assert_eq!(flapping.flapping.into_iter().collect::<Vec<_>>(), ["us-east-1a"]);
        assert_eq!(flapping.ready.into_iter().collect::<Vec<_>>(), ["us-east-1a"]);
        stage.set_alarm(ALARM_A, Alarm);
        stage.set_alarm(ALARM_B, Alarm);
        let held = status(&mut stage).await;
        assert_eq!(held.next[0], "held: no side is healthy: us-east-1a is unhealthy, us-east-1b is unhealthy");
    });
}

#[test]
fn the_status_says_when_work_goes_home_by_itself() {
    run(async {
        let keys = [("failback", "\"automatic\""), ("stable_for", "\"15m\""), ("block", "\"1s\"")];
        let mut stage = Stage::with(account(), &topology_with(&keys));
        stage.alarm(ALARM_A, Alarm).await;
        stage.wait(Duration::from_mins(1)).await;
        stage.alarm(ALARM_A, Ok).await;
        let next = status(&mut stage).await.next;
        assert!(next[0].starts_with("work returns to us-east-1a once it has been healthy for 8"), "{next:?}");
    });
}

#[test]
fn the_status_shows_the_mode_in_force() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&[("mode", "\"shadow\"")]));
        stage.set_alarm(ALARM_A, Alarm);
        let answer = stage.reconcile(&ask("status")).await;
        assert_eq!((answer.outcome, answer.status.expect("a status").mode), (Outcome::DryRun, Mode::Shadow));
        assert!(matches!(answer.forecast, Some(Forecast::Hold { held: Held::Shadow, .. })), "{:?}", answer.forecast);
    });
}

#[test]
fn a_status_of_what_can_not_be_read_says_so() {
    run(async {
        let mut stage = Stage::new();
        stage.reconcile(&command("pause", &json!({}))).await;
        stage.faults([FaultRule::every("ec2:*", Fault::Refuse)]);
        let answer = stage.reconcile(&ask("status")).await;
        assert_eq!(answer.outcome, Outcome::Failed);
        assert!(answer.remarks[0].starts_with("paused since"), "{:?}", answer.remarks);
        stage.faults([FaultRule::every("dynamodb:*", Fault::Refuse)]);
        let answer = stage.reconcile(&ask("status")).await;
        assert_eq!(answer.outcome, Outcome::DryRun);
        assert!(answer.remarks[0].starts_with("the journal could not be used"), "{:?}", answer.remarks);
        assert_eq!(stage.told().len(), 1, "a question was told");
    });
}

#[test]
fn the_status_of_all_targets_has_each_of_them() {
    run(async {
        let (account, _) = three_sides(&[]);
        let other = topology_with(&[]).replace(TARGET, "another").replace("0.0.0.0/0", "::/0");
        let mut stage = Stage::with(account, &(topology_with(&[]) + "\n" + &other[other.find("[[nat]]").expect("a target")..]));
        let answer = stage.invoke(&json!({ "command": "status" })).await.expect("alive");
        let names: Vec<&str> = answer.targets.iter().map(|target| target.target.as_str()).collect();
        assert_eq!(names, ["another", TARGET]);
        assert!(answer.targets.iter().all(|target| target.status.is_some()));
    });
}

#[test]
fn the_history_is_the_latest_first_and_as_long_as_asked_for() {
    run(async {
        let mut stage = Stage::new();
        let none = stage.reconcile(&ask("history")).await;
        assert_eq!((none.reason.as_str(), none.crossovers), ("0 crossovers", Some(Vec::new())));
        for number in 0..6 {
            stage.wait(Duration::from_mins(1)).await;
            let verb = if number % 2 == 0 {
                command("failover", &json!({ "to": "us-east-1b" }))
            } else {
                command("failback", &json!({}))
            };
            assert_eq!(stage.reconcile(&verb).await.outcome, Outcome::Completed);
        }
        let all = stage.reconcile(&ask("history")).await.crossovers.expect("a history");
        assert_eq!(all.len(), 6);
        assert!(all.windows(2).all(|pair| pair[0].started > pair[1].started));
        assert_eq!((all[0].direction, all[5].direction), (Direction::Failback, Direction::Failover));
        let two =
            stage.reconcile(&json!({ "command": "history", "target": TARGET, "limit": 2 })).await.crossovers.expect("a history");
        assert_eq!(two, all[..2]);
        let of_everything = stage.invoke(&json!({ "command": "history" })).await.expect("alive");
        assert_eq!(of_everything.targets[0].crossovers.as_ref().expect("a history").len(), 6);
    });
}

#[test]
fn a_history_that_can_not_be_read_or_of_no_target_fails_and_says_so() {
    run(async {
        let mut stage = Stage::new();
        let unknown = stage.invoke(&json!({ "command": "history", "target": "egress" })).await.expect("alive");
        assert_eq!(
            unknown.reason.as_deref(),
            Some("target: \"egress\" is not one of the nat, dns and database targets; known: egress-prod")
        );
        stage.faults([FaultRule::every("dynamodb:*", Fault::ServerError)]);
        let answer = stage.reconcile(&ask("history")).await;
        assert_eq!((answer.outcome, answer.crossovers), (Outcome::Failed, None));
        assert!(answer.reason.starts_with("the history could not be read: dynamodb:Query"), "{}", answer.reason);
        assert!(stage.told().is_empty());
    });
}

#[test]
fn a_plan_supposes_a_wish_and_remembers_none() {
    run(async {
        let (account, topology) = three_sides(&[]);
        let mut stage = Stage::with(account, &topology);
        let mut plan = ask("plan");
        plan["to"] = json!("us-east-1c");
        let answer = stage.reconcile(&plan).await;
        assert_eq!((answer.outcome, answer.steps.len()), (Outcome::DryRun, 4), "{}", answer.reason);
        assert!(stage.sandbox.account().dynamodb().journal.is_empty());
        plan["to"] = json!("us-east-1d");
        let unknown = stage.invoke(&plan).await.expect("alive").reason.expect("a reason");
        assert!(unknown.starts_with("to: \"us-east-1d\" is not one of the sides of egress-prod"), "{unknown}");
    });
}

#[test]
fn a_plan_says_what_a_pause_would_hold() {
    run(async {
        let mut stage = Stage::new();
        stage.reconcile(&command("pause", &json!({}))).await;
        stage.set_alarm(ALARM_A, Alarm);
        let answer = stage.reconcile(&ask("plan")).await;
        assert!(matches!(answer.forecast, Some(Forecast::Hold { held: Held::Paused, .. })), "{:?}", answer.forecast);
        assert_eq!(answer.steps.len(), 2);
    });
}
