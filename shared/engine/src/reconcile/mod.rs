//! The reconcile of one target: lease and reads together, decide, act, record, notify.

mod announce;
mod cross;
mod evidence;
mod halt;
mod rights;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use crossover_model::{
    answer::TargetAnswer,
    correlation::{CorrelatedFailures, TargetRef, UnhealthySides, with_neighbours},
    decision::{Decision, Plan, Requirements, Situation, Verdict},
    direction::Direction,
    error::CloudError,
    forecast::Forecast,
    guard,
    health::{Health, Readings, State, unhealthy},
    hold::{Held, Hold},
    journal::{Memory, TargetRecord},
    outcome::Outcome,
    pace::Bucket,
    pause::Action,
    status::Status,
    step::{Reversal, Step, StepReport, StepResult, Way},
    topology::{Mode, Policy, Spec, Target},
    trigger::{AlarmEvent, Order},
    undeclared::Undeclared,
};
use futures::join;
use jiff::Timestamp;

use crate::{
    alarms::{SharedReadings, UNREADABLE_AFTER, read_alarms},
    context::{Ending, Remark, SKEW, TargetContext, TargetState, side_in_doubt},
    environment::DISPENSABLE,
    group::Pass,
    kind::Kind,
    ports::LeaseAnswer,
    retry::Patience,
};

/// The time reserved for the journal and the notices: two writes and `NOTICE_TIME`.
const CLOSING: Duration = Duration::from_secs(8);
/// With less time than this, a reconcile without an urgent trigger is left to the next tick.
const SHORTEST_LOOK: Duration = Duration::from_secs(4);

pub(crate) struct Reconcile<'a, K: Kind> {
    kind: &'a K,
    target: &'a Target<K::Spec>,
    all: &'a [TargetRef<'a>],
    seen: Option<&'a SharedReadings>,
    unhealthy: &'a OnceLock<UnhealthySides<'a>>,
    bucket: &'a Mutex<Bucket>,
    /// When the resources were read last, by our clock.
    looked: Timestamp,
    context: TargetContext<'a>,
}

impl<'a, K: Kind> Reconcile<'a, K> {
    pub(crate) fn new(kind: &'a K, target: &'a Target<K::Spec>, pass: Pass<'a>) -> Self {
        let Pass { environment, invocation, bucket, all, seen, unhealthy, triggers } = pass;
        let context = TargetContext::new(environment, invocation, &target.policy, <K::Spec as Spec>::KIND, triggers);
        let context = context.with_sides(&target.sides, <K::Spec as Spec>::DUTY);
        let looked = context.began;
        Self { kind, target, all, seen, unhealthy, bucket, looked, context }
    }

    /// Reconciles the target, once.
    pub(crate) async fn answer(self) -> TargetAnswer {
        let trigger = self.context.trigger.clone();
        let answer = self.run().await;
        let (target, crossover, outcome) = (&answer.target, answer.crossover_id.as_ref(), answer.outcome.as_str());
        let (reason, took_ms) = (&answer.reason, answer.took_ms);
        if answer.outcome == Outcome::Settled {
            tracing::debug!(target, crossover, trigger, outcome, reason, took_ms, "looked");
        } else {
            tracing::info!(target, crossover, trigger, outcome, reason, took_ms, "looked");
        }
        answer
    }

    async fn run(mut self) -> TargetAnswer {
        let context = &self.context;
        if self.seen.is_some() && !context.triggers.is_urgent() && context.began + SHORTEST_LOOK > self.act_until() {
            let ending = Ending::new(Outcome::Pending, "the time ran out first; the next tick reconciles it");
            return self.context.answer(&Health::new(), ending, None, 0);
        }
        let (lease, everything, mut readings, mut observed) = join!(
            context.acquire_lease(context.triggers.is_urgent()),
            self.everything(),
            self.readings(self.seen),
            self.observe()
        );
        let reads_began = self.seen.map_or(context.began, |seen| seen.at);
        let (epoch, record) = match lease {
            Ok(LeaseAnswer::Taken { epoch, before, .. }) => (Some(epoch), before),
            Ok(LeaseAnswer::Held(record)) if context.is_dry_run() => (None, record),
            Ok(LeaseAnswer::Held(record)) => {
                let unread = |event: &AlarmEvent| readings.unread.iter().any(|alarm| event.is_about(alarm));
                let only_told = self.context.triggers.events.iter().any(unread);
                return TargetAnswer { retry_can_help: only_told, ..self.context.held_by_another(&record) };
            }
            Err(error) => {
                self.context.remark(format!("the journal could not be used, so nothing is recorded: {error}"));
                (None, TargetRecord::default())
            }
        };
        // If another holder may have been active during the reads, they are repeated.
        if epoch.is_some() && record.quiet_since().is_some_and(|since| since + SKEW > self.context.by_service(reads_began)) {
            self.looked = self.context.machine_now();
            (readings, observed) = join!(self.readings(None), self.observe());
        }
        if let Err(error) = &everything
            && epoch.is_some()
        {
            self.context.remark(format!("the pause of everything could not be read: {error}"));
        }
        let lease = record.held_at(self.context.now()).cloned();
        let mut state = self.context.load_state(&self.target.sides, epoch, record, everything, &readings);
        if self.context.triggers.status {
            let alarms = self.target.sides.iter().flat_map(|side| &side.alarms).cloned().collect();
            state.muted = Some(self.muted(&alarms).await);
        }
        let (ending, decision) = match observed {
            Ok(observed) => {
                let decision = self.decide(&state, &observed);
                state.serving = Some(decision.serving.clone());
                if !K::FENCES && state.order.as_ref().is_some_and(|order| order.direction == Direction::Unfence) {
                    self.context.remark(format!("nothing is fenced: targets of the kind {} have no fence", self.context.kind));
                }
                self.context.remarks.extend(decision.remarks.iter().cloned().map(Remark::Text));
                (self.execute(&mut state, &decision, &observed, &readings).await, Some(decision))
            }
            Err(error) => (self.context.unobserved(&mut state, &error), None),
        };
        let stands = || {
            Status::new(
                self.context.mode(),
                self.context.policy,
                state.status_input(),
                decision.as_ref(),
                ending.forecast.as_ref(),
                lease,
                self.context.now(),
            )
        };
        let muted = state.muted.as_ref().and_then(|muted| muted.as_ref().ok()).cloned().unwrap_or_default();
        let status = self.context.triggers.status.then(|| Status { muted, ..stands() });
        TargetAnswer { status, ..Box::pin(self.context.finish(state, ending)).await }
    }

    /// The memory of everything.
    async fn everything(&self) -> Result<Memory, CloudError> {
        match self.seen.and_then(|seen| seen.everything.clone()) {
            Some(memory) => Ok(memory),
            None => self.context.everything().await,
        }
    }

    async fn readings(&self, seen: Option<&SharedReadings>) -> Arc<Readings> {
        if let Some(seen) = seen {
            return Arc::clone(&seen.readings);
        }
        let own = TargetRef { policy: &self.target.policy, sides: &self.target.sides };
        let names = with_neighbours(own, self.all);
        let patience = self.context.patience().at_most(DISPENSABLE);
        let alarms = self.context.environment.ports.alarms.as_ref();
        Arc::new(read_alarms(alarms, &names, UNREADABLE_AFTER, patience).await)
    }

    async fn observe(&self) -> Result<K::Observed, CloudError> {
        self.kind.observe(self.target, &self.patience()).await
    }

    /// Who serves after a plan: whom it moved work to, or what can be observed where it is not completed.
    async fn serving_after(
        &self,
        state: &TargetState,
        plan: &Plan<K::Step>,
        outcome: Outcome,
    ) -> Option<BTreeMap<String, usize>> {
        if outcome == Outcome::Completed {
            let mut serving = state.serving.clone()?;
            let moved: usize = plan.left.iter().filter_map(|side| serving.insert(side.clone(), 0)).sum();
            for side in &plan.to {
                *serving.entry(side.clone()).or_default() += moved.max(1);
            }
            return Some(serving);
        }
        let observed = self.observe().await.ok()?;
        Some(self.decide(state, &observed).serving)
    }

    /// Decides. Work is failed back to one side at a time; the next reconcile continues.
    fn decide(&self, state: &TargetState, observed: &K::Observed) -> Decision<K::Step> {
        let now = self.context.now();
        // A failback is never urgent: it does not happen during a block, outside its window, or when the intent of
        // operators is not known.
        let remembers = state.epoch.is_some() || self.context.is_dry_run();
        // A failback in stages that began within its window continues after it.
        let on_its_way = state.memory.open.as_ref().is_some_and(|open| open.direction == Direction::Failback);
        let its_hours = on_its_way || self.context.policy.window.is_none_or(|window| window.is_open(now));
        let may_fail_back = remembers
            && its_hours
            && state.undeclared.is_none()
            && guard::blocked_until(self.context.policy, &state.written, now).is_none();
        let mut required =
            Requirements::new(self.context.policy, &state.health, &state.memory, state.order.as_ref(), may_fail_back);
        if state.order.is_none() {
            required.avoid = guard::blocked_sides(self.context.policy, &state.written, now).into_keys().collect();
        }
        let asked_home = state.order.as_ref().is_some_and(|order| order.direction == Direction::Failback);
        if !asked_home {
            required.home.retain(|side| !guard::flaps(&state.memory, side, now));
        }
        let by_one_home = required.home.iter().map(|side| self.decide_as(state, &required.only_home(Some(side)), observed));
        let moving = |decision: &Decision<K::Step>| matches!(&decision.verdict, Verdict::CrossOver(plan) if plan.left.is_empty());
        let home = if asked_home { None } else { by_one_home.into_iter().find(moving) };
        let required = if asked_home { required } else { required.only_home(None) };
        let mut decision = home.unwrap_or_else(|| self.decide_as(state, &required, observed));
        decision.verdict = match decision.verdict {
            Verdict::Settled(reason) => Verdict::Settled(reason),
            Verdict::CrossOver(plan) if plan.is_finishing() => Verdict::CrossOver(plan),
            wanted => {
                let unhealthy = guard::all_sides_unhealthy(self.context.policy, &state.health, &decision.seen_healthy, &required);
                unhealthy.map_or(wanted, Verdict::Hold)
            }
        };
        decision
    }

    /// The side whose health has to be known first: an open failover leaves it, and would go on if it were unhealthy.
    fn in_doubt(&self, state: &mut TargetState, observed: &K::Observed) -> Option<String> {
        let side = side_in_doubt(state)?;
        let known = state.health.clone();
        state.health.get_mut(&side)?.state = State::Unhealthy;
        let supposed = self.decide(state, observed);
        state.health = known;
        (!matches!(supposed.verdict, Verdict::Settled(_))).then_some(side)
    }

    fn decide_as(&self, state: &TargetState, required: &Requirements, observed: &K::Observed) -> Decision<K::Step> {
        let now = self.context.now();
        K::decide(&Situation { target: self.target, health: &state.health, required, memory: &state.memory, observed, now })
    }

    async fn execute(
        &mut self,
        state: &mut TargetState,
        decision: &Decision<K::Step>,
        observed: &K::Observed,
        readings: &Arc<Readings>,
    ) -> Ending {
        state.memory.half_done.clone_from(&decision.half_done);
        if let Some(open) = &mut state.memory.open {
            open.observe(&decision.away, &decision.home);
            state.memory.away = open.applied_to(std::mem::take(&mut state.memory.away));
        }
        state.cannot_serve.clone_from(&decision.cannot_serve);
        self.context.end_episodes(state);
        let mode = self.context.mode();
        match &decision.verdict {
            Verdict::Settled(reason) => {
                if let Some(hold) = state.undeclared.as_ref().map(Undeclared::hold) {
                    return self.context.held(state, &hold, Vec::new());
                }
                let doubt = self.in_doubt(state, observed);
                self.context.settled(state, decision, reason, doubt)
            }
            Verdict::Hold(hold) => {
                let it_would = format!("hold: {}", hold.text);
                let order = self.context.triggers.order.as_ref();
                let paused = || self.paused(state, Action::Begin, &it_would);
                let first = || order.map_or_else(paused, |order| not_healthy(order, &state.health));
                let before = guard::shadow(mode, &it_would).or_else(first);
                let hold = before.as_ref().unwrap_or(hold);
                match decision.undo.as_ref().filter(|_| mode != Mode::Shadow) {
                    Some(undo) => self.undo(state, decision, undo, hold).await,
                    None => self.context.held(state, hold, Vec::new()),
                }
            }
            Verdict::CrossOver(plan) => {
                let left_before = state.memory.last_automatic.as_ref().map(|last| &last.left);
                let is_new = |side: &&String| left_before.is_none_or(|left| !left.contains(*side));
                state.leaving = plan.left.iter().find(is_new).or(plan.left.first()).cloned();
                self.read_children(state, plan, readings).await;
                self.read_muted(state, plan).await;
                let planned = planned(plan);
                let shadow = guard::shadow(mode, &format!("move {}", plan.reason));
                let guarded = shadow.or_else(|| self.guard(state, plan, &decision.available, readings));
                if !carries_out(plan, state.order.as_ref()) {
                    self.context.not_carried_out(state, &plan.reason);
                }
                let ending = match guarded.or_else(|| self.unwritable(state, plan)) {
                    Some(hold) => match decision.undo.as_ref().filter(|_| mode != Mode::Shadow) {
                        Some(undo) => self.undo(state, decision, undo, &hold).await,
                        None => self.context.held(state, &hold, planned),
                    },
                    None if self.context.is_dry_run() => {
                        let rights = self.rights_for(state, plan).await;
                        if let Some(hold) = self.heed(rights, plan) {
                            return self.context.held(state, &hold, planned);
                        }
                        let what = plan.reason.clone();
                        let held = decision.held.as_ref().map(|hold| Forecast::Hold { held: hold.why, what: hold.text.clone() });
                        Ending::forecast(&held.unwrap_or(Forecast::CrossOver { what }), planned)
                    }
                    None => {
                        if decision.held.is_some() {
                            self.context.forget_intent(state);
                        }
                        let ending = self.cross_over(state, decision, plan).await;
                        match &decision.held {
                            Some(hold) => self.context.held_beside(state, hold, ending),
                            None => ending,
                        }
                    }
                };
                Ending { loss: Some(plan.loss.clone()), ..ending }
            }
        }
    }

    /// Takes back what was begun, because its rest is held.
    async fn undo(&mut self, state: &mut TargetState, decision: &Decision<K::Step>, undo: &Plan<K::Step>, hold: &Hold) -> Ending {
        if self.context.is_dry_run() {
            return Ending::forecast(&Forecast::Hold { held: hold.why, what: hold.text.clone() }, planned(undo));
        }
        self.context.forget_intent(state);
        let ending = self.cross_over(state, decision, undo).await;
        self.context.held_beside(state, hold, ending)
    }

    /// The guards of a plan, in their order. An operator's order passes the guards that protect unattended crossovers.
    fn guard(
        &self,
        state: &TargetState,
        plan: &Plan<K::Step>,
        available: &BTreeSet<String>,
        readings: &Arc<Readings>,
    ) -> Option<Hold> {
        let (policy, now) = (self.context.policy, self.context.now());
        let given = self.context.triggers.order.as_ref();
        let action = self.action(plan, 0);
        if let Some(paused) = self.paused(state, action, &it_would(plan)) {
            return Some(paused);
        }
        let has_journal = state.epoch.is_some() || self.context.is_dry_run();
        if let Some(error) = &state.everything_unread
            && has_journal
            && plan.is_one_way()
            && action != Action::Forced
        {
            return Some(guard::pause_unread(error, &it_would(plan)));
        }
        if plan.is_one_way() && action != Action::Forced {
            let unclear = state.undeclared.as_ref().and_then(|undeclared| undeclared.hold_irreversible(&plan.reason));
            if unclear.is_some() {
                return unclear;
            }
        }
        if plan.is_finishing() {
            // Half of the plan would be worse than all of it, whatever the health of the sides.
            return None;
        }
        if let Some(order) = plan.asked_by(given) {
            return not_healthy(order, &state.health);
        }
        // An operator who orders a failback has reviewed the situation, also where some work has to leave a failed side.
        if given.is_some() && carries_out(plan, given) {
            return None;
        }
        let failed: BTreeSet<String> = plan.left.intersection(&unhealthy(&state.health)).cloned().collect();
        if let Some(order) = plan.asked_by(state.order.as_ref())
            // Once the side to leave has failed, a switchover is a failover.
            && (order.direction != Direction::Switchover || failed.is_empty())
        {
            return not_healthy(order, &state.health);
        }
        if plan.left.is_empty() {
            return None;
        }
        let around = failed.iter().filter_map(|side| state.health[side].turned).max();
        guard::too_many_unhealthy(policy, &self.failures(readings, around))
            .or_else(|| guard::blocked(policy, &state.memory, [&plan.left, &plan.to], plan.is_one_way(), &plan.reason, now))
            .or_else(|| self.contradicted(state, plan, available))
            .or_else(|| self.only_muted(state, plan, readings))
    }

    /// The correlated failures.
    fn failures(&self, readings: &Arc<Readings>, around: Option<Timestamp>) -> CorrelatedFailures {
        let find = || UnhealthySides::of(self.all.iter().copied(), &readings.now);
        let are_shared = self.seen.is_some_and(|seen| Arc::ptr_eq(&seen.readings, readings));
        if are_shared { self.unhealthy.get_or_init(find).failures(around) } else { find().failures(around) }
    }

    /// A plan that cannot be undone needs the journal.
    fn unwritable(&self, state: &TargetState, plan: &Plan<K::Step>) -> Option<Hold> {
        let writable = state.epoch.is_some() || self.context.is_dry_run();
        (!writable && needs_journal(state, plan)).then(|| no_journal(self.context.policy, plan))
    }

    fn paused(&self, state: &TargetState, action: Action, it_would: &str) -> Option<Hold> {
        let (pause, everything) = (state.memory.pause.as_ref(), state.everything.pause.as_ref());
        guard::paused(pause, everything, action, it_would, self.context.now())
    }

    /// What a pause may hold of a plan from its stage with this number on.
    fn action(&self, plan: &Plan<K::Step>, stage: usize) -> Action {
        let given = self.context.triggers.order.as_ref();
        let ordered = given.filter(|_| carries_out(plan, given));
        let one_way = |step: &K::Step| step.reversal() == Reversal::OneWay;
        match ordered {
            _ if plan.is_undoing() => Action::Undo,
            Some(order) if order.force => Action::Forced,
            Some(_) => Action::Order,
            None if plan.is_finishing() || plan.stages[..stage].iter().flatten().any(one_way) => Action::Finish,
            None => Action::Begin,
        }
    }

    /// The time limit for starting anything.
    fn patience(&self) -> Patience<'_> {
        Patience::new(self.context.environment.ports.clock.as_ref(), self.act_until()).of(&self.context.policy.name)
    }

    fn act_until(&self) -> Timestamp {
        self.context.invocation.deadline - CLOSING
    }
}

/// Whether the plan does what the order asks for. A failback may also have to leave a side that has failed.
fn carries_out<S: Step>(plan: &Plan<S>, order: Option<&Order>) -> bool {
    let goes_home = || plan.steps().any(|step| step.card().way == Way::Home);
    plan.asked_by(order).is_some() || order.is_none_or(|order| order.direction == Direction::Failback && goes_home())
}

/// The steps of a plan that is not executed.
fn planned<S: Step>(plan: &Plan<S>) -> Vec<StepReport> {
    plan.steps().map(|step| StepReport::untried(step.card(), StepResult::Planned)).collect()
}

/// Whether the plan must be in the journal before its first step.
fn needs_journal<S: Step>(state: &TargetState, plan: &Plan<S>) -> bool {
    plan.is_one_way() && !plan.asked_by(state.order.as_ref()).is_some_and(|order| order.force)
}

fn no_journal<S>(policy: &Policy, plan: &Plan<S>) -> Hold {
    let leave = plan.left.first().map_or_else(String::new, |side| format!(" --away-from {side}"));
    let anyway = format!("crossover failover {}{leave} --accept-data-loss --force --reason WHY", policy.name);
    let what = "it cannot be undone, so it needs the journal, which cannot be written now";
    Hold { why: Held::NoJournal, text: format!("{what}: {}; to proceed without it: {anyway}", plan.reason) }
}

/// The plan, for a hold of it.
fn it_would<S: Step>(plan: &Plan<S>) -> String {
    format!("{} {}", if plan.is_finishing() { "finish" } else { "move" }, plan.reason)
}

/// The requirement of a switchover.
fn not_healthy(order: &Order, health: &Health) -> Option<Hold> {
    (order.direction == Direction::Switchover).then(|| guard::not_healthy(health)).flatten()
}
