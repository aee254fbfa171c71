//! The pure parts of a crossover, each for any number of things, and what they need made ready before.

use std::{collections::BTreeMap, time::Duration};

use crossover_ec2::{
    Ec2Account,
    sandbox::{RouteTable, Subnet},
};
use crossover_engine::{kind::Kind, ports::Payloads, retry::Patience};
use crossover_kinds::registry;
use crossover_model::{
    alarm::{AlarmActions, AlarmData, AlarmReading, AlarmState},
    correlation::{TargetRef, UnhealthySides, with_neighbours},
    crossover::Crossover,
    decision::{Requirements, Situation, Verdict},
    direction::Direction,
    health::{Health, Readings, SideHealth, State},
    journal::Memory,
    outcome::Outcome,
    step::{Step, StepReport, StepResult},
    timeline::Timeline,
    topology::{Target, Topology},
    triage, trigger,
};
use crossover_nat::{Nat, NatClouds, NatSpec, Observed};
use crossover_sandbox::{Account, Sandbox, rehearsal::OnSandbox};
use crossover_tests::{
    fleet::{self, fleet},
    stage::{account, alarm_event, topology},
};
use serde_json::{Value, json};

/// A part, ready to be run.
pub type Part = Box<dyn FnMut()>;
/// Makes a part ready for so many things.
pub type Ready = fn(usize) -> Part;

/// The parts by name, each made ready for so many targets, or route tables of one target.
pub const PARTS: [(&str, Ready); 8] = [
    ("parse", parse),
    ("find", find),
    ("observe", observe),
    ("decide", decide),
    ("decide-homeless", decide_homeless),
    ("record", record),
    ("sweep", sweep),
    ("zone", zone),
];

/// Reads a topology of so many targets.
fn parse(targets: usize) -> Part {
    let (_, text) = fleet(targets, "");
    Box::new(move || assert_eq!(parsed(&text).targets().len(), targets))
}

/// Understands a payload of so many alarms, and finds the target of each.
fn find(targets: usize) -> Part {
    let (account, text) = fleet(targets, "");
    let (topology, now) = (parsed(&text), account.time);
    let record = |number: usize| {
        let alarm = fleet::alarm(number, fleet::zones(number)[0]);
        json!({ "eventSource": "aws:sqs", "body": alarm_event(&alarm, AlarmState::Alarm, now).to_string() })
    };
    let payload = json!({ "Records": (0..targets).map(record).collect::<Vec<Value>>() });
    let events = registry().events();
    Box::new(move || {
        let understood = events.parse(&payload, None);
        let alarms = understood.triggers.iter().filter_map(|trigger| match trigger {
            trigger::Trigger::Alarm(event) => Some(event),
            _ => None,
        });
        assert_eq!(alarms.flat_map(|event| topology.owning(event.names())).count(), targets);
    })
}

/// Reads so many route tables of one target, as the sandbox answers.
fn observe(tables: usize) -> Part {
    let (account, topology) = tables_of_one_target(tables, true);
    Box::new(move || assert_eq!(observed(&account, &topology.targets()[0]).managed.len(), tables))
}

/// Decides that all of so many route tables must leave.
fn decide(tables: usize) -> Part {
    decided(tables, true)
}

/// The same, of tables whose home is not known, half-way through.
fn decide_homeless(tables: usize) -> Part {
    decided(tables, false)
}

fn decided(tables: usize, at_home: bool) -> Part {
    let scene = Scene::new(tables, at_home);
    Box::new(move || assert_eq!(scene.reports().len(), tables))
}

/// Takes over what so many steps report: planned, then done.
fn record(tables: usize) -> Part {
    let planned = Scene::new(tables, true).reports();
    let done: Vec<StepReport> = planned.iter().map(|report| StepReport { result: StepResult::Done, ..report.clone() }).collect();
    let started = account().time;
    Box::new(move || {
        let mut crossover = crossover(started);
        crossover.report(planned.clone());
        crossover.report(done.clone());
        assert_eq!((crossover.steps.len(), crossover.outcome_of_steps()), (tables, Outcome::Completed));
    })
}

/// What a sweep decides of so many targets, all of them well.
fn sweep(targets: usize) -> Part {
    let fleet = Fleet::new(targets, 0);
    Box::new(move || {
        let due = fleet.target_refs().into_iter().filter(|target_ref| {
            let why = triage::why(*target_ref, targets, Some(&fleet.record), &fleet.readings, fleet.account.time);
            why.is_some_and(|why| why != triage::Due::Turn)
        });
        assert_eq!(due.count(), 0);
    })
}

/// What one look asks of so many targets, a twentieth of which have lost a zone.
fn zone(targets: usize) -> Part {
    let fleet = Fleet::new(targets, targets / 20);
    Box::new(move || {
        let target_refs = fleet.target_refs();
        let survey = UnhealthySides::of(target_refs.iter().copied(), &fleet.readings.now).failures(Some(fleet.account.time));
        assert_eq!((survey.targets, survey.unhealthy), (targets, targets / 20));
        assert!(with_neighbours(target_refs[0], &target_refs).len() > 2);
    })
}

fn parsed(text: &str) -> Topology<NatSpec> {
    Topology::parse(text).expect("a good topology")
}

/// The example target with so many tables in its first zone; if not `at_home`, none of them has a subnet. And its topology.
#[must_use]
pub fn tables_of_one_target(tables: usize, at_home: bool) -> (Account, Topology<NatSpec>) {
    let mut account = account();
    let table = account
        .ec2()
        .route_tables
        .iter()
        .find(|table| table.routes.get("0.0.0.0/0").is_some_and(|to| to.starts_with("nat-")))
        .expect("a table")
        .clone();
    let zone = account.ec2().subnets.iter().find(|subnet| table.subnets.contains(&subnet.id)).expect("its subnet").zone.clone();
    account.ec2_mut().subnets.clear();
    account.ec2_mut().route_tables.clear();
    for number in 0..tables {
        let subnet = Subnet { id: format!("subnet-{number:017x}"), vpc: table.vpc.clone(), zone: zone.clone(), used: None };
        let subnets = if at_home { vec![subnet.id.clone()] } else { Vec::new() };
        account.ec2_mut().route_tables.push(RouteTable {
            id: format!("rtb-{number:017x}"),
            subnets,
            main: false,
            ..table.clone()
        });
        account.ec2_mut().subnets.push(subnet);
    }
    (account, parsed(&topology()))
}

fn observed(account: &Account, target: &Target<NatSpec>) -> Observed {
    let look = async {
        let sandbox = Sandbox::new(account.clone());
        let patience = Patience::new(&sandbox, sandbox.now() + Duration::from_mins(1));
        Nat::new(NatClouds::on_sandbox(&sandbox)).observe(target, &patience).await.expect("observed")
    };
    crossover_sandbox::run(look).expect("a runtime")
}

/// A target whose first side has failed, as it was observed.
struct Scene {
    topology: Topology<NatSpec>,
    observed: Observed,
    health: Health,
    memory: Memory,
}

impl Scene {
    fn new(tables: usize, at_home: bool) -> Self {
        let (account, topology) = tables_of_one_target(tables, at_home);
        let observed = observed(&account, &topology.targets()[0]);
        let side = |(index, side): (usize, &crossover_model::topology::Side)| {
            let state = if index == 0 { State::Unhealthy } else { State::Healthy };
            (side.name.clone(), SideHealth::of(state))
        };
        let health = topology.targets()[0].sides.iter().enumerate().map(side).collect();
        let mut scene = Self { topology, observed, health, memory: Memory::default() };
        if !at_home {
            let steps = scene.reports();
            scene.memory.open = Some(Crossover { steps, ..crossover(account.time) });
        }
        scene
    }

    /// The steps that are decided, as planned.
    fn reports(&self) -> Vec<StepReport> {
        let target = &self.topology.targets()[0];
        let required = Requirements::new(&target.policy, &self.health, &self.memory, None, true);
        let Self { health, memory, observed, .. } = self;
        let decision =
            Nat::decide(&Situation { target, health, required: &required, memory, observed, now: jiff::Timestamp::UNIX_EPOCH });
        let Verdict::CrossOver(plan) = decision.verdict else { return Vec::new() };
        plan.steps().map(|step| StepReport::untried(step.card(), StepResult::Pending)).collect()
    }
}

fn crossover(started: jiff::Timestamp) -> Crossover {
    Crossover {
        v: crossover_model::later::Format::NOW,
        id: "bench".to_owned(),
        target: "bench".to_owned(),
        kind: "nat".to_owned(),
        direction: Direction::Failover,
        trigger: "bench".to_owned(),
        order: None,
        not_healthy: std::collections::BTreeSet::new(),
        left: std::collections::BTreeSet::new(),
        to: std::collections::BTreeSet::new(),
        continued_by: None,
        reason: String::new(),
        loss: String::new(),
        could_lose: None,
        started,
        ended: None,
        outcome: Outcome::Pending,
        steps: Vec::new(),
        notified: None,
        resumed: false,
        continues: false,
        aborted: None,
        timeline: Timeline::default(),
        rest: crossover_model::later::Rest::new(),
    }
}

/// Many targets, and what their alarms say.
struct Fleet {
    account: Account,
    topology: Topology<NatSpec>,
    readings: Readings,
    record: crossover_model::journal::TargetRecord,
}

impl Fleet {
    /// So many, of which the first ones have lost their first zone.
    fn new(targets: usize, lost: usize) -> Self {
        let (account, text) = fleet(targets, "");
        let lost: std::collections::BTreeSet<String> =
            (0..lost).map(|number| fleet::alarm(number, fleet::zones(number)[0])).collect();
        let reading = |name: &String| {
            let state = if lost.contains(name) { AlarmState::Alarm } else { AlarmState::Ok };
            let (actions, metrics) = (AlarmActions::default(), Vec::new());
            (
                name.clone(),
                AlarmReading {
                    state,
                    since: Some(account.time),
                    reason: String::new(),
                    actions,
                    metrics,
                    data: AlarmData::default(),
                },
            )
        };
        let topology = parsed(&text);
        let alarms = topology.targets().iter().flat_map(|target| &target.sides).flat_map(|side| &side.alarms);
        let now: BTreeMap<String, AlarmReading> = alarms.map(reading).collect();
        let (readings, record) = (Readings { now, ..Readings::default() }, crossover_model::journal::TargetRecord::default());
        Self { account, topology, readings, record }
    }

    fn target_refs(&self) -> Vec<TargetRef<'_>> {
        self.topology.targets().iter().map(|target| TargetRef { policy: &target.policy, sides: &target.sides }).collect()
    }
}
