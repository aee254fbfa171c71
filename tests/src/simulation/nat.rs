//! NAT targets whose gateways break.

mod healing;
mod moments;
mod promises;

use crossover_ec2::Ec2Account;
use crossover_sandbox::{Account, FaultRule, Limit};
use fastrand::Rng;
use jiff::Timestamp;
use moments::Moments;

use crate::{
    layout::{self, Layout},
    simulation::{
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
    moments: Moments,
}

impl Nat {
    /// A world on its stage, watched from now on; and what it is, in words.
    pub(crate) fn new(random: &mut Rng) -> (Self, Stage, String) {
        let layout =
            Layout { targets: *pick(random, &[1, 1, 1, 3]), sides: *pick(random, &[2, 2, 3]), tables: *pick(random, &[1, 2]) };
        let automatic = random.bool();
        let mut keys = vec![("block", "\"10m\"")];
        if automatic {
            keys.extend([("failback", "\"automatic\""), ("stable_for", "\"5m\"")]);
        }
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
        (Self { names: names(layout), layout, automatic, limited, moments }, stage, title)
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
        let change = |account: &mut Account, _| {
            let gateway = &mut account.ec2_mut().nat_gateways[at];
            let becomes = if gateway.state == "failed" { "available" } else { "failed" };
            becomes.clone_into(&mut gateway.state);
            format!("{} is {}", gateway.id, gateway.state)
        };
        (stage.sandbox.change(change), Trigger::tick())
    }

    fn is_sure(&self, rules: &[FaultRule]) -> bool {
        let without = |rule: &FaultRule| DISPENSABLE.contains(&rule.call.as_str()) && !rule.fault.is_of_the_process();
        !self.limited && rules.iter().all(without)
    }

    async fn heal(history: &mut History<Self>) {
        history.heal().await;
    }

    fn seen(&self) -> Vec<String> {
        self.moments.notes().all_broken()
    }
}

fn names(layout: Layout) -> Names {
    let sides = |target: usize| (0..layout.sides).map(move |side| (layout::side(side), layout::alarm(target, side)));
    let target = |target: usize| Target { name: layout::target(target), sides: sides(target).collect() };
    Names { targets: (0..layout.targets).map(target).collect() }
}
