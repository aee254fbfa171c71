//! The properties that hold in every case.

use std::collections::{BTreeMap, BTreeSet};

use crossover_ec2::{RouteStep, route_resource};
use crossover_model::{
    decision::Verdict,
    health::State,
    journal::{Intent, Memory},
    step::Way,
    trigger::Aim,
};
use crossover_nat::Managed;
use proptest::prelude::*;

use crate::case::{Case, any_case, zone};

/// Everything is at home, and every side is healthy.
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
    fn work_moves_only_to_healthy_able_and_required_sides(case in any_case()) {
        for step in case.steps() {
            let to = case.side_of(&step.to).to_owned();
            prop_assert!(case.is_forced() || case.health[&to].state == State::Healthy);
            prop_assert!(!case.observed.unable.contains_key(&to));
            prop_assert!(!case.memory.intent.as_ref().is_some_and(|intent| intent.aim.leaves(&to)));
        }
    }

    #[test]
    fn force_overrides_the_health_of_the_sides(mut case in any_case()) {
        case.failback = false;
        case.force = true;
        case.memory.intent = Some(Intent {
            aim: Aim::To(zone(0)),
            operator: "o".to_owned(),
            reason: "r".to_owned(),
            since: "2026-03-14T03:12:00Z".parse().expect("a time"),
            instead_of: None,
rest: crossover_model::later::Rest::new(),
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
    fn a_step_changes_the_observed_state(case in any_case()) {
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
    fn failing_back_after_failing_over_is_where_it_began(case in any_case(), unhealthy in 0_usize..4) {
        let mut case = at_home(case);
        let before = case.routes();
        let unhealthy = zone(unhealthy % case.target.sides.len());
        case.set_health(&unhealthy, State::Unhealthy);
        case.apply(&case.steps());
        prop_assert!(case.routes().values().all(|at| *at != unhealthy), "something still serves at the unhealthy side");

        case.set_health(&unhealthy, State::Healthy);
        prop_assert_eq!(case.steps(), vec![], "manual failback happened by itself");
        case.failback = true;
        case.apply(&case.steps());
        prop_assert_eq!(case.routes(), before);
    }

    #[test]
    fn a_failed_side_is_spread_evenly(case in any_case(), unhealthy in 0_usize..4) {
        let mut case = at_home(case);
        let unhealthy = zone(unhealthy % case.target.sides.len());
        case.set_health(&unhealthy, State::Unhealthy);
        case.apply(&case.steps());
        let moved: BTreeSet<(&String, &String)> = case.observed.managed.iter().map(|route| (&route.at, &route.table)).collect();
        let homes: BTreeMap<&String, &String> =
            case.observed.managed.iter().filter_map(|route| Some((&route.table, route.home.as_ref()?))).collect();
        let load = |side: &String, only_moved: bool| {
            moved.iter().filter(|(at, table)| *at == side && (!only_moved || homes[table] != *at)).count()
        };
        let healthy = || case.health.iter().filter(|(_, health)| health.state == State::Healthy).map(|(side, _)| side);
        // The moved work is spread evenly: no side has more than one item more than another.
        for taker in healthy().filter(|side| load(side, true) > 0) {
            let least = healthy().map(|side| load(side, false)).min().expect("a healthy side");
            prop_assert!(load(taker, false) <= least + 1, "{taker} took more than its share");
        }
    }

    #[test]
    fn sides_to_leave_are_left_or_held(case in any_case()) {
        let unhealthy = case.health.iter().filter(|(_, health)| health.state == State::Unhealthy && !case.is_forced());
        let leave: BTreeSet<&String> = unhealthy.map(|(side, _)| side).collect();
        let serving_unhealthy = case.observed.managed.iter().any(|route| leave.contains(&route.at));
        match case.decide().verdict {
            Verdict::Settled(_) => prop_assert!(!serving_unhealthy),
            Verdict::Hold(hold) => prop_assert!(!hold.text.is_empty()),
            Verdict::CrossOver(plan) => {
                let mut after = case.clone();
                after.apply(&plan.steps().cloned().collect::<Vec<_>>());
                prop_assert!(after.observed.managed.iter().all(|route| !leave.contains(&route.at)));
            }
        }
    }

    /// The decision reports every route: away or at home, and the side that serves it.
    #[test]
    fn every_route_is_away_or_at_home_and_served(case in any_case()) {
        let decision = case.decide();
        let resource = |route: &Managed| route_resource(&route.table, &route.destination);
        let gateway = |side: &str| case.target.spec.sides[side].gateway.clone();
        let away = case.observed.managed.iter().filter(|route| route.home.as_ref().is_some_and(|home| *home != route.at));
        let away: BTreeMap<String, String> = away.map(|route| (resource(route), gateway(&route.at))).collect();
        prop_assert_eq!(decision.away, away);
        let home = case.observed.managed.iter().filter(|route| route.home.as_ref() == Some(&route.at));
        prop_assert_eq!(decision.home, home.map(resource).collect::<BTreeSet<_>>());
        for side in case.target.spec.sides.keys() {
            let served = case.observed.managed.iter().filter(|route| route.at == *side).count();
            prop_assert_eq!(decision.serving[side], served);
        }
        prop_assert_eq!(decision.serving.len(), case.target.spec.sides.len());
    }

    /// A route without a known home is away only if the journal records that it was moved there.
    #[test]
    fn a_table_without_a_home_is_away_where_it_was_moved_to(mut case in any_case(), moved in any::<bool>()) {
        for route in &mut case.observed.managed {
            route.home = None;
            if moved {
                let at = case.target.spec.sides[&route.at].gateway.clone();
                case.memory.away.insert(route_resource(&route.table, &route.destination), at);
            }
        }
        prop_assert_eq!(case.decide().away.len(), if moved { case.observed.managed.len() } else { 0 });
    }

    /// A home is ready when it could take back a table that need not move.
    #[test]
    fn a_home_is_ready_when_only_a_person_is_missing(mut case in any_case()) {
        case.failback = false;
        let leaves = |side: &str| {
            let unhealthy = case.health[side].state == State::Unhealthy && !case.is_forced();
            unhealthy || case.memory.intent.as_ref().is_some_and(|intent| intent.aim.leaves(side))
        };
        let can_take = |side: &str| {
            let healthy = case.health[side].state == State::Healthy || case.is_forced();
            healthy && !leaves(side) && !case.observed.unable.contains_key(side)
        };
        let mut tables: BTreeMap<&str, Vec<&Managed>> = BTreeMap::new();
        for route in &case.observed.managed {
            tables.entry(&route.table).or_default().push(route);
        }
        let waiting = tables.values().filter_map(|routes| {
            let home = routes[0].home.as_ref()?;
            let stays = routes.iter().all(|route| !leaves(&route.at)) && routes.iter().any(|route| route.at != *home);
            (stays && can_take(home)).then(|| home.clone())
        });
        prop_assert_eq!(case.decide().ready, waiting.collect::<BTreeSet<_>>());
    }

    #[test]
    fn a_step_knows_which_way_it_goes(case in any_case()) {
        for step in case.steps() {
            let route = case.observed.managed.iter().find(|r| r.table == step.table && r.destination == step.destination);
            let home = &route.expect("a managed route").home;
            let way = match home {
                None => Way::Homeless,
                Some(home) if *home == case.side_of(&step.to) => Way::Home,
                Some(_) => Way::Away,
            };
            prop_assert_eq!(step.way, way);
        }
    }

    /// With `force`, work moves to a side in doubt only if no healthy side can take it.
    #[test]
    fn force_takes_a_healthy_side_first(case in any_case()) {
        let takers = || case.health.keys().filter(|side| {
            !case.memory.intent.as_ref().is_some_and(|intent| intent.aim.leaves(side)) && !case.observed.unable.contains_key(*side)
        });
        let any_healthy = takers().any(|side| case.health[side].state == State::Healthy);
        for step in case.steps().iter().filter(|_| case.is_forced() && any_healthy) {
            prop_assert_eq!(case.health[case.side_of(&step.to)].state, State::Healthy);
        }
    }
}
