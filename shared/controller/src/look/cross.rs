//! Carries a plan out.

use futures::join;

use super::{Ending, Known, Look, ending::differences};
use crate::{
    act,
    cloud::Change,
    crossover::{Crossover, Outcome, id},
    decision::{Decision, Direction, Plan},
    health::State,
    journal::{Automatic, Lease},
    kind::Kind,
    step::{Step, StepReport, StepResult, Way},
    topology::Spec,
    trigger::Command,
};

impl<K: Kind> Look<'_, K> {
    pub(super) async fn cross_over(&mut self, known: &mut Known, decision: &Decision<K::Step>, plan: &Plan<K::Step>) -> Ending {
        let moved = differences(&known.memory.away, decision);
        let mut crossover = self.open(known, plan, !moved.is_empty());
        crossover.report(moved);
        crossover.report(plan.steps().map(|step| StepReport::untried(step.card(), StepResult::Pending)).collect());
        tracing::info!(
            target = self.target.policy.name,
            crossover = crossover.id,
            trigger = self.trigger,
            reason = plan.reason,
            "crossing over"
        );
        known.memory.open = Some(crossover.clone());

        let until = self.act_until();
        let clock = self.controller.ports.clock.as_ref();
        let acting = act::run(&self.controller.kind, plan, clock, self.bucket, until);
        // The lease is the intent already, so the plan is written while the first steps are on their
        // way; but first where nothing else could tell of them: steps of no known home, and a command
        // that the lease does not carry.
        let alone = plan.steps().any(|step| step.card().way == Way::Homeless) || self.wake.command != known.command;
        let reports = if alone {
            self.record(known, false).await;
            acting.await
        } else {
            let change = Change { memory: Some(&known.memory), ended: &known.ended, release: None };
            let (opened, reports) = join!(self.write(known.epoch, change), acting);
            self.recorded(known, opened.map_err(|error| error.to_string()));
            reports
        };
        self.log_steps(&crossover.id, &reports);

        crossover.report(reports);
        known.memory.away = crossover.applied_to(decision.away.clone());
        crossover.outcome = crossover.outcome_of_steps();
        crossover.ended = (crossover.outcome == Outcome::Completed).then(|| self.now());
        self.tell_crossover(known, crossover)
    }

    /// The open crossover when this plan goes on with it, or else a new one. `moved` when an
    /// invocation that died has moved something already.
    fn open(&mut self, known: &mut Known, plan: &Plan<K::Step>, moved: bool) -> Crossover {
        let now = self.now();
        let command = plan.asked_by(known.command.as_ref()).cloned();
        if let Some(mut open) = known.memory.open.take() {
            if open.direction == plan.direction() && open.command == command {
                open.resumed |= known.interrupted.is_some();
                return open;
            }
            open.end(now);
            self.close(known, open);
            // What that invocation had announced was this one.
            known.interrupted = None;
        }
        let ours = |lease: &Lease| moved || (command.is_some() && lease.command == command);
        let begun = known.interrupted.clone().filter(ours);
        let crossover = self.new_crossover(begun.as_ref(), plan.direction(), command, plan.reason.clone());
        if crossover.command.is_none() && plan.left.iter().any(|side| is_unhealthy(known, side)) {
            let (crossover_id, left) = (crossover.id.clone(), plan.left.clone());
            known.memory.last_automatic = Some(Automatic { crossover_id, at: now, left });
        }
        crossover
    }

    /// A crossover that begins now, or that the holder of a lease had begun before it died.
    pub(super) fn new_crossover(
        &self,
        begun: Option<&Lease>,
        direction: Direction,
        command: Option<Command>,
        reason: String,
    ) -> Crossover {
        Crossover {
            id: begun.map_or_else(|| id(&self.target.policy.name, self.began), |lease| lease.crossover_id.clone()),
            target: self.target.policy.name.clone(),
            kind: <K::Spec as Spec>::KIND.to_owned(),
            direction,
            trigger: begun.map_or(&self.trigger, |lease| &lease.trigger).clone(),
            command,
            reason,
            started: begun.map_or(self.began, |lease| lease.taken),
            ended: None,
            outcome: Outcome::Pending,
            steps: Vec::new(),
            told: None,
            resumed: begun.is_some(),
        }
    }

    /// Closes a crossover that another one takes the place of, and tells how it ended.
    fn close(&mut self, known: &mut Known, open: Crossover) {
        let ending = self.tell_crossover(known, open);
        known.memory.unsent.extend(ending.notice);
    }

    fn log_steps(&self, crossover: &str, reports: &[StepReport]) {
        for report in reports {
            tracing::info!(
                target = self.target.policy.name,
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

/// Whether a side is known to have failed.
pub(super) fn is_unhealthy(known: &Known, side: &str) -> bool {
    known.health.get(side).is_some_and(|health| health.state == State::Unhealthy)
}
