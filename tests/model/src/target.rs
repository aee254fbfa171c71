//! The target as the real code sees it, and the real decision about it.

use std::{cell::RefCell, collections::HashMap, sync::Arc, time::Duration};

use crossover_database::{Database, DatabaseClouds, DatabaseSpec, DatabaseStep, Lag, Observed, Role, Sight};
use crossover_engine::{kind::Kind, retry::Patience};
use crossover_kinds::registry;
use crossover_model::{
    decision::{Decision, Requirements, Situation},
    direction::Direction,
    health::{Health, SideHealth, State as HealthState},
    journal::Memory,
    later::Rest,
    topology::{Target, Topology},
    trigger::{Aim, Order},
};
use crossover_rds::AVAILABLE;
use crossover_sandbox::{Account, Sandbox, rehearsal::OnSandbox};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{
    hashed::{Hashed, hash},
    state::Cloud,
    world::{Process, Side, Trigger, World},
};

/// The name of the target.
pub const TARGET: &str = "orders";
/// The security group without rules.
pub const QUARANTINE: &str = "sg-quarantine";
/// The security group of the clients.
const OPEN: &str = "sg-clients";

/// The time of a minute, by a clock that is ahead by these seconds.
#[must_use]
pub fn time(minute: u8, ahead: i16) -> Timestamp {
    let start = Timestamp::from_second(1_773_457_920).unwrap_or_default();
    start + SignedDuration::from_secs(60 * i64::from(minute) + i64::from(ahead))
}

/// The order of a trigger.
#[must_use]
pub fn order(trigger: Trigger) -> Option<Order> {
    let (side, force) = match trigger {
        Trigger::Look => return None,
        Trigger::OrderTo(side) => (side, false),
        Trigger::ForcedTo(side) => (side, true),
    };
    Some(Order {
        direction: Direction::Failover,
        target: TARGET.to_owned(),
        aim: Aim::To(side.name().to_owned()),
        force,
        accept_data_loss: true,
        reason: "the model".to_owned(),
        operator: "an operator".to_owned(),
        dry_run: false,
        rest: Rest::new(),
    })
}

/// The time of a process that knows how far its clock is ahead of the journal's; or its own, without that rule.
#[must_use]
pub fn by_service(process: Process, minute: u8) -> Timestamp {
    time(minute, if process.rules.by_service_clock { 0 } else { process.ahead })
}

/// What a process sees and decides.
pub struct Look<'a> {
    /// The world.
    pub world: &'a World,
    /// The number of the process.
    pub process: usize,
    /// The minute, by the clock of AWS.
    pub minute: u8,
    /// The database.
    pub cloud: &'a Cloud,
    /// The memory, with the intent of the order.
    pub memory: &'a Hashed<Memory>,
    /// The order to execute.
    pub order: Option<&'a Order>,
}

type Decided = Arc<Decision<DatabaseStep>>;

thread_local! {
    /// The decisions, which are pure.
    static DECIDED: RefCell<HashMap<u64, Decided>> = RefCell::default();
    /// What is observed at first.
    static AT_FIRST: RefCell<Option<Observed>> = RefCell::default();
    /// The target, with and without a fence.
    static SPECS: RefCell<HashMap<bool, Arc<Target<DatabaseSpec>>>> = RefCell::default();
}

impl Look<'_> {
    /// The real decision.
    #[must_use]
    pub fn decide(&self) -> Decided {
        let process = self.world.processes[self.process];
        let order = self.order.map(|order| (format!("{}", order.aim), order.force));
        let key = hash(&(self.cloud, self.memory, order, self.minute, process, self.world.fence));
        if let Some(known) = DECIDED.with_borrow(|decided| decided.get(&key).cloned()) {
            return known;
        }
        let decision = Arc::new(self.afresh());
        DECIDED.with_borrow_mut(|decided| decided.insert(key, Arc::clone(&decision)));
        decision
    }

    fn afresh(&self) -> Decision<DatabaseStep> {
        let fence = self.world.fence;
        let target = SPECS.with_borrow_mut(|specs| Arc::clone(specs.entry(fence).or_insert_with(|| Arc::new(target(fence)))));
        let (health, observed, process) = (self.health(), self.observed(), self.world.processes[self.process]);
        let required = Requirements::new(&target.policy, &health, self.memory, self.order, false).only_home(None);
        Database::decide(&Situation {
            target: &target,
            health: &health,
            required: &required,
            memory: self.memory,
            observed: &observed,
            now: by_service(process, self.minute),
        })
    }

    fn health(&self) -> Health {
        let one = |side: Side| {
            let failed = side == Side::A && !self.cloud.recovered;
            let state = if failed { HealthState::Unhealthy } else { HealthState::Healthy };
            (side.name().to_owned(), SideHealth::of(state))
        };
        Side::ALL.into_iter().map(one).collect()
    }

    fn observed(&self) -> Observed {
        let process = self.world.processes[self.process];
        let now = time(self.minute, process.ahead);
        let mut observed = AT_FIRST.with_borrow_mut(|observed| observed.get_or_insert_with(at_first).clone());
        observed.at = now;
        for side in Side::ALL {
            let Some(sight) = observed.members.get_mut(side.name()) else { unreachable!("{side:?}") };
            if self.cloud.dark == Some(side) {
                *sight = if process.rules.waits_for_unread { Sight::Unreadable("timeout".to_owned()) } else { Sight::Missing };
                continue;
            }
            let Sight::Seen(seen) = sight else { unreachable!("{sight:?}") };
            if self.cloud.promoted.contains(&side) {
                seen.role = Role::Writer;
            }
            if self.cloud.promoting.contains(&side) {
                "modifying".clone_into(&mut seen.status);
            }
            if side == Side::A && self.cloud.fenced {
                seen.security_groups = [QUARANTINE.to_owned()].into();
            }
            seen.lag = Lag::Known { behind: Duration::ZERO, at: now.min(time(self.minute, 0)), idle: Duration::ZERO };
        }
        observed
    }
}

fn region(side: Side) -> &'static str {
    match side {
        Side::A => "us-east-1",
        Side::B => "us-west-2",
        Side::C => "eu-west-1",
    }
}

/// The target, from its topology.
fn target(fence: bool) -> Target<DatabaseSpec> {
    let fence = if fence { format!("{{ security_group = \"{QUARANTINE}\" }}") } else { "\"none\"".to_owned() };
    let side = |side: Side| {
        let (name, region) = (side.name(), region(side));
        format!("[[database.side]]\nmember = \"{name}\"\nregion = \"{region}\"\nalarms = [\"alarm-{name}\"]\n")
    };
    let text = format!(
        "[[database]]\nname = \"{TARGET}\"\nowner = \"the model\"\nengine = \"rds-replica\"\nmax_lag = \"30s\"\n\
         data_loss = \"accept\"\nfence = {fence}\n{}",
        Side::ALL.map(side).concat()
    );
    let topology = Topology::<DatabaseSpec>::parse(&text).unwrap_or_else(|problems| unreachable!("{problems}"));
    topology.targets().first().cloned().unwrap_or_else(|| unreachable!("{text}"))
}

/// What the real code observes of the database while nothing has happened.
fn at_first() -> Observed {
    let arn = |side: Side| format!("arn:aws:rds:{}:111122223333:db:{}", region(side), side.name());
    let instance = |side: Side| {
        let source = (side != Side::A).then(|| arn(Side::A));
        let replicas = if side == Side::A { vec![arn(Side::B), arn(Side::C)] } else { Vec::new() };
        json!({ "id": side.name(), "arn": arn(side), "status": AVAILABLE, "engine": "postgres", "source": source,
                "replicas": replicas, "backup_retention_days": 1, "security_groups": [OPEN] })
    };
    let account = json!({ "account_id": "111122223333", "region": region(Side::A), "time": time(0, 0),
                          "rds": { "instances": Side::ALL.map(instance) } });
    let account = Account::parse(&account.to_string(), &registry().sections()).unwrap_or_else(|error| unreachable!("{error}"));
    let observed = crossover_sandbox::run(async {
        let sandbox = Sandbox::new(account);
        let until = sandbox.now() + SignedDuration::from_mins(1);
        Database::new(DatabaseClouds::on_sandbox(&sandbox)).observe(&target(false), &Patience::new(&sandbox, until)).await
    });
    observed.unwrap_or_else(|error| unreachable!("{error}")).unwrap_or_else(|error| unreachable!("{error}"))
}

/// The side that a crossover has chosen to be the writer.
#[must_use]
pub fn chosen(memory: &Memory) -> Option<Side> {
    let writer = format!("{TARGET} writer");
    let steps = memory.open.iter().flat_map(|open| &open.steps);
    steps.map(|step| &step.card).find(|card| card.resource == writer).and_then(|card| Side::named(&card.to))
}
