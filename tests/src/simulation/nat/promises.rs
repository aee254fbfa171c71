//! What must hold of NAT targets once everything has healed.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_cloudwatch::CloudWatchAccount;
use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::Ec2Account;
use crossover_model::{
    alarm::AlarmState,
    answer::Answer,
    guard,
    hold::Held,
    journal::{Automatic, Memory},
    outcome::Outcome,
    reserved::EVERYTHING,
    time::within,
};
use crossover_sandbox::Account;
use crossover_sns::SnsAccount;
use jiff::Timestamp;

use super::Nat;
use crate::{
    layout::{self, DEFAULT_ROUTE},
    simulation::{history::History, told::untold},
};

const BLOCK: Duration = Duration::from_mins(10);

/// A target once everything has healed.
struct Healed<'a> {
    history: &'a History<Nat>,
    account: &'a Account,
    target: usize,
    name: String,
    memory: &'a Memory,
    outcome: Outcome,
    held: Option<Held>,
    reason: &'a str,
}

impl History<Nat> {
    pub(crate) fn promises(&mut self, last: &Answer) {
        let account = self.stage.sandbox.account();
        let mut broken = Vec::new();
        for target in 0..self.world.layout.targets {
            let name = layout::target(target);
            let found = last.targets.iter().find(|answer| answer.target == name);
            let (Some(answer), Some(record)) = (found, account.dynamodb().journal.get(&name)) else {
                broken.push(format!("killed anywhere: nobody looks at {name} any more"));
                continue;
            };
            let (outcome, held, reason, memory) = (answer.outcome, answer.held, answer.reason.as_str(), &record.memory);
            let healed = Healed { history: self, account: &account, target, name, memory, outcome, held, reason };
            broken.extend(healed.broken());
            if record.held_at(account.time).is_some() {
                broken.push("killed anywhere: the lease is left held".to_owned());
            }
        }
        broken.extend(untold(&account, &self.held));
        if self.world.moments.notes().moved > 0 && account.sns().published.is_empty() {
            broken.push("told: something moved and nobody was told".to_owned());
        }
        self.broken.extend(broken);
    }
}

impl Healed<'_> {
    fn broken(&self) -> Vec<String> {
        let held = self.outcome == Outcome::Held;
        let open = self.memory.open.is_some();
        let promises = [
            (held || self.outcome == Outcome::Settled, "killed anywhere: it is neither settled nor held in the end"),
            (!held || self.may_be_held(), "killed anywhere: it is held with everybody well"),
            (held || !open, "killed anywhere: a crossover is left open"),
            (self.memory.died.is_none(), "killed anywhere: a death is left unseen to"),
            (self.memory.unsent.is_empty(), "told: a notice is left unsent"),
            (self.is_served(), "somebody serves: work is left where it must not be, and another side could take it"),
            (self.is_home(), "killed anywhere: work that is due at home does not go there"),
            (self.knows_where_work_is(), "one at a time: the memory does not say where work is"),
        ];
        let line = |what: &str| format!("{what}: {} {} ({}) {:?}", self.name, self.outcome, self.reason, self.memory);
        promises.into_iter().filter(|(holds, _)| !holds).map(|(_, what)| line(what)).collect()
    }

    fn state(&self, side: usize) -> AlarmState {
        let name = layout::alarm(self.target, side);
        self.account
            .cloudwatch()
            .alarms
            .iter()
            .find(|alarm| alarm.name == name)
            .map_or(AlarmState::InsufficientData, |alarm| alarm.state)
    }

    fn is_able(&self, side: usize) -> bool {
        let id = layout::gateway(self.target, side);
        self.account.ec2().nat_gateways.iter().any(|gateway| gateway.id == id && gateway.state == "available")
    }

    /// Whether an operator wants nothing there.
    fn is_emptied(&self, side: usize) -> bool {
        self.memory.intent.as_ref().is_some_and(|intent| intent.aim.leaves(&layout::side(side)))
    }

    fn can_take(&self, side: usize) -> bool {
        self.state(side) == AlarmState::Ok && self.is_able(side) && !self.is_emptied(side)
    }

    fn sides(&self) -> std::ops::Range<usize> {
        0..self.history.world.layout.sides
    }

    fn is_paused(&self) -> bool {
        let everything = self.account.dynamodb().journal.get(EVERYTHING).and_then(|record| record.memory.pause.as_ref());
        self.memory.pause.iter().chain(everything).any(|pause| pause.lasts(self.account.time))
    }

    fn is_blocked(&self) -> bool {
        let last = self.memory.last_automatic.as_ref().filter(|last| last.acknowledged.is_none());
        last.is_some_and(|last| within(last.at, BLOCK, self.account.time))
    }

    fn blocked(&self) -> BTreeMap<String, Timestamp> {
        let last = self.memory.last_automatic.iter().filter(|last| last.acknowledged.is_none());
        let lasts = |(_, at): &(&String, Timestamp)| within(*at, BLOCK, self.account.time);
        last.flat_map(Automatic::sides).filter(lasts).map(|(side, at)| (side.clone(), at)).collect()
    }

    /// Whether it is held because more than half of all targets are unhealthy.
    fn are_too_many(&self) -> bool {
        self.held == Some(Held::TooManyTargetsUnhealthy) && self.history.world.unhealthy(self.account) > 0.5
    }

    /// Whether a switchover that was begun waits until every side is healthy. It does not wait once a side that it leaves has
    /// failed.
    fn switchover_waits(&self) -> bool {
        let is_served = |side: usize| self.tables().iter().any(|(.., at)| *at == self.gateway(side));
        let failed = |side: usize| self.state(side) == AlarmState::Alarm && is_served(side);
        self.held == Some(Held::NotHealthy)
            && self.sides().any(|side| self.state(side) != AlarmState::Ok)
            && !self.sides().any(failed)
    }

    fn may_be_held(&self) -> bool {
        let well = |side| self.state(side) == AlarmState::Ok && self.is_able(side);
        self.is_paused() || self.memory.intent.is_some() || !self.sides().all(well)
    }

    /// Where each table of the target leads, and its home.
    fn tables(&self) -> Vec<(String, usize, String)> {
        let layout = self.history.world.layout;
        let tables = self.sides().flat_map(|side| (0..layout.tables).map(move |index| (side, index)));
        let lead = |(home, index)| {
            let id = layout::table(self.target, home, index);
            let table = self.account.ec2().route_tables.iter().find(|table| table.id == id)?;
            Some((id, home, table.routes[DEFAULT_ROUTE].clone()))
        };
        tables.filter_map(lead).collect()
    }

    fn is_served(&self) -> bool {
        // Each side is left once while the block lasts.
        let is_blocked = |side: usize| self.blocked().contains_key(&layout::side(side)) && !self.is_emptied(side);
        let fails = |side: usize| self.state(side) == AlarmState::Alarm || self.is_emptied(side);
        let must_leave = |side: usize| fails(side) && !is_blocked(side);
        let left: BTreeSet<String> = self.sides().filter(|side| must_leave(*side)).map(|side| self.gateway(side)).collect();
        let stuck = self.tables().iter().any(|(.., at)| left.contains(at));
        let may_stay = self.is_paused() || self.are_too_many() || self.switchover_waits();
        // A side that was left within the block takes nothing, but for an order.
        let takes = |side: usize| self.can_take(side) && (!is_blocked(side) || self.memory.intent.is_some());
        !stuck || may_stay || !self.sides().any(takes)
    }

    fn is_home(&self) -> bool {
        let may_stay = self.is_paused() || self.is_blocked() || self.are_too_many() || self.switchover_waits();
        if !self.history.world.automatic || may_stay {
            return true;
        }
        let flaps = |side: usize| guard::flaps(self.memory, &layout::side(side), self.account.time);
        let due = |home: usize| self.can_take(home) && !flaps(home);
        self.tables().iter().all(|(_, home, at)| *at == self.gateway(*home) || !due(*home))
    }

    fn knows_where_work_is(&self) -> bool {
        let away = self.tables().into_iter().filter(|(_, home, at)| *at != self.gateway(*home));
        let away: BTreeMap<String, String> = away.map(|(id, _, at)| (format!("{id} {DEFAULT_ROUTE}"), at)).collect();
        self.outcome == Outcome::Held || self.memory.away == away
    }

    fn gateway(&self, side: usize) -> String {
        layout::gateway(self.target, side)
    }
}
