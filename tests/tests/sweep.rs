//! Every fault on every call of a scenario, then the next tick: the desired state is reached, one
//! crossover is recorded, and it is told.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_controller::{answer::Answer, cloud::AlarmState, crossover::Outcome};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::stage::{ALARM_A, Stage, account, alarm_event, command, tick, topology};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug)]
enum Scenario {
    /// An alarm, and everything moves to the other side.
    Failover,
    /// A person leaves a healthy side.
    ManualFailover,
    /// A person brings everything home.
    Failback,
    /// An alarm, while the journal is so slow that routes move before the plan is written.
    SlowJournal,
    /// An alarm, where the home of a table is not known.
    Homeless,
}

impl Scenario {
    const ALL: [Self; 5] = [Self::Failover, Self::ManualFailover, Self::Failback, Self::SlowJournal, Self::Homeless];

    /// The stage just before the trigger, and the trigger.
    async fn set_up(self) -> (Stage, Value) {
        let mut account = account();
        match self {
            Self::SlowJournal => _ = account.slow_ms.insert("dynamodb:*".to_owned(), 100),
            // Both tables of the first zone serve the other zone's subnets too.
            Self::Homeless => {
                let theirs: Vec<String> =
                    account.route_tables[4..].iter_mut().flat_map(|table| table.subnets.drain(..)).collect();
                account.route_tables[2..4].iter_mut().zip(theirs).for_each(|(table, subnet)| table.subnets.push(subnet));
            }
            Self::Failover | Self::ManualFailover | Self::Failback => {}
        }
        let mut stage = Stage::with(account, &topology());
        match self {
            Self::Failover | Self::SlowJournal | Self::Homeless => {
                stage.set_alarm(ALARM_A, AlarmState::Alarm);
                let event = alarm_event(ALARM_A, AlarmState::Alarm, stage.sandbox.now());
                (stage, event)
            }
            Self::ManualFailover => (stage, command("failover", &json!({ "away_from": "us-east-1a" }))),
            Self::Failback => {
                stage.set_alarm(ALARM_A, AlarmState::Alarm);
                stage.invoke(&tick()).await.expect("no faults yet");
                stage.set_alarm(ALARM_A, AlarmState::Ok);
                stage.wait(Duration::from_mins(20)).await;
                (stage, command("failback", &json!({})))
            }
        }
    }

    fn desired(self, routes: &[String]) -> bool {
        match self {
            Self::Failover | Self::ManualFailover | Self::SlowJournal | Self::Homeless => {
                routes.iter().all(|to| to.ends_with('2'))
            }
            Self::Failback => routes.iter().filter(|to| to.ends_with('1')).count() == 2,
        }
    }
}

/// Runs a scenario with one fault and what comes after it. Says what is wrong, if anything is.
async fn case(scenario: Scenario, skip: u32, fault: Fault) -> Result<(), String> {
    let (mut stage, trigger) = scenario.set_up().await;
    let (crossovers, told) = (stage.sandbox.account().crossovers.len(), stage.told().len());
    stage.faults([FaultRule::once("*", skip, fault)]);
    let first = stage.invoke(&trigger).await;
    stage.faults([]);
    stage.wait(Duration::from_secs(61)).await;
    // Lambda delivers an event again when an invocation died; a person whose command failed, or is not
    // remembered, tries again.
    let forgotten = |answer: &Answer| answer.targets[0].remarks.iter().any(|remark| remark.contains("nothing is remembered"));
    let unfinished = |answer: &Answer| match answer.outcome {
        Outcome::Failed | Outcome::Held => true,
        Outcome::Pending => forgotten(answer),
        _ => false,
    };
    let given_up = |answer: &Answer| trigger.get("command").is_some() && unfinished(answer);
    let again = if first.as_ref().is_none_or(given_up) { trigger.clone() } else { tick() };
    stage.invoke(&again).await.ok_or("killed without a fault")?;
    stage.wait(Duration::from_secs(61)).await;

    let replaced = stage.count("ec2:ReplaceRoute");
    let last = stage.invoke(&tick()).await.ok_or("killed without a fault")?;
    let account = stage.sandbox.account();
    let check = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    let routes: Vec<String> = stage.routes().into_values().filter(|to| to.starts_with("nat-")).collect();
    check(scenario.desired(&routes), &format!("not the desired state: {routes:?}"))?;
    check(stage.count("ec2:ReplaceRoute") == replaced, "a settled target was written to")?;
    check(last.outcome == Outcome::Settled, &format!("not settled in the end: {last:?}"))?;

    let new = &account.crossovers[crossovers..];
    // Where neither the journal nor the table says that it was moved, only the notice can.
    if matches!((scenario, fault, skip), (Scenario::Homeless, Fault::Refuse, 0)) && new.is_empty() {
        return check(account.published.len() > told, "not told");
    }
    check(
        new.len() == 1,
        &format!("{} crossovers recorded: {:?}", new.len(), new.iter().map(|c| (&c.id, c.outcome)).collect::<Vec<_>>()),
    )?;
    check(new[0].outcome == Outcome::Completed, &format!("recorded as {}", new[0].outcome))?;
    check(new[0].steps.len() == 2, &format!("{} steps recorded", new[0].steps.len()))?;
    let record = &account.journal["egress-prod"];
    check(record.memory.open.is_none(), "a crossover is left open")?;
    check(record.memory.unsent.is_empty(), "a notice is left unsent")?;
    check(record.held_at(account.time).is_none(), "the lease is left held")?;
    let completed =
        |published: &&crossover_sandbox::Published| ["completed", "found"].iter().any(|word| published.subject.contains(word));
    let notices = account.published[told..].iter().filter(completed).count();
    check(notices >= 1, &format!("not told: {:?}", stage.told()))?;
    check(notices <= 2, &format!("told {notices} times: {:?}", stage.told()))
}

#[test]
fn every_fault_on_every_call_heals_with_the_next_tick() {
    let mut cases = 0;
    let mut broken = Vec::new();
    for scenario in Scenario::ALL {
        let calls = crossover_sandbox::run(async {
            let (mut stage, trigger) = scenario.set_up().await;
            let before = stage.sandbox.calls().len();
            stage.invoke(&trigger).await.expect("no faults");
            stage.sandbox.calls().len() - before
        });
        let calls = u32::try_from(calls.expect("a runtime")).expect("few calls");
        assert!(calls >= 10, "{scenario:?} makes only {calls} calls");
        for skip in 0..calls {
            for fault in Fault::ALL {
                cases += 1;
                if let Err(what) = crossover_sandbox::run(case(scenario, skip, fault)).expect("a runtime") {
                    broken.push(format!("{scenario:?}, {fault:?} on call {skip}: {what}"));
                }
            }
        }
    }
    println!("{cases} cases of one fault on one call");
    assert!(broken.is_empty(), "{} of {cases} cases:\n{}", broken.len(), broken.join("\n"));
}
