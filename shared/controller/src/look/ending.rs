//! How a look can end, and what is told of it.

use std::{collections::BTreeMap, time::Duration};

use super::{Known, Look, know::held_by};
use crate::{
    answer::{TargetAnswer, sides},
    cloud::CloudError,
    crossover::{Crossover, Outcome},
    decision::{Decision, Direction, Hold},
    health::Health,
    journal::{HeldTold, TargetRecord},
    kind::Kind,
    notice::{About, Notice},
    step::{StepCard, StepReport, StepResult},
    topology::Spec,
};

/// The same reason to hold back is told again after this.
const TELL_AGAIN: Duration = Duration::from_hours(1);

/// How a look ends.
pub(super) struct Ending {
    pub(super) outcome: Outcome,
    pub(super) reason: String,
    pub(super) crossover_id: Option<String>,
    pub(super) steps: Vec<StepReport>,
    pub(super) notice: Option<Notice>,
    pub(super) retry_can_help: bool,
}

impl Ending {
    fn new(outcome: Outcome, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { outcome, reason, crossover_id: None, steps: Vec::new(), notice: None, retry_can_help: false }
    }

    pub(super) fn dry_run(reason: String, steps: Vec<StepReport>) -> Self {
        Self { steps, ..Self::new(Outcome::DryRun, reason) }
    }
}

impl<K: Kind> Look<'_, K> {
    /// Nothing is left to do: closes what is open, and tells what was found or waits for a person.
    pub(super) fn settled(&mut self, known: &mut Known, decision: &Decision<K::Step>, reason: &str) -> Ending {
        if self.is_dry_run() {
            return Ending::dry_run(format!("settled: {reason}"), Vec::new());
        }
        let moved = differences(&known.memory.away, &decision.away);
        let newly_ready = !decision.ready.is_subset(&known.memory.ready);
        known.memory.held = None;
        known.memory.away.clone_from(&decision.away);
        known.memory.ready.clone_from(&decision.ready);

        if let Some(mut open) = known.memory.open.take() {
            for step in open.steps.iter_mut().filter(|step| step.result == StepResult::Pending) {
                step.result = StepResult::Planned;
                step.detail = Some("no longer wanted".to_owned());
            }
            open.outcome = open.outcome_of_steps();
            open.ended = Some(self.now());
            open.resumed |= known.interrupted.is_some();
            return self.tell_crossover(known, open);
        }
        // Without the memory nothing can be said to have changed.
        if known.epoch.is_none() {
            return Ending::new(Outcome::Settled, reason);
        }
        if !moved.is_empty() {
            return self.found(known, moved);
        }
        let notice = newly_ready.then(|| {
            let sides: Vec<&str> = decision.ready.iter().map(String::as_str).collect();
            self.about(known).ready(&sides.join(", "))
        });
        Ending { notice, ..Ending::new(Outcome::Settled, reason) }
    }

    /// Work is elsewhere than recorded: an invocation of ours moved it and could not write it down,
    /// or somebody else did. Either way it is recorded and told.
    fn found(&mut self, known: &mut Known, moved: Vec<StepReport>) -> Ending {
        let homeward = moved.iter().all(|step| step.card.homeward);
        let what = if homeward { "home again" } else { "away from home" };
        let count = if moved.len() == 1 { "1 resource was".to_owned() } else { format!("{} resources were", moved.len()) };
        let by = match &known.interrupted {
            Some(lease) => format!("moved by {}, which died", lease.holder),
            None => "moved by an invocation that could not write it down, or by somebody else".to_owned(),
        };
        let lease = known.interrupted.as_ref();
        let crossover = Crossover {
            id: self.crossover_id(known),
            target: self.target.policy.name.clone(),
            kind: <K::Spec as Spec>::KIND.to_owned(),
            direction: if homeward { Direction::Failback } else { Direction::Failover },
            trigger: lease.map_or(&self.trigger, |lease| &lease.trigger).clone(),
            command: lease.and_then(|lease| lease.command.clone()),
            reason: format!("{count} found {what}, {by}"),
            started: lease.map_or(self.began, |lease| lease.taken),
            ended: Some(self.now()),
            outcome: Outcome::Completed,
            steps: moved,
            told: None,
            resumed: lease.is_some(),
        };
        self.tell_crossover(known, crossover)
    }

    /// Tells an outcome once, and files the crossover with what ended or with what is open.
    pub(super) fn tell_crossover(&mut self, known: &mut Known, mut crossover: Crossover) -> Ending {
        if crossover.resumed {
            self.remark("an invocation died over it; this one saw to what was left".to_owned());
        }
        let notice = (crossover.told != Some(crossover.outcome)).then(|| self.about(known).crossover(&crossover));
        crossover.told = Some(crossover.outcome);
        let ending = Ending {
            crossover_id: Some(crossover.id.clone()),
            steps: crossover.steps.clone(),
            notice,
            retry_can_help: crossover.steps.iter().any(|step| step.result == StepResult::Failed),
            ..Ending::new(crossover.outcome, crossover.reason.clone())
        };
        if crossover.ended.is_some() {
            known.memory.open = None;
            known.ended.push(crossover);
        } else {
            known.memory.open = Some(crossover);
        }
        ending
    }

    /// Holds back, and tells it unless the same was told within the hour.
    pub(super) fn held(&self, known: &mut Known, hold: &Hold, steps: Vec<StepReport>) -> Ending {
        if self.is_dry_run() {
            return Ending::dry_run(format!("would be held: {}", hold.text), steps);
        }
        let now = self.now();
        // What could not be done now must not happen by itself hours later.
        known.memory.intent.clone_from(&known.written.intent);
        let told = known.written.held.as_ref().is_some_and(|told| told.why == hold.why && now < told.at + TELL_AGAIN);
        let notice = (!told || self.wake.command.is_some()).then(|| {
            known.memory.held = Some(HeldTold { why: hold.why, at: now });
            self.about(known).held(hold, &steps)
        });
        Ending { steps, notice, ..Ending::new(Outcome::Held, hold.text.clone()) }
    }

    /// Another invocation is at work on the target, and will tell what it does.
    pub(super) fn held_by_another(self, record: &TargetRecord) -> TargetAnswer {
        let reason = record.lease.as_ref().map_or_else(|| "another invocation holds the lease".to_owned(), held_by);
        let ending = Ending::new(Outcome::Held, reason);
        self.answer(&Health::new(), ending, None, 0)
    }

    /// The resources could not be read: nothing can be decided.
    pub(super) fn unobserved(&self, known: &Known, error: &CloudError) -> Ending {
        let reason = format!("the target could not be read, so nothing was decided: {error}");
        let notice = (!self.is_dry_run()).then(|| self.about(known).failed(&reason));
        Ending { notice, retry_can_help: error.retry_can_help(), ..Ending::new(Outcome::Failed, reason) }
    }

    fn about<'b>(&'b self, known: &Known) -> About<'b> {
        About {
            policy: &self.target.policy,
            kind: <K::Spec as Spec>::KIND,
            mode: self.mode(),
            function: &self.controller.function,
            trigger: &self.trigger,
            sides: sides(&known.health),
            remarks: &self.remarks,
            now: self.now(),
        }
    }
}

/// What moved between two states of a memory, as steps that need no making.
fn differences(recorded: &BTreeMap<String, String>, observed: &BTreeMap<String, String>) -> Vec<StepReport> {
    let step = |resource: &String, from: &str, to: &str, homeward| {
        let (from, to) = (from.to_owned(), to.to_owned());
        let card = StepCard { step: "found".to_owned(), resource: resource.clone(), from, to, homeward };
        StepReport::untried(card, StepResult::Already)
    };
    let away = observed
        .iter()
        .filter(|(resource, at)| recorded.get(*resource) != Some(at))
        .map(|(resource, at)| step(resource, recorded.get(resource).map_or("home", String::as_str), at, false));
    let home = recorded
        .iter()
        .filter(|(resource, _)| !observed.contains_key(*resource))
        .map(|(resource, at)| step(resource, at, "home", true));
    away.chain(home).collect()
}
