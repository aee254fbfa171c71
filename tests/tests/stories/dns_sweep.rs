//! Every fault on every call of a switch of DNS, for each way to switch, then the next tick: the
//! desired state is reached, one crossover is recorded, it is told, and DNS never stops answering.

#![expect(clippy::expect_used, reason = "tests")]

use std::{collections::BTreeSet, time::Duration};

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, answer::Answer, outcome::Outcome};
use crossover_route53::Route53Account;
use crossover_sandbox::{Fault, FaultRule};
use crossover_sns::SnsAccount;
use crossover_tests::{
    dns::{ALARM_HOME, HOME, STANDBY, TARGET, Way, command, serving},
    stage::{Stage, alarm_event, tick},
};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug)]
enum Scenario {
    /// An alarm, and everything is answered by the standby.
    Failover,
    /// A person brings everything home.
    Failback,
}

impl Scenario {
    /// The stage just before the trigger, and the trigger.
    async fn set_up(self, way: Way) -> (Stage, Value) {
        let mut account = way.account();
        // A few looks until all of Route 53 knows, which are all alike.
        account.route53_mut().control_plane.in_sync_after_ms = 200;
        let mut stage = way.stage_with(account, &way.topology());
        stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
        let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
        match self {
            Self::Failover => (stage, event),
            Self::Failback => {
                stage.invoke(&event).await.expect("no faults yet");
                stage.set_alarm(ALARM_HOME, AlarmState::Ok);
                stage.wait(Duration::from_mins(20)).await;
                (stage, command("failback", &json!({})))
            }
        }
    }

    fn desired(self, way: Way) -> BTreeSet<&'static str> {
        match self {
            Self::Failover => BTreeSet::from([STANDBY]),
            Self::Failback if way == Way::Latency => BTreeSet::from([HOME, STANDBY]),
            Self::Failback => BTreeSet::from([HOME]),
        }
    }
}

/// Writes to what answers.
fn writes(stage: &Stage) -> usize {
    let calls = ["ChangeResourceRecordSets", "PutObject", "DeleteObject", "PutMetricData", "UpdateRoutingControlStates"];
    stage.sandbox.calls().iter().filter(|made| calls.iter().any(|call| made.call.ends_with(call))).count()
}

/// Runs a scenario with one fault and what comes after it. Says what is wrong, if anything is.
async fn case(scenario: Scenario, way: Way, skip: u32, fault: Fault) -> Result<(), String> {
    let (mut stage, trigger) = scenario.set_up(way).await;
    let (crossovers, told) = (stage.sandbox.account().dynamodb().crossovers.len(), stage.told().len());
    stage.faults([FaultRule::once("*", skip, fault)]);
    let first = stage.invoke(&trigger).await;
    let check = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    check(!serving(&stage.sandbox.account()).is_empty(), "nobody answers")?;
    stage.faults([]);
    stage.wait(Duration::from_secs(61)).await;
    // Lambda delivers an event again when an invocation died; a person whose command failed tries again.
    let given_up =
        |answer: &Answer| trigger.get("command").is_some() && matches!(answer.outcome, Outcome::Failed | Outcome::Held);
    let again = if first.as_ref().is_none_or(given_up) { trigger.clone() } else { tick() };
    stage.invoke(&again).await.ok_or("killed without a fault")?;
    stage.wait(Duration::from_secs(61)).await;

    let written = writes(&stage);
    let last = stage.invoke(&tick()).await.ok_or("killed without a fault")?;
    let account = stage.sandbox.account();
    check(serving(&account) == scenario.desired(way), &format!("not the desired state: {:?}", serving(&account)))?;
    check(writes(&stage) == written, "a settled target was written to")?;
    check(last.outcome == Outcome::Settled, &format!("not settled in the end: {last:?}"))?;

    let new = &account.dynamodb().crossovers[crossovers..];
    check(new.len() == 1, &format!("{} crossovers recorded", new.len()))?;
    check(new[0].outcome == Outcome::Completed, &format!("recorded as {}", new[0].outcome))?;
    check(new[0].steps.len() == 1, &format!("{} steps recorded", new[0].steps.len()))?;
    let record = &account.dynamodb().journal[TARGET];
    check(record.memory.open.is_none(), "a crossover is left open")?;
    check(record.memory.unsent.is_empty(), "a notice is left unsent")?;
    check(record.held_at(account.time).is_none(), "the lease is left held")?;
    let completed = |published: &&crossover_sns::sandbox::Published| {
        ["completed", "found"].iter().any(|word| published.subject.contains(word))
    };
    let notices = account.sns().published[told..].iter().filter(completed).count();
    check((1..=2).contains(&notices), &format!("told {notices} times: {:?}", stage.told()))
}

#[test]
fn every_fault_on_every_call_heals_with_the_next_tick() {
    let mut cases = 0;
    let mut broken = Vec::new();
    for (way, scenario) in Way::ALL.into_iter().flat_map(|way| [(way, Scenario::Failover), (way, Scenario::Failback)]) {
        let calls = crossover_sandbox::run(async {
            let (mut stage, trigger) = scenario.set_up(way).await;
            let before = stage.sandbox.calls().len();
            stage.invoke(&trigger).await.expect("no faults");
            stage.sandbox.calls().len() - before
        });
        let calls = u32::try_from(calls.expect("a runtime")).expect("few calls");
        assert!(calls >= 8, "{way:?} {scenario:?} makes only {calls} calls");
        for skip in 0..calls {
            for fault in Fault::ALL {
                cases += 1;
                if let Err(what) = crossover_sandbox::run(case(scenario, way, skip, fault)).expect("a runtime") {
                    broken.push(format!("{way:?} {scenario:?}, {fault:?} on call {skip}: {what}"));
                }
            }
        }
    }
    println!("{cases} cases of one fault on one call");
    assert!(broken.is_empty(), "{} of {cases} cases:\n{}", broken.len(), broken.join("\n"));
}
