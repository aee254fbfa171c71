//! Routing controls and beacons.

use std::time::Duration;

use crossover_arc::{ArcAccount, ControlState};
use crossover_engine::environment::Invocation;
use crossover_model::{alarm::AlarmState, outcome::Outcome, step::StepResult};
use crossover_route53::Route53Account;
use crossover_s3::S3Account;
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::{
    dns::{ALARM_HOME, HOME, STANDBY, TARGET, Way, command, serving},
    stage::{Stage, TIME_LIMIT, alarm_event, tick},
    watch::LeaseWatch,
};
use futures::join;
use serde_json::json;

use super::{alarm, look, run, sides};

#[test]
fn routing_controls_are_set_over_whichever_endpoint_answers_and_both_at_once() {
    run(async {
        let mut stage = Way::RoutingControl.stage();
        let down = |region: &str| FaultRule {
            resource: Some(region.to_owned()),
            ..FaultRule::every("route53-recovery-cluster:*", Fault::ServerError)
        };
        stage.faults(["ap-northeast-1", "ap-southeast-2"].map(down));
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
        let calls = stage.sandbox.calls();
        let updates: Vec<_> = calls.iter().filter(|call| call.call.ends_with(":UpdateRoutingControlStates")).collect();
        assert_eq!(updates.iter().filter(|call| !call.failed).count(), 1, "{updates:?}");
    });
}

#[test]
fn a_safety_rule_is_respected_and_told() {
    run(async {
        let mut account = Way::RoutingControl.account();
        account.arc_mut().safety_rules[0].at_least = 2;
        account.arc_mut().routing_controls.values_mut().for_each(|state| *state = ControlState::On);
        let mut stage = Stage::with(account, &Way::RoutingControl.topology());
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!((answer.outcome, answer.steps[0].result), (Outcome::Failed, StepResult::Refused), "{answer:?}");
        assert!(answer.steps[0].detail.as_deref().is_some_and(|detail| detail.contains("safety rule one-on")), "{answer:?}");
    });
}

#[test]
fn a_metric_that_is_set_twice_within_a_minute_is_set_again_by_the_next_tick() {
    run(async {
        let mut stage = Way::BeaconMetric.stage();
        assert_eq!(alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await.outcome, Outcome::Completed);
        stage.set_alarm(ALARM_HOME, AlarmState::Ok);
        // The greatest value of the minute is what an alarm sees, and that is still the first.
        let home = look(&mut stage, &command("failback", &json!({}))).await;
        assert_eq!(home.outcome, Outcome::Pending, "{home:?}");
        stage.wait(Duration::from_mins(1)).await;
        let answer = look(&mut stage, &tick()).await;
        assert_eq!((answer.outcome, answer.crossover_id), (Outcome::Completed, home.crossover_id));
        assert_eq!(serving(&stage.sandbox.account()), sides(&[HOME]));
    });
}

#[test]
fn a_beacon_that_means_home_is_deleted() {
    run(async {
        let topology = Way::BeaconObject.topology().replace("switch =", "inverted = false\nswitch =");
        let mut account = Way::BeaconObject.account();
        account.route53_mut().health_checks[0].inverted = false;
        account.s3_mut().buckets[0].objects.insert("www".to_owned(), String::new());
        let mut stage = Stage::with(account, &topology);
        assert_eq!(serving(&stage.sandbox.account()), sides(&[HOME]));
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!((answer.outcome, answer.steps[0].card.step.as_str()), (Outcome::Completed, "delete-beacon"), "{answer:?}");
        assert_eq!(serving(&stage.sandbox.account()), sides(&[STANDBY]));
    });
}

#[test]
fn routing_controls_were_set_at_another_endpoint_after_the_lease_had_ended() {
    run(async {
        let mut stage = Way::RoutingControl.stage();
        let watch = LeaseWatch::of_any(vec![TARGET.to_owned()]);
        watch.start(&stage.sandbox);
        stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
        // The invocation freezes before its call, which then times out; the next one takes over meanwhile.
        stage.faults([FaultRule::once("route53-recovery-cluster:UpdateRoutingControlStates", 0, Fault::FreezeBefore)]);
        let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
        let (frozen, next) = (stage.invocation(), stage.invocation());
        let later = async {
            stage.wait(Duration::from_secs(61)).await;
            let next = Invocation { deadline: stage.sandbox.now() + TIME_LIMIT, ..next };
            stage.invoke_as(&next, &tick()).await
        };
        let (_, later) = join!(stage.invoke_as(&frozen, &event), later);
        assert_eq!(later.expect("alive").outcome, Outcome::Completed);
        assert_eq!(watch.broken(), Vec::<String>::new());
        assert_eq!(serving(&stage.sandbox.account()), sides(&[STANDBY]));
    });
}
