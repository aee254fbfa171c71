//! The reconcile of one target: lease and reads together, decide, act, record, notify.

mod cross;

use std::{
    collections::BTreeSet,
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
    status::Status,
    step::{Step, StepReport, StepResult, Way},
    topology::{Policy, Spec, Target},
    trigger::Order,
};
use futures::join;
use jiff::Timestamp;

use crate::{
    alarms::{SharedReadings, read_alarms},
    context::{Ending, Remark, TargetContext, TargetState, side_in_doubt},
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
/// The largest difference between the clocks of two machines.
const SKEW: Duration = Duration::from_secs(2);

pub(crate) struct Reconcile<'a, K: Kind> {
    kind: &'a K,
    target: &'a Target<K::Spec>,
    all: &'a [TargetRef<'a>],
    seen: Option<&'a SharedReadings>,
    unhealthy: &'a OnceLock<UnhealthySides<'a>>,
    bucket: &'a Mutex<Bucket>,
    context: TargetContext<'a>,
}

impl<'a, K: Kind> Reconcile<'a, K> {
    pub(crate) fn new(kind: &'a K, target: &'a Target<K::Spec>, pass: Pass<'a>) -> Self {
        let Pass { environment, invocation, bucket, all, seen, unhealthy, triggers } = pass;
        let context = TargetContext::new(environment, invocation, &target.policy, <K::Spec as Spec>::KIND, triggers);
        Self { kind, target, all, seen, unhealthy, bucket, context }
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
            Ok(LeaseAnswer::Taken { epoch, before }) => (Some(epoch), before),
            Ok(LeaseAnswer::Held(record)) if context.is_dry_run() => (None, record),
            Ok(LeaseAnswer::Held(record)) => return self.context.held_by_another(&record),
            Err(error) => {
                self.context.remark(format!("the journal could not be used, so nothing is recorded: {error}"));
                (None, TargetRecord::default())
            }
        };
        // If another holder may have been active during the reads, they are repeated.
        if epoch.is_some() && record.quiet_since().is_some_and(|since| since + SKEW > reads_began) {
            (readings, observed) = join!(self.readings(None), self.observe());
        }
        let everything = everything.unwrap_or_else(|error| {
            if epoch.is_some() {
                self.context.remark(format!("the pause of everything could not be read: {error}"));
            }
            Memory::default()
        });
        let lease = record.held_at(self.context.now()).cloned();
        let mut state = self.context.load_state(&self.target.sides, epoch, record, everything, &readings);
        let (ending, decision) = match observed {
            Ok(observed) => {
                let decision = self.decide(&state, &observed);
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
                lease,
                self.context.now(),
            )
        };
        let status = self.context.triggers.status.then(stands);
        TargetAnswer { status, ..self.context.finish(state, ending).await }
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
        Arc::new(read_alarms(self.context.environment.ports.alarms.as_ref(), &names, patience).await)
    }

    async fn observe(&self) -> Result<K::Observed, CloudError> {
        self.kind.observe(self.target, &self.patience()).await
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
        let may_fail_back = remembers && its_hours && guard::blocked_until(self.context.policy, &state.written, now).is_none();
        let mut required =
            Requirements::new(self.context.policy, &state.health, &state.memory, state.order.as_ref(), may_fail_back);
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
        K::decide(&Situation { target: self.target, health: &state.health, required, memory: &state.memory, observed })
    }

    async fn execute(
        &mut self,
        state: &mut TargetState,
        decision: &Decision<K::Step>,
        observed: &K::Observed,
        readings: &Arc<Readings>,
    ) -> Ending {
        if let Some(open) = &mut state.memory.open {
            open.observe(&decision.away, &decision.home);
            state.memory.away = open.applied_to(std::mem::take(&mut state.memory.away));
        }
        let mode = self.context.mode();
        match &decision.verdict {
            Verdict::Settled(reason) => {
                let doubt = self.in_doubt(state, observed);
                self.context.settled(state, decision, reason, doubt)
            }
            Verdict::Hold(hold) => {
                let it_would = format!("hold: {}", hold.text);
                let order = self.context.triggers.order.as_ref();
                let first = || order.map_or_else(|| self.paused(state, &it_would), |order| not_healthy(order, &state.health));
                let before = guard::shadow(mode, &it_would).or_else(first);
                self.context.held(state, before.as_ref().unwrap_or(hold), Vec::new())
            }
            Verdict::CrossOver(plan) => {
                state.leaving = plan.left.first().cloned();
                let planned = plan.steps().map(|step| StepReport::untried(step.card(), StepResult::Planned)).collect();
                let shadow = guard::shadow(mode, &format!("move {}", plan.reason));
                let guarded = shadow.or_else(|| self.guard(state, plan, readings));
                let ending = match guarded.or_else(|| self.unwritable(state, plan)) {
                    Some(hold) => self.context.held(state, &hold, planned),
                    None if self.context.is_dry_run() => {
                        Ending::forecast(&Forecast::CrossOver { what: plan.reason.clone() }, planned)
                    }
                    None => self.cross_over(state, decision, plan).await,
                };
                Ending { loss: Some(plan.loss.clone()), ..ending }
            }
        }
    }

    /// The guards of a plan, in their order. An operator's order passes the guards that protect unattended crossovers.
    fn guard(&self, state: &TargetState, plan: &Plan<K::Step>, readings: &Arc<Readings>) -> Option<Hold> {
        let (policy, now) = (self.context.policy, self.context.now());
        let given = self.context.triggers.order.as_ref();
        let asked = plan.asked_by(given);
        if plan.is_finishing() {
            // Half of the plan would be worse than all of it, whatever the health of the sides.
            return if asked.is_some() { None } else { self.paused(state, &format!("finish {}", plan.reason)) };
        }
        if let Some(order) = asked {
            return not_healthy(order, &state.health);
        }
        // An operator who orders a failback has reviewed the situation, also where some work has to leave a failed side.
        let goes_home = plan.steps().any(|step| step.card().way == Way::Home);
        if goes_home && given.is_some_and(|order| order.direction == Direction::Failback) {
            return None;
        }
        if let Some(paused) = self.paused(state, &format!("move {}", plan.reason)) {
            return Some(paused);
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
            .or_else(|| guard::blocked(policy, &state.memory, &plan.left, &plan.reason, now))
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

    fn paused(&self, state: &TargetState, it_would: &str) -> Option<Hold> {
        let (pause, everything) = (state.memory.pause.as_ref(), state.everything.pause.as_ref());
        guard::paused(pause, everything, it_would, self.context.now())
    }

    /// The time limit for starting anything.
    fn patience(&self) -> Patience<'_> {
        Patience::new(self.context.environment.ports.clock.as_ref(), self.act_until()).of(&self.context.policy.name)
    }

    fn act_until(&self) -> Timestamp {
        self.context.invocation.deadline - CLOSING
    }
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

/// The requirement of a switchover.
fn not_healthy(order: &Order, health: &Health) -> Option<Hold> {
    (order.direction == Direction::Switchover).then(|| guard::not_healthy(health)).flatten()
}
