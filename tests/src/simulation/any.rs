//! Targets of any kinds, of which only their own descriptions are known.

mod second;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_dynamodb::DynamoDbAccount;
use crossover_kinds::{Registry, Rehearsal};
use crossover_model::{
    alarm::AlarmState,
    answer::Answer,
    outcome::Outcome,
    topology::{Document, Side},
};
use crossover_sandbox::{Account, FaultRule, rehearsal::Failure};
use fastrand::Rng;
use jiff::Timestamp;

use super::{
    history::{History, World},
    told::{refused, untold},
    triggers::{Names, Target, Trigger, pick},
};
use crate::{changes::changes_a_resource, examples::Example, stage::Stage};

const MINUTE: Duration = Duration::from_secs(61);
/// Sides that flapped no longer do so after this time, and the longest block of the examples has ended.
const QUIET: Duration = Duration::from_hours(5);
/// Ticks besides those that the slowest crossover takes.
const MORE_TICKS: usize = 6;

/// Targets that fail as their kinds say.
pub(crate) struct AnyTargets {
    names: Names,
    registry: Registry,
    topology: String,
    targets: Vec<Rehearsal>,
    before: Account,
    /// The sides that have failed, by target.
    failed: BTreeSet<(String, String)>,
}

impl AnyTargets {
    /// The targets of an example.
    ///
    /// # Panics
    /// When its topology has mistakes.
    #[must_use]
    pub(crate) fn new(registry: &Registry, example: &Example) -> (Self, Stage, String) {
        let mut account = example.account.clone();
        registry.accelerate(&mut account);
        let targets = registry.rehearsals(&Document::new(&example.topology)).expect("a good topology");
        let stage = Stage::of(registry, account.clone(), &example.topology);
        // A side as often as it has alarms.
        let of_side = |side: &Side| side.alarms.iter().map(|alarm| (side.name.clone(), alarm.clone())).collect::<Vec<_>>();
        let of_target =
            |target: &Rehearsal| Target { name: target.target.clone(), sides: target.sides.iter().flat_map(of_side).collect() };
        let names = Names { targets: targets.iter().map(of_target).collect() };
        let topology = example.topology.clone();
        let title = example.name.clone();
        let (registry, failed) = (registry.clone(), BTreeSet::new());
        (Self { names, registry, topology, targets, before: account, failed }, stage, title)
    }

    fn failures(&self, target: &str, side: &str) -> Vec<Box<dyn Failure>> {
        let lost = BTreeMap::from([(target.to_owned(), BTreeSet::from([side.to_owned()]))]);
        self.registry.failures(&Document::new(&self.topology), &lost, None, &self.before).expect("a good topology")
    }

    /// Lets a side fail, or restores it.
    fn toggle(&mut self, stage: &Stage, target: &str, side: &str) -> String {
        let key = (target.to_owned(), side.to_owned());
        let fails = !self.failed.remove(&key);
        let failures = self.failures(target, side);
        stage.sandbox.change(|account, now| {
            for failure in &failures {
                if fails {
                    failure.apply(account, now);
                } else {
                    failure.restore(account, &self.before, now);
                }
            }
        });
        if fails {
            self.failed.insert(key);
        }
        format!("{target}/{side} {}", if fails { "fails" } else { "is restored" })
    }
}

impl World for AnyTargets {
    const CALLS: &'static [&'static str] = &["*", "*", "*", "dynamodb:*", "sns:*", "cloudwatch:*"];
    const CHANGES: u8 = 2;
    const ABORTS: bool = false;

    fn names(&self) -> &Names {
        &self.names
    }

    fn begins(&self, _: &str, _: &Trigger, _: Timestamp) {}

    fn change(&mut self, random: &mut Rng, stage: &Stage) -> (String, Trigger) {
        let target = pick(random, &self.names.targets);
        let (name, side) = (target.name.clone(), pick(random, &target.sides).0.clone());
        (self.toggle(stage, &name, &side), Trigger::tick())
    }

    fn topology(&self) -> &str {
        &self.topology
    }

    /// What a kind needs besides is not known here.
    fn is_sure(&self, _: &[FaultRule]) -> bool {
        false
    }

    async fn heal(history: &mut History<Self>) {
        for (target, side) in history.world.failed.clone() {
            history.world.toggle(&history.stage, &target, &side);
        }
        let alarms = history.world.targets.iter().flat_map(|target| &target.sides).flat_map(|side| &side.alarms);
        alarms.for_each(|alarm| history.stage.set_alarm(alarm, AlarmState::Ok));
        history.one_after_another().await;
        history.tick_after(MINUTE).await;
        history.note_all("release").await;
        let slowest = history.world.targets.iter().map(|target| target.ends_within.as_secs().div_ceil(60)).max();
        for _ in 0..usize::try_from(slowest.unwrap_or_default()).expect("a few minutes") + MORE_TICKS {
            history.tick_after(MINUTE).await;
        }
        history.stage.wait(QUIET).await;
        for _ in 0..MORE_TICKS {
            history.tick_after(MINUTE).await;
        }
        let before = history.changes();
        let last = history.tick_after(MINUTE).await;
        history.again().await;
        let broken = history.healed(&last);
        history.broken.extend(broken);
        if history.changes() != before {
            history.broken.push("twice is once: with nothing left to do, something was changed".to_owned());
        }
    }

    /// What may hold at no moment depends on the kind.
    fn seen(&self) -> Vec<String> {
        Vec::new()
    }
}

impl History<AnyTargets> {
    fn changes(&self) -> usize {
        self.stage.sandbox.calls().iter().filter(|call| changes_a_resource(call)).count()
    }

    /// What must hold in the end.
    fn healed(&self, last: &Answer) -> Vec<String> {
        let account = self.stage.sandbox.account();
        let mut broken = untold(&account, &self.held);
        for target in &self.world.targets {
            let name = &target.target;
            let found = last.targets.iter().find(|answer| answer.target == *name);
            let (Some(answer), Some(record)) = (found, account.dynamodb().journal.get(name)) else {
                broken.push(format!("killed anywhere: nothing reconciles {name} any more"));
                continue;
            };
            let serving = target.serving(&account);
            let promises = [
                (answer.outcome == Outcome::Settled, "killed anywhere: it is not settled in the end"),
                (record.memory.open.is_none(), "killed anywhere: a crossover is left open"),
                (record.memory.died.is_none(), "killed anywhere: a death is left unseen to"),
                (record.memory.unsent.is_empty(), "told: a notice is left unsent"),
                (record.held_at(account.time).is_none(), "killed anywhere: the lease is left held"),
                (!serving.is_empty(), "somebody serves: nobody does"),
                (
                    target.violation(&account).is_none() || !refused(&account, name).is_empty(),
                    "somebody serves: not by these sides",
                ),
            ];
            let line = |what: &str| format!("{what}: {name}, served by {serving:?}, {answer:?} {:?}", record.memory);
            broken.extend(promises.into_iter().filter(|(holds, _)| !holds).map(|(_, what)| line(what)));
        }
        broken
    }
}
