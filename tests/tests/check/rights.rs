//! What a check asks to be allowed is what crossovers write, and no more is missing from it.

use std::collections::BTreeSet;

use crossover_controller::cloud::AlarmState;
use crossover_sandbox::Account;
use crossover_tests::{
    database::{self, Kind},
    dns::{self, Way},
    stage::{self, Stage, alarm_event, command, tick},
};
use serde_json::json;

use crate::desk::{Desk, run};

/// The journal and notices are the function's own.
const OWN: [&str; 2] = ["dynamodb:", "sns:"];

/// The writes of a failover and of the way home again.
async fn writes(mut stage: Stage, target: &str, alarm: &str) -> BTreeSet<&'static str> {
    stage.set_alarm(alarm, AlarmState::Alarm);
    let event = alarm_event(alarm, AlarmState::Alarm, stage.sandbox.now());
    stage.invoke(&event).await;
    stage.ticks(12).await;
    stage.set_alarm(alarm, AlarmState::Ok);
    for verb in ["ack", "failback"] {
        let mut order = command(verb, &json!({}));
        order["target"] = json!(target);
        stage.invoke(&order).await;
        stage.ticks(25).await;
    }
    let calls = stage.sandbox.calls().into_iter().filter(crossover_sandbox::Call::is_write);
    calls.map(|made| made.call).filter(|call| !OWN.iter().any(|own| call.starts_with(own))).collect()
}

/// Each of these is asked for: without it something is found.
fn asked_for(account: &Account, topology: &str, writes: &BTreeSet<&'static str>) {
    assert!(!writes.is_empty(), "{topology}");
    for action in writes {
        let mut account = account.clone();
        account.denied.insert((*action).to_owned());
        run(async {
            let mut desk = Desk::with(account.clone(), topology);
            let found = desk.tick().await.check.expect("what was found").findings;
            let denied = found.values().flatten().filter(|found| found.finding == "not-allowed");
            let denied: Vec<&str> = denied.map(|found| found.found.resource.as_str()).collect();
            assert!(denied.iter().any(|resource| resource.ends_with(action)), "{action} is not asked for: {found:#?}");
        });
    }
}

#[test]
fn routes_are() {
    run(async {
        let made = writes(Stage::new(), stage::TARGET, stage::ALARM_A).await;
        assert_eq!(made, ["ec2:ReplaceRoute"].into());
    });
    asked_for(&stage::account(), &stage::topology(), &["ec2:ReplaceRoute"].into());
}

#[test]
fn answers_are() {
    for way in Way::ALL {
        let mut made = BTreeSet::new();
        run(async { made = writes(way.stage(), dns::TARGET, dns::ALARM_HOME).await });
        asked_for(&way.account(), &way.topology(), &made);
    }
}

#[test]
fn writers_are() {
    for kind in Kind::ALL {
        let mut made = BTreeSet::new();
        run(async { made = writes(kind.stage(), database::TARGET, database::ALARM_HOME).await });
        assert!(made.contains(kind.verb()), "{kind:?}: {made:?}");
        asked_for(&kind.account(), &kind.topology(""), &made);
    }
}

#[test]
fn what_is_denied_fails_when_it_is_tried() {
    run(async {
        let mut stage = Stage::new();
        stage.sandbox.change(|account, _| _ = account.denied.insert("ec2:ReplaceRoute".to_owned()));
        let answer = stage.alarm(stage::ALARM_A, AlarmState::Alarm).await;
        assert!(answer.steps.iter().all(|step| step.detail.as_ref().is_some_and(|detail| detail.contains("AccessDenied"))));
        stage.invoke(&tick()).await;
    });
}
