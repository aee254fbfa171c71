//! What a target's record and its history say of the promises.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::{
    history::{History, Limits, after},
    violation::Broken,
};
use crate::{
    crossover::Crossover,
    outcome::Outcome,
    step::{StepReport, Way},
};

pub(super) fn broken(history: History<'_>, limits: Limits) -> Vec<Broken> {
    let mut broken = two_winners(history, limits);
    broken.extend(ids(history));
    broken.extend(epochs(history));
    broken.extend(history.crossovers.iter().flat_map(|crossover| ended(crossover, limits)));
    broken.extend(unfinished(history, limits));
    broken.extend(unsent(history, limits));
    broken
}

/// More than `limit` after `since`.
fn is_over(since: Timestamp, limit: Duration, now: Timestamp) -> bool {
    after(since, limit) < now
}

/// Two crossovers that moved one resource to different locations at the same time.
fn two_winners(history: History<'_>, limits: Limits) -> Vec<Broken> {
    let all = || history.crossovers.iter().chain(&history.record.memory.open);
    let mut moves: BTreeMap<&str, Vec<(Timestamp, &Crossover, &StepReport)>> = BTreeMap::new();
    for crossover in all() {
        // What is only prepared or awaited moves nothing.
        let moving = crossover.steps.iter().filter(|step| step.card.way != Way::InPlace);
        for (began, step) in moving.filter_map(|step| Some((step.began?, step))) {
            moves.entry(step.card.resource.as_str()).or_default().push((began, crossover, step));
        }
    }
    let mut broken = Vec::new();
    for (resource, mut moves) in moves {
        moves.sort_by_key(|(began, crossover, _)| (*began, &crossover.id));
        for (index, (began, first, step)) in moves.iter().enumerate() {
            let end = history.end_of(first);
            let later = moves[index + 1..].iter().take_while(|(at, ..)| after(*at, limits.skew) < end);
            let differs = |(at, second, other): &&(Timestamp, &Crossover, &StepReport)| {
                after(*began, limits.skew) < *at && second.id != first.id && other.card.to != step.card.to
            };
            broken.extend(later.filter(differs).map(|(at, second, other)| Broken::TwoWinners {
                resource: resource.to_owned(),
                first: first.id.clone(),
                to: step.card.to.clone(),
                second: second.id.clone(),
                other: other.card.to.clone(),
                at: *at,
            }));
        }
    }
    broken
}

fn ids(history: History<'_>) -> Vec<Broken> {
    let mut ids: Vec<&String> = history.crossovers.iter().map(|crossover| &crossover.id).collect();
    ids.sort();
    let twice = ids.windows(2).filter(|pair| pair[0] == pair[1]);
    twice.map(|pair| Broken::SameId { crossover: pair[0].clone() }).collect()
}

fn epochs(history: History<'_>) -> Option<Broken> {
    let (finished, epoch) = (history.record.memory.finished, history.record.epoch);
    (finished > epoch).then_some(Broken::EpochBackwards { before: finished, after: epoch })
}

/// A crossover of the history has ended, with an outcome that its steps have, and was told.
fn ended(crossover: &Crossover, limits: Limits) -> Vec<Broken> {
    let id = || crossover.id.clone();
    let is_outcome = matches!(crossover.outcome, Outcome::Completed | Outcome::Partial | Outcome::Failed | Outcome::Other(_));
    let has_ended = crossover.ended.is_some_and(|ended| crossover.started <= after(ended, limits.skew));
    let not_ended = (!is_outcome || !has_ended).then(|| Broken::NotEnded { crossover: id(), outcome: crossover.outcome });
    let undone = crossover.steps.iter().find(|step| crossover.outcome == Outcome::Completed && !step.result.is_good());
    let not_done = undone.map(|step| Broken::NotDone { crossover: id(), resource: step.card.resource.clone() });
    let not_told = crossover.notified.is_none().then(|| Broken::NotTold { crossover: id() });
    [not_ended, not_done, not_told].into_iter().flatten().collect()
}

/// The open crossover, and the lease of an invocation that died.
fn unfinished(history: History<'_>, limits: Limits) -> Vec<Broken> {
    let (record, now) = (history.record, history.now);
    let open = record.memory.open.as_ref();
    let left = open.filter(|open| is_over(open.started, limits.open, now));
    let left = left.map(|open| Broken::LeftOpen { crossover: open.id.clone(), since: open.started });
    let untold = open.filter(|open| open.notified.is_none() && is_over(open.started, limits.unnoticed, now));
    let untold = untold.map(|open| Broken::NotTold { crossover: open.id.clone() });
    let dead = record.interrupted().filter(|_| record.memory.finished != record.epoch && record.held_at(now).is_none());
    let dead = dead.filter(|lease| is_over(lease.until, limits.unnoticed, now));
    let dead = dead.map(|lease| Broken::NobodyContinued { holder: lease.holder.clone(), since: lease.until });
    [left, untold, dead].into_iter().flatten().collect()
}

fn unsent(history: History<'_>, limits: Limits) -> Vec<Broken> {
    let late = history.record.memory.unsent.iter().filter(|notice| is_over(notice.at, limits.unsent, history.now));
    late.map(|notice| Broken::Unsent { notice: notice.id.clone(), since: notice.at }).collect()
}
