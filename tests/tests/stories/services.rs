//! AWS services' events: a reason to look, and nothing more.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_sns::SnsAccount;
use crossover_tests::{
    payload,
    stage::{ALARM_A, Stage, alarm_event, tick},
};
use serde_json::json;

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

#[test]
fn what_a_service_says_is_not_believed() {
    run(async {
        let mut stage = Stage::new();
        for event in ["health/nat-issue-open.json", "health/zone-issue-without-entities.json", "health/account-issue.json"] {
            let answer = stage.invoke(&payload(event)).await.expect("alive");
            assert_eq!((answer.outcome, answer.targets.len()), (Outcome::Settled, 1), "{event}");
        }
        assert_eq!(stage.count("ec2:ReplaceRoute"), 0);
        assert_eq!(stage.told().len(), 0);
    });
}

#[test]
fn a_service_can_be_the_first_to_tell() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_A, AlarmState::Alarm);
        let answer = stage.invoke(&payload("health/nat-issue-sqs.json")).await.expect("alive");
        assert_eq!(answer.outcome, Outcome::Completed);
        let account = stage.sandbox.account();
        let notice = &account.sns().published[0];
        let text = "aws.health AWS_NATGATEWAY_OPERATIONAL_ISSUE on nat-0a1b2c3d4e5f60001";
        assert!(notice.bodies.values().any(|body| body.contains(text)), "{notice:?}");

        let copy = stage.invoke(&payload("health/nat-issue-backup-region.json")).await.expect("alive");
        assert_eq!(copy.outcome, Outcome::Settled);
        assert_eq!(stage.count("ec2:ReplaceRoute"), 2);
    });
}

#[test]
fn a_service_about_something_else_is_ignored_with_the_names_that_it_carried() {
    run(async {
        let mut stage = Stage::new();
        let answer = stage.invoke(&payload("rds/instance-0049-failover-completed.json")).await.expect("alive");
        assert_eq!(answer.outcome, Outcome::Ignored);
        let names = "arn:aws:rds:us-east-1:111122223333:db:orders-use1, orders-use1";
        assert_eq!(answer.reason, Some(format!("not about any target in the topology: {names}")));
        assert_eq!(stage.sandbox.calls().len(), 0);
    });
}

#[test]
fn a_service_is_news_that_waits_for_the_lease_and_a_tick_does_not() {
    for (event, expected) in [(payload("health/nat-issue-open.json"), Outcome::Settled), (tick(), Outcome::Held)] {
        run(async {
            let mut stage = Stage::new();
            stage.set_alarm(ALARM_A, AlarmState::Alarm);
            let alarm = alarm_event(ALARM_A, AlarmState::Alarm, stage.sandbox.now());
            let (first, second) = (stage.invocation(), stage.invocation());
            let (first, second) =
                futures::join!(stage.controller.handle(&alarm, &first), stage.controller.handle(&event, &second));
            assert_eq!((first.outcome, second.outcome), (Outcome::Completed, expected), "{second:?}");
        });
    }
}

#[test]
fn a_service_and_what_is_not_understood_beside_it_are_both_answered() {
    run(async {
        let mut stage = Stage::new();
        let good = payload("health/nat-issue-open.json").to_string();
        let records = json!({ "Records": [{ "body": "{\"source\":\"aws.health\"" }, { "body": good }] });
        let answer = stage.invoke(&records).await.expect("alive");
        assert_eq!((answer.outcome, answer.targets.len()), (Outcome::Failed, 1), "{answer:?}");
        assert!(answer.reason.is_some_and(|reason| reason.starts_with("Records[0].body is not JSON")));
    });
}
