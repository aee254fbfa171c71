//! Commands that move or end what the journal has of names that the topology does not declare any more.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::{
    answer::TargetAnswer,
    health::Health,
    journal::Memory,
    leftover::{Received, emptied, forget_sides, pending, receive},
    notes::Noted,
    outcome::Outcome,
    topology::Policy,
    trigger::{Command, RecordChange, RecordCommand, Trigger},
    undeclared::rename_sides,
};

use crate::{
    context::{Ending, TargetContext, TargetState, interrupted},
    controller::Controller,
    environment::Invocation,
    group::At,
    ports::LeaseAnswer,
    triggers::Triggers,
};

impl Controller {
    /// Refuses a command about a record that would change what the topology declares.
    pub(crate) fn check_record_command(&self, command: &RecordCommand) -> Result<(), String> {
        let target = &command.target;
        let is_declared = self.declared().contains(target);
        let sides: BTreeSet<&String> = match &command.change {
            RecordChange::Rename { to: Some(to), .. } if is_declared && to != target => {
                return Err(format!(
                    "target: the topology declares \"{target}\"; expected the name that it had before it was renamed to \"{to}\""
                ));
            }
            RecordChange::Rename { to, sides } => {
                let at = self.commanded(to.as_ref().unwrap_or(target), None)?;
                for side in sides.values() {
                    self.commanded(to.as_ref().unwrap_or(target), Some(("side", side)))?;
                }
                return self.check_old_sides(at, sides.keys());
            }
            RecordChange::Forget { sides } => sides.iter().collect(),
        };
        match (is_declared, sides.is_empty()) {
            (true, true) => Err(format!(
                "target: the topology declares \"{target}\", and only the record of a target that was removed can be forgotten"
            )),
            (false, false) => {
                Err(format!("target: the topology does not declare \"{target}\", so it is forgotten without a side"))
            }
            (true, false) => self.check_old_sides(self.commanded(target, None)?, sides.into_iter()),
            (false, true) => Ok(()),
        }
    }

    fn check_old_sides<'s>(&self, (kind, index): At, mut sides: impl Iterator<Item = &'s String>) -> Result<(), String> {
        let declared = self.kinds[kind].sides(index);
        match sides.find(|side| declared.iter().any(|known| known.name == **side)) {
            None => Ok(()),
            Some(side) => {
                Err(format!("side: the topology declares \"{side}\"; expected a name that it does not declare any more"))
            }
        }
    }

    /// Executes a command about a record, which was checked.
    pub(crate) async fn change_record(&self, command: &RecordCommand, invocation: &Invocation) -> TargetAnswer {
        let trigger = Triggers::by_hand(Trigger::Manual(Command::Record(command.clone())).to_string());
        let of_target = |name: &str| self.named(name).map(|(kind, index)| (self.kinds[kind].kind(), self.policy((kind, index))));
        let old = Policy::undeclared(&command.target);
        let (kind, policy) = of_target(&command.target).unwrap_or(("-", &old));
        let context = |kind, policy| TargetContext::new(&self.environment, invocation, policy, kind, trigger.clone());
        match &command.change {
            RecordChange::Forget { sides } if sides.is_empty() => Box::pin(context(kind, policy).forget(command)).await,
            RecordChange::Forget { sides } => Box::pin(context(kind, policy).forget_sides(command, sides)).await,
            RecordChange::Rename { to: Some(to), sides } if *to != command.target => {
                let (kind, policy) = of_target(to).unwrap_or(("-", &old));
                Box::pin(move_record(context("-", &old), context(kind, policy), command, sides)).await
            }
            RecordChange::Rename { sides, .. } => Box::pin(context(kind, policy).rename_sides(command, sides)).await,
        }
    }

    fn policy(&self, (kind, index): At) -> &Policy {
        self.kinds[kind].target_refs()[index].policy
    }
}

fn done(command: &RecordCommand, what: &str) -> String {
    format!("{what} by {}: {}", command.operator, command.reason)
}

fn with_list(text: String, pending: &[String]) -> String {
    if pending.is_empty() { text } else { format!("{text}; it had {}", pending.join(", ")) }
}

impl TargetContext<'_> {
    async fn forget(self, command: &RecordCommand) -> TargetAnswer {
        let forget = |state: &mut TargetState, now| {
            let had = pending(&state.memory);
            if had.is_empty() {
                return Noted::Already("the journal has nothing of it that is pending".to_owned());
            }
            let (ended, memory) = emptied(std::mem::take(&mut state.memory), now);
            state.ended.extend(ended);
            state.memory = memory;
            Noted::Ended(with_list(done(command, "forgotten"), &had))
        };
        Box::pin(self.remember_in(forget)).await
    }

    async fn forget_sides(self, command: &RecordCommand, sides: &BTreeSet<String>) -> TargetAnswer {
        let names: Vec<&str> = sides.iter().map(String::as_str).collect();
        let names = names.join(", ");
        let forget = |state: &mut TargetState, now| {
            let before = state.memory.clone();
            let ended = forget_sides(&mut state.memory, sides, now);
            if state.memory == before {
                return Noted::Already(format!("the journal does not name {names}"));
            }
            let had: Vec<String> = pending(&before).into_iter().filter(|had| !pending(&state.memory).contains(had)).collect();
            state.ended.extend(ended);
            Noted::Ended(with_list(done(command, &format!("{names} forgotten")), &had))
        };
        Box::pin(self.remember_in(forget)).await
    }

    async fn rename_sides(self, command: &RecordCommand, names: &BTreeMap<String, String>) -> TargetAnswer {
        let pairs: Vec<String> = names.iter().map(|(old, new)| format!("{old} is now {new}")).collect();
        let rename = |memory: &mut Memory, _| {
            let before = memory.clone();
            rename_sides(memory, names);
            if *memory == before {
                Noted::Already("the journal names none of these sides".to_owned())
            } else {
                Noted::New(done(command, &format!("{} in the journal", pairs.join(", "))))
            }
        };
        Box::pin(self.remember(rename)).await
    }
}

/// Moves a record under the leases of both names. It is first written under the new name, with a mark of the move, and then
/// emptied under the old one; the same command again finishes what a death in between has left.
async fn move_record(
    mut old: TargetContext<'_>,
    new: TargetContext<'_>,
    command: &RecordCommand,
    sides: &BTreeMap<String, String>,
) -> TargetAnswer {
    let (epoch, record) = match old.acquire_lease(true).await {
        Ok(LeaseAnswer::Taken { epoch, before, .. }) => (epoch, before),
        Ok(LeaseAnswer::Held(record)) => return old.held_by_another(&record),
        Err(error) => {
            let ending = Ending::new(Outcome::Failed, format!("nothing was moved; try again: {error}"));
            return old.answer(&Health::new(), ending, None, 0);
        }
    };
    let now = old.now();
    let (died, stop) = (interrupted(&record, now), record.new_stop().cloned());
    let mut state = TargetState::of_record(Some(epoch), record.memory);
    state.memory.died = died;
    if let Some(stop) = stop {
        let taken = old.take_over(&mut state, &stop);
        state.memory.unsent.extend(taken.notices());
    }
    let had = pending(&state.memory);
    let from = command.target.as_str();
    let mut moved = false;
    let into = |new: &mut TargetState, _| {
        if had.is_empty() {
            new.memory.moved_from = None;
            return Noted::Already(format!("the journal has nothing of {from} that is pending"));
        }
        let mut moving = state.memory.clone();
        rename_sides(&mut moving, sides);
        let received = receive(&mut new.memory, moving, from, &command_target(command));
        moved = received != Received::BothOpen;
        match received {
            Received::Now => Noted::New(with_list(done(command, &format!("the record of {from} moved here")), &had)),
            Received::Before => Noted::Already(format!("the record of {from} was moved here before")),
            Received::BothOpen => Noted::Refused(format!(
                "{from} and this target both have an open crossover; forget that of {from}, or let this one end first"
            )),
        }
    };
    let answer = Box::pin(new.remember_in(into)).await;
    let is_written = moved && matches!(answer.outcome, Outcome::Recorded | Outcome::Settled);
    if is_written {
        let (_, memory) = emptied(std::mem::take(&mut state.memory), now);
        state.memory = memory;
    }
    let ending = Ending::new(Outcome::Settled, "the record is released");
    let emptied = Box::pin(old.finish(state, ending)).await;
    let remarks = answer.remarks.iter().cloned().chain(emptied.remarks).collect();
    TargetAnswer { remarks, ..answer }
}

fn command_target(command: &RecordCommand) -> String {
    match &command.change {
        RecordChange::Rename { to: Some(to), .. } => to.clone(),
        RecordChange::Rename { to: None, .. } | RecordChange::Forget { .. } => command.target.clone(),
    }
}
