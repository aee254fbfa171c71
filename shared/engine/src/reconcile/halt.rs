//! What stops a crossover between two stages, or right before a call that cannot be undone.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use crossover_model::{
    crossover::Crossover,
    decision::Plan,
    journal::{Intent, Memory},
    outcome::Outcome,
    step::{Reversal, Step, StepReport, StepResult},
};

use crate::{
    context::{Ending, TargetState},
    gate::{Closed, Decided, Gate, Next},
    kind::Kind,
    reconcile::{Reconcile, it_would, planned},
    retry::Patience,
};

/// What many targets read together counts as read now for this long.
const SHARED_FOR: Duration = Duration::from_secs(2);

/// What ends a stage early.
#[derive(Clone, Copy)]
pub(super) struct Checks<'c> {
    pub(super) overtaken: &'c AtomicBool,
    pub(super) gate: &'c Gate<'c>,
}

impl Checks<'_> {
    pub(super) fn overtaken_if(self, overtaken: bool) {
        self.overtaken.fetch_or(overtaken, Ordering::Relaxed);
    }

    /// Whether another invocation has acquired the lease.
    pub(super) fn is_overtaken(self) -> bool {
        self.overtaken.load(Ordering::Relaxed) || self.gate.closed() == Some(Closed::Overtaken)
    }

    pub(super) fn is_open(self) -> bool {
        !self.is_overtaken() && self.gate.closed().is_none()
    }
}

/// What a crossover replaces in the memory.
pub(super) struct Before {
    pub(super) memory: Memory,
    /// The intent before the order, if the crossover is of one.
    pub(super) intent: Option<Intent>,
}

impl<'a, K: Kind> Reconcile<'a, K> {
    pub(super) fn gate(&self, state: &TargetState, plan: &Plan<K::Step>, crossover: &str) -> Gate<'a> {
        let (environment, policy) = (self.context.environment, self.context.policy);
        let known = [state.memory.clone(), state.everything.clone()];
        let decided = Decided { epoch: state.epoch, known, it_would: it_would(plan), ahead: self.context.ahead() };
        Gate::new(environment.ports.journal.as_ref(), self.checks_until(), &policy.name, crossover, decided)
    }

    /// The time limit for what is checked before a stage.
    pub(super) fn checks_until(&self) -> Patience<'a> {
        let (environment, policy) = (self.context.environment, self.context.policy);
        Patience::new(environment.ports.clock.as_ref(), self.act_until()).of(&policy.name)
    }

    /// The part of a plan from this stage on.
    pub(super) fn next(&self, plan: &Plan<K::Step>, stage: usize) -> Next {
        let one_way = |step: &K::Step| step.reversal() == Reversal::OneWay;
        Next { action: self.action(plan, stage), one_way: plan.stages[stage..].iter().flatten().any(one_way) }
    }

    /// Whether the pauses were read too long ago to begin.
    pub(super) fn pauses_are_old(&self) -> bool {
        self.seen.is_some_and(|seen| seen.at + SHARED_FOR < self.context.machine_now())
    }

    /// Ends a run of which nothing further may be begun. What was done stays in an open crossover, unless it is aborted.
    pub(super) fn halted(
        &mut self,
        state: &mut TargetState,
        mut crossover: Crossover,
        before: Before,
        plan: &Plan<K::Step>,
        closed: Closed,
    ) -> Ending {
        let mut hold = match closed {
            Closed::Overtaken => return self.context.overtaken(state, crossover),
            Closed::Aborted(stop) => {
                not_asked(&mut crossover, plan, before.memory.open.as_ref());
                let (id, steps) = (crossover.id.clone(), crossover.steps.clone());
                state.memory.open = Some(crossover);
                let taken = self.context.take_over(state, &stop);
                state.memory.unsent.extend(taken.notice);
                let otherwise = Ending { crossover_id: Some(id), steps, ..Ending::new(Outcome::Held, taken.text) };
                return taken.aborted.unwrap_or(otherwise);
            }
            Closed::Held(hold) => hold,
        };
        not_asked(&mut crossover, plan, before.memory.open.as_ref());
        if crossover.begun().next().is_none() {
            let is_new = before.memory.open.as_ref().is_none_or(|open| open.id != crossover.id);
            state.memory.open = Some(crossover).filter(|_| !is_new);
            state.memory.last_automatic = before.memory.last_automatic;
            // An order that was not executed leaves no intent.
            state.memory.intent.clone_from(&before.intent);
            state.written.intent = before.intent;
            return self.context.held(state, &hold, planned(plan));
        }
        crossover.outcome = match crossover.outcome_of_steps() {
            Outcome::Completed => Outcome::Pending,
            outcome => outcome,
        };
        let good = crossover.steps.iter().filter(|step| step.result.is_good()).count();
        let (id, steps) = (crossover.id.clone(), crossover.steps.clone());
        hold.text = format!("{}; {good} of {} steps of {id} are done, and the rest waits", hold.text, steps.len());
        state.memory.open = Some(crossover);
        Ending { crossover_id: Some(id), ..self.context.held(state, &hold, steps) }
    }
}

/// Corrects the steps that cannot be undone and that this run was stopped before: it has not asked for them, and no death has
/// hidden that.
fn not_asked<S: Step>(crossover: &mut Crossover, plan: &Plan<S>, before: Option<&Crossover>) {
    for card in plan.steps().filter(|step| step.reversal() == Reversal::OneWay).map(Step::card) {
        let is_it = |step: &&StepReport| step.card.resource == card.resource;
        let asked = before.filter(|before| before.id == crossover.id).and_then(|before| before.steps.iter().find(is_it)?.asked);
        let untried = |step: &&mut StepReport| step.card.resource == card.resource && step.took_ms == 0;
        if let Some(step) = crossover.steps.iter_mut().find(untried) {
            step.asked = asked;
            step.result = if asked.is_some() { StepResult::Pending } else { StepResult::Planned };
        }
    }
}
