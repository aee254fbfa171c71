//! One fault on one call of a scenario, and what comes after it.

use std::{
    iter::{once, repeat_n},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crossover_dynamodb::DynamoDbAccount;
use crossover_engine::environment::Invocation;
use crossover_kinds::Rehearsal;
use crossover_model::{
    answer::{Answer, TargetAnswer},
    outcome::Outcome,
};
use crossover_sandbox::{Account, Call, Fault, FaultRule};
use crossover_sns::{SnsAccount, sandbox::Published};
use futures::join;
use serde_json::Value;

use super::{
    ending::Ending,
    scenario::{MINUTE, Scenario, minutes},
    subject::{SetUp, Subject},
};
use crate::{
    changes::changes_a_resource,
    stage::{Stage, TIME_LIMIT, tick},
    watch::LeaseWatch,
};

pub(super) struct Case<'s> {
    pub(super) subject: &'s Subject,
    pub(super) scenario: Scenario,
    pub(super) set_up: &'s SetUp,
    /// Which invocation meets the fault: that of the trigger, or of the tick so many minutes later.
    pub(super) minute: usize,
    /// Which call of it.
    pub(super) skip: u32,
    pub(super) fault: Fault,
}

/// What there was before the fault.
struct Before {
    crossovers: usize,
    told: usize,
    changes: usize,
    /// The journal could not be used by the invocation that met the fault.
    without_journal: bool,
}

fn check(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

fn changes(stage: &Stage) -> usize {
    stage.sandbox.calls().iter().filter(|call| changes_a_resource(call)).count()
}

/// What is watched at every call.
struct Watch {
    lease: LeaseWatch,
    once: Arc<AtomicUsize>,
}

impl Watch {
    fn start(stage: &Stage, targets: &[&Rehearsal]) -> Self {
        let names: Vec<String> = targets.iter().map(|target| target.target.clone()).collect();
        let lease = LeaseWatch::of_any(names);
        let calls: Vec<&str> = targets.iter().flat_map(|target| target.once.iter().copied()).collect();
        let once = Arc::new(AtomicUsize::new(0));
        let watch = Self { lease: lease.clone(), once: Arc::clone(&once) };
        stage.sandbox.watch(move |arrival, account| {
            lease.see(arrival, account);
            once.fetch_add(usize::from(arrival.done && calls.contains(&arrival.call)), Ordering::Relaxed);
        });
        watch
    }
}

impl Case<'_> {
    /// The calls of the trigger's invocation and of each minute's tick until everything is settled, when nothing goes
    /// wrong, and how that ends.
    pub(super) async fn undisturbed(subject: &Subject, set_up: &SetUp) -> (Vec<Vec<Call>>, Ending) {
        let mut stage = subject.copy(set_up);
        let targets = subject.rehearsals();
        let crossovers = stage.sandbox.account().dynamodb().crossovers.len();
        stage.faults(subject.lasting());
        let mut before = stage.sandbox.calls().len();
        stage.invoke(&set_up.trigger).await.expect("no faults");
        let mut calls = vec![stage.sandbox.calls().split_off(before)];
        for _ in 0..=longest(&targets) {
            stage.wait(MINUTE).await;
            before = stage.sandbox.calls().len();
            if stage.invoke(&tick()).await.expect("no faults").outcome != Outcome::Settled {
                calls.push(stage.sandbox.calls().split_off(before));
            }
        }
        (calls, Ending::new(&targets, &stage.sandbox.account(), crossovers))
    }

    /// Says what is wrong, if anything is.
    pub(super) async fn run(self, undisturbed: &Ending) -> Result<(), String> {
        let mut stage = self.subject.copy(self.set_up);
        let ended = self.run_on(&mut stage, undisturbed).await;
        let broken = stage.verify();
        ended?;
        check(broken.is_empty(), || format!("the history breaks promises: {}", broken.join(", ")))
    }

    async fn run_on(self, stage: &mut Stage, undisturbed: &Ending) -> Result<(), String> {
        let Self { subject, scenario, set_up, minute, skip, fault } = self;
        let targets = subject.rehearsals();
        let (crossovers, told) =
            stage.sandbox.inspect(|account| (account.dynamodb().crossovers.len(), account.sns().published.len()));
        let mut before = Before { crossovers, told, changes: changes(stage), without_journal: false };
        let watch = Watch::start(stage, &targets);
        stage.faults(subject.lasting());
        let payloads: Vec<Value> = once(set_up.trigger.clone()).chain(repeat_n(tick(), minute)).collect();
        for payload in &payloads[..minute] {
            stage.invoke(payload).await.ok_or("killed without a fault")?;
            served(stage, &targets)?;
            stage.wait(MINUTE).await;
        }
        let trigger = &payloads[minute];
        stage.faults(once(FaultRule::once("*", skip, fault)).chain(subject.lasting()));
        let (holder, first) = self.meet(stage, trigger).await;
        stage.faults(subject.lasting());
        before.without_journal = watch.lease.is_without_journal(&holder);
        served(stage, &targets)?;
        stage.wait(MINUTE).await;
        // Lambda delivers an event again when an invocation died; a person whose command failed, or is not remembered,
        // tries again.
        let given_up = |answer: &Answer| match answer.outcome {
            _ if trigger.get("command").is_none() => false,
            Outcome::Failed | Outcome::Held => true,
            Outcome::Pending => before.without_journal,
            _ => false,
        };
        let again = if first.as_ref().is_none_or(given_up) { trigger.clone() } else { tick() };
        stage.invoke(&again).await.ok_or("killed without a fault")?;
        stage.wait(MINUTE).await;
        // What was noted by a person is all that this invocation has seen to: a tick sees to what had been begun before.
        let more = longest(&targets) - 1 + usize::from(scenario.is_a_note());
        for _ in 0..more {
            let answer = stage.invoke(&tick()).await.ok_or("killed without a fault")?;
            served(stage, &targets)?;
            stage.wait(MINUTE).await;
            if answer.outcome == Outcome::Settled {
                break;
            }
        }
        self.ended(stage, &watch, &before, undisturbed).await
    }

    /// The trigger meets the fault. While its invocation is frozen, others go on, each minute one.
    async fn meet(&self, stage: &mut Stage, trigger: &Value) -> (String, Option<Answer>) {
        let first = stage.invocation();
        if !matches!(self.fault, Fault::Freeze | Fault::FreezeBefore) {
            let answer = stage.invoke_as(&first, trigger).await;
            return (first.holder, answer);
        }
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
        let (answer, ()) = join!(stage.invoke_as(&first, trigger), others);
        (first.holder, answer)
    }

    async fn ended(&self, stage: &mut Stage, watch: &Watch, before: &Before, undisturbed: &Ending) -> Result<(), String> {
        let changed = changes(stage);
        let last = stage.invoke(&tick()).await.ok_or("killed without a fault")?;
        check(changes(stage) == changed, || "a settled target was changed".to_owned())?;
        check(!self.scenario.moves_nothing() || changed == before.changes, || "something was moved for a note".to_owned())?;
        check(watch.lease.broken().is_empty(), || watch.lease.broken().join(", "))?;
        let targets = self.subject.rehearsals();
        let account = stage.sandbox.account();
        let ending = Ending::new(&targets, &account, before.crossovers);
        let once = watch.once.load(Ordering::Relaxed);
        let crossovers = account.dynamodb().crossovers.len() - before.crossovers;
        check(once <= crossovers, || format!("a call that a crossover makes once was made {once} times"))?;
        for target in &targets {
            let answer = last.targets.iter().find(|answer| answer.target == target.target).ok_or("not reconciled in the end")?;
            self.target(answer, &account, before, [&ending, undisturbed])?;
        }
        if let Some((failing, _)) = &self.subject.failing {
            check(of_target(&account.sns().published, failing).next().is_some(), || format!("{failing} fails without a notice"))?;
        }
        Ok(())
    }

    fn target(&self, last: &TargetAnswer, account: &Account, before: &Before, endings: [&Ending; 2]) -> Result<(), String> {
        let target = &last.target;
        let [now, undisturbed] = [endings[0].of(target)?, endings[1].of(target)?];
        check(last.outcome == Outcome::Settled, || format!("not settled in the end: {last:?}"))?;
        let record = account.dynamodb().journal.get(target).ok_or("nothing is remembered")?;
        check(record.memory.open.is_none(), || "a crossover is left open".to_owned())?;
        check(record.memory.unsent.is_empty(), || "a notice is left unsent".to_owned())?;
        check(record.held_at(account.time).is_none(), || "the lease is left held".to_owned())?;
        check(record.memory.died.is_none(), || "a death is left unseen to".to_owned())?;
        check(now.serving == undisturbed.serving, || format!("{:?} serve, and not {:?}", now.serving, undisturbed.serving))?;
        let same = before.without_journal || now.remembered == undisturbed.remembered;
        check(same, || format!("not remembered as without a fault: {:?}", record.memory))?;
        let published: Vec<&Published> = of_target(&account.sns().published[before.told..], target).collect();
        let told = || published.iter().map(|published| published.subject.as_str()).collect::<Vec<_>>();
        let is_noted = self.scenario.is_a_note() || !undisturbed.crossovers.is_empty();
        check(!is_noted || !published.is_empty(), || "no notice was sent".to_owned())?;
        // Where neither the journal nor the resources say that something was moved, only the notice can.
        if self.subject.is_homeless && before.without_journal && now.crossovers.is_empty() {
            return Ok(());
        }
        let recorded = || format!("{:?} recorded, and not {:?}", now.crossovers, undisturbed.crossovers);
        // What a refusal undoes and what is then made again are steps too.
        let pairs = || now.crossovers.iter().zip(&undisturbed.crossovers);
        let as_many = now.crossovers.len() == undisturbed.crossovers.len();
        let more = self.fault == Fault::Refuse;
        let same = as_many && pairs().all(|(now, before)| now.0 == before.0 && (now.1 == before.1 || (more && now.1 > before.1)));
        check(same, recorded)?;
        let completed = |published: &&&Published| published.attributes["outcome"] == Outcome::Completed.as_str();
        let notices = published.iter().filter(completed).count();
        let expected = undisturbed.crossovers.len();
        check((expected..=2 * expected).contains(&notices), || {
            format!("{notices} notices of a completed crossover: {:?}", told())
        })
    }
}

/// The ticks that a crossover of any of the targets takes.
fn longest(targets: &[&Rehearsal]) -> usize {
    targets.iter().copied().map(minutes).max().unwrap_or_default()
}

/// Checks that no promise is broken by who serves now.
fn served(stage: &Stage, targets: &[&Rehearsal]) -> Result<(), String> {
    let violation = stage
        .sandbox
        .inspect(|account| targets.iter().find_map(|target| Some((target.target.clone(), target.violation(account)?))));
    check(violation.is_none(), || format!("{violation:?}"))
}

fn of_target<'p>(published: &'p [Published], target: &'p str) -> impl Iterator<Item = &'p Published> {
    published.iter().filter(move |published| published.attributes.get("target").is_some_and(|name| name == target))
}
