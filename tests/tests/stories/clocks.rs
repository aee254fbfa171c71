//! Machines whose clocks differ, and alarms that arrive while another invocation holds the lease.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{
    alarm::AlarmState::{Alarm, InsufficientData, Ok},
    answer::{Answer, TargetAnswer},
    notice::Notice,
    outcome::Outcome,
};
use crossover_sandbox::{Fault, FaultRule};
use crossover_sns::SnsAccount;
use crossover_tests::{
    database::{self, ALARM_HOME, Kind},
    stage::{self, ALARM_A, ALARM_B, Stage, alarm_event, tick},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

const PROMOTE: &str = "rds:PromoteReadReplica";
const FENCE: &str = "rds:ModifyDBInstance";

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

fn first(answer: Option<Answer>) -> TargetAnswer {
    answer.expect("alive").targets.remove(0)
}

/// A replica whose fence takes so long.
fn slow_fence(seconds: u64) -> Stage {
    let mut account = Kind::Replica.account();
    account.slow_ms.insert(FENCE.to_owned(), seconds * 1_000);
    Stage::with(account, &Kind::Replica.topology(""))
}

/// An invocation on a machine with this clock, and another one two seconds later.
async fn beside(stage: &mut Stage, clocks: [i64; 2], payloads: [&Value; 2]) -> [Option<Answer>; 2] {
    let (one, other) = (stage.invocation(), stage.invocation());
    let [clock, other_clock] = clocks.map(SignedDuration::from_secs);
    let stage = &*stage;
    let later = async {
        stage.wait(Duration::from_secs(2)).await;
        stage.invoke_with_clock(&other, other_clock, payloads[1]).await
    };
    let (first, second) = tokio::join!(stage.invoke_with_clock(&one, clock, payloads[0]), later);
    [first, second]
}

fn order() -> Value {
    database::command("failover", &json!({ "away_from": "orders-use1", "accept_data_loss": true }))
}

#[test]
fn a_laptop_whose_clock_is_wrong_does_not_take_a_live_lease() {
    run(async {
        for clock in [90, 3_600, -90, -3_600] {
            let mut stage = slow_fence(8);
            stage.set_alarm(ALARM_HOME, Alarm);
            let event = alarm_event(ALARM_HOME, Alarm, stage.sandbox.now());
            let [function, laptop] = beside(&mut stage, [0, clock], [&event, &order()]).await;
            let laptop = first(laptop);
            assert!(laptop.busy, "{clock}: {laptop:?}");
            assert_eq!(stage.count(PROMOTE), 1, "{clock}");
            assert_ne!(first(function).outcome, Outcome::Held, "{clock}");
        }
    });
}

#[test]
fn the_lease_of_a_laptop_whose_clock_is_wrong_ends_by_the_journals_clock() {
    run(async {
        for (clock, way) in [(-90, "behind"), (90, "ahead of")] {
            let mut stage = slow_fence(8);
            stage.set_alarm(ALARM_HOME, Alarm);
            let event = alarm_event(ALARM_HOME, Alarm, stage.sandbox.now());
            let began = stage.sandbox.now();
            let [laptop, function] = beside(&mut stage, [clock, 0], [&order(), &event]).await;
            let (laptop, function) = (first(laptop), first(function));
            assert!(function.busy, "{function:?}");
            assert_eq!(stage.count(PROMOTE), 1, "{laptop:?} {function:?}");
            let said = format!("the clock of this machine is 90 s {way} the journal's");
            assert!(laptop.remarks.contains(&said), "{:?}", laptop.remarks);
            let lease = stage.sandbox.account().dynamodb().journal[database::TARGET].lease.clone().expect("the lease");
            let ends = lease.until.duration_since(began);
            assert!((58..=62).contains(&ends.as_secs()), "{clock}: {lease:?}");
        }
    });
}

#[test]
fn an_invocation_that_lost_its_lease_during_a_stage_does_not_promote() {
    run(async {
        // It sleeps for two minutes after its fence, and another one goes on meanwhile.
        let mut stage = Kind::Replica.stage();
        stage.faults([FaultRule::once(FENCE, 0, Fault::Freeze)]);
        stage.set_alarm(ALARM_HOME, Alarm);
        let event = alarm_event(ALARM_HOME, Alarm, stage.sandbox.now());
        let (frozen, other) = (stage.invocation(), stage.invocation());
        let stage = &stage;
        let later = async {
            stage.wait(Duration::from_secs(65)).await;
            let deadline = stage.sandbox.now() + SignedDuration::from_secs(60);
            stage.invoke_as(&crossover_engine::environment::Invocation { deadline, ..other.clone() }, &tick()).await
        };
        let (frozen, other) = tokio::join!(stage.invoke_as(&frozen, &event), later);
        assert_eq!(first(other).outcome, Outcome::Pending);
        assert_eq!((stage.count(PROMOTE), first(frozen).outcome), (1, Outcome::Held));
    });
}

#[test]
fn an_invocation_that_sleeps_while_it_looks_again_repeats_no_call_afterwards() {
    run(async {
        // It is asked to wait, looks whether the writer moves, and sleeps for two minutes meanwhile.
        let mut stage = Kind::Aurora.stage();
        let looks = FaultRule::once("rds:DescribeDBClusters", 1, Fault::Freeze);
        stage.faults([FaultRule::once("rds:FailoverDBCluster", 0, Fault::Throttle), looks]);
        let order = database::command("failover", &json!({ "away_from": "orders-1" }));
        let answer = stage.reconcile(&order).await;
        assert_eq!((stage.count("rds:FailoverDBCluster"), answer.outcome), (1, Outcome::Pending), "{answer:?}");
    });
}

#[test]
fn a_laptop_takes_the_lease_of_an_invocation_that_died_whatever_its_clock_says() {
    run(async {
        for clock in [90, -90] {
            let mut stage = Stage::new();
            stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, Fault::KillBefore)]);
            stage.set_alarm(ALARM_A, Alarm);
            assert!(stage.invoke(&tick()).await.is_none());
            stage.faults([]);
            stage.wait(Duration::from_secs(61)).await;
            let laptop = stage.invocation();
            let order = stage::command("failover", &json!({ "away_from": "us-east-1a" }));
            let moved = first(stage.invoke_with_clock(&laptop, SignedDuration::from_secs(clock), &order).await);
            assert_eq!(moved.outcome, Outcome::Completed, "{clock}: {moved:?}");
        }
    });
}

#[test]
fn what_a_machine_with_a_wrong_clock_records_and_tells_has_the_times_of_the_journal() {
    run(async {
        for clock in [-90, 90] {
            let mut stage = Stage::new();
            let laptop = stage.invocation();
            let began = stage.sandbox.now();
            let order = stage::command("failover", &json!({ "away_from": "us-east-1a" }));
            stage.invoke_with_clock(&laptop, SignedDuration::from_secs(clock), &order).await.expect("alive");
            let ended = stage.sandbox.now();
            let account = stage.sandbox.account();
            let (table, memory) = (account.dynamodb(), &account.dynamodb().journal[stage::TARGET].memory);
            let crossover = table.crossovers.first().expect("it ended");
            let steps = crossover.steps.iter().flat_map(|step| [step.began, step.ended]);
            let notice: Notice = serde_json::from_str(&account.sns().published[0].bodies["sqs"]).expect("a notice");
            let times = [Some(crossover.started), crossover.ended, crossover.notified.map(|(_, at)| at), Some(notice.at)];
            let remembered = [memory.changed, memory.intent.as_ref().map(|intent| intent.since)];
            for at in times.into_iter().chain(remembered).chain(steps) {
                let at = at.expect("a time");
                let slack = SignedDuration::from_secs(2);
                assert!(began - slack <= at && at <= ended + slack, "{clock}: {at} is not between {began} and {ended}");
            }
            assert!(crossover.id.contains(&began.strftime("%Y%m%dT%H%M").to_string()), "{}", crossover.id);
        }
    });
}

#[test]
fn what_a_clock_that_is_behind_released_just_now_is_read_again() {
    run(async {
        for clock in [-90, 90] {
            let mut stage = Stage::new();
            let (laptop, function) = (stage.invocation(), stage.invocation());
            let order = stage::command("failover", &json!({ "away_from": "us-east-1a" }));
            stage.invoke_with_clock(&laptop, SignedDuration::from_secs(clock), &order).await.expect("alive");
            let released = stage.sandbox.account().dynamodb().journal[stage::TARGET].released.expect("released");
            let off = stage.sandbox.now().duration_since(released).abs();
            assert!(off < SignedDuration::from_secs(2), "{clock}: released at {released}");
            let reads = stage.count("ec2:DescribeRouteTables");
            stage.invoke_as(&function, &tick()).await.expect("alive");
            assert_eq!(stage.count("ec2:DescribeRouteTables"), reads + 2, "{clock}: not read under the lease");
        }
    });
}

#[test]
fn an_alarm_behind_a_held_lease_is_delivered_again_if_only_its_event_is_known() {
    run(async {
        for (down, again) in [(true, true), (false, false)] {
            let mut stage = Stage::new();
            stage.sandbox.change(|account, _| _ = account.slow_ms.insert("ec2:DescribeRouteTables".to_owned(), 9_000));
            if down {
                stage.faults([FaultRule::every("cloudwatch:*", Fault::ServerError)]);
            }
            stage.set_alarm(ALARM_A, Alarm);
            let event = alarm_event(ALARM_A, Alarm, stage.sandbox.now());
            let other = alarm_event(ALARM_B, InsufficientData, stage.sandbox.now());
            let [_, behind] = beside(&mut stage, [0, 0], [&other, &event]).await;
            let behind = behind.expect("alive");
            assert!(behind.targets[0].busy, "{behind:?}");
            assert_eq!(behind.retry_can_help, again, "{down}: {behind:?}");
            stage.reconcile(&event).await;
            assert!(stage.routes()["app-a"].ends_with('2'), "{:?}", stage.routes());
        }
    });
}

#[test]
fn a_tick_and_an_order_behind_a_held_lease_are_not_delivered_again() {
    run(async {
        for payload in [tick(), stage::command("failover", &json!({ "away_from": "us-east-1a" }))] {
            let mut stage = Stage::new();
            stage.sandbox.change(|account, _| _ = account.slow_ms.insert("ec2:DescribeRouteTables".to_owned(), 9_000));
            stage.faults([FaultRule::every("cloudwatch:*", Fault::ServerError)]);
            let event = alarm_event(ALARM_A, Ok, stage.sandbox.now());
            let [_, behind] = beside(&mut stage, [0, 0], [&event, &payload]).await;
            assert!(!behind.expect("alive").retry_can_help, "{payload}");
        }
    });
}
