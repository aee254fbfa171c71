//! Targets that the topology does not declare any more: their unsent notices are sent, and what their records have is told,
//! until an operator moves or ends it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_model::{
    answer::TargetAnswer,
    correlation::TargetRef,
    finding::Finding,
    health::Health,
    journal::{Memory, TargetRecord},
    known_targets::KnownTargets,
    leftover::{is_due, pending},
    notes::Noted,
    outcome::Outcome,
    reserved::TARGETS,
    rules,
    text::list,
    topology::{Mode, Policy},
    undeclared::Undeclared,
};
use jiff::Timestamp;

use crate::{
    context::{Ending, TargetContext, TargetState, interrupted},
    controller::Controller,
    environment::{DISPENSABLE, Invocation},
    ports::LeaseAnswer,
    retry::Patience,
    triggers::Triggers,
};

/// The most names that a notice lists.
const NAMES_LISTED: usize = 5;
/// The longest wait of a check for the records.
const READING_TIME: Duration = Duration::from_secs(15);

impl Controller {
    /// The names of all declared targets of every kind, without those of other stacks.
    pub(crate) fn declared(&self) -> BTreeSet<String> {
        self.kinds.iter().flat_map(|kind| kind.every_name()).collect()
    }

    /// Finds the targets that are not declared any more, by the record of the targets' names as it was read, and tells what
    /// their records have.
    pub(crate) async fn tell_of_undeclared(
        &self,
        names: &TargetRecord,
        triggers: &Triggers,
        invocation: &Invocation,
    ) -> Vec<TargetAnswer> {
        let now = self.environment.ports.clock.now();
        let declared = self.declared();
        let mut known = names.memory.targets.clone().unwrap_or_default();
        known.declare(&declared, now);
        let (sweeps, armed) = self.armed();
        let disarmed = known.arm(&sweeps, armed.clone());
        let patience =
            Patience::new(self.environment.ports.clock.as_ref(), invocation.deadline).of(&invocation.holder).at_most(DISPENSABLE);
        let undeclared: Vec<&str> = known.undeclared.keys().map(String::as_str).collect();
        let records = self.records(&undeclared, patience).await;
        let mut told = Vec::new();
        let mut settled = BTreeSet::new();
        for (name, record) in records.iter().filter_map(|(name, read)| Some((name, read.as_ref().ok()?))) {
            match attention(record, now) {
                Attention::None => _ = settled.insert(name.clone()),
                Attention::Later => {}
                Attention::Now => {
                    let policy = Policy::undeclared(name);
                    let context = TargetContext::new(&self.environment, invocation, &policy, "-", triggers.clone());
                    told.push(Box::pin(context.tell_undeclared()).await);
                }
            }
        }
        known.undeclared.retain(|name, _| !settled.contains(name));
        if names.memory.targets.as_ref() != Some(&known) {
            let policy = Policy::of_targets();
            let context = TargetContext::new(&self.environment, invocation, &policy, "-", triggers.clone());
            let remember = |memory: &mut Memory, now| {
                let known = memory.targets.get_or_insert_default();
                known.declare(&declared, now);
                known.arm(&sweeps, armed.clone());
                known.undeclared.retain(|name, _| !settled.contains(name));
                Noted::Already("the names of the targets".to_owned())
            };
            if disarmed.is_empty() {
                // The next sweep tries again.
                let _ = Box::pin(context.remember(remember)).await;
            } else {
                told.push(Box::pin(context.tell_disarmed(&disarmed, known)).await);
            }
        }
        told
    }
}

impl Controller {
    /// The targets that are swept, and those of them on which Crossover acts.
    fn armed(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let environment = &self.environment;
        let acts = |policy: &Policy| !environment.staging && policy.mode.unwrap_or(environment.mode) == Mode::Armed;
        let policies: Vec<&Policy> = self.target_refs().map(|(_, target)| target.policy).collect();
        let names = |policies: &mut dyn Iterator<Item = &&Policy>| policies.map(|policy| policy.name.clone()).collect();
        (names(&mut policies.iter()), names(&mut policies.iter().filter(|policy| acts(policy))))
    }

    /// What a check finds in the journal, by target; nothing while it can't be read, which the check reports by itself.
    pub(crate) async fn undeclared_findings(&self, until: Timestamp) -> BTreeMap<String, Vec<Finding>> {
        let clock = self.environment.ports.clock.as_ref();
        let patience = Patience::new(clock, until).at_most(READING_TIME);
        let targets: Vec<TargetRef<'_>> = self.target_refs().map(|(_, target)| target).collect();
        let names: Vec<&str> = targets.iter().map(|target| target.policy.name.as_str()).chain([TARGETS]).collect();
        let records = self.records(&names, patience).await;
        let record = |name: &str| records.get(name).and_then(|read| read.as_ref().ok());
        let mut found: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
        for target in &targets {
            let declared = target.sides.iter().map(|side| side.name.as_str()).collect();
            let name = &target.policy.name;
            if let Some(undeclared) = record(name).and_then(|record| Undeclared::of(&record.memory, &declared)) {
                found.insert(name.clone(), vec![rules::undeclared_sides(name, undeclared.in_words())]);
            }
        }
        let mut known = record(TARGETS).and_then(|record| record.memory.targets.clone()).unwrap_or_default();
        known.declare(&self.declared(), clock.now());
        let undeclared: Vec<&str> = known.undeclared.keys().map(String::as_str).collect();
        for (name, record) in self.records(&undeclared, patience).await {
            let pending = record.map(|record| pending(&record.current_memory())).unwrap_or_default();
            if !pending.is_empty() {
                found.insert(name.clone(), vec![rules::undeclared_target(&name, &pending)]);
            }
        }
        found
    }
}

/// What a record needs.
enum Attention {
    /// Nothing, ever.
    None,
    /// Nothing now.
    Later,
    /// A notice is to be sent.
    Now,
}

fn attention(record: &TargetRecord, now: Timestamp) -> Attention {
    let mut memory = record.current_memory();
    memory.died = interrupted(record, now);
    if record.held_at(now).is_some() {
        Attention::Later
    } else if !memory.unsent.is_empty() || is_due(&memory, now) {
        Attention::Now
    } else if pending(&memory).is_empty() {
        Attention::None
    } else {
        Attention::Later
    }
}

impl TargetContext<'_> {
    /// Tells that Crossover does not act on these targets any more, and remembers the targets.
    async fn tell_disarmed(self, disarmed: &BTreeSet<String>, known: KnownTargets) -> TargetAnswer {
        let (epoch, record) = match self.acquire_lease(false).await {
            Ok(LeaseAnswer::Taken { epoch, before, .. }) => (Some(epoch), before),
            Ok(LeaseAnswer::Held(record)) => return self.held_by_another(&record),
            Err(error) => {
                let ending = Ending::new(Outcome::Failed, format!("the journal could not be used: {error}"));
                return self.answer(&Health::new(), ending, None, 0);
            }
        };
        let mut state = TargetState::of_record(epoch, record.memory);
        state.memory.targets = Some(known);
        let notice = self.about(&state).disarmed(&list(disarmed.iter().map(String::as_str), NAMES_LISTED));
        let ending = Ending { notice: Some(notice.clone()), ..Ending::new(Outcome::Held, notice.what) };
        Box::pin(self.finish(state, ending)).await
    }

    /// Sends the unsent notices, and tells once a day what is pending.
    async fn tell_undeclared(mut self) -> TargetAnswer {
        let (epoch, record) = match self.acquire_lease(false).await {
            Ok(LeaseAnswer::Taken { epoch, before, .. }) => (Some(epoch), before),
            Ok(LeaseAnswer::Held(record)) => return self.held_by_another(&record),
            Err(error) => {
                let ending = Ending::new(Outcome::Failed, format!("the journal could not be used: {error}"));
                return self.answer(&Health::new(), ending, None, 0);
            }
        };
        let now = self.now();
        let (died, stop) = (interrupted(&record, now), record.new_stop().cloned());
        let mut state = TargetState::of_record(epoch, record.memory);
        state.memory.died = died;
        if let Some(stop) = stop {
            let taken = self.take_over(&mut state, &stop);
            state.memory.unsent.extend(taken.notices());
        }
        let pending = pending(&state.memory);
        let ending = if is_due(&state.memory, now) {
            let notice = self.about(&state).undeclared(&pending);
            state.memory.undeclared = Some(now);
            Ending { notice: Some(notice.clone()), ..Ending::new(Outcome::Held, notice.what) }
        } else {
            Ending::new(Outcome::Settled, "the topology does not declare this target; its notices are sent")
        };
        Box::pin(self.finish(state, ending)).await
    }
}
