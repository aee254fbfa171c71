//! What a look knows before it decides.

use std::{collections::BTreeSet, time::Duration};

use super::Look;
use crate::{
    crossover::Crossover,
    health::{Health, Readings, Said, assess, short},
    journal::{Intent, Lease, Memory, TargetRecord},
    kind::Kind,
    trigger::Command,
};

/// What a died invocation had begun is taken up by the next one for this long; later, a person's
/// command is old news.
const TAKEN_UP_FOR: Duration = Duration::from_mins(15);

/// What is known once the target has been read, and what shall be remembered of it.
pub(super) struct Known {
    /// Our epoch; none in a dry run and without a journal.
    pub(super) epoch: Option<u64>,
    /// The memory as it stands in the journal.
    pub(super) written: Memory,
    /// The memory as it shall be.
    pub(super) memory: Memory,
    /// Crossovers that ended and are not written down yet.
    pub(super) ended: Vec<Crossover>,
    /// The command that is carried out: a new one, or the one that an unfinished crossover is for.
    pub(super) command: Option<Command>,
    /// The lease of an invocation that died a short while ago.
    pub(super) interrupted: Option<Lease>,
    pub(super) health: Health,
}

impl<K: Kind> Look<'_, K> {
    pub(super) fn know(&mut self, epoch: Option<u64>, record: TargetRecord, readings: &Readings) -> Known {
        let now = self.now();
        if let Readings::EventsOnly(error) = readings {
            self.remark(format!("the alarms could not be read; what woke us counts instead: {error}"));
        }
        if self.is_dry_run()
            && let Some(lease) = record.held_at(now)
        {
            self.remark(held_by(lease));
        }
        let left = left_for_dead(&record.memory);
        let said = Said { events: &self.wake.events, by_hand: self.wake.command.is_some(), left: &left };
        let health = assess(&self.target.policy, &self.target.sides, readings, said, now);

        let recent = |lease: &&Lease| now.duration_since(lease.taken).unsigned_abs() <= TAKEN_UP_FOR;
        let unfinished = |lease: &&Lease| lease.until <= now && record.memory.finished != record.epoch;
        let interrupted = record.interrupted().filter(recent).filter(unfinished).cloned();
        // It may have died over the command of another one that had died before.
        let earlier = record.earlier.as_ref().filter(recent).filter(|_| record.memory.finished + 1 != record.epoch);
        let died = [interrupted.as_ref(), interrupted.as_ref().and(earlier)];
        let carried = || died.into_iter().flatten().find_map(|lease| lease.command.clone());
        let given = self.wake.command.clone().or_else(carried);
        let mut memory = record.memory.clone();
        match &given {
            Some(Command::Failover { away_from, reason, operator, .. }) => {
                let (away_from, operator, reason) = (away_from.clone(), operator.clone(), reason.clone());
                memory.intent = Some(Intent { away_from, operator, reason, since: now });
            }
            Some(Command::Failback { side, .. }) => {
                memory.intent = memory.intent.filter(|intent| side.as_ref().is_some_and(|side| *side != intent.away_from));
            }
            Some(Command::Plan { .. }) | None => {}
        }
        if let Some(intent) = &memory.intent {
            let Intent { away_from, operator, reason, since } = intent;
            self.remarks.push(format!("{operator} keeps it away from {away_from} since {}: {reason}", short(*since)));
        }
        let command = given.or_else(|| memory.open.as_ref()?.command.clone());
        Known { epoch, written: record.memory, memory, ended: Vec::new(), command, interrupted, health }
    }
}

/// The sides that the last failover left while their work is still elsewhere: without their alarms
/// nothing says that they are well again.
fn left_for_dead(memory: &Memory) -> BTreeSet<String> {
    let automatic = memory.last_automatic.as_ref().filter(|_| !memory.away.is_empty());
    let by_hand = memory.intent.as_ref().map(|intent| intent.away_from.clone());
    automatic.into_iter().flat_map(|last| last.left.iter().cloned()).chain(by_hand).collect()
}

/// Who holds a lease, in words.
pub(super) fn held_by(lease: &Lease) -> String {
    format!("{} holds the lease until {}, for {}", lease.holder, short(lease.until), lease.trigger)
}
