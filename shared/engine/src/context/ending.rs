//! How a look can end, and what is told of it.

use std::{collections::BTreeMap, time::Duration};

use crossover_model::{
    answer::TargetAnswer,
    crossover::Crossover,
    decision::Decision,
    direction::Direction,
    error::CloudError,
    guard,
    health::{Health, State, sides, unhealthy},
    hold::{Held, Hold},
    journal::{Automatic, TargetRecord},
    loss::Loss,
    notice::{About, Notice},
    outcome::Outcome,
    step::{FOUND, StepCard, StepReport, StepResult, Way},
    time::within,
    topology::Failback,
    triage::is_turn,
    trigger::Order,
};

use crate::context::{Remark, TargetContext, TargetState, know::held_by};
use crossover_model::forecast::Forecast;

/// The same reason to hold back is told again after this.
const TELL_AGAIN: Duration = Duration::from_hours(1);
/// A home that has been healthy for so long is said to be ready: one that only blinks is not.
const READY_AFTER: Duration = Duration::from_mins(5);
/// The reviews that are kept; with more than these open, the oldest are the least of the worries.
const REVIEWS_KEPT: usize = 20;

/// How a look ends.
pub(crate) struct Ending {
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
    pub(crate) crossover_id: Option<String>,
    pub(crate) steps: Vec<StepReport>,
    pub(crate) loss: Option<Loss>,
    pub(crate) forecast: Option<Forecast>,
    pub(crate) held: Option<Held>,
    pub(crate) notice: Option<Notice>,
    pub(crate) retry_can_help: bool,
}

impl Ending {
    pub(crate) fn new(outcome: Outcome, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            outcome,
            reason,
            crossover_id: None,
            steps: Vec::new(),
            loss: None,
            forecast: None,
            held: None,
            notice: None,
            retry_can_help: false,
        }
    }

    pub(crate) fn dry_run(reason: String, steps: Vec<StepReport>) -> Self {
        Self { steps, ..Self::new(Outcome::DryRun, reason) }
    }

    /// What would have become of the target.
    pub(crate) fn forecast(forecast: Forecast, steps: Vec<StepReport>) -> Self {
        let held = if let Forecast::Hold { held, .. } = &forecast { Some(*held) } else { None };
        Self { held, forecast: Some(forecast.clone()), ..Self::dry_run(forecast.to_string(), steps) }
    }
}

impl TargetContext<'_> {
    /// Nothing is left to do: closes what is open, and tells what was found or waits for a person.
    pub(crate) fn settled<S>(&mut self, known: &mut TargetState, decision: &Decision<S>, reason: &str) -> Ending {
        if let Some(hold) = self.home_is_sick(known, decision) {
            return self.held(known, &hold, Vec::new());
        }
        if let Some((side, hold)) = in_doubt(known) {
            known.leaving = Some(side);
            return self.held(known, &hold, Vec::new());
        }
        if self.is_dry_run() {
            return Ending::forecast(Forecast::Stay { what: reason.to_owned() }, Vec::new());
        }
        let moved = differences(&known.memory.away, decision);
        known.memory.away.clone_from(&decision.away);
        known.memory.sick = unhealthy(&known.health);
        if let Some(mut open) = known.memory.open.take() {
            // Further than it says that it was, it was at its end, which could not be written down.
            open.goes_on &= open.steps.iter().any(|step| decision.away.get(&step.card.resource) == Some(&step.card.to));
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
        if known.memory.intent != known.written.intent
            && let Some(order) = &known.order
        {
            let notice = self.about(known).noted(&format!("{order}: {}; nothing had to be moved", order.reason));
            known.memory.told_instead_of();
            return Ending { notice: Some(notice), ..Ending::new(Outcome::Settled, reason) };
        }
        let ready = self.newly_ready(known, decision);
        let notice = (!ready.is_empty()).then(|| self.about(known).ready(&ready.join(", ")));
        Ending { notice, ..Ending::new(Outcome::Settled, reason) }
    }

    /// A person wants work to go home, and a home is not well enough to take it.
    fn home_is_sick<S>(&self, known: &TargetState, decision: &Decision<S>) -> Option<Hold> {
        let order = self.wake.order.as_ref()?;
        let sick: Vec<String> = known
            .health
            .iter()
            .filter(|(side, health)| order.aim.calls_home(side) && health.state != State::Healthy)
            .map(|(side, health)| format!("{side} is {} ({})", health.state, health.evidence))
            .collect();
        (!decision.away.is_empty() && !sick.is_empty())
            .then(|| Hold { why: Held::HomeUnhealthy, text: format!("nothing can be failed back: {}", sick.join(", ")) })
    }

    /// Sides that wait for a person to bring their work home, and of which that was not told lately.
    fn newly_ready<S>(&self, known: &mut TargetState, decision: &Decision<S>) -> Vec<String> {
        let now = self.now();
        known.memory.ready.retain(|side, at| decision.ready.contains(side) || within(*at, TELL_AGAIN, now));
        if self.policy.failback != Failback::Manual {
            return Vec::new();
        }
        let stable = |side: &&String| known.health.get(*side).is_some_and(|health| health.stable >= READY_AFTER);
        let new = decision.ready.iter().filter(stable).filter(|side| !known.memory.ready.contains_key(*side));
        let new: Vec<String> = new.filter(|side| !guard::flaps(&known.memory, side, now)).cloned().collect();
        known.memory.ready.extend(new.iter().map(|side| (side.clone(), now)));
        new
    }

    /// Work is elsewhere than recorded: an invocation of ours moved it and could not write it down,
    /// or somebody else did. Either way it is recorded and told.
    fn found(&mut self, known: &mut TargetState, moved: Vec<StepReport>) -> Ending {
        let homeward = moved.iter().all(|step| step.card.way == Way::Home);
        let gone = moved.iter().filter(|step| step.card.way == Way::Homeless).count();
        let what = match (homeward, gone) {
            (true, _) => "found home again".to_owned(),
            (false, 0) => "found away from home".to_owned(),
            (false, gone) => format!("found elsewhere than recorded, {gone} of them not served by any side"),
        };
        let count = if moved.len() == 1 { "1 resource was".to_owned() } else { format!("{} resources were", moved.len()) };
        let lease = known.interrupted.clone();
        let by = match &lease {
            Some(lease) => format!("moved by {}, which did not release its lease", lease.holder),
            None => "moved by an invocation that could not record it, or by another party".to_owned(),
        };
        let asks_for_it = |order: &Order| (order.direction == Direction::Failback) == homeward;
        let order = lease.as_ref().and_then(|lease| lease.order.clone()).filter(asks_for_it);
        let otherwise = if homeward { Direction::Failback } else { Direction::Failover };
        let direction = order.as_ref().map_or(otherwise, |order| order.direction);
        let reason = format!("{count} {what}, {by}");
        let mut crossover = self.new_crossover(lease.as_ref(), direction, order, reason);
        if lease.is_some() && crossover.order.is_none() && !homeward {
            let left = unhealthy(&known.health);
            known.memory.last_automatic =
                Some(Automatic { crossover_id: crossover.id.clone(), at: self.now(), left, acknowledged: None });
        }
        crossover.steps = moved;
        crossover.story.sides.clone_from(&known.found);
        crossover.outcome = Outcome::Completed;
        crossover.ended = Some(self.now());
        self.tell_crossover(known, crossover)
    }

    /// Tells an outcome once, again every hour while it stands, and its end; and files the crossover with what
    /// ended or with what is open.
    pub(crate) fn tell_crossover(&mut self, known: &mut TargetState, mut crossover: Crossover) -> Ending {
        let now = self.now();
        if crossover.resumed {
            self.remark("an invocation did not finish it; this one continued it".to_owned());
        }
        let same = |(outcome, at)| outcome == crossover.outcome && within(at, TELL_AGAIN, now);
        let told = crossover.ended.is_none() && crossover.told.is_some_and(same);
        let notice = (!told).then(|| self.about(known).crossover(&crossover));
        if let Some(notice) = &notice {
            crossover.told = Some((crossover.outcome, now));
            notice.add_to(&mut crossover.story);
            known.memory.told_instead_of();
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
            known.memory.changed = Some(now);
            if crossover.order.is_none() {
                self.ask_for_a_review(known, &crossover.id);
            }
            known.ended.push(crossover);
        } else {
            known.memory.open = Some(crossover);
        }
        ending
    }

    /// Nobody asked for it, so somebody should look at it.
    fn ask_for_a_review(&self, known: &mut TargetState, crossover_id: &str) {
        let reviews = &mut known.memory.reviews;
        reviews.insert(crossover_id.to_owned(), self.now() + self.policy.review);
        while reviews.len() > REVIEWS_KEPT {
            reviews.pop_first();
        }
    }

    /// Another invocation took the lease while this one was slow: it goes on, and this one stops. What
    /// this one has moved is told by both.
    pub(crate) fn overtaken(&mut self, known: &mut TargetState, mut crossover: Crossover) -> Ending {
        let reason = "another invocation took the lease and continues";
        known.epoch = None;
        crossover.outcome = crossover.outcome_of_steps();
        let acted = crossover.steps.iter().any(|step| step.took_ms > 0 && step.result != StepResult::Pending);
        let notice = acted.then(|| self.about(known).crossover(&crossover));
        Ending { crossover_id: Some(crossover.id), steps: crossover.steps, notice, ..Ending::new(Outcome::Held, reason) }
    }

    /// Holds back, and tells it unless the same was told within the hour.
    pub(crate) fn held(&mut self, known: &mut TargetState, hold: &Hold, steps: Vec<StepReport>) -> Ending {
        self.forget_intent(known);
        if self.is_dry_run() {
            return Ending::forecast(Forecast::Hold { held: hold.why, what: hold.text.clone() }, steps);
        }
        // What was begun before is told even though nothing goes on.
        if let Some(mut open) = known.memory.open.take_if(|open| open.told.is_none()) {
            open.outcome = open.outcome_of_steps();
            let ending = self.tell_crossover(known, open);
            known.memory.unsent.extend(ending.notice);
        }
        let notice = self.tell_hourly(known, hold.why).then(|| self.about(known).held(hold, &steps));
        Ending { steps, notice, held: Some(hold.why), ..Ending::new(Outcome::Held, hold.text.clone()) }
    }

    /// What could not be done now must not happen by itself hours later.
    fn forget_intent(&mut self, known: &mut TargetState) {
        if known.memory.intent == known.written.intent {
            return;
        }
        known.memory.intent.clone_from(&known.written.intent);
        // The wish that would have ended stands.
        let stands = known.written.intent.clone().map(Remark::Kept);
        self.remarks.retain(|remark| match remark {
            Remark::Kept(_) => Some(remark) == stands.as_ref(),
            Remark::Ended(_) => false,
            Remark::Text(_) => true,
        });
        let stands = stands.filter(|stands| !self.remarks.contains(stands));
        self.remarks.extend(stands);
    }

    /// Whether this reason is to be told: a person is always answered, and everybody once an hour.
    fn tell_hourly(&self, known: &mut TargetState, why: Held) -> bool {
        // Without the memory, what no news calls for is told in one minute of the hour.
        if known.epoch.is_none() && !self.wake.is_news() {
            return is_turn(&self.policy.name, TELL_AGAIN, self.now());
        }
        self.is_due_again(known, why) || self.wake.order.is_some()
    }

    /// Whether this was not told within the hour; it is from now on.
    pub(crate) fn is_due_again(&self, known: &mut TargetState, why: Held) -> bool {
        let now = self.now();
        let told = &mut known.memory.held;
        told.retain(|_, at| within(*at, TELL_AGAIN, now));
        let due = !told.contains_key(&why);
        told.entry(why).or_insert(now);
        due
    }

    /// Another invocation is at work on the target, and will tell what it does.
    pub(crate) fn held_by_another(self, record: &TargetRecord) -> TargetAnswer {
        let reason = record.lease.as_ref().map_or_else(|| "another invocation holds the lease".to_owned(), held_by);
        let ending = Ending::new(Outcome::Held, reason);
        TargetAnswer { busy: true, ..self.answer(&Health::new(), ending, None, 0) }
    }

    /// The resources could not be read: nothing can be decided.
    pub(crate) fn unobserved(&mut self, known: &mut TargetState, error: &CloudError) -> Ending {
        let reason = format!("the target could not be read, so nothing was decided: {error}");
        self.forget_intent(known);
        let tell = !self.is_dry_run() && self.tell_hourly(known, Held::Unreadable);
        let notice = tell.then(|| self.about(known).failed(&reason));
        Ending { notice, retry_can_help: error.retry_can_help(), ..Ending::new(Outcome::Failed, reason) }
    }

    pub(crate) fn about<'b>(&'b self, known: &'b TargetState) -> About<'b> {
        About {
            name: &self.policy.name,
            owner: &self.policy.owner,
            runbook: self.policy.runbook.as_deref(),
            kind: self.kind,
            mode: self.mode(),
            function: &self.environment.function,
            trigger: &self.trigger,
            sides: sides(&known.health),
            remarks: self.remarks.iter().map(Remark::to_string).collect(),
            wanted_away: known.memory.intent.is_some(),
            leaving: known.leaving.as_deref(),
            still_away: known.memory.away.len(),
            now: self.now(),
        }
    }
}

/// An automatic failover is not finished, and a side that it leaves is neither known to be unhealthy
/// any more nor to be well again: what is left of it is neither wanted nor unwanted.
fn in_doubt(known: &TargetState) -> Option<(String, Hold)> {
    let open = known.memory.open.as_ref().filter(|open| open.order.is_none() && open.direction == Direction::Failover)?;
    let left = open.steps.iter().filter(|step| !step.result.is_good()).count();
    let last = known.memory.last_automatic.as_ref().filter(|last| left > 0 && last.crossover_id == open.id)?;
    let unknown = |side: &&String| known.health.get(*side).is_some_and(|health| health.state == State::Unknown);
    let side = last.left.iter().find(unknown)?;
    let (count, evidence) = (open.steps.len(), known.health.get(side).map_or("", |health| &health.evidence));
    let text = format!(
        "{left} of {count} steps of {} remain, and it is not known whether {side} is still unhealthy ({evidence})",
        open.id
    );
    Some((side.clone(), Hold { why: Held::InDoubt, text }))
}

/// What is observed elsewhere than recorded, as steps that need no making.
pub(crate) fn differences<S>(recorded: &BTreeMap<String, String>, decision: &Decision<S>) -> Vec<StepReport> {
    let step = |resource: &String, from: &str, to: &str, way| {
        let (from, to) = (from.to_owned(), to.to_owned());
        let card = StepCard { step: FOUND.to_owned(), resource: resource.clone(), from, to, way, undo: None };
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
