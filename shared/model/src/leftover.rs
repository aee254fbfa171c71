//! What the record of a target that the topology does not declare still has: nothing reconciles it. Pure.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;

use crate::{
    crossover::Crossover,
    half_done::{self, HalfDone},
    hash::fnv1a,
    journal::{Automatic, Lease, Memory, MovedFrom},
    later::Rest,
    step::StepCard,
    text::{list, short},
    time::within,
    trigger::Aim,
};

/// The interval of notices about the same record.
pub const TELL_AGAIN: Duration = Duration::from_hours(24);

/// The most names that a text lists.
const LISTED: usize = 5;

/// What is pending in a record, besides unsent notices; empty if nothing is.
#[must_use]
pub fn pending(memory: &Memory) -> Vec<String> {
    let open = memory.open.as_ref().map(|open| format!("the open crossover {}", open.id));
    let died =
        |lease: &Lease| format!("the crossover {} of {}, which did not release its lease", lease.crossover_id, lease.holder);
    let asked = memory.half_done.iter().filter(|left| left.is_request());
    let asked = asked.map(|left| format!("the request of {}, which may still take effect", left.crossover_id));
    let died = memory.died.as_ref().filter(|_| memory.open.is_none()).map(died);
    let intent = memory.intent.as_ref().map(|intent| format!("the intent of {}, {}", intent.operator, intent.aim_in_words()));
    let pause = memory.pause.as_ref().map(|pause| format!("the pause of {} since {}", pause.operator, short(pause.since)));
    let away = match memory.away.len() {
        0 => None,
        1 => Some("1 resource away from home".to_owned()),
        many => Some(format!("{many} resources away from home")),
    };
    let reviews = || list(memory.reviews.keys().map(String::as_str), LISTED);
    let reviews = (!memory.reviews.is_empty()).then(|| format!("no acknowledgement of {}", reviews()));
    [open, died, intent, pause, away, reviews].into_iter().flatten().chain(asked).collect()
}

/// Whether a notice of what is pending is due.
#[must_use]
pub fn is_due(memory: &Memory, now: Timestamp) -> bool {
    !pending(memory).is_empty() && !memory.undeclared.is_some_and(|at| within(at, TELL_AGAIN, now))
}

/// What a target's record is once it is forgotten or moved: the crossovers that end with it, for the history, and what remains,
/// which is its unsent notices.
#[must_use]
pub fn emptied(memory: Memory, now: Timestamp) -> (Vec<Crossover>, Memory) {
    let Memory { v, open, unsent, finished, stopped, rest, .. } = memory;
    let ended = open.map(|mut open| {
        open.end(now);
        open
    });
    (ended.into_iter().collect(), Memory { v, stopped, finished, unsent, rest, ..Memory::default() })
}

/// Ends what names these sides, which were removed. Returns the crossovers that end with it, for the history.
pub fn forget_sides(memory: &mut Memory, sides: &BTreeSet<String>, now: Timestamp) -> Vec<Crossover> {
    let is_of = |aim: &Aim| aim.side_name().is_some_and(|side| sides.contains(side));
    memory.intent.take_if(|intent| is_of(&intent.aim));
    memory.died.take_if(|lease| lease.order.as_ref().is_some_and(|order| is_of(&order.aim)));
    let names_one = |card: &StepCard| sides.contains(&card.from) || sides.contains(&card.to);
    let names_it = |open: &mut Crossover| {
        let by_order = open.order.as_ref().is_some_and(|order| is_of(&order.aim));
        by_order || open.steps.iter().any(|step| names_one(&step.card))
    };
    let ended = memory.open.take_if(names_it).map(|mut open| {
        open.end(now);
        open
    });
    // The fence of a side that stays is restored from here.
    if let Some(ended) = &ended {
        half_done::remember(&mut memory.half_done, ended);
    }
    memory.half_done.retain(|left| !names_one(&left.step.card));
    memory.away.retain(|_, at| !sides.contains(at));
    if let Some(last) = &mut memory.last_automatic {
        last.left.retain(|side| !sides.contains(side));
        last.earlier.retain(|side, _| !sides.contains(side));
    }
    memory.sides.retain(|side| !sides.contains(side));
    ended.into_iter().collect()
}

/// What came of a move into the record of the new name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// It is in the new record now.
    Now,
    /// It was moved by an invocation that died, or whose answer was lost.
    Before,
    /// Both have an open crossover: one has to end first.
    BothOpen,
}

/// Moves what is pending in `old`, the record of `from`, into the record of its new name. What the new record has is newer and
/// stays.
pub fn receive(new: &mut Memory, old: Memory, from: &str, target: &str) -> Received {
    let moved = MovedFrom { target: from.to_owned(), hash: hash(&old), rest: Rest::new() };
    if new.moved_from.as_ref() == Some(&moved) {
        return Received::Before;
    }
    if new.open.is_some() && old.open.is_some() {
        return Received::BothOpen;
    }
    // A crossover's id begins with the name of its target, by which it is found.
    let renamed = |id: String| id.strip_prefix(from).map(|rest| format!("{target}{rest}")).unwrap_or(id);
    let open = old.open.map(|open| {
        let mut open = Crossover { id: renamed(open.id.clone()), target: target.to_owned(), ..open };
        open.steps.iter_mut().for_each(|step| step.card.resource = resource_of(&step.card.resource, from, target));
        open
    });
    new.open = new.open.take().or(open);
    new.died = new.died.take().or(old.died);
    new.intent = new.intent.take().or(old.intent);
    new.pause = new.pause.take().or(old.pause);
    if new.last_automatic.as_ref().is_none_or(|last| old.last_automatic.as_ref().is_some_and(|before| before.at > last.at)) {
        let rename = |last: Automatic| Automatic { crossover_id: renamed(last.crossover_id.clone()), ..last };
        new.last_automatic = old.last_automatic.map(rename);
    }
    let rename = |mut left: HalfDone| {
        left.crossover_id = renamed(left.crossover_id);
        left.step.card.resource = resource_of(&left.step.card.resource, from, target);
        left
    };
    new.half_done.extend(old.half_done.into_iter().map(rename));
    new.changed = new.changed.max(old.changed);
    new.sides.extend(old.sides);
    for (resource, at) in old.away {
        new.away.entry(resource_of(&resource, from, target)).or_insert(at);
    }
    for (id, due) in old.reviews {
        new.reviews.entry(id).or_insert(due);
    }
    for (side, turns) in old.turns {
        new.turns.entry(side).or_insert(turns);
    }
    new.moved_from = Some(moved);
    Received::Now
}

/// A resource of a target that has a new name: one that is named after the target begins with its name and a space.
fn resource_of(resource: &str, from: &str, target: &str) -> String {
    let own = resource.strip_prefix(from).filter(|rest| rest.starts_with(' '));
    own.map_or_else(|| resource.to_owned(), |rest| format!("{target}{rest}"))
}

/// The hash of what is moved of a record.
fn hash(memory: &Memory) -> u64 {
    let moved = Memory {
        open: memory.open.clone(),
        died: memory.died.clone(),
        intent: memory.intent.clone(),
        pause: memory.pause.clone(),
        away: memory.away.clone(),
        half_done: memory.half_done.clone(),
        last_automatic: memory.last_automatic.clone(),
        reviews: memory.reviews.clone(),
        ..Memory::default()
    };
    // A memory is always JSON: all of its keys are texts.
    fnv1a(serde_json::to_vec(&moved).unwrap_or_default())
}
