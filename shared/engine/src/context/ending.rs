//! The endings of a reconcile, and their notices.

use std::{collections::BTreeMap, time::Duration};

use crossover_model::{
    answer::TargetAnswer,
    crossover::Crossover,
    decision::Decision,
    direction::Direction,
    episode::{self, Concerned, NOTIFY_AGAIN},
    error::CloudError,
    forecast::Forecast,
    guard, half_done,
    health::{Health, State, sides, unhealthy},
    hold::{Held, Hold},
    journal::{Automatic, TargetRecord},
    later::Rest,
    loss::Loss,
    notice::{About, Notice},
    outcome::Outcome,
    serving::{Serving, is_in_need},
    step::{FOUND, StepCard, StepReport, StepResult, Way},
    time::within,
    topology::Failback,
    trigger::Order,
};

use crate::context::{Remark, TargetContext, TargetState, state::held_by};

/// How long a home must have been healthy to be reported as ready. A shorter recovery does not count.
const READY_AFTER: Duration = Duration::from_mins(5);
/// The most reviews that are kept.
const REVIEWS_KEPT: usize = 20;

/// The ending of a reconcile.
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

    /// The forecast for the target.
    pub(crate) fn forecast(forecast: &Forecast, steps: Vec<StepReport>) -> Self {
        let held = if let Forecast::Hold { held, .. } = forecast { Some(*held) } else { None };
        Self { held, forecast: Some(forecast.clone()), ..Self::dry_run(forecast.to_string(), steps) }
    }
}

impl TargetContext<'_> {
    /// Closes the open crossover when nothing remains to be done, and reports differences and sides that need an operator.
    /// A side is in doubt where an open failover leaves it and would go on if it were unhealthy, which is not known.
    pub(crate) fn settled<S>(
        &mut self,
        state: &mut TargetState,
        decision: &Decision<S>,
        reason: &str,
        doubt: Option<String>,
    ) -> Ending {
        if let Some(hold) = self.home_unhealthy(state, decision) {
            return self.held(state, &hold, Vec::new());
        }
        if let Some(side) = doubt {
            let hold = in_doubt(state, &side);
            state.leaving = Some(side);
            return self.held(state, &hold, Vec::new());
        }
        if self.is_dry_run() {
            return Ending::forecast(&Forecast::Stay { what: reason.to_owned() }, Vec::new());
        }
        let is_left = |side: &String| state.order.as_ref().is_some_and(|order| order.aim.leaves(side));
        if decision.serving.iter().any(|(side, count)| *count > 0 && is_left(side)) {
            self.not_carried_out(state, reason);
        }
        let moved = differences(&state.memory.away, decision);
        state.memory.away.clone_from(&decision.away);
        state.memory.unhealthy = unhealthy(&state.health);
        episode::settle_episodes(&mut state.memory.episodes);
        self.environment.told.settle(&self.policy.name);
        if let Some(mut open) = state.memory.open.take() {
            // The crossover had ended, which could not be recorded.
            open.continues &= open.steps.iter().any(|step| decision.away.get(&step.card.resource) == Some(&step.card.to));
            open.end(self.now());
            open.resumed |= state.interrupted.is_some();
            return self.notify_crossover(state, open);
        }
        // Without the memory, changes cannot be detected.
        if state.epoch.is_none() {
            return Ending::new(Outcome::Settled, reason);
        }
        if !moved.is_empty() {
            return self.found(state, moved);
        }
        if state.memory.intent != state.written.intent
            && let Some(order) = &state.order
        {
            let notice = self.about(state).noted(&format!("{order}: {}; nothing had to be moved", order.reason));
            state.memory.replaced_intent_notified();
            return Ending { notice: Some(notice), ..Ending::new(Outcome::Settled, reason) };
        }
        let ready = self.newly_ready(state, decision);
        let notice = (!ready.is_empty()).then(|| self.about(state).ready(&ready.join(", ")));
        Ending { notice, ..Ending::new(Outcome::Settled, reason) }
    }

    /// An operator ordered a failback, and a home is not healthy.
    fn home_unhealthy<S>(&self, state: &TargetState, decision: &Decision<S>) -> Option<Hold> {
        let order = self.triggers.order.as_ref()?;
        let is_failback = order.direction == Direction::Failback;
        let unhealthy: Vec<String> = state
            .health
            .iter()
            .filter(|(side, health)| is_failback && order.aim.calls_home(side) && health.state != State::Healthy)
            .map(|(side, health)| format!("{side} is {} ({})", health.state, health.evidence))
            .collect();
        (!decision.away.is_empty() && !unhealthy.is_empty())
            .then(|| Hold { why: Held::HomeUnhealthy, text: format!("nothing can be failed back: {}", unhealthy.join(", ")) })
    }

    /// Sides that are ready for a failback by an operator and were not reported recently.
    fn newly_ready<S>(&self, state: &mut TargetState, decision: &Decision<S>) -> Vec<String> {
        let now = self.now();
        state.memory.ready.retain(|side, at| decision.ready.contains(side) || within(*at, NOTIFY_AGAIN, now));
        if self.policy.failback != Failback::Manual {
            return Vec::new();
        }
        let stable = |side: &&String| state.health.get(*side).is_some_and(|health| health.stable >= READY_AFTER);
        let new = decision.ready.iter().filter(stable).filter(|side| !state.memory.ready.contains_key(*side));
        let new: Vec<String> = new.filter(|side| !guard::flaps(&state.memory, side, now)).cloned().collect();
        state.memory.ready.extend(new.iter().map(|side| (side.clone(), now)));
        new
    }

    /// Work is elsewhere than recorded: an invocation moved it and could not record it, or another party moved it. In
    /// both cases it is recorded and reported.
    fn found(&mut self, state: &mut TargetState, moved: Vec<StepReport>) -> Ending {
        let homeward = moved.iter().all(|step| step.card.way == Way::Home);
        let gone = moved.iter().filter(|step| step.card.way.is_homeless()).count();
        let what = match (homeward, gone) {
            (true, _) => "found home again".to_owned(),
            (false, 0) => "found away from home".to_owned(),
            (false, gone) => format!("found elsewhere than recorded, {gone} of them not served by any side"),
        };
        let count = if moved.len() == 1 { "1 resource was".to_owned() } else { format!("{} resources were", moved.len()) };
        let lease = state.interrupted.clone();
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
            let left = unhealthy(&state.health);
            state.memory.last_automatic = Some(Automatic {
                crossover_id: crossover.id.clone(),
                at: self.now(),
                left,
                acknowledged: None,
                earlier: guard::blocked_sides(self.policy, &state.memory, self.now()),
                rest: Rest::new(),
            });
        }
        crossover.steps = moved;
        crossover.timeline.sides.clone_from(&state.found);
        crossover.outcome = Outcome::Completed;
        crossover.ended = Some(self.now());
        self.notify_crossover(state, crossover)
    }

    /// Reports a new outcome, repeats it every hour, and reports the end. Stores the crossover as ended or as open.
    pub(crate) fn notify_crossover(&mut self, state: &mut TargetState, mut crossover: Crossover) -> Ending {
        let now = self.now();
        if crossover.resumed {
            self.remark("an invocation did not finish it; this one continued it".to_owned());
        }
        let same = |(outcome, at)| {
            let fails_anew = episode::has_turned_since(&crossover.left, &state.health, at);
            outcome == crossover.outcome && within(at, NOTIFY_AGAIN, now) && !fails_anew
        };
        let already = crossover.ended.is_none() && crossover.notified.is_some_and(same);
        let notice = (!already).then(|| self.about(state).crossover(&crossover));
        if let Some(notice) = &notice {
            crossover.notified = Some((crossover.outcome, now));
            notice.add_to(&mut crossover.timeline);
            state.memory.replaced_intent_notified();
        }
        let ending = Ending {
            crossover_id: Some(crossover.id.clone()),
            steps: crossover.steps.clone(),
            notice,
            retry_can_help: crossover.steps.iter().any(|step| step.result == StepResult::Failed),
            ..Ending::new(crossover.outcome, crossover.reason.clone())
        };
        if crossover.ended.is_some() {
            half_done::remember(&mut state.memory.half_done, &crossover);
            state.memory.open = None;
            state.memory.changed = Some(now);
            if crossover.order.is_none() {
                self.ask_for_a_review(state, &crossover.id);
            }
            state.ended.push(crossover);
        } else {
            state.memory.open = Some(crossover);
        }
        ending
    }

    /// An automatic crossover needs a review.
    fn ask_for_a_review(&self, state: &mut TargetState, crossover_id: &str) {
        let reviews = &mut state.memory.reviews;
        reviews.insert(crossover_id.to_owned(), self.now() + self.policy.review);
        while reviews.len() > REVIEWS_KEPT {
            reviews.pop_first();
        }
    }

    /// Another invocation acquired the lease while this one was slow. That one continues and this one stops. Both report
    /// what this one has moved.
    pub(crate) fn overtaken(&mut self, state: &mut TargetState, mut crossover: Crossover) -> Ending {
        let reason = "another invocation took the lease and continues";
        state.epoch = None;
        crossover.outcome = crossover.outcome_of_steps();
        let acted = crossover.steps.iter().any(|step| step.took_ms > 0 && step.result != StepResult::Pending);
        let notice = acted.then(|| self.about(state).crossover(&crossover));
        Ending { crossover_id: Some(crossover.id), steps: crossover.steps, notice, ..Ending::new(Outcome::Held, reason) }
    }

    /// Holds, and reports it unless the same episode was reported within the hour.
    pub(crate) fn held(&mut self, state: &mut TargetState, hold: &Hold, steps: Vec<StepReport>) -> Ending {
        self.forget_intent(state);
        if self.is_dry_run() {
            return Ending::forecast(&Forecast::Hold { held: hold.why, what: hold.text.clone() }, steps);
        }
        // A crossover that has begun is reported even when it is held.
        if let Some(mut open) = state.memory.open.take_if(|open| open.notified.is_none()) {
            open.outcome = open.outcome_of_steps();
            let ending = self.notify_crossover(state, open);
            state.memory.unsent.extend(ending.notice);
        }
        let notice = self.notify_hourly(state, hold.why).then(|| self.about(state).held(hold, &steps));
        Ending { steps, notice, held: Some(hold.why), ..Ending::new(Outcome::Held, hold.text.clone()) }
    }

    /// Something else happens first, so the order leaves no intent, and the operator is told.
    pub(crate) fn not_carried_out(&mut self, state: &mut TargetState, instead: &str) {
        self.forget_intent(state);
        if let Some(order) = self.triggers.order.as_ref().filter(|_| !self.is_dry_run()) {
            let (direction, aim) = (order.direction.as_str(), &order.aim);
            self.remark(format!("the {direction} {aim} was not carried out and is not kept; this comes first: {instead}"));
        }
    }

    /// Reports why a desired crossover is held while what remains of an earlier one is done. To an order, that is the answer.
    pub(crate) fn held_beside(&mut self, state: &mut TargetState, hold: &Hold, ending: Ending) -> Ending {
        let notice = self.notify_hourly(state, hold.why).then(|| self.about(state).held(hold, &[]));
        state.memory.unsent.extend(notice);
        match self.triggers.order {
            Some(_) => Ending { outcome: Outcome::Held, reason: hold.text.clone(), held: Some(hold.why), ..ending },
            None => ending,
        }
    }

    /// An order that could not be executed now must not be executed automatically hours later.
    pub(crate) fn forget_intent(&mut self, state: &mut TargetState) {
        if state.memory.intent == state.written.intent {
            return;
        }
        state.memory.intent.clone_from(&state.written.intent);
        // The intent that the order would have ended remains.
        let stands = state.written.intent.clone().map(Remark::Kept);
        self.remarks.retain(|remark| match remark {
            Remark::Kept(_) => Some(remark) == stands.as_ref(),
            Remark::Ended(_) => false,
            Remark::Text(_) => true,
        });
        let stands = stands.filter(|stands| !self.remarks.contains(stands));
        self.remarks.extend(stands);
    }

    /// Whether to report this reason: always to an operator's order, otherwise once an hour for each episode.
    fn notify_hourly(&self, state: &mut TargetState, why: Held) -> bool {
        // What only answers an order suppresses no later notice of the same hold, which is more urgent.
        if self.is_answer(state) {
            return true;
        }
        let concerned = episode::concerned(&state.health, &state.cannot_serve, state.leaving.as_ref());
        if state.epoch.is_none() && !self.triggers.is_urgent() {
            let due = self.environment.told.is_due(&self.policy.name, why, &concerned, self.now());
            state.telling.extend(due.then_some((why, concerned)));
            return due;
        }
        self.is_due_again(state, why, concerned) || self.triggers.order.is_some()
    }

    /// Whether a notice only answers a person's order, while clients are served.
    fn is_answer(&self, state: &TargetState) -> bool {
        self.triggers.order.is_some() && !is_in_need(state.serving.as_ref(), &state.health)
    }

    /// Whether this was not reported within the hour, or is a new episode; marks it as reported.
    pub(crate) fn is_due_again(&self, state: &mut TargetState, why: Held, concerned: Concerned) -> bool {
        let now = self.now();
        let due = episode::is_due(&mut state.memory.episodes, why, concerned, now);
        let classes = &mut state.memory.held;
        classes.retain(|_, at| within(*at, NOTIFY_AGAIN, now));
        if due {
            classes.insert(why, now);
        }
        due
    }

    /// Forgets the episodes that are over, whatever this reconcile does: what fails again later is another one.
    pub(crate) fn end_episodes(&self, state: &mut TargetState) {
        if self.is_dry_run() {
            return;
        }
        episode::end_episodes(&mut state.memory.episodes, &state.health, &state.cannot_serve, self.now());
        self.environment.told.end(&self.policy.name, &state.health, &state.cannot_serve, self.now());
    }

    /// Another invocation holds the lease and reports what it does.
    pub(crate) fn held_by_another(self, record: &TargetRecord) -> TargetAnswer {
        let reason = record.lease.as_ref().map_or_else(|| "another invocation holds the lease".to_owned(), held_by);
        let ending = Ending::new(Outcome::Held, reason);
        TargetAnswer { busy: true, ..self.answer(&Health::new(), ending, None, 0) }
    }

    /// The resources could not be read: nothing can be decided.
    pub(crate) fn unobserved(&mut self, state: &mut TargetState, error: &CloudError) -> Ending {
        let reason = format!("the target could not be read, so nothing was decided: {error}");
        self.forget_intent(state);
        let due = !self.is_dry_run() && self.notify_hourly(state, Held::Unreadable);
        let notice = due.then(|| self.about(state).failed(&reason));
        Ending { notice, retry_can_help: error.retry_can_help(), ..Ending::new(Outcome::Failed, reason) }
    }

    pub(crate) fn about<'b>(&'b self, state: &'b TargetState) -> About<'b> {
        About {
            name: &self.policy.name,
            owner: &self.policy.owner,
            runbook: self.policy.runbook.as_deref(),
            kind: self.kind,
            mode: self.mode(),
            sender: &self.environment.sender,
            trigger: &self.trigger,
            sides: sides(&state.health, self.sides),
            cannot_serve: &state.cannot_serve,
            serving: state.serving.clone().map(|sides| Serving { duty: self.duty, sides }),
            remarks: self.remarks.iter().map(Remark::to_string).collect(),
            is_answer: self.is_answer(state),
            wanted_away: state.memory.intent.is_some(),
            leaving: state.leaving.as_deref(),
            still_away: state.memory.away.len(),
            open: state.memory.open.as_ref().map(|open| open.id.as_str()),
            now: self.now(),
        }
    }
}

/// The side that an open automatic failover leaves and that is neither known to be still unhealthy nor known to be
/// healthy again.
pub(crate) fn side_in_doubt(state: &TargetState) -> Option<String> {
    let open = state.memory.open.as_ref().filter(|open| open.order.is_none() && open.direction == Direction::Failover)?;
    let last = state.memory.last_automatic.as_ref().filter(|last| last.crossover_id == open.id)?;
    let unknown = |side: &&String| state.health.get(*side).is_some_and(|health| health.state == State::Unknown);
    last.left.iter().find(unknown).cloned()
}

/// It is not known whether what remains of an open failover is needed.
fn in_doubt(state: &TargetState, side: &str) -> Hold {
    let open = state.memory.open.as_ref();
    let id = open.map_or("", |open| &open.id);
    let steps = open.map_or(&[][..], |open| &open.steps);
    let rest = match steps.iter().filter(|step| !step.result.is_good()).count() {
        0 => format!("a part of {id} remains"),
        left => format!("{left} of {} steps of {id} remain", steps.len()),
    };
    let evidence = state.health.get(side).map_or("", |health| &health.evidence);
    let text = format!("{rest}, and it is not known whether {side} is still unhealthy ({evidence})");
    Hold { why: Held::InDoubt, text }
}

/// The differences between the observed and the recorded locations, as steps that are already done.
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
