//! Several stacks with one topology: one acts on each target.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_model::{alarm::AlarmState::Alarm, hold::Held, outcome::Outcome, topology::Mode};
use crossover_tests::stage::{ALARM_A, Stage, account, alarm_event, tick, topology_with};
use serde_json::json;

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

fn stage(stack: &str) -> Stage {
    let mut stage = Stage::with(account(), &topology_with(&[("stack", "\"crossover-west\""), ("mode", "\"armed\"")]));
    stage.controller.kinds.iter_mut().for_each(|targets| targets.keep_to(stack));
    stage
}

#[test]
fn the_stack_of_a_target_acts_on_it_and_another_one_does_not() {
    run(async {
        for (stack, acts) in [("crossover-west", true), ("crossover", false)] {
            let mut stage = stage(stack);
            stage.set_alarm(ALARM_A, Alarm);
            let event = alarm_event(ALARM_A, Alarm, stage.sandbox.now());
            let answer = stage.invoke(&event).await.expect("an answer");
            assert_eq!(answer.outcome, if acts { Outcome::Completed } else { Outcome::Ignored }, "{stack}: {answer:?}");
            stage.invoke(&tick()).await.expect("an answer");
            assert_eq!(stage.count("ec2:ReplaceRoute"), if acts { 2 } else { 0 }, "{stack}");
            assert_eq!(stage.told().is_empty(), !acts, "{stack}: {:?}", stage.told());
        }
    });
}

#[test]
fn a_command_to_the_wrong_stack_is_refused_with_the_right_one() {
    run(async {
        let mut stage = stage("crossover");
        let order = json!({ "command": "failover", "target": "egress-prod", "away_from": "us-east-1a", "reason": "test", "operator": "me" });
        let answer = stage.invoke(&order).await.expect("an answer");
        assert_eq!(answer.outcome, Outcome::Failed);
        let reason = answer.reason.unwrap_or_default();
        assert!(reason.contains("the stack \"crossover-west\" acts on \"egress-prod\""), "{reason}");
        assert_eq!(stage.count("ec2:ReplaceRoute"), 0);
    });
}

#[test]
fn a_staging_stack_acts_on_nothing_whatever_a_target_says_or_a_person_asks_for() {
    run(async {
        let mut stage = stage("crossover-west");
        stage.controller.environment.staging = true;
        assert_eq!(stage.controller.environment.mode, Mode::Armed);
        stage.set_alarm(ALARM_A, Alarm);
        let event = alarm_event(ALARM_A, Alarm, stage.sandbox.now());
        let order = json!({ "command": "failover", "target": "egress-prod", "away_from": "us-east-1a", "reason": "test", "operator": "me", "force": true });
        for payload in [event, order] {
            let answer = stage.invoke(&payload).await.expect("an answer");
            assert_eq!(answer.outcome, Outcome::Held, "{answer:?}");
            assert_eq!(answer.targets[0].held, Some(Held::Shadow), "{answer:?}");
        }
        assert_eq!(stage.count("ec2:ReplaceRoute"), 0);
    });
}
