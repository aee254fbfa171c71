//! How a look can end, and what is told of it.

use std::{collections::BTreeMap, time::Duration};

use super::{Known, Look, cross::is_unhealthy, know::held_by};
use crate::{
    answer::{TargetAnswer, sides},
    cloud::CloudError,
    crossover::{Crossover, Outcome},
    decision::{Decision, Direction, Held, Hold},
    health::{Health, State},
    journal::{Automatic, TargetRecord},
    kind::Kind,
    notice::{About, Notice},
    step::{FOUND, StepCard, StepReport, StepResult, Way},
    topology::{Failback, Spec},
    trigger::Command,
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
        if let Some(hold) = self.home_is_sick(known, decision) {
            return self.held(known, &hold, Vec::new());
        }
        if self.is_dry_run() {
            return Ending::dry_run(format!("settled: {reason}"), Vec::new());
        }
        let moved = differences(&known.memory.away, decision);
        known.memory.away.clone_from(&decision.away);
        if let Some(mut open) = known.memory.open.take() {
            open.end(self.now());
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
        let ready = self.newly_ready(known, decision);
        let notice = (!ready.is_empty()).then(|| self.about(known).ready(&ready.join(", ")));
        Ending { notice, ..Ending::new(Outcome::Settled, reason) }
    }

    /// A person wants work to go home, and a home is not well enough to take it.
    fn home_is_sick(&self, known: &Known, decision: &Decision<K::Step>) -> Option<Hold> {
        let Some(Command::Failback { side: only, .. }) = &self.wake.command else { return None };
        let asked = |side: &&String| only.as_ref().is_none_or(|only| only == *side);
        let sick: Vec<String> = known
            .health
            .iter()
            .filter(|(side, health)| asked(side) && health.state != State::Healthy)
            .map(|(side, health)| format!("{side} is {} ({})", health.state, health.evidence))
            .collect();
        (!decision.away.is_empty() && !sick.is_empty())
            .then(|| Hold { why: Held::HomeIsSick, text: format!("nothing can go home: {}", sick.join(", ")) })
    }

    /// Sides that wait for a person to bring their work home, and of which that was not told lately.
    fn newly_ready(&self, known: &mut Known, decision: &Decision<K::Step>) -> Vec<String> {
        let now = self.now();
        let told = &mut known.memory.ready;
        told.retain(|side, at| decision.ready.contains(side) || now < *at + TELL_AGAIN);
        if self.target.policy.failback != Failback::Manual {
            return Vec::new();
        }
        let new: Vec<String> = decision.ready.iter().filter(|side| !told.contains_key(*side)).cloned().collect();
        told.extend(new.iter().map(|side| (side.clone(), now)));
        new
    }

    /// Work is elsewhere than recorded: an invocation of ours moved it and could not write it down,
    /// or somebody else did. Either way it is recorded and told.
    fn found(&mut self, known: &mut Known, moved: Vec<StepReport>) -> Ending {
        let homeward = moved.iter().all(|step| step.card.way == Way::Home);
        let gone = moved.iter().filter(|step| step.card.way == Way::Homeless).count();
        let what = match (homeward, gone) {
            (true, _) => "found home again".to_owned(),
            (false, 0) => "found away from home".to_owned(),
            (false, gone) => format!("found elsewhere than recorded, {gone} of them where none of its sides serves them"),
        };
        let count = if moved.len() == 1 { "1 resource was".to_owned() } else { format!("{} resources were", moved.len()) };
        let lease = known.interrupted.clone();
        let by = match &lease {
            Some(lease) => format!("moved by {}, which did not give its lease back", lease.holder),
            None => "moved by an invocation that could not write it down, or by somebody else".to_owned(),
        };
        let asks_for_it = |command: &Command| matches!(command, Command::Failback { .. }) == homeward;
        let command = lease.as_ref().and_then(|lease| lease.command.clone()).filter(asks_for_it);
        let direction = if homeward { Direction::Failback } else { Direction::Failover };
        let reason = format!("{count} {what}, {by}");
        let mut crossover = self.new_crossover(lease.as_ref(), direction, command, reason);
        if lease.is_some() && crossover.command.is_none() && !homeward {
            let left = known.health.keys().filter(|side| is_unhealthy(known, side)).cloned().collect();
            known.memory.last_automatic = Some(Automatic { crossover_id: crossover.id.clone(), at: self.now(), left });
        }
        crossover.steps = moved;
        crossover.outcome = Outcome::Completed;
        crossover.ended = Some(self.now());
        self.tell_crossover(known, crossover)
    }

    /// Tells an outcome once, and again every hour while it stands; and files the crossover with what
    /// ended or with what is open.
    pub(super) fn tell_crossover(&mut self, known: &mut Known, mut crossover: Crossover) -> Ending {
        let now = self.now();
        if crossover.resumed {
            self.remark("an invocation did not finish it; this one saw to what was left".to_owned());
        }
        let told = crossover.told.is_some_and(|(outcome, at)| outcome == crossover.outcome && now < at + TELL_AGAIN);
        let notice = (!told).then(|| self.about(known).crossover(&crossover));
        if notice.is_some() {
            crossover.told = Some((crossover.outcome, now));
        }
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
    pub(super) fn held(&mut self, known: &mut Known, hold: &Hold, steps: Vec<StepReport>) -> Ending {
        if self.is_dry_run() {
            return Ending::dry_run(format!("would be held: {}", hold.text), steps);
        }
        // What was begun before is told even though nothing goes on.
        if let Some(mut open) = known.memory.open.take_if(|open| open.told.is_none()) {
            open.outcome = open.outcome_of_steps();
            let ending = self.tell_crossover(known, open);
            known.memory.unsent.extend(ending.notice);
        }
        // What could not be done now must not happen by itself hours later.
        known.memory.intent.clone_from(&known.written.intent);
        let notice = self.tell_hourly(known, hold.why).then(|| self.about(known).held(hold, &steps));
        Ending { steps, notice, ..Ending::new(Outcome::Held, hold.text.clone()) }
    }

    /// Whether this reason is to be told: a person is always answered, and everybody once an hour.
    fn tell_hourly(&self, known: &mut Known, why: Held) -> bool {
        let now = self.now();
        let told = &mut known.memory.held;
        told.retain(|_, at| now < *at + TELL_AGAIN);
        if told.contains_key(&why) && self.wake.command.is_none() {
            return false;
        }
        told.insert(why, now);
        true
    }

    /// Another invocation is at work on the target, and will tell what it does.
    pub(super) fn held_by_another(self, record: &TargetRecord) -> TargetAnswer {
        let reason = record.lease.as_ref().map_or_else(|| "another invocation holds the lease".to_owned(), held_by);
        let ending = Ending::new(Outcome::Held, reason);
        self.answer(&Health::new(), ending, None, 0)
    }

    /// The resources could not be read: nothing can be decided.
    pub(super) fn unobserved(&self, known: &mut Known, error: &CloudError) -> Ending {
        let reason = format!("the target could not be read, so nothing was decided: {error}");
        known.memory.intent.clone_from(&known.written.intent);
        let tell = !self.is_dry_run() && self.tell_hourly(known, Held::Unreadable);
        let notice = tell.then(|| self.about(known).failed(&reason));
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
            wanted_away: known.memory.intent.is_some(),
            still_away: known.memory.away.len(),
            now: self.now(),
        }
    }
}

/// What is observed elsewhere than recorded, as steps that need no making.
pub(super) fn differences<S>(recorded: &BTreeMap<String, String>, decision: &Decision<S>) -> Vec<StepReport> {
    let step = |resource: &String, from: &str, to: &str, way| {
        let (from, to) = (from.to_owned(), to.to_owned());
        let card = StepCard { step: FOUND.to_owned(), resource: resource.clone(), from, to, way };
        StepReport::untried(card, StepResult::Already)
    };
    let away = decision
        .away
        .iter()
        .filter(|(resource, at)| recorded.get(*resource) != Some(at))
        .map(|(resource, at)| step(resource, recorded.get(resource).map_or("home", String::as_str), at, Way::Away));
    let back = recorded.iter().filter(|(resource, _)| !decision.away.contains_key(*resource)).map(|(resource, at)| {
        let home = decision.home.contains(resource);
        let (to, way) = if home { ("home", Way::Home) } else { ("elsewhere", Way::Homeless) };
        step(resource, at, to, way)
    });
    away.chain(back).collect()
}
