//! The protocol holds in every state that these worlds can reach, and a protocol without one of its rules does not.

#![expect(clippy::panic, reason = "tests")]

mod holds;
mod mutations;

use std::collections::BTreeSet;

use crossover_protocol::{
    properties::{NO_STALE_WRITE, ONE_AT_A_TIME, ONE_WINNER, SETTLED_IN_THE_END, SETTLES, STOP_MEANS_STOP, TOLD_OR_OPEN},
    world::{Budget, Process, Rules, Side, Trigger, World},
};
use stateright::{Checker, HasDiscoveries, Model};

const ALL: [&str; 7] = [ONE_WINNER, ONE_AT_A_TIME, NO_STALE_WRITE, STOP_MEANS_STOP, TOLD_OR_OPEN, SETTLES, SETTLED_IN_THE_END];

/// Two functions, to which the alarm and the next tick come.
fn functions() -> World {
    World {
        processes: vec![World::process(0); 2],
        triggers: vec![(Trigger::Look, 2)],
        budget: Budget { minutes: 3, ..Budget::default() },
        fence: false,
        sleeps_before_call: Some(1),
        recovery: 0,
    }
}

/// Two functions, and an operator who orders the writer to another side than the best one.
fn ordered() -> World {
    let triggers = vec![(Trigger::Look, 2), (Trigger::OrderTo(Side::C), 1)];
    World { triggers, budget: Budget { dark: 1, ..functions().budget }, ..functions() }
}

/// A function, and a process with this clock and these rules.
fn beside(ahead: i16, rules: Rules) -> Vec<Process> {
    vec![World::process(0), Process { ahead, rules }]
}

/// Checks every state that the world can reach.
fn holds(name: &str, world: World, properties: &[&'static str]) {
    let checker = world.checker().finish_when(HasDiscoveries::AnyOf(properties.iter().copied().collect())).spawn_bfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    println!("{name}: {states} states, {depth} actions deep");
    let found = checker.discoveries();
    for property in properties {
        if let Some(path) = found.get(property) {
            let actions: Vec<String> = path.clone().into_actions().iter().map(|action| format!("{action:?}")).collect();
            panic!("{name}: not \"{property}\":\n  {}", actions.join("\n  "));
        }
    }
    assert!(checker.discovery("a replica is promoted").is_some(), "{name}: nothing happens");
}

/// Finds a path that breaks the property.
fn breaks(name: &str, world: World, property: &'static str) {
    let checker = world.checker().finish_when(HasDiscoveries::AnyOf(BTreeSet::from([property]))).spawn_bfs().join();
    let Some(path) = checker.discovery(property) else {
        panic!("{name}: {} states, and all of them keep \"{property}\"", checker.unique_state_count());
    };
    let actions: Vec<String> = path.into_actions().iter().map(|action| format!("{action:?}")).collect();
    println!("{name}: not \"{property}\": {}", actions.join(", "));
}
