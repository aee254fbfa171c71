//! The properties of `decide`, over accounts, healths and wishes of every shape.

#![expect(clippy::expect_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use crossover_controller::{
    decision::{Decision, Direction, Situation, Verdict, Wish},
    health::{Health, SideHealth, State},
    journal::{Intent, Memory},
    kind::Kind,
    step::RouteStep,
    topology::{Failback, Policy, Side, Target},
    trigger::{Aim, Order},
};
use crossover_nat::{Managed, Nat, NatSide, NatSpec, Observed, TablesOf};
use proptest::prelude::*;

/// A target, its health and what was observed, as a test case.
#[derive(Debug, Clone)]
struct Case {
    target: Target<NatSpec>,
    health: Health,
    memory: Memory,
    observed: Observed,
    failback: bool,
    force: bool,
}

fn order(direction: Direction, aim: Aim, force: bool) -> Order {
    Order {
        direction,
        target: "t".to_owned(),
        aim,
        force,
        accept_data_loss: false,
        reason: "test".to_owned(),
        operator: "test".to_owned(),
        dry_run: true,
    }
}

impl Case {
    fn decide(&self) -> Decision<RouteStep> {
        let order = match &self.memory.intent {
            _ if self.failback => Some(order(Direction::Failback, Aim::Home, false)),
            Some(intent) if self.force => Some(order(Direction::Failover, intent.aim.clone(), true)),
            _ => None,
        };
        let wish = Wish::new(&self.target.policy, &self.health, &self.memory, order.as_ref(), true);
        Nat::decide(&Situation {
            target: &self.target,
            health: &self.health,
            wish: &wish,
            memory: &self.memory,
            observed: &self.observed,
        })
    }

    fn is_forced(&self) -> bool {
        self.force && !self.failback && self.memory.intent.is_some()
    }

    fn steps(&self) -> Vec<RouteStep> {
        match self.decide().verdict {
            Verdict::CrossOver(plan) => plan.steps().cloned().collect(),
            Verdict::Settled(_) | Verdict::Hold(_) => Vec::new(),
        }
    }

    fn side_of(&self, gateway: &str) -> &str {
        let side = self.target.spec.sides.iter().find(|(_, side)| side.gateway == gateway);
        side.map(|(name, _)| name.as_str()).expect("a gateway of the target")
    }

    fn apply(&mut self, steps: &[RouteStep]) {
        for step in steps {
            let to = self.side_of(&step.to).to_owned();
            let route = self.observed.managed.iter_mut().find(|r| r.table == step.table && r.destination == step.destination);
            route.expect("a managed route").at = to;
        }
    }

    fn set_health(&mut self, side: &str, state: State) {
        self.health.insert(side.to_owned(), side_health(state));
    }

    fn routes(&self) -> BTreeMap<(String, String), String> {
        let route = |r: &Managed| ((r.table.clone(), r.destination.clone()), r.at.clone());
        self.observed.managed.iter().map(route).collect()
    }
}

fn side_health(state: State) -> SideHealth {
    SideHealth { state, stable: std::time::Duration::ZERO, turned: None, evidence: "test".to_owned() }
}

fn zone(index: usize) -> String {
    format!("zone-{index}")
}

fn target(sides: usize) -> Target<NatSpec> {
    let names: Vec<String> = (0..sides).map(zone).collect();
    let nat_side = |name: &String| (name.clone(), NatSide { gateway: format!("nat-{name}"), tables: TablesOf::Zone });
    Target {
        policy: Policy {
            name: "t".to_owned(),
            owner: "o".to_owned(),
            runbook: None,
            mode: None,
            quorum: 1,
            min_healthy: 1,
            max_sick_share: 0.5,
            stale_after: std::time::Duration::from_mins(10),
            review: std::time::Duration::from_hours(24),
            failback: Failback::Manual,
            block: std::time::Duration::ZERO,
        },
        sides: names
            .iter()
            .map(|name| Side { name: name.clone(), place: name.clone(), alarms: vec![format!("alarm-{name}")] })
            .collect(),
        spec: NatSpec {
            vpc: "vpc-1".to_owned(),
            destinations: BTreeSet::from(["0.0.0.0/0".to_owned(), "::/0".to_owned()]),
            sides: names.iter().map(nat_side).collect(),
        },
    }
}

fn any_state() -> impl Strategy<Value = State> {
    prop_oneof![4 => Just(State::Healthy), 3 => Just(State::Unhealthy), 1 => Just(State::Unknown)]
}

/// A table's home, and for each of its routes the side that it leads to and whether it drops everything.
type AnyTable = (Option<usize>, Vec<(usize, bool)>);

/// Routes of up to eight tables, each with one or two destinations, at any side, at home anywhere or nowhere.
fn any_routes(sides: usize) -> impl Strategy<Value = Vec<Managed>> {
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
            })
        };
        tables.into_iter().enumerate().flat_map(route).collect()
    })
}

prop_compose! {
    fn any_case()(sides in 2_usize..=4)(
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
        });
        let unable = (0..sides).filter(|side| unable[*side]).map(|side| (zone(side), "gone".to_owned()));
        Case {
            target: target(sides),
            health: health.into_iter().enumerate().map(|(side, state)| (zone(side), side_health(state))).collect(),
            memory: Memory { intent, ..Memory::default() },
            observed: Observed { managed, unable: unable.collect() },
            failback,
            force,
        }
    }
}

/// Everything at home and everybody well.
fn at_home(mut case: Case) -> Case {
    for side in case.target.sides.clone() {
        case.set_health(&side.name, State::Healthy);
    }
    case.observed.unable.clear();
    case.memory = Memory::default();
    case.failback = false;
    case.observed.managed.retain(|route| route.home.is_some());
    for route in &mut case.observed.managed {
        route.at = route.home.clone().expect("kept only those with a home");
    }
    case
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_moves_to_a_side_that_is_not_healthy_able_and_wanted(case in any_case()) {
        for step in case.steps() {
            let to = case.side_of(&step.to).to_owned();
            prop_assert!(case.is_forced() || case.health[&to].state == State::Healthy);
            prop_assert!(!case.observed.unable.contains_key(&to));
            prop_assert!(!case.memory.intent.as_ref().is_some_and(|intent| intent.aim.leaves(&to)));
        }
    }

    #[test]
    fn who_forces_it_has_judged_the_health_of_the_sides(mut case in any_case()) {
        case.failback = false;
        case.force = true;
        case.memory.intent = Some(Intent {
            aim: Aim::To(zone(0)),
            operator: "o".to_owned(),
            reason: "r".to_owned(),
            since: "2026-03-14T03:12:00Z".parse().expect("a time"),
        });
        case.observed.unable.remove(&zone(0));
        let steps = case.steps();
        case.apply(&steps);
        prop_assert!(case.observed.managed.iter().all(|route| route.at == zone(0)));
    }

    #[test]
    fn work_goes_home_to_one_side_after_the_other(case in any_case()) {
        let Verdict::CrossOver(plan) = case.decide().verdict else { return Ok(()) };
        let homes = |stage: &Vec<RouteStep>| stage.iter().map(|step| step.to.clone()).collect::<BTreeSet<_>>();
        let homeward = plan.stages.iter().filter(|stage| stage.iter().all(|step| !plan.left.contains(case.side_of(&step.from))));
        prop_assert!(homeward.map(homes).all(|homes| homes.len() == 1));
        prop_assert!(plan.stages.iter().all(|stage| !stage.is_empty()));
    }

    #[test]
    fn unknown_is_never_a_reason_to_move(mut case in any_case()) {
        for side in case.target.sides.clone() {
            if case.health[&side.name].state == State::Unhealthy {
                case.set_health(&side.name, State::Unknown);
            }
        }
        case.memory = Memory::default();
        case.failback = false;
        prop_assert_eq!(case.steps(), vec![]);
    }

    #[test]
    fn a_step_changes_something_and_starts_from_what_is_there(case in any_case()) {
        for step in case.steps() {
            prop_assert_ne!(&step.from, &step.to);
            prop_assert!(!step.to.is_empty() && !step.destination.is_empty() && !step.table.is_empty());
            let at = &case.routes()[&(step.table.clone(), step.destination.clone())];
            prop_assert_eq!(case.side_of(&step.from), at);
        }
    }

    #[test]
    fn settled_after_its_own_plan(mut case in any_case()) {
        case.apply(&case.steps());
        let again = case.decide();
        prop_assert!(!matches!(again.verdict, Verdict::CrossOver(_)), "moves again: {:?}", again.verdict);
    }

    #[test]
    fn the_order_of_sides_and_routes_does_not_matter(case in any_case(), seed in any::<u64>()) {
        let mut shuffled = case.clone();
        let rotate = |length: usize| if length == 0 { 0 } else { usize::try_from(seed % 97).expect("small") % length };
        let (routes, sides) = (shuffled.observed.managed.len(), shuffled.target.sides.len());
        shuffled.observed.managed.rotate_left(rotate(routes));
        shuffled.target.sides.rotate_left(rotate(sides));
        if seed % 2 == 0 {
            shuffled.observed.managed.reverse();
            shuffled.target.sides.reverse();
        }
        let sorted = |case: &Case| {
            let mut steps = case.steps();
            steps.sort_by(|a, b| (&a.table, &a.destination).cmp(&(&b.table, &b.destination)));
            steps
        };
        prop_assert_eq!(sorted(&case), sorted(&shuffled));
    }

    #[test]
    fn failing_back_after_failing_over_is_where_it_began(case in any_case(), sick in 0_usize..4) {
        let mut case = at_home(case);
        let before = case.routes();
        let sick = zone(sick % case.target.sides.len());
        case.set_health(&sick, State::Unhealthy);
        case.apply(&case.steps());
        prop_assert!(case.routes().values().all(|at| *at != sick), "something still serves at the sick side");

        case.set_health(&sick, State::Healthy);
        prop_assert_eq!(case.steps(), vec![], "manual failback happened by itself");
        case.failback = true;
        case.apply(&case.steps());
        prop_assert_eq!(case.routes(), before);
    }

    #[test]
    fn a_failed_side_is_spread_evenly(case in any_case(), sick in 0_usize..4) {
        let mut case = at_home(case);
        let sick = zone(sick % case.target.sides.len());
        case.set_health(&sick, State::Unhealthy);
        case.apply(&case.steps());
        let moved: BTreeSet<(&String, &String)> = case.observed.managed.iter().map(|route| (&route.at, &route.table)).collect();
        let homes: BTreeMap<&String, &String> =
            case.observed.managed.iter().filter_map(|route| Some((&route.table, route.home.as_ref()?))).collect();
        let load = |side: &String, only_moved: bool| {
            moved.iter().filter(|(at, table)| *at == side && (!only_moved || homes[table] != *at)).count()
        };
        let healthy = || case.health.iter().filter(|(_, health)| health.state == State::Healthy).map(|(side, _)| side);
        // A side that took work over is never left with more than any other, beyond the odd one.
        for taker in healthy().filter(|side| load(side, true) > 0) {
            let least = healthy().map(|side| load(side, false)).min().expect("a healthy side");
            prop_assert!(load(taker, false) <= least + 1, "{taker} took more than its share");
        }
    }

    #[test]
    fn what_it_must_leave_it_leaves_or_holds(case in any_case()) {
        let sick = case.health.iter().filter(|(_, health)| health.state == State::Unhealthy && !case.is_forced());
        let leave: BTreeSet<&String> = sick.map(|(side, _)| side).collect();
        let serving_sick = case.observed.managed.iter().any(|route| leave.contains(&route.at));
        match case.decide().verdict {
            Verdict::Settled(_) => prop_assert!(!serving_sick),
            Verdict::Hold(hold) => prop_assert!(!hold.text.is_empty()),
            Verdict::CrossOver(plan) => {
                let mut after = case.clone();
                after.apply(&plan.steps().cloned().collect::<Vec<_>>());
                prop_assert!(after.observed.managed.iter().all(|route| !leave.contains(&route.at)));
            }
        }
    }
}
