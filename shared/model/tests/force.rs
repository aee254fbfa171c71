//! What an order allows with `force` and `accept_data_loss` holds for the failures that it was given for.

#![expect(clippy::expect_used, reason = "tests")]

use std::collections::BTreeSet;

use crossover_model::{
    crossover::Crossover,
    decision::{Plan, Requirements, not_healthy},
    direction::Direction,
    health::{Health, SideHealth, State},
    journal::{Intent, Memory},
    later::Rest,
    loss::Loss,
    topology::Policy,
    trigger::{Aim, Order},
};
use proptest::prelude::*;

const SIDES: [&str; 4] = ["a", "b", "c", "d"];

fn health(states: &[State]) -> Health {
    let side = |state| SideHealth { evidence: "test".to_owned(), ..SideHealth::of(state) };
    SIDES.iter().zip(states).map(|(name, state)| ((*name).to_owned(), side(*state))).collect()
}

fn order(aim: Aim) -> Order {
    Order {
        direction: Direction::Failover,
        target: "t".to_owned(),
        aim,
        force: true,
        accept_data_loss: true,
        reason: "r".to_owned(),
        operator: "o".to_owned(),
        dry_run: false,
        rest: Rest::new(),
    }
}

/// The memory of an order that was given: its intent, and its open crossover if it has one.
fn memory(order: &Order, open: Option<&BTreeSet<String>>) -> Memory {
    let since = "2026-03-14T03:12:00Z".parse().expect("a time");
    let intent = Intent {
        aim: order.aim.clone(),
        operator: order.operator.clone(),
        reason: order.reason.clone(),
        since,
        instead_of: None,
        rest: Rest::new(),
    };
    let crossover = |not_healthy: &BTreeSet<String>| -> Crossover {
        let json = serde_json::json!({
            "id": "t-1", "target": "t", "kind": "k", "direction": "failover", "trigger": "order", "reason": "r",
            "order": order, "not_healthy": not_healthy, "started": since, "outcome": "partial", "steps": [],
        });
        serde_json::from_value(json).expect("a crossover")
    };
    Memory { intent: Some(intent), open: open.map(crossover), ..Memory::default() }
}

fn required(order: &Order, memory: &Memory, health: &Health) -> Requirements {
    Requirements::new(&Policy::everything(), health, memory, Some(order), true)
}

fn any_states() -> impl Strategy<Value = Vec<State>> {
    prop::collection::vec(prop::sample::select(vec![State::Healthy, State::Unhealthy, State::Unknown]), SIDES.len())
}

fn any_aim() -> impl Strategy<Value = Aim> {
    (any::<bool>(), prop::sample::select(SIDES.to_vec()))
        .prop_map(|(to, side)| if to { Aim::To(side.to_owned()) } else { Aim::AwayFrom(side.to_owned()) })
}

proptest! {
    #[test]
    fn a_forced_order_overrides_the_health_of_every_side_when_it_is_given(states in any_states(), aim in any_aim()) {
        let (order, health) = (order(aim), health(&states));
        let required = required(&order, &memory(&order, None), &health);
        for (side, found) in &health {
            prop_assert_eq!(required.leave.contains(side), order.aim.leaves(side));
            prop_assert_eq!(required.may_take(side, found.state), !order.aim.leaves(side));
        }
        prop_assert!(required.force && required.accept_data_loss);
    }

    /// The open crossover remembers the sides that it overrides; each other one is left, and takes nothing, once it fails.
    #[test]
    fn a_side_that_fails_after_a_forced_order_is_left(
        then in any_states(), now in any_states(), aim in any_aim(),
    ) {
        let (order, health) = (order(aim), health(&now));
        let overridden: BTreeSet<String> =
            SIDES.iter().zip(&then).filter(|(_, state)| **state != State::Healthy).map(|(side, _)| (*side).to_owned()).collect();
        let required = required(&order, &memory(&order, Some(&overridden)), &health);
        for (side, found) in &health {
            let failed = found.state == State::Unhealthy && !overridden.contains(side);
            prop_assert_eq!(required.leave.contains(side), failed || order.aim.leaves(side), "{}", side);
            let takes = (found.state == State::Healthy || overridden.contains(side)) && !order.aim.leaves(side);
            prop_assert_eq!(required.may_take(side, found.state), takes, "{}", side);
            // The loss that was accepted is not accepted for another failure.
            if failed && !order.aim.leaves(side) {
                prop_assert!(!required.force && !required.accept_data_loss);
            }
        }
    }

    /// An order overrides nothing of the sides that it leaves: once it is released, one that is still unhealthy is left.
    #[test]
    fn the_sides_that_a_forced_order_leaves_are_left_after_its_release_while_they_are_unhealthy(
        states in any_states(), aim in any_aim(),
    ) {
        let (order, health) = (order(aim), health(&states));
        let memory = Memory { intent: None, ..memory(&order, Some(&not_healthy(&health))) };
        let required = required(&order, &memory, &health);
        for (side, found) in health.iter().filter(|(side, _)| order.aim.leaves(side)) {
            prop_assert_eq!(required.leave.contains(side), found.state == State::Unhealthy, "{}", side);
            prop_assert_eq!(required.may_take(side, found.state), found.state == State::Healthy, "{}", side);
        }
    }

    /// Another order in force knows nothing of what an earlier one overrode.
    #[test]
    fn the_sides_of_another_order_are_not_overridden(states in any_states(), aim in any_aim(), other in any_aim()) {
        let (given, health) = (order(aim), health(&states));
        let before = Order { force: false, ..order(other) };
        let all: BTreeSet<String> = SIDES.iter().map(|side| (*side).to_owned()).collect();
        let memory = memory(&before, Some(&all));
        prop_assert_eq!(&required(&before, &memory, &health).overridden, &BTreeSet::new());
        let overridden = not_healthy(&health).into_iter().filter(|side| !given.aim.leaves(side)).collect();
        prop_assert_eq!(required(&given, &memory, &health).overridden, overridden);
    }

    /// A plan is asked for by the order that it does, and by no order that wants one of its destinations empty.
    #[test]
    fn a_plan_to_a_side_that_the_order_leaves_is_not_asked_for(
        left in prop::sample::subsequence(SIDES.to_vec(), 0..=4), to in prop::sample::subsequence(SIDES.to_vec(), 0..=4), aim in any_aim(),
    ) {
        let set = |sides: &[&str]| sides.iter().map(|side| (*side).to_owned()).collect::<BTreeSet<_>>();
        let plan: Plan<u8> = Plan {
            stages: Vec::new(), left: set(&left), to: set(&to), reason: String::new(), loss: Loss::NoMore, continues: false,
        };
        let order = order(aim);
        let asked = plan.asked_by(Some(&order)).is_some();
        prop_assert_eq!(asked, left.iter().any(|side| order.aim.leaves(side)) && !to.iter().any(|side| order.aim.leaves(side)));
    }
}

#[test]
fn a_record_of_an_earlier_version_overrides_nothing() {
    let order = order(Aim::AwayFrom("a".to_owned()));
    let mut memory = memory(&order, Some(&BTreeSet::new()));
    let mut json = serde_json::to_value(&memory.open).expect("JSON");
    assert!(json.as_object_mut().expect("a table").remove("not_healthy").is_none(), "it is written though it is empty");
    memory.open = serde_json::from_value(json).expect("a crossover");
    let health: Health = health(&[State::Healthy, State::Unhealthy, State::Healthy, State::Healthy]);
    assert_eq!(required(&order, &memory, &health).leave, ["a", "b"].map(str::to_owned).into());
}
