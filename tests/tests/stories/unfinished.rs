//! What is left of a crossover that could not be finished.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{
    alarm::AlarmState::{Alarm, InsufficientData, Ok},
    outcome::Outcome,
};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::stage::{ALARM_A, Stage};

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

#[test]
fn what_is_left_of_a_failover_waits_while_nobody_knows_whether_its_side_is_still_unhealthy() {
    run(async {
        for cloudwatch_is_down in [true, false] {
            let mut stage = Stage::new();
            stage.faults([FaultRule::once("ec2:ReplaceRoute", 1, Fault::Refuse)]);
            stage.alarm(ALARM_A, Alarm).await;
            if cloudwatch_is_down {
                stage.faults([FaultRule::every("cloudwatch:*", Fault::ServerError)]);
            } else {
                stage.set_alarm(ALARM_A, InsufficientData);
            }
            let doubt = stage.ticks(3).await.targets.remove(0);
            assert_eq!(doubt.outcome, Outcome::Held);
            let words =
                "1 of 2 steps of egress-prod-20260314T031240.000Z remain, and it is not known whether us-east-1a is still";
            assert!(doubt.reason.starts_with(words), "{}", doubt.reason);
            assert_eq!(stage.told().len(), 2, "{:?}", stage.told());
            assert!(stage.mail().contains("\"away_from\":\"us-east-1a\""), "{}", stage.mail());
            stage.faults([]);
            stage.set_alarm(ALARM_A, Alarm);
            assert_eq!(stage.ticks(1).await.outcome, Outcome::Completed);
            assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 1);
        }
    });
}

#[test]
fn a_failover_in_doubt_ends_when_its_side_is_healthy_again() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 1, Fault::Refuse)]);
        stage.alarm(ALARM_A, Alarm).await;
        stage.set_alarm(ALARM_A, InsufficientData);
        stage.ticks(2).await;
        stage.set_alarm(ALARM_A, Ok);
        stage.ticks(1).await;
        assert!(stage.memory().open.is_none());
        assert_eq!(stage.times_told("failover stopped"), 1, "{:?}", stage.told());
    });
}
