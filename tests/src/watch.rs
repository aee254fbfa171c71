//! Watches that an invocation changes a target's resources only while it holds the target's lease, or while it could not
//! have one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::Ec2Account;
use crossover_model::topology::Topology;
use crossover_nat::NatSpec;
use crossover_sandbox::{Account, Arrival, Sandbox};

use crate::stage::LAPTOP;

/// What was seen that must not happen.
#[derive(Clone)]
pub struct LeaseWatch(Arc<Mutex<Seen>>);

/// The targets that a resource in an account may be of.
type Owners = Box<dyn Fn(&Account, &str) -> Vec<String> + Send>;

struct Seen {
    /// The target or the targets whose lease is needed to change a resource.
    owners: Owners,
    /// What a target that was renamed is called.
    names: BTreeMap<String, String>,
    /// Who ever held a target's lease.
    holders: BTreeSet<(String, String)>,
    /// Who could not use the journal.
    without: BTreeSet<String>,
    /// Those of them that could not before their first change.
    went_without: BTreeSet<String>,
    /// Who has changed something.
    acted: BTreeSet<String>,
    broken: Vec<String>,
}

impl LeaseWatch {
    /// For NAT targets of this topology, whose route tables are told apart by their VPC.
    ///
    /// # Panics
    /// When the topology has mistakes.
    #[must_use]
    pub fn of_nat(topology: &str) -> Self {
        let topology = Topology::<NatSpec>::parse(topology).expect("a good topology");
        let target = |target: &crossover_model::topology::Target<NatSpec>| (target.spec.vpc.clone(), target.policy.name.clone());
        let targets: BTreeMap<String, String> = topology.targets().iter().map(target).collect();
        Self::new(Box::new(move |account, resource| {
            let tables = account.ec2().route_tables.iter().filter(|table| table.id == resource);
            tables.filter_map(|table| targets.get(&table.vpc)).cloned().collect()
        }))
    }

    /// For targets of any kind: the lease of one of them is needed.
    #[must_use]
    pub fn of_any(targets: Vec<String>) -> Self {
        Self::new(Box::new(move |_, _| targets.clone()))
    }

    fn new(owners: Owners) -> Self {
        let (names, holders, broken) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        let [without, went_without, acted] = [const { BTreeSet::new() }; 3];
        Self(Arc::new(Mutex::new(Seen { owners, names, holders, without, went_without, acted, broken })))
    }

    /// Watches a sandbox from now on.
    pub fn start(&self, sandbox: &Sandbox) {
        let watch = self.clone();
        sandbox.watch(move |arrival, account| watch.see(arrival, account));
    }

    /// Takes a call in.
    pub fn see(&self, arrival: &Arrival<'_>, account: &Account) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).see(arrival, account);
    }

    /// A target has another name from now on, or its first one again.
    pub fn renamed(&self, old: &str, new: &str) {
        let names = &mut self.0.lock().unwrap_or_else(PoisonError::into_inner).names;
        let first = names.iter().find(|(_, name)| *name == old).map_or_else(|| old.to_owned(), |(first, _)| first.clone());
        names.insert(first, new.to_owned());
    }

    /// Whether an invocation could not use the journal.
    #[must_use]
    pub fn is_without_journal(&self, holder: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).without.contains(holder)
    }

    /// What was seen that must not happen.
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).broken.clone()
    }
}

impl Seen {
    fn see(&mut self, arrival: &Arrival<'_>, account: &Account) {
        let who = arrival.invocation;
        if arrival.call.starts_with("dynamodb:") && !arrival.is_known() {
            self.without.insert(who.to_owned());
            if !self.acted.contains(who) {
                self.went_without.insert(who.to_owned());
            }
        }
        if arrival.call == "dynamodb:UpdateItem" && arrival.done && is_held_by(account, arrival.resource, who) {
            self.holders.insert((arrival.resource.to_owned(), who.to_owned()));
        }
        let is_own = arrival.call.starts_with("dynamodb:") || arrival.call.starts_with("sns:");
        if !arrival.is_write() || is_own || !arrival.done {
            return;
        }
        self.acted.insert(who.to_owned());
        let called = |target: String| self.names.get(&target).cloned().unwrap_or(target);
        let targets: Vec<String> = (self.owners)(account, arrival.resource).into_iter().map(called).collect();
        let held = |target: &&String| is_held_by(account, target, who);
        // The lease of a laptop whose clock is behind ends early; that of a function ends with its time limit.
        let on_laptop = who.starts_with(LAPTOP);
        let is_live = |target: &String| on_laptop || account.dynamodb().journal[target].held_at(arrival.at).is_some();
        let had = |target: &String| self.holders.contains(&(target.clone(), who.to_owned()));
        let leases: Vec<&String> = targets.iter().filter(held).collect();
        let when = match (targets.is_empty(), leases.is_empty()) {
            (true, _) => return,
            (_, false) if leases.into_iter().any(is_live) => return,
            (_, false) => "after its lease had ended",
            // A laptop gives its lease back to take it again by the journal's clock: if it can't, it has none from its first call on.
            (_, true) if targets.iter().any(had) && !(on_laptop && self.went_without.contains(who)) => {
                "after it had lost its lease"
            }
            (_, true) if self.without.contains(who) => return,
            (_, true) => "without a lease",
        };
        self.broken.push(format!("{who} changed {} {when}", arrival.resource));
    }
}

fn is_held_by(account: &Account, target: &str, who: &str) -> bool {
    let lease = account
        .dynamodb()
        .journal
        .get(target)
        .filter(|record| record.released.is_none())
        .and_then(|record| record.lease.as_ref());
    lease.is_some_and(|lease| lease.holder == who)
}
