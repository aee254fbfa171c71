//! Carries a plan out.

use futures::join;

use super::{Ending, Known, Look};
use crate::{
    act,
    cloud::Change,
    crossover::{Crossover, Outcome},
    decision::{Decision, Direction, Hold, Plan},
    guard::{self, Wanted},
    journal::Automatic,
    kind::Kind,
    step::{Step, StepReport, StepResult},
    topology::Spec,
};

impl<K: Kind> Look<'_, K> {
    pub(super) fn guarded(&self, known: &Known, plan: &Plan<K::Step>) -> Option<Hold> {
        guard::hold(&Wanted {
            mode: self.mode(),
            policy: &self.target.policy,
            memory: &known.memory,
            left: &plan.left,
            automatic: known.command.is_none(),
            reason: &plan.reason,
            now: self.now(),
        })
    }

    pub(super) async fn cross_over(&mut self, known: &mut Known, decision: &Decision<K::Step>, plan: &Plan<K::Step>) -> Ending {
        let mut crossover = self.open(known, plan);
        crossover.report(plan.steps().map(|step| StepReport::untried(step.card(), StepResult::Pending)).collect());
        tracing::info!(
            target = self.target.policy.name,
            crossover = crossover.id,
            trigger = self.trigger,
            reason = plan.reason,
            "crossing over"
        );
        known.memory.open = Some(crossover.clone());

        // The lease is the intent already; the plan is written while the first steps are on their way.
        let opening = self.write(known.epoch, Change { memory: Some(&known.memory), ended: &known.ended, release: None });
        let until = self.act_until();
        let acting = act::run(&self.controller.kind, plan, self.controller.ports.clock.as_ref(), until);
        let (opened, reports) = join!(opening, acting);
        match opened {
            Ok(()) => {
                known.written = known.memory.clone();
                known.ended.clear();
            }
            Err(why) => self.remark(why),
        }
        self.log_steps(&crossover.id, &reports);

        known.memory.away.clone_from(&decision.away);
        for StepReport { card, .. } in reports.iter().filter(|report| report.result.is_good()) {
            if card.homeward {
                known.memory.away.remove(&card.resource);
            } else {
                known.memory.away.insert(card.resource.clone(), card.to.clone());
            }
        }
        known.memory.held = None;
        known.memory.ready.retain(|side| decision.ready.contains(side));
        crossover.report(reports);
        crossover.outcome = crossover.outcome_of_steps();
        crossover.ended = (crossover.outcome == Outcome::Completed).then(|| self.now());
        self.tell_crossover(known, crossover)
    }

    /// The open crossover when this plan goes on with it, or else a new one.
    fn open(&self, known: &mut Known, plan: &Plan<K::Step>) -> Crossover {
        let now = self.now();
        if let Some(mut open) = known.memory.open.take() {
            let same = self.wake.command.is_none() || self.wake.command == open.command;
            if same && open.direction == plan.direction() {
                open.resumed |= known.interrupted.is_some();
                return open;
            }
            open.ended = Some(now);
            open.outcome = open.outcome_of_steps();
            known.ended.push(open);
        }
        let id = self.crossover_id(known);
        if known.command.is_none() && plan.direction() == Direction::Failover {
            known.memory.last_automatic = Some(Automatic { crossover_id: id.clone(), at: now, left: plan.left.clone() });
        }
        Crossover {
            id,
            target: self.target.policy.name.clone(),
            kind: <K::Spec as Spec>::KIND.to_owned(),
            direction: plan.direction(),
            trigger: self.trigger.clone(),
            command: known.command.clone(),
            reason: plan.reason.clone(),
            started: known.interrupted.as_ref().map_or(self.began, |lease| lease.taken),
            ended: None,
            outcome: Outcome::Pending,
            steps: Vec::new(),
            told: None,
            resumed: known.interrupted.is_some(),
        }
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
