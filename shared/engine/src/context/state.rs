//! The state of a target before the decision.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_model::{
    alarm::Muted,
    crossover::Crossover,
    decision::not_healthy,
    direction::Direction,
    episode::Concerned,
    error::CloudError,
    guard::{ALL, describe_pause},
    health::{Health, Readings, TriggerEvidence, assess, remember_unhealthy},
    hold::Held,
    journal::{Intent, Lease, Memory, TargetRecord},
    later::Rest,
    status::StatusInput,
    text::short,
    time::within,
    timeline::{SideFound, found},
    topology::Side,
    trigger::{Aim, Order},
    undeclared::{Undeclared, is_ended_by, is_set_aside, set_aside},
};
use jiff::Timestamp;

use super::remark::ended;
use crate::context::{Remark, TargetContext};

/// The most times of becoming unhealthy that are remembered for a side.
const TURNS_KEPT: usize = 6;
/// How long the crossover of an invocation that died is continued by the next one. After that, its command is outdated.
const TAKEN_UP_FOR: Duration = Duration::from_mins(15);

/// The state of a target after the reads, and the memory to write.
pub(crate) struct TargetState {
    /// Our epoch; none in a dry run and without the journal.
    pub(crate) epoch: Option<u64>,
    /// The memory as it is in the journal.
    pub(crate) written: Memory,
    /// The memory to write.
    pub(crate) memory: Memory,
    /// The memory of everything.
    pub(crate) everything: Memory,
    /// Why that could not be read, if it could not.
    pub(crate) everything_unread: Option<CloudError>,
    /// Crossovers that ended and are not written yet.
    pub(crate) ended: Vec<Crossover>,
    /// The order to execute: a new one, or that of the open crossover.
    pub(crate) order: Option<Order>,
    /// The lease of an invocation that died recently.
    pub(crate) interrupted: Option<Lease>,
    pub(crate) health: Health,
    /// The sides that the record names and the topology does not declare.
    pub(crate) undeclared: Option<Undeclared>,
    /// The observed health of the sides, for the review.
    pub(crate) found: Vec<SideFound>,
    /// The sides that serve and, by the service's own word, can't.
    pub(crate) cannot_serve: BTreeSet<String>,
    /// The side to leave, if there is one.
    pub(crate) leaving: Option<String>,
    /// The alarms whose actions are muted, if that was read.
    pub(crate) muted: Option<Result<Muted, CloudError>>,
    /// The holds that its notices tell without the journal.
    pub(crate) telling: Vec<(Held, Concerned)>,
    /// The number of resources that each side serves now; none where that is not known.
    pub(crate) serving: Option<BTreeMap<String, usize>>,
}

impl TargetState {
    /// The inputs of the status.
    pub(crate) fn status_input(&self) -> StatusInput<'_> {
        StatusInput { memory: &self.memory, everything: &self.everything, health: &self.health }
    }

    /// The state without any reads, from a record.
    pub(crate) fn of_record(epoch: Option<u64>, memory: Memory) -> Self {
        let (written, everything) = (memory.clone(), Memory::default());
        Self {
            epoch,
            written,
            memory,
            everything,
            everything_unread: None,
            ended: Vec::new(),
            order: None,
            interrupted: None,
            health: Health::new(),
            undeclared: None,
            found: Vec::new(),
            cannot_serve: BTreeSet::new(),
            leaving: None,
            muted: None,
            telling: Vec::new(),
            serving: None,
        }
    }
}

impl TargetContext<'_> {
    pub(crate) fn load_state(
        &mut self,
        sides: &[Side],
        epoch: Option<u64>,
        mut record: TargetRecord,
        everything: Result<Memory, CloudError>,
        readings: &Readings,
    ) -> TargetState {
        let now = self.now();
        self.remark_on_clock();
        let stop = record.new_stop().cloned();
        let (everything, everything_unread) = match everything {
            Ok(memory) => (memory, None),
            Err(error) => (Memory::default(), Some(error)),
        };
        let declared: BTreeSet<&str> = sides.iter().map(|side| side.name.as_str()).collect();
        set_aside(&mut record, &declared);
        self.remark_on_unread(sides, readings);
        if self.is_dry_run()
            && let Some(lease) = record.held_at(now)
        {
            self.remark(held_by(lease));
        }
        let left = left_as_failed(&record.memory, &declared);
        let by_hand = self.triggers.order.is_some();
        let evidence = TriggerEvidence {
            events: &self.triggers.events,
            by_hand,
            left: &left,
            unhealthy: &record.memory.unhealthy_since,
            changed: record.memory.changed,
        };
        let health = assess(self.policy, sides, readings, evidence, now);

        let mut memory = record.memory.clone();
        let aborted = |crossover: &str| stop.as_ref().is_some_and(|stop| stop.aborts(crossover));
        // Who only asks reads the record while its holder may be at work.
        let over = epoch.is_some() || record.held_at(now).is_none();
        let interrupted = interrupted(&record, now).filter(|_| over);
        // Our lease replaces that of a later version that died. That version may still execute its order, if there is no newer one.
        let is_ours = |lease: &&Lease| by_hand || lease.order.as_ref().is_none_or(Order::is_understood);
        memory.died = interrupted.as_ref().filter(|lease| !is_ours(lease)).cloned();
        let taken_up = interrupted.as_ref().and_then(|lease| lease.order.clone());
        let open = memory.open.as_ref().filter(|open| !aborted(&open.id));
        let begun = open.and_then(|open| open.order.clone());
        if let Some(order) = taken_up.iter().chain(&begun).find(|order| !order.is_understood()) {
            let Order { operator, reason, aim, .. } = order;
            self.remark(if is_set_aside(order) {
                format!("an order of {operator} is not carried out, because it is {aim}: {reason}")
            } else {
                format!("an order of {operator} is from a later version and is left to that version: {reason}")
            });
        }
        let given = self.triggers.order.clone().or(taken_up.filter(Order::is_understood));
        remember_turns(&mut memory, &health);
        remember_unhealthy(&mut memory.unhealthy_since, &health, now);
        let ends_another = given.as_ref().is_some_and(|order| give(&mut memory, order, sides, now));
        if let Some(open) = &mut memory.open {
            let again = open.order.is_some() && self.triggers.order == open.order;
            let kept = |side: &String| open.not_healthy.contains(side);
            open.not_healthy = not_healthy(&health).into_iter().filter(|side| again || kept(side)).collect();
        }
        let in_force = TargetRecord { memory: memory.clone(), stop: stop.clone(), ..TargetRecord::default() }.current_memory();
        self.remarks.extend(intent_remarks(&in_force, &everything, now));
        if let Some(aim) = self.triggers.supposed.clone() {
            let (operator, reason) = ("an operator".to_owned(), "supposed".to_owned());
            memory.intent = Some(Intent { aim, operator, reason, since: now, instead_of: None, rest: Rest::new() });
        }
        let order = given.or(begun.filter(Order::is_understood));
        if order.as_ref().is_some_and(|order| order.direction != Direction::Failback) {
            let instead_of = memory.intent.as_ref().and_then(|intent| intent.instead_of.clone());
            self.remarks.extend(instead_of.map(|text| if ends_another { Remark::Ended(text) } else { Remark::Text(text) }));
        }
        let undeclared = Undeclared::of(&memory, &declared);
        if let Some(undeclared) = &undeclared {
            self.remark(undeclared.in_words());
        }
        let (ended, written, found) = (Vec::new(), record.memory, found(sides, &health, readings));
        let mut state = TargetState {
            epoch,
            written,
            memory,
            everything,
            everything_unread,
            ended,
            order,
            interrupted,
            health,
            undeclared,
            found,
            cannot_serve: BTreeSet::new(),
            leaving: None,
            muted: None,
            telling: Vec::new(),
            serving: None,
        };
        if let Some(stop) = stop {
            let taken = self.take_over(&mut state, &stop);
            state.memory.unsent.extend(taken.notices());
        }
        state
    }

    fn remark_on_unread(&mut self, sides: &[Side], readings: &Readings) {
        let alarms = || sides.iter().flat_map(|side| &side.alarms);
        if alarms().any(|alarm| readings.unread.contains(alarm)) {
            let which = if alarms().all(|alarm| readings.unread.contains(alarm)) { "the" } else { "some" };
            let errors: Vec<String> = readings.errors.iter().map(ToString::to_string).collect();
            self.remark(format!("{which} alarms could not be read; the events are used instead: {}", errors.join("; ")));
        }
    }
}

/// Takes the intent of an order, or ends the intent that a failback ends. Returns whether it ends the intent of another order.
fn give(memory: &mut Memory, order: &Order, sides: &[Side], now: Timestamp) -> bool {
    if order.direction == Direction::Unfence {
        return false;
    }
    if order.direction == Direction::Failback {
        let ends = |intent: &Aim| comes_home(&order.aim, intent, sides) || is_ended_by(intent, &order.aim);
        memory.intent = memory.intent.take().filter(|intent| !ends(&intent.aim));
        return false;
    }
    let (aim, operator, reason) = (order.aim.clone(), order.operator.clone(), order.reason.clone());
    let given = Intent { aim, operator, reason, since: now, instead_of: None, rest: Rest::new() };
    let before = memory.intent.take();
    // A repeated order keeps the time of the first one.
    let same = before.clone().filter(|intent| Intent { since: now, instead_of: None, ..intent.clone() } == given);
    let ends_another = before.as_ref().is_some_and(|before| before.aim != given.aim);
    let instead_of = before.and_then(|before| if ends_another { Some(ended(&before)) } else { before.instead_of });
    memory.intent = same.or(Some(Intent { instead_of, ..given }));
    ends_another
}

/// The lease of an invocation that died recently over an unfinished crossover: the last lease, or the one before it if
/// that was for an order. An operator has not aborted that crossover.
pub(crate) fn interrupted(record: &TargetRecord, now: Timestamp) -> Option<Lease> {
    let unfinished = |_: &&Lease| record.memory.finished != record.epoch;
    let aborted = |lease: &Lease| record.new_stop().is_some_and(|stop| stop.aborts(&lease.crossover_id));
    let last = record.interrupted().filter(|lease| is_recent(lease, now)).filter(unfinished);
    let earlier = last.and(record.earlier.as_ref()).filter(|_| record.memory.finished + 1 != record.epoch);
    let dead = [last, earlier, record.memory.died.as_ref()];
    let mut dead = dead.into_iter().flatten().filter(|lease| is_recent(lease, now) && !aborted(lease));
    let first = dead.next()?;
    Some([first].into_iter().chain(dead).find(|lease| lease.order.is_some()).unwrap_or(first).clone())
}

fn is_recent(lease: &Lease, now: Timestamp) -> bool {
    within(lease.taken, TAKEN_UP_FOR, now)
}

/// Whether a failback ends an intent: it moves work back to a side that the intent keeps empty.
fn comes_home(failback: &Aim, intent: &Aim, sides: &[Side]) -> bool {
    sides.iter().any(|side| failback.calls_home(&side.name) && intent.leaves(&side.name))
}

/// Records when each side became unhealthy.
fn remember_turns(memory: &mut Memory, health: &Health) {
    for (side, at) in health.iter().filter_map(|(side, health)| Some((side, health.turned?))) {
        let turns = memory.turns.entry(side.clone()).or_default();
        if !turns.contains(&at) {
            turns.push(at);
            turns.sort();
            let surplus = turns.len().saturating_sub(TURNS_KEPT);
            turns.drain(..surplus);
        }
    }
}

/// Remarks on the pauses and intents in force.
pub(crate) fn intent_remarks(memory: &Memory, everything: &Memory, now: Timestamp) -> Vec<Remark> {
    let pauses = [(ALL, &everything.pause), ("", &memory.pause)];
    let lasting = pauses.into_iter().filter_map(|(what, pause)| Some((what, pause.as_ref()?)));
    let lasting = lasting.filter(|(_, pause)| pause.lasts(now)).map(|(what, pause)| Remark::Text(describe_pause(what, pause)));
    lasting.chain(memory.intent.clone().map(Remark::Kept)).collect()
}

/// The sides that the last failover left and whose work is still elsewhere. Without their alarms they are not known to be
/// healthy again. If one of them is not declared any more, each declared side may be the same one with another name.
fn left_as_failed(memory: &Memory, declared: &BTreeSet<&str>) -> BTreeSet<String> {
    let automatic = memory.last_automatic.as_ref().filter(|_| !memory.away.is_empty());
    let reviewed = automatic.is_some_and(|last| last.acknowledged.is_some());
    let of_aim = |aim: &Aim| match aim {
        Aim::AwayFrom(side) => Some(side.clone()),
        _ => None,
    };
    let by_hand = match memory.intent.as_ref().map(|intent| &intent.aim) {
        Some(Aim::Undeclared(aim)) => of_aim(aim),
        aim => aim.and_then(of_aim),
    };
    let is_declared = |side: &String| declared.contains(side.as_str());
    let automatic = automatic.into_iter().flat_map(|last| last.sides().map(|(side, _)| side.clone()));
    let left: BTreeSet<String> = automatic.filter(|side| !reviewed || is_declared(side)).chain(by_hand).collect();
    if left.iter().all(is_declared) { left } else { declared.iter().map(|&side| side.to_owned()).collect() }
}

/// Describes the holder of a lease.
pub(crate) fn held_by(lease: &Lease) -> String {
    format!("{} holds the lease until {}, for {}", lease.holder, short(lease.until), lease.trigger)
}
