//! Correlated failures: how many targets are unhealthy at once. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    alarm::AlarmReading,
    arn::Arn,
    health::{self, State},
    time::within,
    topology::{Policy, Side},
};

/// The most alarms that one call reads.
pub const ALARMS_A_CALL: usize = 100;

/// Failures that are further apart are not correlated.
const AT_ONCE: Duration = Duration::from_hours(1);

/// A target's policy and sides, whatever its kind.
#[derive(Debug, Clone, Copy)]
pub struct TargetRef<'t> {
    /// Its policy.
    pub policy: &'t Policy,
    /// Its sides.
    pub sides: &'t [Side],
}

impl TargetRef<'_> {
    /// All alarms of its sides.
    pub fn alarms(&self) -> impl Iterator<Item = &String> {
        self.sides.iter().flat_map(|side| &side.alarms)
    }
}

/// How many targets are unhealthy at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CorrelatedFailures {
    /// The number of targets whose alarms were read.
    pub targets: usize,
    /// The number of these targets with an unhealthy side.
    pub unhealthy: usize,
    /// The locations of the unhealthy sides.
    pub locations: BTreeSet<String>,
}

/// All unhealthy sides, computed once for all targets of the same readings.
#[derive(Debug, Clone, Default)]
pub struct UnhealthySides<'t> {
    targets: usize,
    /// In the order of the targets.
    sides: Vec<UnhealthySide<'t>>,
}

#[derive(Debug, Clone, Copy)]
struct UnhealthySide<'t> {
    target: usize,
    location: &'t str,
    turned: Option<Timestamp>,
}

impl<'t> UnhealthySides<'t> {
    /// The unhealthy sides of the targets whose alarms were all read.
    #[must_use]
    pub fn of(targets: impl IntoIterator<Item = TargetRef<'t>>, readings: &BTreeMap<String, AlarmReading>) -> Self {
        let mut all = Self::default();
        for target in targets {
            if !target.alarms().all(|alarm| readings.contains_key(alarm)) {
                continue;
            }
            let (quorum, number) = (target.policy.quorum, all.targets);
            let unhealthy = target.sides.iter().filter(|side| health::state_of(quorum, side, readings) == State::Unhealthy);
            let side = |side: &'t Side| UnhealthySide {
                target: number,
                location: &side.location,
                turned: health::turned(quorum, side, readings),
            };
            all.sides.extend(unhealthy.map(side));
            all.targets += 1;
        }
        all
    }

    /// The failures around this time. A side that failed long before or after `around` is not correlated.
    #[must_use]
    pub fn failures(&self, around: Option<Timestamp>) -> CorrelatedFailures {
        let now =
            |side: &&UnhealthySide<'_>| around.zip(side.turned).is_none_or(|(around, turned)| within(turned, AT_ONCE, around));
        let mut locations = BTreeSet::new();
        let (mut unhealthy, mut last) = (0, None);
        for side in self.sides.iter().filter(now) {
            locations.insert(side.location);
            unhealthy += usize::from(last.replace(side.target) != Some(side.target));
        }
        CorrelatedFailures { targets: self.targets, unhealthy, locations: locations.into_iter().map(str::to_owned).collect() }
    }
}

/// The alarms of a target, and of as many others as fit into the same call, evenly spread so that they represent all
/// targets.
#[must_use]
pub fn with_neighbours<'t>(own: TargetRef<'t>, all: &[TargetRef<'t>]) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = own.alarms().cloned().collect();
    let room = ALARMS_A_CALL.saturating_sub(names.len());
    let most = all.iter().map(|target| target.alarms().count()).max().unwrap_or(1).max(1);
    let step = all.len().div_ceil((room / most).max(1)).max(1);
    let locations: BTreeSet<ReadAt<'_>> = own.alarms().map(|name| read_at(name)).collect();
    for neighbour in all.iter().step_by(step) {
        let more: BTreeSet<&String> = neighbour.alarms().filter(|alarm| !names.contains(*alarm)).collect();
        let same_call = more.iter().all(|alarm| locations.contains(&read_at(alarm)));
        if same_call && names.len() + more.len() <= ALARMS_A_CALL {
            names.extend(more.into_iter().cloned());
        }
    }
    names
}

/// Names and ARNs by the Region that they are read in, at most [`ALARMS_A_CALL`] together.
#[must_use]
pub fn calls(names: &BTreeSet<String>) -> Vec<BTreeSet<String>> {
    let mut by_region: BTreeMap<ReadAt<'_>, Vec<&String>> = BTreeMap::new();
    for name in names {
        by_region.entry(read_at(name)).or_default().push(name);
    }
    let chunks = by_region.values().flat_map(|names| names.chunks(ALARMS_A_CALL));
    chunks.map(|chunk| chunk.iter().copied().cloned().collect()).collect()
}

/// A Region and an account; none for the function's own.
pub type ReadAt<'a> = Option<(&'a str, &'a str)>;

/// The Region and account that an alarm is read from, by its ARN or its name.
#[must_use]
pub fn read_at(alarm: &str) -> ReadAt<'_> {
    Arn::of(alarm).filter(|arn| arn.named("alarm").is_some()).map(|arn| (arn.region, arn.account))
}
