//! Executes a plan.

use std::sync::atomic::{AtomicBool, Ordering};

use crossover_model::{
    crossover::{Crossover, id},
    decision::{Decision, Plan},
    direction::Direction,
    health::unhealthy,
    journal::{Automatic, Lease},
    later::{Format, Rest},
    outcome::Outcome,
    step::{Step, StepReport, StepResult, Way},
    timeline::Timeline,
    trigger::Order,
};
use futures::join;

use crate::{
    act::Act,
    context::{Ending, TargetContext, TargetState, WriteError, differences},
    kind::Kind,
    ports::Change,
    reconcile::{Reconcile, needs_journal, no_journal},
};

impl<K: Kind> Reconcile<'_, K> {
    pub(super) async fn cross_over(
        &mut self,
        state: &mut TargetState,
        decision: &Decision<K::Step>,
        plan: &Plan<K::Step>,
    ) -> Ending {
        let before = state.memory.clone();
        let moved = differences(&state.memory.away, decision);
        let mut crossover = self.context.open(state, plan, !moved.is_empty());
        crossover.continues = plan.continues;
        crossover.report(moved);
        crossover.report(plan.steps().map(|step| StepReport::untried(step.card(), StepResult::Pending)).collect());
        tracing::info!(
            target = self.target.policy.name,
            crossover = crossover.id,
            trigger = self.context.trigger,
            reason = plan.reason,
            "crossing over"
        );
        state.memory.open = Some(crossover.clone());

        let overtaken = AtomicBool::new(false);
        for (number, stage) in plan.stages.iter().enumerate() {
            // Later stages wait until the earlier ones are recorded and the lease is confirmed.
            let reports = if number == 0 {
                let reports = self.first_stage(state, plan, stage, &overtaken).await;
                let Some(reports) = reports else {
                    (state.memory, state.ended) = (before, Vec::new());
                    let planned = plan.steps().map(|step| StepReport::untried(step.card(), StepResult::Planned)).collect();
                    return self.context.held(state, &no_journal(self.context.policy, plan), planned);
                };
                reports
            } else {
                self.stage(stage, &overtaken).await
            };
            self.context.log_steps(&crossover.id, &reports);
            let continues =
                |(step, report): (&K::Step, &StepReport)| report.result.is_good() || step.dispensable_after().is_some();
            let all_seen = stage.iter().zip(&reports).all(continues);
            crossover.report(reports);
            if !all_seen || overtaken.load(Ordering::Relaxed) {
                break;
            }
            if number + 1 < plan.stages.len() {
                state.memory.open = Some(crossover.clone());
                let written = self.context.record(state, false).await;
                overtaken.store(written.is_err_and(|error| error.is_stale()), Ordering::Relaxed);
            }
        }
        if overtaken.load(Ordering::Relaxed) {
            return self.context.overtaken(state, crossover);
        }
        state.memory.away = crossover.applied_to(decision.away.clone());
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
        self.context.notify_crossover(state, crossover)
    }

    /// The lease records the intent already, so the plan is written concurrently with the first steps. It is written
    /// before them where nothing else would record them: for steps that cannot be undone, steps without a known home, and
    /// an order that the lease does not contain. None when it had to be written and was not.
    async fn first_stage(
        &mut self,
        state: &mut TargetState,
        plan: &Plan<K::Step>,
        steps: &[K::Step],
        overtaken: &AtomicBool,
    ) -> Option<Vec<StepReport>> {
        let homeless = plan.steps().any(|step| step.card().way == Way::Homeless);
        let alone = plan.is_one_way() || homeless || self.context.triggers.order != state.order;
        if alone {
            let written = self.context.record(state, false).await;
            let lost = written.as_ref().is_err_and(WriteError::is_stale);
            overtaken.store(lost, Ordering::Relaxed);
            if written.is_err() && !lost && needs_journal(state, plan) {
                return None;
            }
            return Some(self.stage(steps, overtaken).await);
        }
        let change = Change { memory: Some(&state.memory), ended: &state.ended, release: None };
        let write = async {
            let written = self.context.write(state.epoch, change).await;
            overtaken.store(written.as_ref().is_err_and(WriteError::is_stale), Ordering::Relaxed);
            written
        };
        let (written, reports) = join!(write, self.stage(steps, overtaken));
        self.context.recorded(state, &written);
        Some(reports)
    }

    async fn stage(&self, stage: &[K::Step], overtaken: &AtomicBool) -> Vec<StepReport> {
        let act = Act { kind: self.kind, patience: self.patience(), started: self.context.now(), bucket: self.bucket, overtaken };
        act.stage(stage).await
    }
}

impl TargetContext<'_> {
    /// The open crossover if this plan continues it, or else a new one. `moved` if an invocation that died has moved
    /// something already.
    fn open<S>(&mut self, state: &mut TargetState, plan: &Plan<S>, moved: bool) -> Crossover {
        let now = self.now();
        let order = plan.asked_by(state.order.as_ref()).cloned();
        let direction = plan.direction(state.order.as_ref());
        if let Some(mut open) = state.memory.open.take() {
            if open.direction == direction && open.order == order {
                open.resumed |= state.interrupted.is_some();
                // A loss that grew over time is reported too; the rest of a plan adds nothing.
                open.loses(&plan.loss);
                return open;
            }
            open.end(now);
            self.close(state, open);
            // This is the crossover that the invocation that died had announced.
            state.interrupted = None;
        }
        let ours = |lease: &Lease| moved || (order.is_some() && lease.order == order);
        let begun = state.interrupted.clone().filter(ours);
        let mut crossover = self.new_crossover(begun.as_ref(), direction, order, plan.reason.clone());
        crossover.loses(&plan.loss);
        crossover.timeline.sides.clone_from(&state.found);
        if crossover.order.is_none() && !plan.left.is_disjoint(&unhealthy(&state.health)) {
            let (crossover_id, left) = (crossover.id.clone(), plan.left.clone());
            state.memory.last_automatic = Some(Automatic { crossover_id, at: now, left, acknowledged: None, rest: Rest::new() });
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
            id: begun.map_or_else(|| id(&self.policy.name, self.began), |lease| lease.crossover_id.clone()),
            target: self.policy.name.clone(),
            kind: self.kind.to_owned(),
            direction,
            trigger: begun.map_or(&self.trigger, |lease| &lease.trigger).clone(),
            order,
            reason,
            loss: String::new(),
            could_lose: None,
            started: begun.map_or(self.began, |lease| lease.taken),
            ended: None,
            outcome: Outcome::Pending,
            steps: Vec::new(),
            notified: None,
            resumed: begun.is_some(),
            continues: false,
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
