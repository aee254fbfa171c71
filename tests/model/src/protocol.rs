//! What one action does: the control flow of the engine, with the real decision, records and their rules.

use std::collections::{BTreeMap, BTreeSet};

use crossover_database::DatabaseStep;
use crossover_model::{
    crossover::{Crossover, id},
    decision::{Decision, Plan, Verdict},
    guard,
    journal::{Intent, Lease, Memory, TargetRecord},
    later::Rest,
    outcome::Outcome,
    pause,
    step::{Reversal, Step, StepReport, StepResult},
    stop::{Stop, StopVerb},
    trigger::{Aim, Order},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{
    hashed::Hashed,
    state::{Breach, Clearance, Pass, Phase, State},
    target::{Look, QUARANTINE, TARGET, by_service, chosen, order, time},
    world::{Rules, Side, Trigger, World},
};

/// How many minutes a lease lasts.
pub const LEASE: u8 = 1;

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reply {
    /// Its reply arrives.
    Arrives,
    /// It is applied, and its reply is lost.
    IsLost,
}

/// The transitions of a process.
pub(crate) struct Protocol<'a> {
    pub(crate) world: &'a World,
    pub(crate) process: usize,
}

impl Protocol<'_> {
    fn rules(&self) -> Rules {
        self.world.processes[self.process].rules
    }

    fn now(&self, minute: u8) -> Timestamp {
        time(minute, self.world.processes[self.process].ahead)
    }

    /// Whether it may take the lease now.
    pub(crate) fn may_take(&self, state: &State) -> bool {
        let ahead = if self.rules().by_service_clock { 0 } else { self.world.processes[self.process].ahead };
        state.journal.record.held_at(time(state.minute, ahead)).is_none()
    }

    /// Takes the lease.
    pub(crate) fn begin(&self, state: &mut State, trigger: usize) {
        let now = self.now(state.minute);
        let given = order(self.world.triggers[trigger].0);
        let before = TargetRecord::clone(&state.journal.record);
        let lease = Lease {
            holder: "a process".to_owned(),
            taken: now,
            until: now + SignedDuration::from_mins(LEASE.into()),
            crossover_id: id(TARGET, now),
            trigger: format!("{:?}", self.world.triggers[trigger].0),
            order: given,
            rest: Rest::new(),
        };
        let after = TargetRecord {
            epoch: before.epoch + 1,
            lease: Some(lease),
            released: None,
            earlier: before.interrupted().cloned(),
            ..before.clone()
        };
        let memory = Hashed::recorded(if self.rules().reads_stop { before.current_memory() } else { before.memory });
        state.passes[self.process] = Some(Pass {
            trigger,
            epoch: after.epoch,
            since: state.minute,
            memory,
            plan: None,
            unsent: BTreeSet::new(),
            phase: Phase::Leased,
        });
        state.journal.record = Hashed::recorded(after);
    }

    /// The order to execute: the given one, that of an invocation that died, or that of the open crossover; and whether it
    /// is one of the first two.
    fn order(&self, pass: &Pass, record: &TargetRecord) -> (Option<Order>, bool) {
        let died = |lease: &Lease| lease.order.clone().filter(|_| record.memory.finished + 1 < pass.epoch);
        let given = order(self.world.triggers[pass.trigger].0).or_else(|| record.earlier.as_ref().and_then(died));
        let is_given = given.is_some();
        (given.or_else(|| pass.memory.open.as_ref().and_then(|open| open.order.clone())), is_given)
    }

    /// Observes, decides, and applies the guards.
    pub(crate) fn observe(&self, state: &mut State, mut pass: Pass) -> Pass {
        let now = self.now(state.minute);
        let (order, is_given) = self.order(&pass, &state.journal.record);
        let before = pass.memory.intent.clone();
        let mut memory = Memory::clone(&pass.memory);
        if let Some(order) = order.as_ref().filter(|_| is_given) {
            memory.intent = Some(intent(order, before.clone(), now));
        }
        let wanted = Hashed::recorded(memory.clone());
        let look = Look {
            world: self.world,
            process: self.process,
            minute: state.minute,
            cloud: &state.cloud,
            memory: &wanted,
            order: order.as_ref(),
        };
        let decision = look.decide();
        if let Some(open) = &mut memory.open {
            open.observe(&decision.away, &decision.home);
            memory.away = open.applied_to(std::mem::take(&mut memory.away));
        }
        pass.phase = Phase::Ending;
        match &decision.verdict {
            Verdict::Settled(_) => settle(&mut pass, &mut memory, &decision, now),
            Verdict::Hold(_) => hold(&mut pass, &mut memory, before),
            Verdict::CrossOver(plan) => {
                if !order.as_ref().is_none_or(|order| carries_out(plan, order)) {
                    memory.intent.clone_from(&before);
                }
                if is_paused(&memory, plan, 0, order.as_ref(), now) {
                    hold(&mut pass, &mut memory, before);
                } else {
                    let by_service = by_service(self.world.processes[self.process], state.minute);
                    open(&mut pass, &mut memory, plan, order.as_ref(), (now, by_service));
                    pass.plan = Some(Hashed::described(plan.clone()));
                    let first = self.rules().records_first || !plan.is_one_way();
                    pass.phase = if first { Phase::Planned } else { Phase::Stage(0) };
                }
            }
        }
        pass.memory = Hashed::recorded(memory);
        pass
    }

    /// Writes the memory under the epoch; `None` if another process has taken the lease since.
    fn write(&self, state: &mut State, pass: &Pass, finished: bool) -> Option<()> {
        let record = &state.journal.record;
        let is_stale = record.epoch != pass.epoch;
        if is_stale && self.rules().writes_under_epoch {
            return None;
        }
        if is_stale && record.memory != *pass.memory {
            state.breaches.insert(Breach::StaleWrite);
        }
        let mut memory = Memory::clone(&pass.memory);
        if finished {
            memory.finished = pass.epoch;
        }
        state.journal.record = Hashed::recorded(TargetRecord { memory, ..TargetRecord::clone(record) });
        Some(())
    }

    /// Records the plan.
    pub(crate) fn record(&self, state: &mut State, mut pass: Pass) -> Option<Pass> {
        self.write(state, &pass, false)?;
        if self.rules().keeps_notices {
            // The notice of a crossover that this one replaces.
            state.journal.unsent.append(&mut pass.unsent);
        }
        Some(Pass { phase: Phase::Stage(0), ..pass })
    }

    /// Reads right before a stage whether it may begin; `None` if another process has taken the lease since.
    pub(crate) fn check(&self, state: &State, mut pass: Pass, stage: usize) -> Option<Pass> {
        if self.rules().checks_epoch && state.journal.record.epoch != pass.epoch {
            return None;
        }
        if self.rules().keeps_time && state.minute >= pass.since + LEASE {
            return Some(Pass { phase: Phase::Ending, ..pass });
        }
        let record = &state.journal.record;
        let order = self.order(&pass, record).0;
        let memory = if self.rules().reads_stop { record.current_memory() } else { record.memory.clone() };
        let is_paused = |plan| is_paused(&memory, plan, stage, order.as_ref(), self.now(state.minute));
        let clearance = Clearance { stage, at: state.minute, stopped: state.journal.is_stopped() };
        let holds = pass.plan.as_deref().is_some_and(is_paused);
        pass.phase = if holds { Phase::Ending } else { Phase::Cleared(clearance) };
        Some(pass)
    }

    /// Makes the calls of a stage.
    pub(crate) fn act(&self, state: &mut State, mut pass: Pass, stage: usize, reply: Reply) -> Pass {
        let Some(plan) = pass.plan.clone() else { return pass };
        let was_stopped = matches!(pass.phase, Phase::Cleared(Clearance { stopped: true, .. }));
        if was_stopped && Self::is_one_way(&pass, stage) {
            state.breaches.insert(Breach::AfterStop);
        }
        let mut memory = Memory::clone(&pass.memory);
        let mut goes_on = stage + 1 < plan.stages.len();
        let reports = plan.stages[stage].iter().map(|step| {
            let (result, detail) = Self::call(state, step, reply);
            let is_done = result.is_good();
            goes_on &= is_done || step.dispensable_after().is_some();
            let report = StepReport { took_ms: 1, detail, ..StepReport::untried(step.card(), result) };
            if step.reversal() == Reversal::OneWay {
                asked(&report, by_service(self.world.processes[self.process], state.minute))
            } else {
                report
            }
        });
        let reports = reports.collect();
        if let Some(open) = &mut memory.open {
            open.report(reports);
        }
        pass.memory = Hashed::recorded(memory);
        pass.phase = if goes_on { Phase::Stage(stage + 1) } else { Phase::Ending };
        pass
    }

    fn call(state: &mut State, step: &DatabaseStep, reply: Reply) -> (StepResult, Option<String>) {
        let cloud = &mut state.cloud;
        match step {
            DatabaseStep::Fence(fence) => {
                cloud.fenced = fence.groups.as_ref().is_some_and(|groups| groups.contains(QUARANTINE));
                (StepResult::Done, None)
            }
            DatabaseStep::Writer(step) => {
                let Some(to) = Side::named(&step.to.side) else { return (StepResult::Refused, None) };
                if !step.begun && !cloud.promoting.contains(&to) && !cloud.promoted.contains(&to) {
                    cloud.promoting.insert(to);
                }
                // AWS refuses it again while it is under way, which the step takes for accepted.
                match reply {
                    _ if state.cloud.promoted.contains(&to) => (StepResult::Done, None),
                    Reply::Arrives => (StepResult::Pending, Some("accepted, not visible yet".to_owned())),
                    Reply::IsLost => (StepResult::Failed, Some("timeout".to_owned())),
                }
            }
            _ => (StepResult::Done, None),
        }
    }

    /// Records the end, with what is to be told; `None` if another process has taken the lease since.
    pub(crate) fn end(&self, state: &mut State, mut pass: Pass) -> Option<Pass> {
        let now = self.now(state.minute);
        let mut memory = Memory::clone(&pass.memory);
        if pass.plan.is_some()
            && let Some(open) = &mut memory.open
        {
            open.outcome = match open.outcome_of_steps() {
                Outcome::Completed if open.continues => Outcome::Pending,
                outcome => outcome,
            };
            let outcome = open.outcome;
            let is_new = open.notified.is_none_or(|(known, _)| known != outcome);
            open.notified = Some((outcome, now));
            memory.away = open.applied_to(std::mem::take(&mut memory.away));
            pass.unsent.extend(chosen(&memory).filter(|_| is_new));
            if outcome == Outcome::Completed {
                memory.open = None;
                memory.changed = Some(now);
            }
        }
        pass.memory = Hashed::recorded(memory);
        self.write(state, &pass, true)?;
        if self.rules().keeps_notices {
            state.journal.unsent.append(&mut pass.unsent);
        }
        Some(Pass { phase: Phase::Telling, ..pass })
    }

    /// Sends what is unsent and releases the lease.
    pub(crate) fn tell(&self, state: &mut State, mut pass: Pass) {
        state.told.append(&mut pass.unsent);
        let is_ours = state.journal.record.epoch == pass.epoch;
        if is_ours {
            state.told.append(&mut state.journal.unsent);
            let released = Some(self.now(state.minute));
            state.journal.record = Hashed::recorded(TargetRecord { released, ..TargetRecord::clone(&state.journal.record) });
        }
    }

    /// The stage that begins next, if it contains a call that cannot be undone.
    pub(crate) fn is_one_way(pass: &Pass, stage: usize) -> bool {
        let steps = pass.plan.as_ref().and_then(|plan| plan.stages.get(stage));
        steps.is_some_and(|steps| steps.iter().any(|step| step.reversal() == Reversal::OneWay))
    }
}

/// The intent of an order; a repeated order keeps the time of the first one.
fn intent(order: &Order, before: Option<Intent>, now: Timestamp) -> Intent {
    let (aim, operator, reason) = (order.aim.clone(), order.operator.clone(), order.reason.clone());
    let given = Intent { aim, operator, reason, since: now, instead_of: None, rest: Rest::new() };
    before.filter(|before| before.aim == given.aim).unwrap_or(given)
}

/// Nothing remains to be done: the open crossover ends, and what was moved without a record is told.
fn settle(pass: &mut Pass, memory: &mut Memory, decision: &Decision<DatabaseStep>, now: Timestamp) {
    let moved = memory.away != decision.away;
    memory.away.clone_from(&decision.away);
    let side = chosen(memory);
    if let Some(mut open) = memory.open.take() {
        open.end(now);
        memory.changed = Some(now);
        pass.unsent.extend(side);
    } else if moved {
        pass.unsent.extend(decision.away.values().filter_map(|at| Side::named(at)));
    }
}

/// Nothing is begun; an order that is not carried out leaves no intent, and a crossover that has begun is told.
fn hold(pass: &mut Pass, memory: &mut Memory, before: Option<Intent>) {
    memory.intent = before;
    let side = chosen(memory);
    if let Some(open) = memory.open.as_mut().filter(|open| open.notified.is_none()) {
        open.outcome = open.outcome_of_steps();
        open.notified = Some((open.outcome, open.started));
        pass.unsent.extend(side);
    }
}

/// Whether a pause in the memory holds this plan from its stage with this number on. An order that was forced before a stop does
/// not override it, and none is given after one.
fn is_paused(memory: &Memory, plan: &Plan<DatabaseStep>, stage: usize, order: Option<&Order>, now: Timestamp) -> bool {
    let one_way = |step: &DatabaseStep| step.reversal() == Reversal::OneWay;
    let action = match order.filter(|order| carries_out(plan, order)) {
        _ if plan.is_undoing() => pause::Action::Undo,
        Some(_) => pause::Action::Order,
        None if plan.is_finishing() || plan.stages[..stage].iter().flatten().any(one_way) => pause::Action::Finish,
        None => pause::Action::Begin,
    };
    guard::paused(memory.pause.as_ref(), None, action, "", now).is_some()
}

/// Records an operator's stop, or its end, without the lease.
pub(crate) fn stop(state: &mut State, verb: StopVerb) {
    let (operator, reason, at) = ("an operator".to_owned(), "the model".to_owned(), time(state.minute, 0));
    let (until, crossover, aborted, rest) = (None, None, BTreeMap::new(), Rest::new());
    let stop = Stop { verb, at, given: at, operator, reason, until, crossover, aborted, notified: false, rest };
    let before = TargetRecord::clone(&state.journal.record);
    let stop = Some(before.stop.as_ref().map_or(stop.clone(), |known| stop.after(known.at)));
    state.journal.record = Hashed::recorded(TargetRecord { stop, ..before });
}

/// Whether the plan does what the order asks for.
fn carries_out(plan: &Plan<DatabaseStep>, order: &Order) -> bool {
    let to = plan.steps().map(Step::card).find(|card| card.resource == format!("{TARGET} writer"));
    let wanted = |aim: &Aim| to.is_none_or(|card| !aim.leaves(&card.to));
    plan.asked_by(Some(order)).is_some() && wanted(&order.aim)
}

/// The open crossover if this plan continues it, or else a new one, in the memory. One that is replaced is told.
fn open(
    pass: &mut Pass,
    memory: &mut Memory,
    plan: &Plan<DatabaseStep>,
    order: Option<&Order>,
    (now, by_service): (Timestamp, Timestamp),
) {
    let asked_by = order.filter(|order| carries_out(plan, order)).cloned();
    let direction = plan.direction(order);
    let before = chosen(memory);
    let known = memory.open.take();
    let continued = known.as_ref().is_some_and(|open| open.direction == direction && open.order == asked_by);
    if known.is_some() && !continued {
        pass.unsent.extend(before);
    }
    let mut crossover = known.filter(|_| continued).unwrap_or_else(|| {
        let trigger = asked_by.as_ref().map_or("alarm", |_| "order");
        begun(&json!({ "id": id(TARGET, now), "target": TARGET, "kind": "database", "direction": direction, "trigger": trigger,
                       "order": asked_by, "reason": "", "started": now, "outcome": "pending", "steps": [] }))
    });
    crossover.loses(&plan.loss);
    crossover.continues = plan.continues;
    let untried = |step: &DatabaseStep| {
        let report = StepReport::untried(step.card(), StepResult::Pending);
        if step.reversal() == Reversal::OneWay { asked(&report, by_service) } else { report }
    };
    crossover.report(plan.steps().map(untried).collect());
    memory.open = Some(crossover);
}

/// A crossover as the journal holds it.
fn begun(record: &serde_json::Value) -> Crossover {
    serde_json::from_value(record.clone()).unwrap_or_else(|error| unreachable!("{error}"))
}

/// The report of a step that cannot be undone, which AWS may have been asked for at this time.
fn asked(report: &StepReport, at: Timestamp) -> StepReport {
    let mut record = serde_json::to_value(report).unwrap_or_default();
    record["asked"] = json!(at);
    serde_json::from_value(record).unwrap_or_else(|_| report.clone())
}

/// Whether a trigger is a person's.
pub(crate) fn is_order(trigger: Trigger) -> bool {
    trigger != Trigger::Look
}
