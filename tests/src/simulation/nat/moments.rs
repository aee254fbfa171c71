//! What must hold of NAT targets at every moment: checked with each call as it arrives.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crossover_cloudwatch::CloudWatchAccount;
use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::Ec2Account;
use crossover_model::{alarm::AlarmState, pause::Pause, reserved::EVERYTHING};
use crossover_sandbox::{Account, Arrival, Fault};
use jiff::{SignedDuration, Timestamp};

use crate::{
    layout::{self, DEFAULT_ROUTE, Layout},
    simulation::{run::Run, triggers::Sort, trouble::is_cloudwatch_too_slow},
    watch::LeaseWatch,
};

/// A laptop whose clock is behind by less than this may have written the time of a pause.
const WRONG: SignedDuration = SignedDuration::from_secs(95);

/// The watcher's notes.
#[derive(Clone)]
pub(crate) struct Moments(Arc<Mutex<Notes>>);

pub(crate) struct Notes {
    places: BTreeMap<String, Place>,
    routes: BTreeMap<String, String>,
    callers: BTreeMap<String, Caller>,
    lease: LeaseWatch,
    /// The same, as a run of the model.
    run: Run,
    /// What the targets are called.
    names: Vec<String>,
    /// The targets on which a person forced something, and those that had any order.
    forced: BTreeSet<usize>,
    ordered: BTreeSet<usize>,
    /// Routes that were replaced.
    pub(crate) moved: usize,
    pub(crate) broken: Vec<String>,
}

/// A route table, by its id.
struct Place {
    target: usize,
    home: String,
}

/// What an invocation has seen.
#[derive(Default)]
struct Caller {
    sort: Option<Sort>,
    began: Option<Timestamp>,
    healthy: BTreeSet<String>,
    unhealthy: BTreeSet<String>,
    able: BTreeSet<String>,
    /// It could not read the alarms.
    blind: bool,
    /// It could not use the journal.
    forgetful: bool,
}

impl Moments {
    pub(crate) fn new(layout: Layout, account: &Account, lease: LeaseWatch) -> Self {
        let tables = layout.places().flat_map(|(target, side)| (0..layout.tables).map(move |index| (target, side, index)));
        let place =
            |(target, side, index)| (layout::table(target, side, index), Place { target, home: layout::gateway(target, side) });
        let route = |table: &crossover_ec2::sandbox::RouteTable| (table.id.clone(), table.routes[DEFAULT_ROUTE].clone());
        Self(Arc::new(Mutex::new(Notes {
            places: tables.map(place).collect(),
            routes: account.ec2().route_tables.iter().map(route).collect(),
            callers: BTreeMap::new(),
            lease,
            run: Run::default(),
            names: (0..layout.targets).map(layout::target).collect(),
            forced: BTreeSet::new(),
            ordered: BTreeSet::new(),
            moved: 0,
            broken: Vec::new(),
        })))
    }

    pub(crate) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A target has another name from now on.
    pub(crate) fn renamed(&self, old: &str, new: &str) {
        let mut notes = self.notes();
        notes.names.iter_mut().filter(|name| *name == old).for_each(|name| new.clone_into(name));
        notes.lease.renamed(old, new);
    }

    /// The journal was written by another version.
    pub(crate) fn journal_changed(&self, account: &Account) {
        self.notes().run.journal_changed(account);
    }

    /// Says what an invocation that begins now is for.
    pub(crate) fn begins(&self, holder: &str, sort: Sort, now: Timestamp) {
        let mut notes = self.notes();
        if let Sort::Forced(target) = sort {
            notes.forced.insert(target);
        }
        if let Sort::Forced(target) | Sort::Order(target) = sort {
            notes.ordered.insert(target);
        }
        notes.callers.insert(holder.to_owned(), Caller { sort: Some(sort), began: Some(now), ..Caller::default() });
    }
}

impl Notes {
    pub(crate) fn all_broken(&self) -> Vec<String> {
        self.broken.iter().chain(self.run.broken()).cloned().chain(self.lease.broken()).collect()
    }

    pub(crate) fn see(&mut self, arrival: &Arrival<'_>, account: &Account) {
        self.lease.see(arrival, account);
        self.run.see(arrival, account, &[]);
        let caller = self.callers.entry(arrival.invocation.to_owned()).or_default();
        // A process that stands still has no time left for the answers that it waits for.
        caller.blind |= matches!(arrival.fault, Some(Fault::Freeze | Fault::FreezeBefore));
        if arrival.is_write() && caller.sort == Some(Sort::Question) {
            self.broken.push(format!("dry run is the same run: a question called {}", arrival.call));
        }
        match arrival.call {
            "cloudwatch:DescribeAlarms" if arrival.is_known() => {
                caller.blind |= is_cloudwatch_too_slow(account);
                for alarm in &account.cloudwatch().alarms {
                    let gateway = alarm.name.trim_end_matches("-unreachable").to_owned();
                    match alarm.state {
                        AlarmState::Ok => _ = caller.healthy.insert(gateway),
                        AlarmState::Alarm => _ = caller.unhealthy.insert(gateway),
                        AlarmState::InsufficientData => {}
                    }
                }
            }
            "cloudwatch:DescribeAlarms" => caller.blind = true,
            "ec2:DescribeNatGateways" if arrival.is_known() => {
                let able = account.ec2().nat_gateways.iter().filter(|gateway| gateway.state == "available");
                caller.able.extend(able.map(|gateway| gateway.id.clone()));
            }
            "ec2:ReplaceRoute" if arrival.done => self.replaced(arrival, account),
            call if call.starts_with("dynamodb:") && !arrival.is_known() => caller.forgetful = true,
            _ => {}
        }
    }

    fn replaced(&mut self, arrival: &Arrival<'_>, account: &Account) {
        self.moved += 1;
        let (Some(place), Some(caller)) = (self.places.get(arrival.resource), self.callers.get(arrival.invocation)) else {
            return self.broken.push(format!("somebody unknown moved {}", arrival.resource));
        };
        let Some(table) = account.ec2().route_tables.iter().find(|table| table.id == arrival.resource) else { return };
        let to = table.routes[DEFAULT_ROUTE].clone();
        let from = self.routes.insert(arrival.resource.to_owned(), to.clone()).unwrap_or_default();
        let mut check = |holds: bool, what: &str| {
            if !holds {
                let line = format!("{} moved {} from {from} to {to}: {what}", arrival.invocation, arrival.resource);
                self.broken.push(line);
            }
        };
        let forced = self.forced.contains(&place.target);
        check(forced || caller.blind || caller.healthy.contains(&to), "somebody serves: it is not known to be healthy");
        check(caller.able.contains(&to), "somebody serves: it is not known to be able to");
        // Nothing is left by a write that is made again, because its reply was lost.
        let homeward = to == place.home || to == from;
        let why = homeward || caller.blind || self.ordered.contains(&place.target) || caller.unhealthy.contains(&from);
        check(why, "it left a side that is not unhealthy, and nobody asked for it");
        let by_hand = matches!(caller.sort, Some(Sort::Order(_) | Sort::Forced(_)));
        let pause_of = |name: &str| account.dynamodb().journal.get(name)?.current_memory().pause;
        let lasting = |pause: &Pause| pause.lasts(arrival.at) && caller.began.is_none_or(|began| pause.since + WRONG < began);
        let mut standing = [pause_of(EVERYTHING), pause_of(&self.names[place.target])].into_iter().flatten();
        let paused = standing.any(|pause| lasting(&pause));
        check(by_hand || caller.forgetful || !paused, "it is paused");
    }
}
