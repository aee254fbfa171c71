//! The failures of a drill and their effects on an account. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crossover_cloudwatch::CloudWatchAccount;
use crossover_kinds::Registry;
use crossover_model::{
    alarm::AlarmState,
    arn::alarm_known_at,
    evacuation::{is_in, is_location, locations, no_side_in},
    text::nearest,
    topology::{Document, Problems},
};
use crossover_sandbox::{Account, rehearsal::Failure};
use jiff::Timestamp;

use crate::engine::Engine;

/// A target with the sides of it that fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) target: String,
    pub(crate) kind: String,
    pub(crate) sides: BTreeSet<String>,
    /// Whether another side is left.
    pub(crate) has_others: bool,
    alarms: BTreeSet<String>,
}

/// The sides that `what` names or contains: `TARGET/SIDE`, a zone or a Region.
pub(crate) fn lost(engine: &Engine, what: &str) -> Result<Vec<Lost>, String> {
    let of_target = |kind: &str,
                     target_ref: &crossover_model::correlation::TargetRef<'_>,
                     is_lost: &dyn Fn(&str, &str) -> bool| {
        let (inside, others): (Vec<_>, Vec<_>) = target_ref.sides.iter().partition(|side| is_lost(&side.name, &side.location));
        (!inside.is_empty()).then(|| Lost {
            target: target_ref.policy.name.clone(),
            kind: kind.to_owned(),
            sides: inside.iter().map(|side| side.name.clone()).collect(),
            has_others: !others.is_empty(),
            alarms: inside.iter().flat_map(|side| side.alarms.iter().cloned()).collect(),
        })
    };
    let Some((target, side)) = what.split_once('/') else {
        let found: Vec<Lost> = engine
            .targets()
            .filter_map(|(kind, target_ref)| of_target(kind, &target_ref, &|_, location| is_in(location, what)))
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let known = locations(engine.targets().map(|(_, target_ref)| target_ref));
        let hint = if is_location(what) { "" } else { "; a side of a target is given as TARGET/SIDE" };
        return Err(no_side_in(what, &known) + hint);
    };
    let Some((kind, target_ref)) = engine.targets().find(|(_, target_ref)| target_ref.policy.name == target) else {
        let known: Vec<&str> = engine.targets().map(|(_, target_ref)| target_ref.policy.name.as_str()).collect();
        return Err(unknown(target, "targets", &known));
    };
    let found = of_target(kind, &target_ref, &|name, _| name == side);
    let known: Vec<&str> = target_ref.sides.iter().map(|known| known.name.as_str()).collect();
    found.map(|lost| vec![lost]).ok_or_else(|| unknown(side, &format!("sides of {target}"), &known))
}

fn unknown(name: &str, of: &str, known: &[&str]) -> String {
    let near = nearest(name, known.iter().copied()).map_or_else(String::new, |near| format!("did you mean {near}? "));
    format!("\"{name}\" is not one of the {of}; {near}known: {}", known.join(", "))
}

/// The alarms and resources that fail together with the sides.
#[derive(Debug, Default)]
pub(crate) struct Breaks {
    pub(crate) lost: Vec<Lost>,
    /// Alarms by their names in the account, and alarms that the topology names but the account does not have.
    pub(crate) alarms: BTreeSet<String>,
    pub(crate) missing_alarms: BTreeSet<String>,
    /// The resources of the kinds that fail.
    failures: Vec<Box<dyn Failure>>,
}

impl Breaks {
    pub(crate) fn of(
        registry: &Registry,
        account: &Account,
        topology: &str,
        lost: &[Lost],
        what: &str,
    ) -> Result<Self, Problems> {
        let mut breaks = Self { lost: lost.to_vec(), ..Self::default() };
        for alarm in lost.iter().flat_map(|lost| &lost.alarms) {
            let name = alarm_known_at(alarm, &account.region, &account.account_id).to_owned();
            let exists = account.cloudwatch().alarms.iter().any(|known| known.name == name);
            if exists {
                breaks.alarms.insert(name)
            } else {
                breaks.missing_alarms.insert(name)
            };
        }
        let sides: BTreeMap<String, BTreeSet<String>> =
            lost.iter().map(|lost| (lost.target.clone(), lost.sides.clone())).collect();
        // A name that ends with a letter is a zone, not a Region.
        let region = Some(what).filter(|what| is_location(what) && !what.ends_with(|c: char| c.is_ascii_lowercase()));
        breaks.failures = registry.failures(&Document::new(topology), &sides, region, account)?;
        Ok(breaks)
    }

    /// The effect on each resource, for people. A resource of several targets is listed once.
    pub(crate) fn in_words(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for line in self.failures.iter().filter_map(|failure| failure.in_words()) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let alarms = self.alarms.iter().map(|alarm| format!("alarm {alarm} fires"));
        let missing = self.missing_alarms.iter().map(|alarm| format!("alarm {alarm} does not exist, and does not fire"));
        lines.into_iter().chain(alarms).chain(missing).collect()
    }

    /// Applies the failure to the account.
    pub(crate) fn apply(&self, account: &mut Account, now: Timestamp) {
        self.failures.iter().for_each(|failure| failure.apply(account, now));
        for alarm in &self.alarms {
            account.cloudwatch_mut().set_alarm(alarm, AlarmState::Alarm, now);
        }
    }

    /// Restores each failed resource to its state in `before`, unless it has changed in the meantime.
    pub(crate) fn restore(&self, account: &mut Account, before: &Account, now: Timestamp) {
        self.failures.iter().for_each(|failure| failure.restore(account, before, now));
        account.faults.clone_from(&before.faults);
        for alarm in &self.alarms {
            account.cloudwatch_mut().set_alarm(alarm, AlarmState::Ok, now);
        }
    }
}
