//! The controller is not a single point of failure of its own: the journal, SNS and CloudWatch may
//! be down while the NAT gateway is.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_engine::environment::Invocation;
use crossover_model::{alarm::AlarmState, answer::TargetAnswer, outcome::Outcome, trigger::Own};
use crossover_sandbox::{Fault, FaultRule};
use crossover_sns::SnsAccount;
use crossover_tests::stage::{ALARM_A, ALARM_B, Stage, alarm_event, command, tick};
use serde_json::json;

/// The first side's alarm fires while these calls fail; the only target's answer.
async fn alarm_during(stage: &mut Stage, down: &[&str], fault: Fault) -> TargetAnswer {
    stage.faults(down.iter().map(|call| FaultRule::every(call, fault)));
    stage.set_alarm(ALARM_A, AlarmState::Alarm);
    let event = alarm_event(ALARM_A, AlarmState::Alarm, stage.sandbox.now());
    stage.invoke(&event).await.expect("nobody is killed").targets.remove(0)
}

fn everything_moved(stage: &Stage) -> bool {
    stage.routes().values().filter(|to| to.starts_with("nat-")).all(|to| to.ends_with('2'))
}

const JOURNAL: &str = "dynamodb:*";
const SNS: &str = "sns:*";
const CLOUDWATCH: &str = "cloudwatch:*";

#[test]
fn a_crossover_happens_whatever_else_is_down() {
    for down in [vec![JOURNAL], vec![SNS], vec![CLOUDWATCH], vec![JOURNAL, SNS], vec![JOURNAL, SNS, CLOUDWATCH]] {
        for fault in [Fault::ServerError, Fault::Timeout, Fault::Throttle, Fault::Refuse] {
            crossover_sandbox::run(async {
                let mut stage = Stage::new();
                let answer = alarm_during(&mut stage, &down, fault).await;
                assert_eq!(answer.outcome, Outcome::Completed, "{down:?} {fault:?}: {}", answer.reason);
                assert!(everything_moved(&stage), "{down:?} {fault:?}");
                for (service, words) in
                    [(JOURNAL, "the journal could not"), (SNS, "could not be sent"), (CLOUDWATCH, "alarms could not be read")]
                {
                    let said = answer.remarks.iter().any(|remark| remark.contains(words));
                    assert_eq!(said, down.contains(&service), "{down:?} {fault:?}: {:?}", answer.remarks);
                }

                stage.faults([]);
                stage.wait(Duration::from_secs(61)).await;
                stage.invoke(&tick()).await.expect("nobody is killed");
                let told = stage
                    .told()
                    .iter()
                    .filter(|subject| subject.contains("failover completed") || subject.contains("found away from home"))
                    .count();
                assert!(told >= 1, "{down:?} {fault:?}: {:?}", stage.told());
                assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 1, "{down:?} {fault:?}");
                assert_eq!(stage.count("ec2:ReplaceRoute"), 2, "{down:?} {fault:?}");
            })
            .expect("a runtime");
        }
    }
}

#[test]
fn the_notice_says_what_was_missing() {
    crossover_sandbox::run(async {
        let mut stage = Stage::new();
        alarm_during(&mut stage, &[JOURNAL, CLOUDWATCH], Fault::ServerError).await;
        let mail = stage.sandbox.account().sns_mut().published.remove(0).bodies["email"].clone();
        assert!(mail.contains("the journal could not be used"), "{mail}");
        assert!(mail.contains("the alarms could not be read"), "{mail}");
        assert!(mail.contains("presumed"), "{mail}");
    })
    .expect("a runtime");
}

#[test]
fn with_cloudwatch_down_an_old_event_and_a_tick_move_nothing() {
    crossover_sandbox::run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::every(CLOUDWATCH, Fault::ServerError)]);
        let old = alarm_event(ALARM_A, AlarmState::Alarm, stage.sandbox.now());
        stage.wait(Duration::from_hours(1)).await;
        for trigger in [old, tick(), alarm_event(ALARM_A, AlarmState::Ok, stage.sandbox.now())] {
            let answer = stage.invoke(&trigger).await.expect("nobody is killed");
            assert_eq!(answer.outcome, Outcome::Settled, "{answer:?}");
        }
        assert_eq!(stage.count("ec2:ReplaceRoute"), 0);
    })
    .expect("a runtime");
}

#[test]
fn with_cloudwatch_down_a_person_can_still_move() {
    crossover_sandbox::run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::every(CLOUDWATCH, Fault::Timeout)]);
        let answer = stage.invoke(&command("failover", &json!({ "away_from": "us-east-1a" }))).await.expect("nobody is killed");
        assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
        assert!(everything_moved(&stage));
    })
    .expect("a runtime");
}

#[test]
fn when_ec2_is_down_nothing_is_claimed_and_a_retry_is_asked_for() {
    crossover_sandbox::run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::every("ec2:Describe*", Fault::ServerError)]);
        stage.set_alarm(ALARM_A, AlarmState::Alarm);
        let event = alarm_event(ALARM_A, AlarmState::Alarm, stage.sandbox.now());
        let answer = stage.invoke(&event).await.expect("nobody is killed");
        assert_eq!(answer.outcome, Outcome::Failed);
        assert!(answer.retry_can_help);
        assert!(answer.targets[0].took_ms < 60_000, "it ran past its deadline");
        assert!(stage.told()[0].contains("FAILED"), "{:?}", stage.told());

        stage.faults([]);
        stage.invoke(&event).await.expect("nobody is killed");
        assert!(everything_moved(&stage));
    })
    .expect("a runtime");
}

#[test]
fn an_alarm_of_the_same_name_elsewhere_is_not_ours_when_cloudwatch_can_not_be_read() {
    for (place, moves) in [("us-east-1:111122223333", true), ("us-west-2:111122223333", false), ("us-east-1:444455556666", false)]
    {
        crossover_sandbox::run(async {
            let mut stage = Stage::new();
            let own = Some(Own { region: "us-east-1".to_owned(), account: "111122223333".to_owned() });
            let invocation = Invocation { own, ..stage.invocation() };
            stage.faults([FaultRule::every(CLOUDWATCH, Fault::ServerError)]);
            let mut event = alarm_event(ALARM_A, AlarmState::Alarm, stage.sandbox.now());
            event["resources"] = json!([format!("arn:aws:cloudwatch:{place}:alarm:{ALARM_A}")]);
            let answer = stage.invoke_as(&invocation, &event).await.expect("nobody is killed");
            assert_eq!(answer.outcome, if moves { Outcome::Completed } else { Outcome::Ignored }, "{place}: {answer:?}");
            assert_eq!(everything_moved(&stage), moves, "{place}");
        })
        .expect("a runtime");
    }
}

#[test]
fn a_hold_without_the_journal_is_told_once_however_short_it_is() {
    for minute in 0..5 {
        crossover_sandbox::run(async {
            let mut stage = Stage::new();
            stage.faults([FaultRule::every(JOURNAL, Fault::ServerError)]);
            for alarm in [ALARM_A, ALARM_B] {
                stage.set_alarm(alarm, AlarmState::Alarm);
            }
            stage.wait(Duration::from_mins(30 + minute)).await;
            stage.invoke(&tick()).await.expect("nobody is killed");
            assert_eq!(stage.times_told("HELD"), 1, "{minute}");
            stage.ticks(10).await;
            assert_eq!(stage.times_told("HELD"), 1, "{minute}: each tick tells it");
            stage.ticks(60).await;
            assert_eq!(stage.times_told("HELD"), 2, "{minute}");

            // It ends, and another one begins.
            stage.set_alarm(ALARM_B, AlarmState::Ok);
            stage.ticks(2).await;
            stage.set_alarm(ALARM_B, AlarmState::Alarm);
            stage.ticks(1).await;
            assert_eq!(stage.times_told("HELD"), 3, "{minute}");
        })
        .expect("a runtime");
    }
}

#[test]
fn a_notice_that_the_journal_refuses_is_not_called_kept() {
    crossover_sandbox::run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_B, AlarmState::Alarm);
        stage.faults([FaultRule::every("dynamodb:TransactWriteItems", Fault::Refuse), FaultRule::every(SNS, Fault::ServerError)]);
        let held = stage.alarm(ALARM_A, AlarmState::Alarm).await;
        assert!(held.lost == 1 && stage.memory().unsent.is_empty(), "{held:?}");
        let says = |words: &str| held.remarks.iter().any(|remark| remark.contains(words));
        assert!(says("it could not be kept in the journal and is only in the log"), "{held:?}");
        assert!(!says("it is kept in the journal"), "{held:?}");
    })
    .expect("a runtime");
}

#[test]
fn a_hold_that_could_neither_be_sent_nor_recorded_is_told_later() {
    crossover_sandbox::run(async {
        let mut stage = Stage::new();
        stage.faults([JOURNAL, SNS].map(|call| FaultRule::every(call, Fault::ServerError)));
        for alarm in [ALARM_A, ALARM_B] {
            stage.set_alarm(alarm, AlarmState::Alarm);
        }
        stage.ticks(2).await;
        stage.faults([FaultRule::every(JOURNAL, Fault::ServerError)]);
        stage.ticks(3).await;
        assert_eq!(stage.times_told("HELD"), 1);
    })
    .expect("a runtime");
}
