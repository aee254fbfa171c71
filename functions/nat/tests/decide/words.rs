//! The texts of decisions, word for word.

use std::collections::BTreeSet;

use crossover_model::{
    decision::Verdict,
    health::{Health, State},
    journal::{Intent, Memory},
    trigger::Aim,
};
use crossover_nat::{Managed, Observed};

use crate::case::{Case, side_health, target, zone};

/// Sides in these states. Each route has a table's number, its home side and its current side.
fn case<const SIDES: usize>(states: [State; SIDES], routes: &[(usize, Option<usize>, usize)]) -> Case {
    let managed = |&(table, home, at): &(usize, Option<usize>, usize)| Managed {
        table: format!("rtb-{table}"),
        destination: "0.0.0.0/0".to_owned(),
        at: zone(at),
        home: home.map(zone),
        blackhole: false,
        through: None,
    };
    let health: Health = states.into_iter().enumerate().map(|(side, state)| (zone(side), side_health(state))).collect();
    Case {
        target: target(SIDES),
        health,
        memory: Memory::default(),
        observed: Observed { managed: routes.iter().map(managed).collect(), ..Observed::default() },
        failback: false,
        force: false,
    }
}

fn wanted_empty(mut case: Case, side: usize) -> Case {
    case.memory.intent = Some(Intent {
        aim: Aim::AwayFrom(zone(side)),
        operator: "o".to_owned(),
        reason: "r".to_owned(),
        since: "2026-03-14T03:12:00Z".parse().expect("a time"),
        instead_of: None,
        rest: crossover_model::later::Rest::new(),
    });
    case
}

/// The verdict as text: settled, the reason for a hold, or the move with its worst loss.
fn said(case: &Case) -> String {
    match case.decide().verdict {
        Verdict::Settled(reason) => reason,
        Verdict::Hold(hold) => hold.text,
        Verdict::CrossOver(plan) => format!("{} / {}", plan.reason, plan.loss),
    }
}

const WELL: [State; 2] = [State::Healthy, State::Healthy];
const FIRST_SICK: [State; 2] = [State::Unhealthy, State::Healthy];
const LOSS: &str =
    "no data; open connections through zone-0 are cut and must be opened again, from another gateway's public addresses";

#[test]
fn why_it_moves() {
    let two = [(0, Some(0), 0), (1, Some(0), 0)];
    assert_eq!(said(&case(FIRST_SICK, &two)), format!("2 routes from zone-0 to zone-1, because zone-0 is unhealthy / {LOSS}"));
    let to_two = said(&case([State::Unhealthy, State::Healthy, State::Healthy], &two));
    assert!(to_two.starts_with("2 routes from zone-0: 1 to zone-1, 1 to zone-2, because zone-0 is unhealthy / "), "{to_two}");
    let one = [(0, Some(0), 0)];
    let wanted = wanted_empty(case(WELL, &one), 0);
    assert_eq!(said(&wanted), format!("1 route from zone-0 to zone-1, because an operator wants zone-0 empty / {LOSS}"));
    let mut home = case(WELL, &[(0, Some(1), 0)]);
    home.failback = true;
    let why = "because zone-1 is healthy and failback is allowed";
    assert_eq!(said(&home), format!("1 route from zone-0 to zone-1, {why} / {LOSS}"));
}

#[test]
fn why_it_need_not_move() {
    assert_eq!(said(&case(WELL, &[])), "no route of the VPC leads to one of its gateways");
    assert_eq!(said(&case(WELL, &[(0, Some(0), 0)])), "every route is at home");
    let away = case(WELL, &[(0, Some(0), 1), (1, Some(1), 1)]);
    assert_eq!(said(&away), "every route is where it should be for now; 1 of them are away from home");
}

#[test]
fn why_it_can_not_move() {
    let one = [(0, Some(0), 0)];
    let mut unable = case(FIRST_SICK, &one);
    unable.observed.unable.insert(zone(1), "nat-1 is failed".to_owned());
    assert_eq!(said(&unable), "rtb-0 can't be moved to any side: zone-0 is unhealthy, zone-1: nat-1 is failed");
    let unknown = case([State::Unhealthy, State::Unknown], &[(0, Some(0), 0), (1, Some(0), 0)]);
    assert_eq!(said(&unknown), "rtb-0, rtb-1 can't be moved to any side: zone-0 is unhealthy, zone-1 is unknown");
    let mut emptied = wanted_empty(case(FIRST_SICK, &one), 1);
    assert_eq!(said(&emptied), "rtb-0 can't be moved to any side: zone-0 is unhealthy, an operator wants zone-1 empty");
    // The reason why a side can't serve is added only if its health is good.
    emptied.memory.intent = None;
    emptied.set_health(&zone(1), State::Unhealthy);
    emptied.observed.unable.insert(zone(1), "nat-1 is failed".to_owned());
    assert_eq!(said(&emptied), "rtb-0 can't be moved to any side: zone-0 is unhealthy, zone-1 is unhealthy");
}

#[test]
fn why_it_can_not_fail_back() {
    let ordered = |routes: &[(usize, Option<usize>, usize)]| {
        let mut case = case(WELL, routes);
        case.failback = true;
        case.observed.unable.insert(zone(0), "nat-0 is failed".to_owned());
        said(&case)
    };
    assert_eq!(ordered(&[(0, Some(0), 1)]), "nothing can be failed back: zone-0: nat-0 is failed");
    // A side that misses no route holds nothing.
    assert_eq!(ordered(&[(0, Some(0), 0), (1, Some(1), 1)]), "every route is at home");
    assert_eq!(ordered(&[(1, Some(1), 1)]), "every route is at home");
}

#[test]
fn why_routes_that_carry_nothing_are_not_moved_without_a_person() {
    let mut dead = case(WELL, &[(0, Some(0), 0), (1, Some(1), 1)]);
    dead.observed.managed[0].blackhole = true;
    let text = "zone-0 carries nothing, by EC2's own word: its routes are blackholes; rtb-0 0.0.0.0/0 lead there, and its alarms \
                don't say so (test). To move its routes away: crossover failover t --away-from zone-0 --reason WHY";
    assert_eq!(said(&dead), text);
}

#[test]
fn the_routes_that_are_at_home() {
    let home = case(WELL, &[(0, Some(0), 0), (1, Some(0), 1), (2, None, 1)]).decide().home;
    assert_eq!(home, BTreeSet::from(["rtb-0 0.0.0.0/0".to_owned()]));
}

#[test]
fn remarks_for_people() {
    let mut odd = case(WELL, &[(0, None, 1), (1, Some(0), 0)]);
    odd.observed.managed[1].blackhole = true;
    let remarks = odd.decide().remarks;
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    assert!(remarks[0].starts_with("the home side of rtb-0 (at zone-1) is not known"), "{remarks:?}");
    assert_eq!(remarks[1], "blackhole routes that drop all traffic: rtb-1 0.0.0.0/0 via zone-0");
    assert_eq!(case(WELL, &[(0, Some(0), 0)]).decide().remarks, Vec::<String>::new());
    assert_eq!(odd.decide().ready, BTreeSet::new());
}
