//! NAT targets whose gateways break.

mod healing;
mod moments;
mod promises;

use std::collections::BTreeSet;

use crossover_cloudwatch::CloudWatchAccount;
use crossover_ec2::{Ec2Account, sandbox::NatGateway};
use crossover_model::alarm::AlarmState;
use crossover_sandbox::{Account, FaultRule, Limit};
use fastrand::Rng;
use jiff::Timestamp;
use moments::Moments;

use crate::{
    layout::{self, DEFAULT_ROUTE, Layout},
    simulation::{
        declared::{Declared, Renames},
        history::{DISPENSABLE, History, World},
        triggers::{Names, Target, Trigger, pick},
    },
    stage::Stage,
    watch::LeaseWatch,
};

pub(crate) struct Nat {
    names: Names,
    layout: Layout,
    automatic: bool,
    limited: bool,
    topology: String,
    moments: Moments,
}

impl Nat {
    /// A world on its stage, watched from now on; and what it is, in words.
    pub(crate) fn new(random: &mut Rng) -> (Self, Stage, String) {
        let layout = Layout {
            targets: *pick(random, &[1, 1, 1, 2, 3, 5]),
            sides: *pick(random, &[2, 2, 3]),
            tables: *pick(random, &[1, 2]),
        };
        let automatic = random.bool();
        let keys = keys(automatic);
        let mut account = layout.account();
        account.ec2_mut().routes_lag_ms = *pick(random, &[0, 0, 200]);
        if random.bool() {
            account.slow_ms.insert("dynamodb:*".to_owned(), 100);
        }
        let limited = random.u8(0..4) == 0;
        if limited {
            account.limits.insert("ec2:ReplaceRoute".to_owned(), Limit { burst: 1, per_second: 1 });
        }
        let topology = layout.topology(&keys);
        let moments = Moments::new(layout, &account, LeaseWatch::of_nat(&topology));
        let stage = Stage::with(account, &topology);
        let watcher = moments.clone();
        stage.sandbox.watch(move |arrival, account| watcher.notes().see(arrival, account));
        let title = format!("{layout:?} {keys:?} limited: {limited}");
        (Self { names: names(layout), layout, automatic, limited, topology, moments }, stage, title)
    }
}

impl World for Nat {
    const CALLS: &'static [&'static str] = &["*", "*", "ec2:*", "ec2:ReplaceRoute", "dynamodb:*", "sns:*", "cloudwatch:*"];

    fn names(&self) -> &Names {
        &self.names
    }

    fn begins(&self, holder: &str, trigger: &Trigger, now: Timestamp) {
        self.moments.begins(holder, trigger.sort, now);
    }

    /// A gateway breaks or is mended, and no event tells of it.
    fn change(&mut self, random: &mut Rng, stage: &Stage) -> (String, Trigger) {
        let at = random.usize(0..self.layout.targets * self.layout.sides);
        let change = |account: &mut Account, now: Timestamp| {
            let gateway = &mut account.ec2_mut().nat_gateways[at];
            let broken = if now.as_second() % 2 == 0 { "failed" } else { "deleted" };
            let becomes = if gateway.state == "available" { broken } else { "available" };
            becomes.clone_into(&mut gateway.state);
            format!("{} is {}", gateway.id, gateway.state)
        };
        (stage.sandbox.change(change), Trigger::tick())
    }

    fn is_sure(&self, rules: &[FaultRule]) -> bool {
        let without = |rule: &FaultRule| DISPENSABLE.contains(&rule.call.as_str()) && !rule.fault.is_of_the_process();
        !self.limited && rules.iter().all(without)
    }

    fn topology(&self) -> &str {
        &self.topology
    }

    /// A target is renamed or gone, or the third side of all of them is gone.
    fn topologies(&self) -> Vec<Declared> {
        let gone = |what: String, topology: String| Declared { what, topology, renames: Renames::Nothing };
        let mut all: Vec<Declared> = (0..self.layout.targets).map(|target| self.renaming(target)).collect();
        for target in (1..self.layout.targets).map(layout::target) {
            let is_kept = |block: &&str| !block.starts_with(&format!("name = \"{target}\""));
            let blocks: Vec<&str> = self.topology.split("[[nat]]\n").filter(is_kept).collect();
            all.push(gone(format!("{target} is removed"), blocks.join("[[nat]]\n")));
        }
        if self.layout.sides == 3 {
            let third = Layout { sides: 2, ..self.layout };
            all.push(gone(format!("{} is removed", layout::side(2)), third.topology(&self.keys())));
        }
        all
    }

    fn renamed(&mut self, renames: &Renames) {
        if let Renames::Target(old, new) = renames {
            for target in self.names.targets.iter_mut().filter(|target| target.name == *old) {
                target.name.clone_from(new);
            }
            self.moments.renamed(old, new);
        }
    }

    fn dead(&self, account: &Account) -> BTreeSet<(String, String)> {
        let carries = |gateway: &str| account.ec2().route_tables.iter().any(|table| table.routes[DEFAULT_ROUTE] == gateway);
        let dead = |gateway: &&NatGateway| gateway.state != "available" && carries(&gateway.id);
        let all = &account.ec2().nat_gateways;
        let place = |(target, side): (usize, usize)| {
            let gateway = layout::gateway(target, side);
            all.iter()
                .filter(dead)
                .any(|found| found.id == gateway)
                .then(|| (self.names.targets[target].name.clone(), layout::side(side)))
        };
        self.layout.places().filter_map(place).collect()
    }

    fn journal_changed(&self, account: &Account) {
        self.moments.journal_changed(account);
    }

    async fn heal(history: &mut History<Self>) {
        history.heal().await;
    }

    fn seen(&self) -> Vec<String> {
        self.moments.notes().all_broken()
    }
}

impl Nat {
    /// The keys of the topology's defaults.
    fn keys(&self) -> Vec<(&'static str, &'static str)> {
        keys(self.automatic)
    }

    /// The share of targets with an alarm that fires.
    fn unhealthy(&self, account: &Account) -> f64 {
        let fires = |name: &String| {
            account.cloudwatch().alarms.iter().any(|alarm| alarm.name == *name && alarm.state == AlarmState::Alarm)
        };
        let is_unhealthy = |target: &&Target| target.sides.iter().any(|(_, alarm)| fires(alarm));
        let count = |targets: usize| f64::from(u32::try_from(targets).unwrap_or(u32::MAX));
        count(self.names.targets.iter().filter(is_unhealthy).count()) / count(self.names.targets.len())
    }

    /// The same topology with another name of this target.
    fn renaming(&self, target: usize) -> Declared {
        let (old, new) = (layout::target(target), format!("{}-new", layout::target(target)));
        let topology = self.topology.replace(&format!("name = \"{old}\""), &format!("name = \"{new}\""));
        Declared { what: format!("{old} is {new}"), topology, renames: Renames::Target(old, new) }
    }
}

fn keys(automatic: bool) -> Vec<(&'static str, &'static str)> {
    let mut keys = vec![("block", "\"10m\"")];
    if automatic {
        keys.extend([("failback", "\"automatic\""), ("stable_for", "\"5m\"")]);
    }
    keys
}

fn names(layout: Layout) -> Names {
    let sides = |target: usize| (0..layout.sides).map(move |side| (layout::side(side), layout::alarm(target, side)));
    let target = |target: usize| Target { name: layout::target(target), sides: sides(target).collect() };
    Names { targets: (0..layout.targets).map(target).collect() }
}
