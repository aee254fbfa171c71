//! What befalls the process of one invocation leaves alone those that run at the same time.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState::Alarm, outcome::Outcome, step::StepResult};
use crossover_sandbox::{Fault, FaultRule, Limit};
use crossover_tests::{
    layout::{self, Layout},
    stage::{ALARM_A, Stage, TIME_LIMIT, alarm_event, tick, topology},
    watch::LeaseWatch,
};
use futures::join;

/// The first of two invocations meets the fault; the other one is a tick, so much later.
async fn two(fault: Fault, later: Duration) -> (Stage, Option<Outcome>, Option<Outcome>) {
    let mut stage = Stage::new();
    stage.set_alarm(ALARM_A, Alarm);
    let event = alarm_event(ALARM_A, Alarm, stage.sandbox.now());
    stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, fault)]);
    let (first, second) = (stage.invocation(), stage.invocation());
    let tick = tick();
    let after = async {
        stage.wait(later).await;
        let second = crossover_engine::environment::Invocation { deadline: stage.sandbox.now() + TIME_LIMIT, ..second };
        stage.invoke_as(&second, &tick).await
    };
    let (first, second) = join!(stage.invoke_as(&first, &event), after);
    (stage, first.map(|answer| answer.outcome), second.map(|answer| answer.outcome))
}

#[test]
fn a_kill_ends_only_the_invocation_that_met_it() {
    crossover_sandbox::run(async {
        let (_, first, second) = two(Fault::KillBefore, Duration::ZERO).await;
        assert_eq!((first, second), (None, Some(Outcome::Held)), "the lease of the dead still holds");
    })
    .expect("a runtime");
}

#[test]
fn a_frozen_invocation_stands_still_alone_and_writes_nothing_once_its_lease_is_over() {
    for fault in [Fault::Freeze, Fault::FreezeBefore] {
        crossover_sandbox::run(async {
            let (stage, first, second) = two(fault, Duration::from_secs(61)).await;
            assert_eq!(second, Some(Outcome::Completed), "{fault:?}");
            assert!(first.is_some(), "{fault:?}: it goes on in the end");
            let replaced = stage.sandbox.calls().into_iter().filter(|call| call.call == "ec2:ReplaceRoute");
            let late = replaced.filter(|call| call.began > stage.sandbox.now() - Duration::from_secs(30));
            assert_eq!(late.count(), 0, "{fault:?}");
            assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 1, "{fault:?}");
        })
        .expect("a runtime");
    }
}

/// A clock that is wrong can end a lease early: then it is the epoch that tells the slow one to stop.
#[test]
fn whoever_loses_its_lease_while_it_acts_begins_nothing_further() {
    crossover_sandbox::run(async {
        let layout = Layout { targets: 1, sides: 2, tables: 80 };
        let mut account = layout.account();
        account.slow_ms.insert("dynamodb:*".to_owned(), 300);
        account.limits.insert("ec2:ReplaceRoute".to_owned(), Limit { burst: 50, per_second: 5 });
        let mut stage = Stage::with(account, &layout.topology(&[]));
        stage.set_alarm(&layout::alarm(0, 0), Alarm);
        let event = alarm_event(&layout::alarm(0, 0), Alarm, stage.sandbox.now());
        let invocation = stage.invocation();
        let steal = async {
            while stage.count("ec2:ReplaceRoute") == 0 {
                stage.wait(Duration::from_millis(1)).await;
            }
            stage.sandbox.change(|account, _| {
                let record = account.dynamodb_mut().journal.get_mut(&layout::target(0)).expect("the lease");
                record.epoch += 1;
                record.lease.as_mut().expect("the lease").holder = "another".to_owned();
            });
        };
        let (answer, ()) = join!(stage.invoke_as(&invocation, &event), steal);
        let answer = answer.expect("nobody is killed").targets.remove(0);
        let made = stage.count("ec2:ReplaceRoute");
        assert!((50..60).contains(&made), "{made} of 80 routes: those that could go at once, and hardly more");
        let left = answer.steps.iter().filter(|step| step.result == StepResult::Pending);
        assert_eq!(left.count(), 80 - made, "{answer:?}");
        let last = answer.steps.last().and_then(|step| step.detail.clone()).expect("a reason");
        assert!(last.contains("another invocation took the lease"), "{last}");
    })
    .expect("a runtime");
}

/// It reads the resource again before it repeats a call, and sleeps during that read.
#[test]
fn a_call_is_not_repeated_after_a_read_that_outlasts_the_lease() {
    for fault in [Fault::Freeze, Fault::FreezeBefore] {
        crossover_sandbox::run(async {
            let mut stage = Stage::new();
            stage.faults([
                FaultRule::once("ec2:ReplaceRoute", 0, Fault::ServerError),
                FaultRule::once("ec2:DescribeRouteTables", 1, fault),
            ]);
            let watch = LeaseWatch::of_nat(&topology());
            watch.start(&stage.sandbox);
            let answer = stage.alarm(ALARM_A, Alarm).await;
            assert!(answer.took_ms > 60_000, "{fault:?}: it did not sleep: {answer:?}");
            assert_eq!(watch.broken(), Vec::<String>::new(), "{fault:?}");
            assert_eq!(stage.ticks(1).await.outcome, Outcome::Completed, "{fault:?}");
        })
        .expect("a runtime");
    }
}
