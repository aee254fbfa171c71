//! One fault on one call of a scenario, and what comes after it.

use std::{iter::once, time::Duration};

use crossover_dynamodb::DynamoDbAccount;
use crossover_engine::environment::Invocation;
use crossover_model::{
    answer::{Answer, TargetAnswer},
    crossover::Crossover,
    outcome::Outcome,
};
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_sns::{SnsAccount, sandbox::Published};
use crossover_tests::{
    layout,
    stage::{Stage, TIME_LIMIT, tick},
    watch::LeaseWatch,
};
use futures::join;
use serde_json::Value;

use crate::scenario::{BAD, Scenario};

const MINUTE: Duration = Duration::from_secs(61);

pub(crate) struct Case {
    pub(crate) scenario: Scenario,
    pub(crate) skip: u32,
    pub(crate) fault: Fault,
}

/// What there was before the fault.
struct Before {
    crossovers: usize,
    told: usize,
    replaced: usize,
    /// What the person was told who gave the command.
    forgotten: bool,
}

fn check(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

impl Case {
    /// Says what is wrong, if anything is.
    pub(crate) async fn run(self) -> Result<(), String> {
        let Self { scenario, skip, fault } = self;
        let (mut stage, trigger) = scenario.set_up().await;
        let mut before = Before {
            crossovers: stage.sandbox.look(|account| account.dynamodb().crossovers.len()),
            told: stage.sandbox.look(|account| account.sns().published.len()),
            replaced: stage.count("ec2:ReplaceRoute"),
            forgotten: false,
        };
        let watch = LeaseWatch::new(&scenario.topology());
        watch.start(&stage.sandbox);
        stage.faults(once(FaultRule::once("*", skip, fault)).chain(scenario.lasting()));
        let first = self.meet(&mut stage, &trigger).await;
        stage.faults(scenario.lasting());
        before.forgotten = first.as_ref().is_some_and(is_forgotten);
        stage.wait(MINUTE).await;
        // Lambda delivers an event again when an invocation died; a person whose command failed, or is
        // not remembered, tries again.
        let given_up = |answer: &Answer| trigger.get("command").is_some() && is_unfinished(answer);
        let again = if first.as_ref().is_none_or(given_up) { trigger.clone() } else { tick() };
        stage.invoke(&again).await.ok_or("killed without a fault")?;
        stage.wait(MINUTE).await;
        if scenario.is_a_note() {
            // What was noted, nothing else; the tick sees to what had been begun before.
            stage.invoke(&tick()).await.ok_or("killed without a fault")?;
            stage.wait(MINUTE).await;
        }

        let replaced = stage.count("ec2:ReplaceRoute");
        let last = stage.invoke(&tick()).await.ok_or("killed without a fault")?;
        let routes = || format!("not the desired state: {:?}", stage.routes());
        check(scenario.desired(&stage), routes)?;
        check(stage.count("ec2:ReplaceRoute") == replaced, || "a settled target was written to".to_owned())?;
        check(watch.broken().is_empty(), || watch.broken().join(", "))?;
        let account = stage.sandbox.account();
        for target in scenario.targets() {
            let answer = last.targets.iter().find(|answer| answer.target == target).ok_or("not looked at in the end")?;
            self.target(&target, answer, &account, &before)?;
        }
        if scenario.steps().is_none() {
            check(replaced == before.replaced, || "something was moved for a note".to_owned())?;
        }
        if scenario == Scenario::OneBadTarget {
            let failed = |published: &&Published| published.attributes["target"] == layout::target(BAD);
            check(account.sns().published.iter().any(|published| failed(&published)), || {
                "that one fails was not told".to_owned()
            })?;
        }
        Ok(())
    }

    /// The trigger meets the fault. While its invocation is frozen, others go on, each minute one.
    async fn meet(&self, stage: &mut Stage, trigger: &Value) -> Option<Answer> {
        if !matches!(self.fault, Fault::Freeze | Fault::FreezeBefore) {
            return stage.invoke(trigger).await;
        }
        let first = stage.invocation();
        let others = [stage.invocation(), stage.invocation(), stage.invocation()];
        let stage = &*stage;
        let tick = tick();
        let others = async {
            for other in others {
                stage.wait(MINUTE).await;
                let other = Invocation { deadline: stage.sandbox.now() + TIME_LIMIT, ..other };
                stage.invoke_as(&other, &tick).await;
            }
        };
        join!(stage.invoke_as(&first, trigger), others).0
    }

    fn target(&self, target: &str, last: &TargetAnswer, account: &Account, before: &Before) -> Result<(), String> {
        let Self { scenario, skip, fault } = self;
        check(last.outcome == Outcome::Settled, || format!("not settled in the end: {last:?}"))?;
        let record = &account.dynamodb().journal[target];
        check(record.memory.open.is_none(), || "a crossover is left open".to_owned())?;
        check(record.memory.unsent.is_empty(), || "a notice is left unsent".to_owned())?;
        check(record.held_at(account.time).is_none(), || "the lease is left held".to_owned())?;
        check(record.memory.died.is_none(), || "a death is left unseen to".to_owned())?;
        check(before.forgotten || scenario.remembered(&record.memory), || format!("not remembered: {:?}", record.memory))?;

        let published: Vec<&Published> = of_target(&account.sns().published[before.told..], target).collect();
        let told = || published.iter().map(|published| published.subject.as_str()).collect::<Vec<_>>();
        let of_target = |crossover: &&Crossover| crossover.target == target;
        let new: Vec<&Crossover> = account.dynamodb().crossovers[before.crossovers..].iter().filter(of_target).collect();
        let recorded = || format!("{} recorded: {:?}", new.len(), new.iter().map(|c| (&c.id, c.outcome)).collect::<Vec<_>>());
        let Some(steps) = scenario.steps() else {
            check(new.is_empty(), recorded)?;
            return check(!published.is_empty(), || "not told".to_owned());
        };
        // Where neither the journal nor the table says that it was moved, only the notice can.
        if matches!((scenario, fault, skip), (Scenario::Homeless, Fault::Refuse, 0)) && new.is_empty() {
            return check(!published.is_empty(), || "not told".to_owned());
        }
        check(new.len() == 1, recorded)?;
        check(new[0].outcome == Outcome::Completed, || format!("recorded as {}", new[0].outcome))?;
        check(new[0].steps.len() == steps, || format!("{} steps recorded", new[0].steps.len()))?;
        let completed = |published: &&&Published| ["completed", "found"].iter().any(|word| published.subject.contains(word));
        let notices = published.iter().filter(completed).count();
        check(notices >= 1, || format!("not told: {:?}", told()))?;
        check(notices <= 2, || format!("told {notices} times: {:?}", told()))
    }
}

fn of_target<'p>(published: &'p [Published], target: &'p str) -> impl Iterator<Item = &'p Published> {
    published.iter().filter(move |published| published.attributes.get("target").is_some_and(|name| name == target))
}

/// Whether a person who gets this answer has to try again.
fn is_unfinished(answer: &Answer) -> bool {
    match answer.outcome {
        Outcome::Failed | Outcome::Held => true,
        Outcome::Pending => is_forgotten(answer),
        _ => false,
    }
}

/// Whether the answer says that the journal could not be used.
fn is_forgotten(answer: &Answer) -> bool {
    answer.targets.iter().flat_map(|target| &target.remarks).any(|remark| remark.contains("nothing is recorded"))
}
