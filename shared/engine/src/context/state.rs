//! The state of a target before the decision.

use std::{collections::BTreeSet, time::Duration};

use crossover_model::{
    crossover::Crossover,
    direction::Direction,
    guard::describe_pause,
    health::{Health, Readings, TriggerEvidence, assess},
    journal::{Intent, Lease, Memory, TargetRecord},
    later::Rest,
    status::StatusInput,
    text::short,
    time::within,
    timeline::{SideFound, found},
    topology::Side,
    trigger::{Aim, Order},
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
    /// Crossovers that ended and are not written yet.
    pub(crate) ended: Vec<Crossover>,
    /// The order to execute: a new one, or that of the open crossover.
    pub(crate) order: Option<Order>,
    /// The lease of an invocation that died recently.
    pub(crate) interrupted: Option<Lease>,
    pub(crate) health: Health,
    /// The observed health of the sides, for the review.
    pub(crate) found: Vec<SideFound>,
    /// The side to leave, if there is one.
    pub(crate) leaving: Option<String>,
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
            ended: Vec::new(),
            order: None,
            interrupted: None,
            health: Health::new(),
            found: Vec::new(),
            leaving: None,
        }
    }
}

impl TargetContext<'_> {
    pub(crate) fn load_state(
        &mut self,
        sides: &[Side],
        epoch: Option<u64>,
        record: TargetRecord,
        everything: Memory,
        readings: &Readings,
    ) -> TargetState {
        let now = self.now();
        let alarms = || sides.iter().flat_map(|side| &side.alarms);
        if alarms().any(|alarm| readings.unread.contains(alarm)) {
            let which = if alarms().all(|alarm| readings.unread.contains(alarm)) { "the" } else { "some" };
            let errors: Vec<String> = readings.errors.iter().map(ToString::to_string).collect();
            self.remark(format!("{which} alarms could not be read; the events are used instead: {}", errors.join("; ")));
        }
        if self.is_dry_run()
            && let Some(lease) = record.held_at(now)
        {
            self.remark(held_by(lease));
        }
        let left = left_as_failed(&record.memory);
        let by_hand = self.triggers.order.is_some();
        let evidence = TriggerEvidence { events: &self.triggers.events, by_hand, left: &left, changed: record.memory.changed };
        let health = assess(self.policy, sides, readings, evidence, now);

        let mut memory = record.memory.clone();
        let interrupted = interrupted(&record, now);
        // Our lease replaces that of a later version that died. That version may still execute its order, if there is no newer one.
        let is_ours = |lease: &&Lease| by_hand || lease.order.as_ref().is_none_or(Order::is_understood);
        memory.died = interrupted.as_ref().filter(|lease| !is_ours(lease)).cloned();
        let taken_up = interrupted.as_ref().and_then(|lease| lease.order.clone());
        let begun = memory.open.as_ref().and_then(|open| open.order.clone());
        if let Some(order) = taken_up.iter().chain(&begun).find(|order| !order.is_understood()) {
            self.remark(format!(
                "an order of {} is from a later version and is left to that version: {}",
                order.operator, order.reason
            ));
        }
        let given = self.triggers.order.clone().or(taken_up.filter(Order::is_understood));
        remember_turns(&mut memory, &health);
        let mut ends_another = false;
        match &given {
            Some(order) if order.direction == Direction::Failback => {
                memory.intent = memory.intent.filter(|intent| !comes_home(&order.aim, &intent.aim, sides));
            }
            Some(Order { aim, operator, reason, .. }) => {
                let (aim, operator, reason) = (aim.clone(), operator.clone(), reason.clone());
                let given = Intent { aim, operator, reason, since: now, instead_of: None, rest: Rest::new() };
                let before = memory.intent.take();
                // A repeated order keeps the time of the first one.
                let same = before.clone().filter(|intent| Intent { since: now, instead_of: None, ..intent.clone() } == given);
                ends_another = before.as_ref().is_some_and(|before| before.aim != given.aim);
                let instead_of = before.and_then(|before| if ends_another { Some(ended(&before)) } else { before.instead_of });
                memory.intent = same.or(Some(Intent { instead_of, ..given }));
            }
            None => {}
        }
        self.remarks.extend(intent_remarks(&memory, &everything, now));
        if let Some(aim) = self.triggers.supposed.clone() {
            let (operator, reason) = ("an operator".to_owned(), "supposed".to_owned());
            memory.intent = Some(Intent { aim, operator, reason, since: now, instead_of: None, rest: Rest::new() });
        }
        let order = given.or(begun.filter(Order::is_understood));
        if order.as_ref().is_some_and(|order| order.direction != Direction::Failback) {
            let instead_of = memory.intent.as_ref().and_then(|intent| intent.instead_of.clone());
            self.remarks.extend(instead_of.map(|text| if ends_another { Remark::Ended(text) } else { Remark::Text(text) }));
        }
        let (ended, written, found) = (Vec::new(), record.memory, found(sides, &health, readings));
        TargetState { epoch, written, memory, everything, ended, order, interrupted, health, found, leaving: None }
    }
}

/// The lease of an invocation that died recently over an unfinished crossover: the last lease, or the one before it if
/// that was for an order.
pub(crate) fn interrupted(record: &TargetRecord, now: Timestamp) -> Option<Lease> {
    let unfinished = |_: &&Lease| record.held_at(now).is_none() && record.memory.finished != record.epoch;
    let last = record.interrupted().filter(|lease| is_recent(lease, now)).filter(unfinished);
    let earlier = last.and(record.earlier.as_ref()).filter(|_| record.memory.finished + 1 != record.epoch);
    let dead = [last, earlier, record.memory.died.as_ref()];
    let mut dead = dead.into_iter().flatten().filter(|lease| is_recent(lease, now));
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
    let pauses = [("everything is paused", &everything.pause), ("paused", &memory.pause)];
    let lasting = pauses.into_iter().filter_map(|(what, pause)| Some((what, pause.as_ref()?)));
    let lasting = lasting.filter(|(_, pause)| pause.lasts(now)).map(|(what, pause)| Remark::Text(describe_pause(what, pause)));
    lasting.chain(memory.intent.clone().map(Remark::Kept)).collect()
}

/// The sides that the last failover left and whose work is still elsewhere. Without their alarms they are not known to be
/// healthy again.
fn left_as_failed(memory: &Memory) -> BTreeSet<String> {
    let automatic = memory.last_automatic.as_ref().filter(|_| !memory.away.is_empty());
    let by_hand = match memory.intent.as_ref().map(|intent| &intent.aim) {
        Some(Aim::AwayFrom(side)) => Some(side.clone()),
        _ => None,
    };
    automatic.into_iter().flat_map(|last| last.left.iter().cloned()).chain(by_hand).collect()
}

/// Describes the holder of a lease.
pub(crate) fn held_by(lease: &Lease) -> String {
    format!("{} holds the lease until {}, for {}", lease.holder, short(lease.until), lease.trigger)
}
