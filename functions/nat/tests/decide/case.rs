//! Arbitrary targets with their health and observed state.

use std::collections::{BTreeMap, BTreeSet};

use crossover_ec2::RouteStep;
use crossover_engine::kind::Kind;
use crossover_model::{
    decision::{Decision, Requirements, Situation, Verdict},
    direction::Direction,
    health::{Health, SideHealth, State},
    journal::{Intent, Memory},
    topology::{Failback, MutedAlarms, Policy, Side, Target},
    trigger::{Aim, Order},
};
use crossover_nat::{Managed, Nat, NatSide, NatSpec, Observed, TablesOf};
use proptest::prelude::*;

/// A target, its health and its observed state, as a test case.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) target: Target<NatSpec>,
    pub(crate) health: Health,
    pub(crate) memory: Memory,
    pub(crate) observed: Observed,
    pub(crate) failback: bool,
    pub(crate) force: bool,
}

pub(crate) fn order(direction: Direction, aim: Aim, force: bool) -> Order {
    Order {
        direction,
        target: "t".to_owned(),
        aim,
        force,
        accept_data_loss: false,
        reason: "test".to_owned(),
        operator: "test".to_owned(),
        dry_run: true,
        rest: crossover_model::later::Rest::new(),
    }
}

impl Case {
    pub(crate) fn decide(&self) -> Decision<RouteStep> {
        let order = match &self.memory.intent {
            _ if self.failback => Some(order(Direction::Failback, Aim::Home, false)),
            Some(intent) if self.force => Some(order(Direction::Failover, intent.aim.clone(), true)),
            _ => None,
        };
        let required = Requirements::new(&self.target.policy, &self.health, &self.memory, order.as_ref(), true);
        Nat::decide(&Situation {
            target: &self.target,
            health: &self.health,
            required: &required,
            memory: &self.memory,
            observed: &self.observed,
            now: jiff::Timestamp::UNIX_EPOCH,
        })
    }

    pub(crate) fn is_forced(&self) -> bool {
        self.force && !self.failback && self.memory.intent.is_some()
    }

    pub(crate) fn steps(&self) -> Vec<RouteStep> {
        match self.decide().verdict {
            Verdict::CrossOver(plan) => plan.steps().cloned().collect(),
            Verdict::Settled(_) | Verdict::Hold(_) => Vec::new(),
        }
    }

    pub(crate) fn side_of(&self, gateway: &str) -> &str {
        let side = self.target.spec.sides.iter().find(|(_, side)| side.gateway == gateway);
        side.map(|(name, _)| name.as_str()).expect("a gateway of the target")
    }

    pub(crate) fn apply(&mut self, steps: &[RouteStep]) {
        for step in steps {
            let to = self.side_of(&step.to).to_owned();
            let route = self.observed.managed.iter_mut().find(|r| r.table == step.table && r.destination == step.destination);
            route.expect("a managed route").at = to;
        }
    }

    pub(crate) fn set_health(&mut self, side: &str, state: State) {
        self.health.insert(side.to_owned(), side_health(state));
    }

    pub(crate) fn routes(&self) -> BTreeMap<(String, String), String> {
        let route = |r: &Managed| ((r.table.clone(), r.destination.clone()), r.at.clone());
        self.observed.managed.iter().map(route).collect()
    }
}

pub(crate) fn side_health(state: State) -> SideHealth {
    SideHealth { evidence: "test".to_owned(), ..SideHealth::of(state) }
}

pub(crate) fn zone(index: usize) -> String {
    format!("zone-{index}")
}

pub(crate) fn target(sides: usize) -> Target<NatSpec> {
    let names: Vec<String> = (0..sides).map(zone).collect();
    let nat_side =
        |name: &String| (name.clone(), NatSide { gateway: format!("nat-{name}"), tables: TablesOf::Zone, probe_table: None });
    Target {
        policy: Policy {
            name: "t".to_owned(),
            owner: "o".to_owned(),
            runbook: None,
            mode: None,
            stack: None,
            role: None,
            quorum: 1,
            min_healthy: 1,
            max_sick_share: 0.5,
            stale_after: std::time::Duration::from_mins(10),
            muted: MutedAlarms::default(),
            review: std::time::Duration::from_hours(24),
            failback: Failback::Manual,
            window: None,
            block: std::time::Duration::ZERO,
        },
        sides: names
            .iter()
            .map(|name| Side { name: name.clone(), location: name.clone(), alarms: vec![format!("alarm-{name}")] })
            .collect(),
        spec: NatSpec {
            vpc: "vpc-1".to_owned(),
            destinations: BTreeSet::from(["0.0.0.0/0".to_owned(), "::/0".to_owned()]),
            sides: names.iter().map(nat_side).collect(),
        },
    }
}

pub(crate) fn any_state() -> impl Strategy<Value = State> {
    prop_oneof![4 => Just(State::Healthy), 3 => Just(State::Unhealthy), 1 => Just(State::Unknown)]
}

/// A table's home, and for each of its routes its side and whether it is a blackhole.
type AnyTable = (Option<usize>, Vec<(usize, bool)>);

/// Routes of up to eight tables, each with one or two destinations, at any side, at home anywhere or nowhere.
pub(crate) fn any_routes(sides: usize) -> impl Strategy<Value = Vec<Managed>> {
    let home = prop_oneof![4 => (0..sides).prop_map(Some), 1 => Just(None)];
    let table = (home, prop::collection::vec((0..sides, any::<bool>()), 1..=2));
    prop::collection::vec(table, 0..8).prop_map(|tables| {
        let route = |(index, (home, routes)): (usize, AnyTable)| {
            routes.into_iter().zip(["0.0.0.0/0", "::/0"]).map(move |((at, blackhole), destination)| Managed {
                table: format!("rtb-{index}"),
                destination: destination.to_owned(),
                at: zone(at),
                home: home.map(zone),
                blackhole,
                through: None,
            })
        };
        tables.into_iter().enumerate().flat_map(route).collect()
    })
}

prop_compose! {
    pub(crate) fn any_case()(sides in 2_usize..=4)(
        health in prop::collection::vec(any_state(), sides),
        unable in prop::collection::vec(prop::bool::weighted(0.2), sides),
        aim in prop::option::weighted(0.4, (any::<bool>(), 0..sides)),
        managed in any_routes(sides),
        failback in any::<bool>(),
        force in prop::bool::weighted(0.3),
        sides in Just(sides),
    ) -> Case {
        let at = "2026-03-14T03:12:00Z".parse().expect("a time");
        let intent = aim.map(|(to, side)| Intent {
            aim: if to { Aim::To(zone(side)) } else { Aim::AwayFrom(zone(side)) },
            operator: "o".to_owned(),
            reason: "r".to_owned(),
            since: at,
            instead_of: None,
rest: crossover_model::later::Rest::new(),
        });
        let unable = (0..sides).filter(|side| unable[*side]).map(|side| (zone(side), "gone".to_owned()));
        Case {
            target: target(sides),
            health: health.into_iter().enumerate().map(|(side, state)| (zone(side), side_health(state))).collect(),
            memory: Memory { intent, ..Memory::default() },
            observed: Observed { managed, unable: unable.collect(), ..Observed::default() },
            failback,
            force,
        }
    }
}
