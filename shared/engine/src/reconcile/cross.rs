//! Executes a plan.

use std::{collections::BTreeSet, sync::atomic::AtomicBool};

use crossover_model::{
    crossover::Crossover,
    decision::{Decision, Plan, not_healthy},
    direction::Direction,
    guard,
    health::unhealthy,
    journal::{Automatic, Lease},
    later::{Format, Rest},
    outcome::Outcome,
    step::{Reversal, Step, StepCard, StepReport, StepResult, Way},
    timeline::Timeline,
    trigger::Order,
};
use futures::join;

use crate::{
    act::Act,
    context::{Ending, TargetContext, TargetState, WriteError, differences},
    kind::Kind,
    ports::Change,
    reconcile::{
        Reconcile,
        halt::{Before, Checks},
        needs_journal, no_journal, planned,
    },
};

impl<K: Kind> Reconcile<'_, K> {
    pub(super) async fn cross_over(
        &mut self,
        state: &mut TargetState,
        decision: &Decision<K::Step>,
        plan: &Plan<K::Step>,
    ) -> Ending {
        let before = Before { memory: state.memory.clone(), intent: state.written.intent.clone() };
        let known = state.memory.open.as_ref().map(|open| open.id.clone());
        let moved = differences(&state.memory.away, decision);
        let mut crossover = self.context.open(state, plan, !moved.is_empty());
        crossover.continues = plan.continues;
        crossover.report(moved);
        // If the process dies, a step that cannot be undone counts as asked for from now on.
        let asked = |step: &K::Step| (step.reversal() == Reversal::OneWay).then(|| self.context.now());
        let untried = |step| StepReport { asked: asked(step), ..StepReport::untried(step.card(), StepResult::Pending) };
        crossover.report(plan.steps().map(untried).collect());
        tracing::info!(
            target = self.target.policy.name,
            crossover = crossover.id,
            trigger = self.context.trigger,
            reason = plan.reason,
            "crossing over"
        );
        state.memory.open = Some(crossover.clone());

        let (overtaken, gate) = (AtomicBool::new(false), self.gate(state, plan, &crossover.id));
        let checks = Checks { overtaken: &overtaken, gate: &gate };
        let begins = known.is_none_or(|known| known != crossover.id);
        for (number, stage) in plan.stages.iter().enumerate() {
            // Later stages wait until the earlier ones are recorded and the lease is confirmed.
            let reports = if number == 0 {
                let announced = begins.then_some(&crossover);
                let Some(reports) = self.first_stage(state, plan, stage, announced, checks).await else {
                    (state.memory, state.ended) = (before.memory, Vec::new());
                    return self.context.held(state, &no_journal(self.context.policy, plan), planned(plan));
                };
                reports
            } else {
                self.stage(stage, checks).await
            };
            self.context.log_steps(&crossover.id, &reports);
            let continues = |(step, report): (&K::Step, &StepReport)| match report.result {
                // Another party changed the resource, so it is decided again from what that is now.
                StepResult::Conflict if !step.names_its_goal() => false,
                result => result.is_good() || step.dispensable_after().is_some(),
            };
            let all_seen = stage.iter().zip(&reports).all(continues);
            crossover.report(reports);
            if !all_seen || !checks.is_open() {
                break;
            }
            if number + 1 < plan.stages.len() {
                state.memory.open = Some(crossover.clone());
                let next = self.next(plan, number + 1);
                let (written, _) = join!(self.context.record(state, false), gate.check(next));
                checks.overtaken_if(written.is_err_and(|error| error.is_stale()));
                if !checks.is_open() {
                    break;
                }
            }
        }
        if checks.is_overtaken() {
            return self.context.overtaken(state, crossover);
        }
        state.memory.away = crossover.applied_to(decision.away.clone());
        if let Some(closed) = gate.closed() {
            return self.halted(state, crossover, before, plan, closed);
        }
        crossover.outcome = match crossover.outcome_of_steps() {
            Outcome::Completed if plan.continues => Outcome::Pending,
            Outcome::Pending if state.epoch.is_none() && crossover.order.is_some() => {
                self.context
                    .remark("without the journal no invocation continues the rest of the order: give it again".to_owned());
                Outcome::Failed
            }
            outcome => outcome,
        };
        crossover.ended = (crossover.outcome == Outcome::Completed).then(|| self.context.now());
        state.serving = self.serving_after(state, plan, crossover.outcome).await;
        self.context.notify_crossover(state, crossover)
    }

    /// The lease records the intent already, so the plan is written concurrently with the first steps. It is written
    /// before them where nothing else would record them: for steps that cannot be undone, steps without a known home, and
    /// an order that the lease does not contain. None when it had to be written and was not. A crossover that begins and
    /// that can't be undone is announced as its first steps are made.
    async fn first_stage(
        &mut self,
        state: &mut TargetState,
        plan: &Plan<K::Step>,
        steps: &[K::Step],
        announced: Option<&Crossover>,
        checks: Checks<'_>,
    ) -> Option<Vec<StepReport>> {
        let homeless = plan.steps().any(|step| step.card().way == Way::Homeless);
        let alone = plan.is_one_way() || homeless || self.context.triggers.order != state.order;
        let next = self.next(plan, 0);
        let is_asked = next.one_way || self.pauses_are_old();
        let pauses = async { if is_asked { checks.gate.check(next).await } else { Ok(()) } };
        if alone {
            let rights = self.rights_for(state, plan);
            let (written, _, rights) = join!(self.context.record(state, false), pauses, rights);
            if let Some(hold) = self.heed(rights, plan) {
                checks.gate.close(hold);
            }
            let lost = written.as_ref().is_err_and(WriteError::is_stale);
            checks.overtaken_if(lost);
            if written.is_err() && !lost && needs_journal(state, plan) {
                return None;
            }
            if !checks.is_open() {
                return Some(Vec::new());
            }
            let announcing = async {
                if let Some(crossover) = announced.filter(|_| plan.is_one_way()) {
                    self.context.announce(state, crossover).await;
                }
            };
            let (reports, ()) = join!(self.stage(steps, checks), announcing);
            return Some(reports);
        }
        if pauses.await.is_err() {
            return Some(Vec::new());
        }
        let change = Change { memory: Some(&state.memory), ended: &state.ended, release: None };
        let write = async {
            let written = self.context.write(state.epoch, change).await;
            checks.overtaken_if(written.as_ref().is_err_and(WriteError::is_stale));
            written
        };
        let (written, reports) = join!(write, self.stage(steps, checks));
        self.context.recorded(state, &written);
        Some(reports)
    }

    async fn stage(&self, stage: &[K::Step], checks: Checks<'_>) -> Vec<StepReport> {
        let Checks { overtaken, gate } = checks;
        let (patience, started) = (self.patience(), self.context.machine_now());
        let (looked, ahead) = (self.looked, self.context.ahead());
        let act = Act { kind: self.kind, patience, started, looked, bucket: self.bucket, overtaken, gate, ahead };
        act.stage(stage).await
    }
}

/// Whether a plan makes a choice that cannot be undone again, and another one than the crossover has made.
fn is_another<S: Step>(open: &Crossover, plan: &Plan<S>) -> bool {
    let chooses = |step: &&S| step.reversal() == Reversal::OneWay;
    let was_chosen = |card: &StepCard| {
        let same = open.steps.iter().find(|report| report.card.resource == card.resource);
        same.is_some_and(|report| report.card.to != card.to && (report.result.is_good() || report.asked.is_some()))
    };
    plan.steps().filter(chooses).any(|step| was_chosen(&step.card()))
}

impl TargetContext<'_> {
    /// The open crossover if this plan continues it, or else a new one. `moved` if an invocation that died has moved
    /// something already.
    fn open<S: Step>(&mut self, state: &mut TargetState, plan: &Plan<S>, moved: bool) -> Crossover {
        let now = self.now();
        let order = plan.asked_by(state.order.as_ref()).cloned();
        let direction = plan.direction(state.order.as_ref());
        if let Some(mut open) = state.memory.open.take() {
            // Another failure is another crossover, with its own guards and notices.
            let is_same_failure = open.left.is_empty() || plan.left.is_subset(&open.left);
            let is_same = is_same_failure && !is_another(&open, plan);
            if open.direction == direction && open.order == order && is_same {
                if open.left.is_empty() {
                    open.left.clone_from(&plan.left);
                }
                open.to.extend(plan.to.iter().cloned());
                open.resumed |= state.interrupted.is_some();
                // A loss that grew over time is reported too; the rest of a plan adds nothing.
                open.loses(&plan.loss);
                return open;
            }
            open.continued_by = (!is_same_failure).then(|| self.new_id());
            open.end(now);
            self.close(state, open);
            // This is the crossover that the invocation that died had announced.
            state.interrupted = None;
        }
        let ours = |lease: &Lease| moved || (order.is_some() && lease.order == order);
        let begun = state.interrupted.clone().filter(ours);
        let mut crossover = self.new_crossover(begun.as_ref(), direction, order, plan.reason.clone());
        crossover.left.clone_from(&plan.left);
        crossover.to.clone_from(&plan.to);
        crossover.loses(&plan.loss);
        crossover.timeline.sides.clone_from(&state.found);
        if crossover.order.is_some() {
            crossover.not_healthy = not_healthy(&state.health);
        }
        if crossover.order.is_none() && !plan.left.is_disjoint(&unhealthy(&state.health)) {
            let (crossover_id, left) = (crossover.id.clone(), plan.left.clone());
            let earlier = guard::blocked_sides(self.policy, &state.memory, now);
            state.memory.last_automatic =
                Some(Automatic { crossover_id, at: now, left, acknowledged: None, earlier, rest: Rest::new() });
        }
        crossover
    }

    /// A crossover that starts now, or that the holder of a lease started before it died.
    pub(crate) fn new_crossover(
        &self,
        begun: Option<&Lease>,
        direction: Direction,
        order: Option<Order>,
        reason: String,
    ) -> Crossover {
        Crossover {
            v: Format::NOW,
            id: begun.map_or_else(|| self.new_id(), |lease| lease.crossover_id.clone()),
            target: self.policy.name.clone(),
            kind: self.kind.to_owned(),
            direction,
            trigger: begun.map_or(&self.trigger, |lease| &lease.trigger).clone(),
            order,
            not_healthy: BTreeSet::new(),
            left: BTreeSet::new(),
            to: BTreeSet::new(),
            continued_by: None,
            reason,
            loss: String::new(),
            could_lose: None,
            started: begun.map_or_else(|| self.by_service(self.began), |lease| lease.taken),
            ended: None,
            outcome: Outcome::Pending,
            steps: Vec::new(),
            notified: None,
            resumed: begun.is_some(),
            continues: false,
            aborted: None,
            timeline: Timeline::default(),
            rest: Rest::new(),
        }
    }

    /// Closes a crossover that another one replaces, and reports its outcome.
    fn close(&mut self, state: &mut TargetState, open: Crossover) {
        let ending = self.notify_crossover(state, open);
        state.memory.unsent.extend(ending.notice);
    }

    fn log_steps(&self, crossover: &str, reports: &[StepReport]) {
        for report in reports {
            tracing::info!(
                target = self.policy.name,
                crossover,
                trigger = self.trigger,
                step = report.card.step,
                resource = report.card.resource,
                from = report.card.from,
                to = report.card.to,
                result = report.result.as_str(),
                took_ms = report.took_ms,
                detail = report.detail,
                "step"
            );
        }
    }
}
