//! A call that fails without an answer, while AWS or a person changes the same resource.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_ec2::Ec2Account;
use crossover_model::{alarm::AlarmState, answer::TargetAnswer, outcome::Outcome, step::StepResult};
use crossover_rds::{
    RdsAccount,
    sandbox::{Becomes, Coming},
};
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_tests::{
    database::{ALARM_HOME, Kind},
    stage::{ALARM_A, Stage, alarm_event},
};
use futures::join;
use jiff::Timestamp;

/// The faults after which it is not known whether the call was made, or when it was not.
const FAULTS: [Fault; 4] = [Fault::ServerError, Fault::Throttle, Fault::Timeout, Fault::ReplyLost];

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

/// An alarm fires, the first calls of this name meet this fault, and right after the first one somebody changes the account.
async fn alarm_while(
    stage: &mut Stage,
    alarm: &str,
    (call, fault): (&str, Fault),
    change: impl FnOnce(&mut Account, Timestamp),
) -> TargetAnswer {
    stage.set_alarm(alarm, AlarmState::Alarm);
    stage.faults([FaultRule { times: Some(2), ..FaultRule::every(call, fault) }]);
    let event = alarm_event(alarm, AlarmState::Alarm, stage.sandbox.now());
    let invocation = stage.invocation();
    let edit = async {
        while !stage.sandbox.inspect(|account| account.faults[0].times != Some(2)) {
            stage.wait(Duration::from_millis(1)).await;
        }
        // The call is on its way for half of its 30 ms.
        stage.wait(Duration::from_millis(20)).await;
        stage.sandbox.change(change);
    };
    let (answer, ()) = join!(stage.invoke_as(&invocation, &event), edit);
    answer.expect("nobody is killed").targets.remove(0)
}

#[test]
fn a_route_that_a_person_edits_between_two_attempts_is_left_as_edited() {
    for fault in FAULTS {
        run(async {
            let mut stage = Stage::new();
            let edit = |account: &mut Account, _: Timestamp| {
                for table in &mut account.ec2_mut().route_tables {
                    if table.routes.get("0.0.0.0/0").is_some_and(|via| via.ends_with("0001") && via.starts_with("nat")) {
                        table.routes.insert("0.0.0.0/0".to_owned(), "tgw-1".to_owned());
                    }
                }
            };
            let answer = alarm_while(&mut stage, ALARM_A, ("ec2:ReplaceRoute", fault), edit).await;
            assert_eq!(stage.routes()["app-a"], if fault == Fault::ReplyLost { "nat-0a1b2c3d4e5f60002" } else { "tgw-1" });
            let step = answer.steps.iter().find(|step| step.card.from.ends_with("0001")).expect("a step");
            let expected = if fault == Fault::ReplyLost { StepResult::Done } else { StepResult::Conflict };
            assert_eq!(step.result, expected, "{fault:?}: {answer:?}");
        });
    }
}

fn accepted(stage: &Stage, call: &str) -> usize {
    stage.sandbox.calls().iter().filter(|made| made.call == call && !made.failed).count()
}

#[test]
fn a_writer_that_aws_moves_between_two_attempts_is_not_moved_back() {
    for fault in FAULTS {
        run(async {
            let mut stage = Kind::MultiAz.stage();
            let moved = |account: &mut Account, _: Timestamp| {
                let instance = &mut account.rds_mut().instances[0];
                if instance.status == "available" {
                    std::mem::swap(&mut instance.zone, &mut instance.secondary_zone);
                }
            };
            let answer = alarm_while(&mut stage, ALARM_HOME, ("rds:RebootDBInstance", fault), moved).await;
            assert_eq!(accepted(&stage, "rds:RebootDBInstance"), 0, "{fault:?}");
            stage.faults([]);
            stage.ticks(4).await;
            assert_eq!(Kind::MultiAz.writer(&stage.sandbox.account()), Some("us-east-1b"), "{fault:?}: {answer:?}");
        });
    }
}

#[test]
fn a_move_that_aws_begins_between_two_attempts_is_awaited() {
    for (kind, becomes) in [
        (Kind::MultiAz, Becomes::OtherZone),
        (Kind::Aurora, Becomes::Writer("orders-3".to_owned())),
        (Kind::Aurora, Becomes::Writer("orders-2".to_owned())),
    ] {
        for fault in FAULTS {
            run(async {
                let mut stage = kind.stage();
                let begun = |account: &mut Account, now: Timestamp| {
                    let rds = account.rds_mut();
                    let (status, arn) = if kind == Kind::MultiAz {
                        let instance = &mut rds.instances[0];
                        (&mut instance.status, instance.arn.clone())
                    } else {
                        let cluster = &mut rds.clusters[0];
                        (&mut cluster.status, cluster.arn.clone())
                    };
                    if status != "available" {
                        return;
                    }
                    "failing-over".clone_into(status);
                    let after = now + Duration::from_secs(20);
                    let coming = [becomes.clone(), Becomes::Status("available".to_owned())];
                    rds.coming.extend(coming.map(|then| Coming { at: after, of: arn.clone(), then }));
                };
                let answer = alarm_while(&mut stage, ALARM_HOME, (kind.verb(), fault), begun).await;
                assert_eq!(accepted(&stage, kind.verb()), 0, "{kind:?}, {fault:?}");
                stage.faults([]);
                stage.ticks(4).await;
                let writer = kind.writer(&stage.sandbox.account());
                assert_ne!(writer, Some(kind.sides()[0]), "{kind:?}, {fault:?}: {answer:?}");
                assert_eq!(stage.ticks(1).await.outcome, Outcome::Settled, "{kind:?}, {fault:?}");
                assert_eq!(accepted(&stage, kind.verb()), 0, "{kind:?}, {fault:?}");
            });
        }
    }
}

#[test]
fn a_call_after_a_long_stage_is_made_only_after_looking_again() {
    run(async {
        // While the fence takes long, a person promotes the replica.
        let mut account = Kind::Replica.account();
        account.slow_ms.insert("rds:ModifyDBInstance".to_owned(), 12_000);
        let mut stage = Stage::with(account, &Kind::Replica.topology(""));
        stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
        let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
        let invocation = stage.invocation();
        let stage = &stage;
        let person = async {
            stage.wait(Duration::from_secs(4)).await;
            stage.sandbox.change(|account, _| account.rds_mut().instances[1].source = None);
        };
        let (answer, ()) = join!(stage.invoke_as(&invocation, &event), person);
        assert_eq!(stage.count("rds:PromoteReadReplica"), 0, "{answer:?}");
        let writer = Kind::Replica.writer(&stage.sandbox.account());
        assert_eq!(writer, Some(Kind::Replica.sides()[1]), "{answer:?}");
    });
}
