//! What may change between two reads of a journal.

use std::collections::BTreeMap;

use super::{
    history::History,
    violation::{Broken, Violation},
};
use crate::crossover::Crossover;

/// The promises that are broken between two reads of a target's journal: epochs only grow, and what ended stays as it is.
#[must_use]
pub fn growth(before: History<'_>, after: History<'_>) -> Vec<Violation> {
    let (earlier, later) = (before.record.epoch, after.record.epoch);
    let epoch = (later < earlier).then_some(Broken::EpochBackwards { before: earlier, after: later });
    let now: BTreeMap<&str, &Crossover> = after.crossovers.iter().map(|crossover| (crossover.id.as_str(), crossover)).collect();
    let is_kept = |crossover: &&Crossover| now.get(crossover.id.as_str()) == Some(crossover);
    let rewritten = before.crossovers.iter().filter(|crossover| crossover.ended.is_some() && !is_kept(crossover));
    let rewritten = rewritten.map(|crossover| Broken::Rewritten { crossover: crossover.id.clone() });
    epoch.into_iter().chain(rewritten).map(|broken| Violation::new(after.target, broken)).collect()
}
