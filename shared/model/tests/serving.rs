//! Who serves a target, and whether clients may not be served.

use std::collections::BTreeMap;

use crossover_model::{
    duty::Duty,
    health::{Health, SideHealth, State},
    serving::{Serving, is_in_need},
};

fn serving(of: &[(&str, usize)]) -> BTreeMap<String, usize> {
    of.iter().map(|(side, resources)| ((*side).to_owned(), *resources)).collect()
}

fn health(of: &[(&str, State)]) -> Health {
    let side = |state| SideHealth::of(state);
    of.iter().map(|(name, state)| ((*name).to_owned(), side(*state))).collect()
}

#[test]
fn a_side_without_resources_does_not_serve() {
    let who = |of| Serving { duty: Duty::Serve, sides: serving(of) }.who().cloned().collect::<Vec<_>>().concat();
    assert_eq!(who(&[("a", 1), ("b", 0), ("c", 7)]), "ac");
    let by_nobody = |of| Serving { duty: Duty::Write, sides: serving(of) }.is_by_nobody();
    assert!(by_nobody(&[]) && by_nobody(&[("a", 0)]) && !by_nobody(&[("a", 0), ("b", 1)]));
}

#[test]
fn clients_are_in_need_while_a_side_that_serves_is_unhealthy_or_none_serves() {
    let health = health(&[("a", State::Unhealthy), ("b", State::Healthy), ("c", State::Unknown)]);
    let need = |of: &[(&str, usize)]| is_in_need(Some(&serving(of)), &health);
    assert!(need(&[("a", 1), ("b", 1)]) && need(&[("a", 0)]) && need(&[]));
    assert!(!need(&[("a", 0), ("b", 1)]) && !need(&[("c", 1)]));
    // Where the resources could not be read, any unhealthy side counts.
    assert!(is_in_need(None, &health));
    assert!(!is_in_need(None, &Health::from([("b".to_owned(), health["b"].clone())])));
}

#[test]
fn clients_are_in_need_while_the_alarms_of_a_side_that_serves_fire_and_can_not_be_evaluated() {
    let mut health = health(&[("a", State::Unknown), ("b", State::Healthy)]);
    health.insert("a".to_owned(), SideHealth { fires: true, ..health["a"].clone() });
    assert!(is_in_need(Some(&serving(&[("a", 1)])), &health) && is_in_need(None, &health));
    assert!(!is_in_need(Some(&serving(&[("b", 1)])), &health));
}

/// People filter notices by these words.
#[test]
fn a_notice_names_what_nobody_does() {
    assert_eq!((Duty::Serve.by_nobody(), Duty::Write.by_nobody()), ("NOBODY SERVES", "NOBODY CAN WRITE"));
}
