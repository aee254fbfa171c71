//! Record groups that move together, and the steps that move them. Pure.

use std::collections::BTreeMap;

use crossover_arc::ControlState;
use crossover_model::step::{StepCard, Way};
use crossover_route53::{BATCH_CHARACTERS, BATCH_VALUES, RecordSet, RecordsStep};

use crate::{
    beacon::{BeaconStep, Set},
    controls::ControlsStep,
    record_group::RecordGroup,
    shares::{Shares, alike},
    spec::{DnsSpec, Switch},
    step::DnsStep,
};

/// The groups of one step: as many as one Route 53 batch allows. The split is always the same.
pub(crate) struct Batch<'t> {
    groups: Vec<&'t RecordGroup>,
}

/// All groups, in as few batches as they fit into.
pub(crate) fn batches<'t>(groups: &'t [RecordGroup], switch: &Switch) -> Vec<Batch<'t>> {
    let mut batches: Vec<Batch<'t>> = Vec::new();
    let mut filled = (0, 0);
    for group in groups {
        let (values, characters) = size(group, switch);
        let fits = filled.0 + values <= BATCH_VALUES && filled.1 + characters <= BATCH_CHARACTERS;
        if let Some(batch) = batches.last_mut().filter(|_| fits) {
            batch.groups.push(group);
            filled = (filled.0 + values, filled.1 + characters);
        } else {
            batches.push(Batch { groups: vec![group] });
            filled = (values, characters);
        }
    }
    batches
}

/// The most of a batch that a group takes, wherever it moves: each of its record sets is deleted with
/// its old values, and created with those of the side with the most.
fn size(group: &RecordGroup, switch: &Switch) -> (usize, usize) {
    let of_set = |set: &RecordSet| {
        let now = (set.values(), set.characters());
        match switch {
            Switch::Simple(pointers) => {
                let sizes = pointers.values().map(|pointer| pointer.size(&set.kind)).chain([now]);
                let most = sizes.fold((0, 0), |most, size| (most.0.max(size.0), most.1.max(size.1)));
                (2 * most.0, 2 * most.1)
            }
            _ => (2 * now.0, 2 * now.1),
        }
    };
    group.sets.values().map(of_set).fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1))
}

impl Batch<'_> {
    /// The name in answers and notices.
    pub(crate) fn resource(&self) -> String {
        let first = self.groups.first().map_or("", |group| group.name.as_str());
        match self.groups.len() {
            0 | 1 => first.to_owned(),
            many => format!("{first} and {} more", many - 1),
        }
    }

    pub(crate) fn is_home(&self) -> bool {
        self.groups.iter().all(|group| group.is_home())
    }

    /// The location after some of its groups moved.
    pub(crate) fn location(&self, switch: &Switch, moved: &BTreeMap<&str, &Shares>) -> String {
        let mut locations: BTreeMap<String, usize> = BTreeMap::new();
        for group in &self.groups {
            let shares = moved.get(group.name.as_str()).copied().unwrap_or(&group.now);
            *locations.entry(switch.in_words(shares)).or_default() += 1;
        }
        match locations.len() {
            1 => locations.into_keys().next().unwrap_or_default(),
            _ => locations.iter().map(|(location, groups)| format!("{groups} at {location}")).collect::<Vec<_>>().join("; "),
        }
    }

    /// The step that moves some of its groups; `None` if none of them moves.
    pub(crate) fn step(&self, spec: &DnsSpec, moved: &BTreeMap<&str, &Shares>) -> Option<DnsStep> {
        let mut moving = self.groups.iter().filter_map(|group| Some((*group, *moved.get(group.name.as_str())?))).peekable();
        moving.peek()?;
        let after = |group: &RecordGroup| moved.get(group.name.as_str()).map_or_else(|| group.now.clone(), |to| (*to).clone());
        let goes_home = self.groups.iter().all(|group| alike(&after(group), &group.home));
        let way = if goes_home { Way::Home } else { Way::Away };
        let (from, to) = (self.location(&spec.switch, &BTreeMap::new()), self.location(&spec.switch, moved));
        let card = |step: &str| StepCard {
            step: step.to_owned(),
            resource: self.resource(),
            from: from.clone(),
            to: to.clone(),
            way,
            undo: None,
        };
        let standby_serves = |shares: &Shares| shares.get(spec.home()).is_none_or(|weight| *weight == 0);
        Some(match &spec.switch {
            Switch::Failover | Switch::Weighted { .. } | Switch::Simple(_) => {
                let changes = moving.flat_map(|(group, to)| group.changes(&spec.switch, to)).collect();
                DnsStep::Records(RecordsStep::new(spec.hosted_zone.clone(), changes, card("change-records")))
            }
            Switch::BeaconObject { object, inverted } => {
                let there = standby_serves(moving.next()?.1) == *inverted;
                let step = if there { "put-beacon" } else { "delete-beacon" };
                DnsStep::Beacon(BeaconStep { card: card(step), set: Set::Object(object.clone(), there) })
            }
            Switch::BeaconMetric(metric) => {
                let value = if standby_serves(moving.next()?.1) { 1.0 } else { 0.0 };
                DnsStep::Beacon(BeaconStep { card: card("put-beacon"), set: Set::Metric(metric.clone(), value) })
            }
            Switch::RoutingControl { endpoints, controls } => {
                let shares = moving.next()?.1;
                let state = |(side, arn): (&String, &String)| {
                    let on = shares.get(side).is_some_and(|weight| *weight > 0);
                    (arn.clone(), if on { ControlState::On } else { ControlState::Off })
                };
                let states = controls.iter().map(state).collect();
                DnsStep::Controls(ControlsStep { card: card("set-routing-controls"), endpoints: endpoints.clone(), states })
            }
        })
    }
}
