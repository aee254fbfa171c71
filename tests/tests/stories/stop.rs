//! Stop means stop: a pause, a stop and an abort take effect at once, whoever holds the lease.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{
    alarm::AlarmState::{Alarm, Ok},
    answer::TargetAnswer,
    hold::Held,
    journal::Memory,
    outcome::Outcome,
    step::StepResult,
};
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_sns::SnsAccount;
use crossover_tests::{
    database::{self, ALARM_HOME, Kind},
    stage::{self, ALARM_A, Stage, alarm_event, tick},
};
use serde_json::{Value, json};

const PROMOTE: &str = "rds:PromoteReadReplica";
const FENCE: &str = "rds:ModifyDBInstance";
const GET: &str = "dynamodb:GetItem";

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

fn of_everything(verb: &str) -> Value {
    let mut command = stage::command(verb, &json!({}));
    command.as_object_mut().expect("an object").remove("target");
    command
}

fn order(verb: &str, more: &Value) -> Value {
    database::command(verb, more)
}

/// A replica whose fence takes five seconds.
fn slow_fence() -> Stage {
    let mut account = Kind::Replica.account();
    account.slow_ms.insert(FENCE.to_owned(), 5_000);
    Stage::with(account, &Kind::Replica.topology(""))
}

fn memory(stage: &Stage) -> Memory {
    stage.sandbox.account().dynamodb().journal[database::TARGET].memory.clone()
}

fn mails(stage: &Stage) -> String {
    let published = stage.sandbox.account().sns().published.clone();
    published.iter().map(|published| published.bodies["email"].clone()).collect()
}

/// An invocation, and another one this long after it began; their first targets' answers.
async fn meanwhile(stage: &mut Stage, first: &Value, after: Duration, second: &Value) -> (TargetAnswer, TargetAnswer) {
    let (one, other) = (stage.invocation(), stage.invocation());
    let stage = &*stage;
    let later = async {
        stage.wait(after).await;
        stage.invoke_as(&other, second).await
    };
    let (first, second) = tokio::join!(stage.invoke_as(&one, first), later);
    (first.expect("alive").targets.remove(0), second.expect("alive").targets.remove(0))
}

fn home_fails(stage: &Stage) -> Value {
    stage.set_alarm(ALARM_HOME, Alarm);
    alarm_event(ALARM_HOME, Alarm, stage.sandbox.now())
}

#[test]
fn a_pause_of_everything_that_cannot_be_read_holds_a_promotion() {
    run(async {
        for skip in [0, 1] {
            let mut stage = Kind::Replica.stage();
            stage.faults([FaultRule { skip, ..FaultRule::every(GET, Fault::ServerError) }]);
            let event = home_fails(&stage);
            let held = stage.reconcile(&event).await;
            assert_eq!((held.outcome, held.held), (Outcome::Held, Some(Held::PauseUnread)), "{skip}: {held:?}");
            assert_eq!((stage.count(FENCE), stage.count(PROMOTE)), (0, 0), "{skip}");
            assert_eq!(stage.times_told("whether it is paused could not be read"), 1, "{:?}", stage.told());
            assert!(memory(&stage).open.is_none() && memory(&stage).last_automatic.is_none(), "{:?}", memory(&stage));

            stage.faults([]);
            stage.ticks(1).await;
            assert_eq!(stage.count(PROMOTE), 1, "{skip}");
        }
    });
}

#[test]
fn an_order_for_a_promotion_needs_force_while_the_pause_of_everything_cannot_be_read() {
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.faults([FaultRule::every(GET, Fault::ServerError)]);
        let more = json!({ "away_from": "orders-use1", "accept_data_loss": true });
        let held = stage.reconcile(&order("failover", &more)).await;
        assert_eq!(held.held, Some(Held::PauseUnread), "{held:?}");
        assert_eq!((stage.count(PROMOTE), memory(&stage).intent), (0, None));
        let more = json!({ "away_from": "orders-use1", "accept_data_loss": true, "force": true });
        stage.reconcile(&order("failover", &more)).await;
        assert_eq!(stage.count(PROMOTE), 1);
    });
}

#[test]
fn a_reversible_crossover_happens_though_the_pause_of_everything_cannot_be_read() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::every(GET, Fault::ServerError)]);
        let moved = stage.alarm(ALARM_A, Alarm).await;
        assert_eq!(moved.outcome, Outcome::Completed);
        assert!(moved.remarks.iter().any(|remark| remark.starts_with("the pause of everything could not be read")), "{moved:?}");
    });
}

#[test]
fn a_pause_recorded_while_a_stage_runs_stops_the_next_one() {
    run(async {
        for (pause, of_all) in
            [(order("pause", &json!({})), false), (of_everything("pause"), true), (of_everything("stop"), true)]
        {
            let mut stage = slow_fence();
            let event = home_fails(&stage);
            let (held, paused) = meanwhile(&mut stage, &event, Duration::from_secs(2), &pause).await;
            assert_eq!(paused.outcome, Outcome::Recorded, "{paused:?}");
            assert_eq!(paused.remarks.iter().any(|remark| remark.contains("holds the lease until")), !of_all, "{paused:?}");
            assert_eq!((held.outcome, held.held), (Outcome::Held, Some(Held::Paused)), "{held:?}");
            assert_eq!((stage.count(FENCE), stage.count(PROMOTE)), (1, 0));
            assert!(held.reason.contains("; 1 of 5 steps of orders-2026"), "{}", held.reason);
            assert!(memory(&stage).open.is_some(), "what is half done stays open");
            assert_eq!(stage.times_told("ed by tester until it is resumed"), 1, "{:?}", stage.told());
            assert_eq!(stage.times_told("HELD, "), 1, "{:?}", stage.told());
            assert!(mails(&stage).contains("crossover abort orders-2026"), "{}", mails(&stage));
            stage.ticks(3).await;
            assert_eq!(stage.count(PROMOTE), 0);
            // The command is told once, also after the next reconcile has taken it over.
            assert_eq!(stage.times_told("ed by tester until it is resumed"), 1, "{:?}", stage.told());

            let resume = if of_all { of_everything("resume") } else { order("resume", &json!({})) };
            assert_eq!(stage.reconcile(&resume).await.outcome, Outcome::Recorded);
            stage.ticks(8).await;
            assert_eq!((stage.count(PROMOTE), memory(&stage).open), (1, None));
        }
    });
}

#[test]
fn what_completes_a_promotion_goes_on_during_a_pause_but_not_during_a_stop() {
    run(async {
        for (verb, ends) in [("pause", true), ("stop", false)] {
            let mut stage = Kind::Replica.stage();
            let event = home_fails(&stage);
            stage.reconcile(&event).await;
            assert_eq!(stage.count(PROMOTE), 1);
            assert_eq!(stage.reconcile(&order(verb, &json!({}))).await.outcome, Outcome::Recorded);
            stage.ticks(8).await;
            assert_eq!(memory(&stage).open.is_none(), ends, "{verb}: {:?}", memory(&stage).open);
            if !ends {
                assert_eq!(stage.times_told("HELD, stopped since"), 1, "{:?}", stage.told());
                stage.reconcile(&order("resume", &json!({}))).await;
                stage.ticks(2).await;
                assert!(memory(&stage).open.is_none(), "{:?}", memory(&stage).open);
            }
        }
    });
}

#[test]
fn a_stop_holds_an_order_unless_it_is_forced() {
    run(async {
        let mut stage = Stage::new();
        stage.reconcile(&of_everything("stop")).await;
        let failover = |force: bool| stage::command("failover", &json!({ "away_from": "us-east-1a", "force": force }));
        let held = stage.reconcile(&failover(false)).await;
        assert_eq!((held.outcome, held.held), (Outcome::Held, Some(Held::Paused)), "{held:?}");
        assert!(held.reason.starts_with("everything is stopped since"), "{}", held.reason);
        assert!(stage.memory().intent.is_none());
        assert_eq!(stage.reconcile(&failover(true)).await.outcome, Outcome::Completed);
    });
}

#[test]
fn a_stop_recorded_after_a_forced_order_began_holds_the_rest_of_it() {
    run(async {
        let mut stage = slow_fence();
        let forced = order("failover", &json!({ "away_from": "orders-use1", "accept_data_loss": true, "force": true }));
        let (held, stopped) = meanwhile(&mut stage, &forced, Duration::from_secs(2), &of_everything("stop")).await;
        assert_eq!((held.held, stopped.outcome), (Some(Held::Paused), Outcome::Recorded), "{held:?}");
        assert_eq!(stage.count(PROMOTE), 0);
    });
}

#[test]
fn an_abort_ends_a_crossover_that_another_invocation_runs() {
    run(async {
        let mut stage = slow_fence();
        let event = home_fails(&stage);
        let (aborted, said) = meanwhile(&mut stage, &event, Duration::from_secs(2), &order("abort", &json!({}))).await;
        assert_eq!(said.outcome, Outcome::Recorded, "{said:?}");
        assert_eq!((aborted.outcome, stage.count(PROMOTE)), (Outcome::Partial, 0), "{aborted:?}");
        assert_eq!(stage.times_told("failover ABORTED by tester, 1 of 5 steps done"), 1, "{:?}", stage.told());
        assert!(stage.mail().contains("to undo it, restore exactly sg-clients, sg-people"), "{}", stage.mail());
        let crossovers = stage.sandbox.account().dynamodb().crossovers.clone();
        assert_eq!((crossovers.len(), crossovers[0].aborted.is_some(), memory(&stage).open), (1, true, None));
        stage.ticks(5).await;
        assert_eq!(stage.count(PROMOTE), 0, "the target is paused");
    });
}

#[test]
fn an_abort_ends_a_crossover_that_can_never_be_finished() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule { skip: 1, ..FaultRule::every("ec2:ReplaceRoute", Fault::Refuse) }]);
        assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome, Outcome::Partial);
        let id = stage.memory().open.expect("open").id;
        let aborted = stage.reconcile(&stage::command("abort", &json!({ "target": id }))).await;
        assert_eq!((aborted.outcome, aborted.crossover_id), (Outcome::Recorded, Some(id.clone())), "{:?}", aborted.reason);
        assert!(stage.memory().open.is_none());
        let ended = stage.sandbox.account().dynamodb().crossovers[0].clone();
        assert_eq!((ended.id.as_str(), ended.outcome), (id.as_str(), Outcome::Partial));
        assert_eq!(ended.aborted.expect("by whom").operator, "tester");
        assert!(ended.steps.iter().any(|step| step.result == StepResult::Refused), "{:?}", ended.steps);
        assert_eq!(stage.times_told("failover ABORTED by tester, 1 of 2 steps done"), 1, "{:?}", stage.told());

        let calls = stage.count("ec2:ReplaceRoute");
        stage.ticks(3).await;
        assert_eq!(stage.count("ec2:ReplaceRoute"), calls, "nothing is begun automatically");
        let again = stage.reconcile(&stage::command("abort", &json!({ "target": id }))).await;
        assert_eq!(again.outcome, Outcome::Settled, "{}", again.reason);
        // A person's order passes.
        stage.set_alarm(ALARM_A, Ok);
        stage.faults([]);
        assert_eq!(stage.reconcile(&stage::command("failback", &json!({}))).await.outcome, Outcome::Completed);
    });
}

#[test]
fn an_abort_of_an_order_that_died_is_not_taken_up() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 1, Fault::KillBefore)]);
        let order = stage::command("failover", &json!({ "away_from": "us-east-1a" }));
        assert!(stage.invoke(&order).await.is_none());
        stage.faults([]);
        let aborted = stage.reconcile(&stage::command("abort", &json!({}))).await;
        assert_eq!(aborted.outcome, Outcome::Recorded, "{aborted:?}");
        stage.ticks(3).await;
        stage.reconcile(&stage::command("resume", &json!({}))).await;
        stage.ticks(3).await;
        assert_eq!(stage.memory().intent, None);
        let moved = stage.routes().values().filter(|gateway| gateway.ends_with('2')).count();
        assert_eq!(moved, 3, "one of two routes was moved, and the other stays: {:?}", stage.routes());
    });
}

#[test]
fn an_abort_of_an_order_that_died_ends_it_whoever_takes_the_lease_next() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::once("ec2:DescribeRouteTables", 1, Fault::KillAfter)]);
        let order = stage::command("failover", &json!({ "away_from": "us-east-1a" }));
        assert!(stage.invoke(&order).await.is_none());
        stage.faults([]);
        let id = stage.memory().open.expect("its plan is recorded").id;
        stage.reconcile(&stage::command("abort", &json!({}))).await;
        // The lease of who died is still in force, so the abort is beside it, and a note is the first to have the lease after it.
        stage.wait(Duration::from_mins(2)).await;
        stage.reconcile(&stage::command("ack", &json!({}))).await;
        stage.reconcile(&stage::command("resume", &json!({}))).await;
        stage.ticks(3).await;
        assert_eq!(stage.memory().intent, None, "its order is not carried out any more");
        let crossovers = stage.sandbox.account().dynamodb().crossovers.clone();
        let of_order: Vec<_> = crossovers.iter().filter(|crossover| crossover.order.is_some()).collect();
        assert_eq!(of_order.iter().map(|crossover| &crossover.id).collect::<Vec<_>>(), [&id]);
        assert!(of_order[0].aborted.is_some(), "{of_order:?}");
    });
}

#[test]
fn an_abort_that_is_followed_by_a_resume_at_once_ends_what_it_was_given_for() {
    for more in [&["resume"][..], &["stop", "pause", "resume"]] {
        run(async {
            let mut stage = Stage::new();
            stage.faults([FaultRule::once("ec2:DescribeRouteTables", 1, Fault::KillAfter)]);
            let order = stage::command("failover", &json!({ "away_from": "us-east-1a" }));
            assert!(stage.invoke(&order).await.is_none());
            stage.faults([]);
            let id = stage.memory().open.expect("its plan is recorded").id;
            // Each is beside the lease of who died, and takes the place of the one before.
            stage.reconcile(&stage::command("abort", &json!({}))).await;
            for verb in more {
                assert_eq!(stage.reconcile(&stage::command(verb, &json!({}))).await.outcome, Outcome::Recorded);
            }
            stage.wait(Duration::from_mins(2)).await;
            stage.ticks(3).await;
            let memory = stage.memory();
            assert_eq!((memory.intent, memory.pause, memory.open), (None, None, None), "{more:?}");
            let crossovers = stage.sandbox.account().dynamodb().crossovers.clone();
            let of_order = crossovers.iter().find(|crossover| crossover.id == id).expect("its record");
            assert!(of_order.aborted.as_ref().is_some_and(|by| by.operator == "tester"), "{more:?}: {of_order:?}");
        });
    }
}

#[test]
fn an_order_that_died_is_aborted_also_after_another_note() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::once("dynamodb:UpdateItem", 0, Fault::KillAfter)]);
        let order = stage::command("failover", &json!({ "away_from": "us-east-1a" }));
        assert!(stage.invoke(&order).await.is_none());
        stage.faults([]);
        stage.wait(Duration::from_mins(2)).await;
        stage.reconcile(&stage::command("ack", &json!({}))).await;
        let aborted = stage.reconcile(&stage::command("abort", &json!({}))).await;
        assert_eq!(aborted.outcome, Outcome::Recorded, "the next tick would carry the order out: {aborted:?}");
        stage.reconcile(&stage::command("resume", &json!({}))).await;
        stage.ticks(3).await;
        assert_eq!((stage.memory().intent, stage.count("ec2:ReplaceRoute")), (None, 0));
    });
}

#[test]
fn an_abort_of_nothing_says_so() {
    run(async {
        let mut stage = Stage::new();
        let nothing = stage.reconcile(&stage::command("abort", &json!({}))).await;
        assert_eq!((nothing.outcome, nothing.reason.as_str()), (Outcome::Settled, "no crossover is open"));
        assert!(stage.memory().pause.is_none() && stage.told().is_empty());
    });
}

#[test]
fn a_pause_beside_the_lease_whose_notice_could_not_be_sent_is_told_with_the_next_tick() {
    run(async {
        let mut stage = slow_fence();
        stage.faults([FaultRule::every("sns:*", Fault::ServerError)]);
        let event = home_fails(&stage);
        let pause = order("pause", &json!({}));
        meanwhile(&mut stage, &event, Duration::from_secs(2), &pause).await;
        stage.faults([]);
        stage.ticks(1).await;
        assert_eq!(stage.times_told("paused by tester until it is resumed"), 1, "{:?}", stage.told());
    });
}

#[test]
fn a_sweep_that_lasts_sees_a_pause_of_everything_before_it_moves_anything() {
    run(async {
        let (account, topology): (Account, String) = (stage::account(), stage::topology());
        let mut stage = Stage::with(account, &topology);
        stage.sandbox.change(|account, _| _ = account.slow_ms.insert("ec2:DescribeRouteTables".to_owned(), 6_000));
        stage.set_alarm(ALARM_A, Alarm);
        let (held, _) = meanwhile(&mut stage, &tick(), Duration::from_secs(3), &of_everything("pause")).await;
        assert_eq!((held.held, stage.count("ec2:ReplaceRoute")), (Some(Held::Paused), 0), "{held:?}");
    });
}

#[test]
fn a_command_about_pausing_of_a_later_version_counts_as_a_stop_and_stays() {
    run(async {
        let mut stage = Stage::new();
        stage.reconcile(&stage::command("pause", &json!({}))).await;
        let later = json!({
            "verb": "freeze", "at": "2026-03-14T03:12:50Z", "given": "2026-03-14T03:12:50Z", "operator": "o", "reason": "r",
            "depth": 3,
        });
        stage.sandbox.change(|account, _| {
            let record = account.dynamodb_mut().journal.get_mut(stage::TARGET).expect("its record");
            record.stop = Some(serde_json::from_value(later.clone()).expect("tolerated"));
        });
        let held = stage.reconcile(&stage::command("failover", &json!({ "away_from": "us-east-1a" }))).await;
        assert_eq!(held.held, Some(Held::Paused), "{held:?}");
        let record = stage.sandbox.account().dynamodb().journal[stage::TARGET].clone();
        let kept = serde_json::to_value(record.stop).expect("JSON");
        assert_eq!((&kept["verb"], &kept["depth"]), (&json!("freeze"), &json!(3)));
    });
}
