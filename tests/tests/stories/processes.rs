//! What befalls the process of one invocation leaves alone those that run at the same time.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_controller::{cloud::AlarmState::Alarm, crossover::Outcome};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::stage::{ALARM_A, Stage, TIME_LIMIT, alarm_event, tick};
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
        let second = crossover_controller::controller::Invocation { deadline: stage.sandbox.now() + TIME_LIMIT, ..second };
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
            assert_eq!(stage.sandbox.account().crossovers.len(), 1, "{fault:?}");
        })
        .expect("a runtime");
    }
}
