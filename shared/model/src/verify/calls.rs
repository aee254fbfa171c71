//! What a trail of calls says of the promises, beside the journal.

use jiff::Timestamp;

use super::{
    history::{Call, History, Limits, after},
    violation::Broken,
};
use crate::{
    crossover::Crossover,
    pause::{Extent, Pause},
    step::Way,
    trigger::Order,
};

pub(super) fn broken(history: History<'_>, limits: Limits) -> Vec<Broken> {
    let mut calls: Vec<&Call> = history.calls.iter().filter(|call| call.irreversible && !call.refused).collect();
    calls.sort_by_key(|call| call.at);
    let mut broken: Vec<Broken> =
        crossovers(history).flat_map(|crossover| repeated(crossover, &calls, history, limits)).collect();
    let pauses = [history.record.current_memory().pause, history.everything.pause.clone()];
    for pause in pauses.iter().flatten() {
        broken.extend(calls.iter().filter_map(|call| after_stop(call, pause, history, limits)));
    }
    broken
}

fn crossovers(history: History<'_>) -> impl Iterator<Item = &Crossover> {
    history.crossovers.iter().chain(&history.record.memory.open)
}

/// Whether a call was made while a crossover was running.
fn is_during(crossover: &Crossover, at: Timestamp, history: History<'_>, limits: Limits) -> bool {
    crossover.started <= after(at, limits.skew) && at <= history.end_of(crossover)
}

/// Whether a call is of a crossover: no later one may have been running yet, which takes the place of the earlier one. What was
/// called right before it began, by its own clock, may be of that earlier one.
fn is_of(crossover: &Crossover, at: Timestamp, history: History<'_>, limits: Limits) -> bool {
    let takes_place =
        |other: &Crossover| crossover.started < other.started || (other.started < crossover.started && at < crossover.started);
    let is_other = |other: &Crossover| takes_place(other) && is_during(other, at, history, limits);
    is_during(crossover, at, history, limits) && !crossovers(history).any(is_other)
}

/// A crossover makes one irreversible call, and no second one before the first is seen done. Later ones may be of a forced
/// order that could not be recorded.
fn repeated(crossover: &Crossover, calls: &[&Call], history: History<'_>, limits: Limits) -> Vec<Broken> {
    let moved = crossover.steps.iter().filter(|step| step.card.way != Way::InPlace && step.result.is_good());
    let seen = moved.filter_map(|step| step.ended).min();
    let is_own = |call: &&&Call| is_of(crossover, call.at, history, limits) && seen.is_none_or(|seen| call.at <= seen);
    let mut own = calls.iter().filter(is_own);
    let Some(first) = own.next() else { return Vec::new() };
    let second = |call: &&Call| {
        if call.resource == first.resource {
            let (crossover, at) = (crossover.id.clone(), call.at);
            Broken::Again { crossover, call: call.call.clone(), resource: call.resource.clone(), at }
        } else {
            let (first, second) = (first.resource.clone(), call.resource.clone());
            Broken::TwoPromotions { crossover: crossover.id.clone(), first, second, at: call.at }
        }
    };
    own.map(second).collect()
}

/// An irreversible call after a pause or a stop that no person's order covers; after a stop, only one that is forced does.
fn after_stop(call: &Call, pause: &Pause, history: History<'_>, limits: Limits) -> Option<Broken> {
    let in_force = after(pause.since, limits.stop) < call.at && pause.until.is_none_or(|until| call.at < until);
    let passes = |order: &Order| order.force || matches!(pause.extent, Extent::Beginning | Extent::Automatic);
    let covers = |crossover: &Crossover| crossover.order.as_ref().is_some_and(passes);
    let ordered = crossovers(history).any(|crossover| covers(crossover) && is_during(crossover, call.at, history, limits));
    (in_force && !ordered).then(|| Broken::AfterStop {
        call: call.call.clone(),
        resource: call.resource.clone(),
        at: call.at,
        stop: pause.since,
    })
}
