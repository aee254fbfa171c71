//! Watches that an invocation moves a target's routes only while it holds the target's lease, or while
//! it could not have one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::Ec2Account;
use crossover_model::topology::Topology;
use crossover_nat::NatSpec;
use crossover_sandbox::{Account, Arrival, Sandbox};

/// What was seen that must not happen.
#[derive(Clone, Default)]
pub struct LeaseWatch(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// Each VPC's target.
    targets: BTreeMap<String, String>,
    /// Who ever held a target's lease.
    holders: BTreeSet<(String, String)>,
    /// Who could not use the journal.
    without: BTreeSet<String>,
    broken: Vec<String>,
}

impl LeaseWatch {
    /// For the targets of this topology.
    ///
    /// # Panics
    /// When the topology has mistakes.
    #[must_use]
    pub fn new(topology: &str) -> Self {
        let topology = Topology::<NatSpec>::parse(topology).expect("a good topology");
        let target = |target: &crossover_model::topology::Target<NatSpec>| (target.spec.vpc.clone(), target.policy.name.clone());
        let targets = topology.targets().iter().map(target).collect();
        Self(Arc::new(Mutex::new(Seen { targets, ..Seen::default() })))
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
        }
        if arrival.call == "dynamodb:UpdateItem" && arrival.done && is_held_by(account, arrival.resource, who) {
            self.holders.insert((arrival.resource.to_owned(), who.to_owned()));
        }
        if arrival.call == "ec2:ReplaceRoute" && arrival.done {
            let table = account.ec2().route_tables.iter().find(|table| table.id == arrival.resource);
            let Some(target) = table.and_then(|table| self.targets.get(&table.vpc)) else { return };
            if is_held_by(account, target, who) {
                let over = account.dynamodb().journal[target].held_at(arrival.at).is_none();
                if over {
                    self.broken.push(format!("{who} moved {} after its lease had ended", arrival.resource));
                }
            } else if self.holders.contains(&(target.clone(), who.to_owned())) {
                self.broken.push(format!("{who} moved {} after it had lost its lease", arrival.resource));
            } else if !self.without.contains(who) {
                self.broken.push(format!("{who} moved {} without a lease", arrival.resource));
            }
        }
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
