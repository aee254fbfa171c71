//! The protocol.

use crossover_protocol::{
    properties::{NO_STALE_WRITE, ONE_WINNER, STOP_MEANS_STOP, TOLD_OR_OPEN},
    world::{Budget, Rules, Side, Trigger, World},
};

use crate::{ALL, beside, functions, holds, ordered};

const WITHOUT_ONE_AT_A_TIME: [&str; 4] = [ONE_WINNER, NO_STALE_WRITE, STOP_MEANS_STOP, TOLD_OR_OPEN];

#[test]
fn with_deaths_lost_replies_and_a_replica_that_cannot_be_read() {
    let budget = Budget { deaths: 1, dark: 1, lost_replies: 1, ..functions().budget };
    holds("deaths", World { budget, ..functions() }, &ALL);
}

#[test]
fn with_an_order_to_another_side() {
    holds("an order", ordered(), &ALL);
}

#[test]
fn with_a_forced_order_to_another_side() {
    let triggers = vec![(Trigger::Look, 2), (Trigger::ForcedTo(Side::C), 1)];
    holds("a forced order", World { triggers, ..ordered() }, &ALL);
}

#[test]
fn with_a_stop_at_any_time() {
    let budget = Budget { stops: 1, deaths: 1, ..functions().budget };
    holds("a stop", World { budget, fence: true, ..functions() }, &ALL);
}

#[test]
fn with_a_command_line_whose_clock_is_ahead() {
    let budget = Budget { minutes: 2, ..ordered().budget };
    holds("a clock ahead", World { processes: beside(90, Rules::ALL), budget, ..ordered() }, &ALL);
}

/// Its lease ends early, so that it may be taken from it while it works: then it begins nothing further.
#[test]
fn with_a_command_line_whose_clock_is_behind() {
    let budget = Budget { minutes: 2, ..ordered().budget };
    let world = World { processes: beside(-90, Rules::ALL), budget, sleeps_before_call: Some(0), ..ordered() };
    holds("a clock behind", world, &WITHOUT_ONE_AT_A_TIME);
}

/// Nothing happens between its last read and its call: what it recorded as its time says nothing to others.
#[test]
fn with_a_clock_that_is_minutes_behind() {
    let budget = Budget { minutes: 1, ..functions().budget };
    let triggers = vec![(Trigger::Look, 1), (Trigger::OrderTo(Side::C), 1)];
    let world = World { processes: beside(-300, Rules::ALL), budget, triggers, sleeps_before_call: None, ..functions() };
    holds("a clock far behind", world, &WITHOUT_ONE_AT_A_TIME);
}

#[test]
fn and_settles_whatever_went_wrong() {
    let budget =
        Budget { deaths: 1, dark: 1, lost_replies: 1, failed_promotions: 1, recoveries: 1, minutes: 2, ..Budget::default() };
    holds("recovery", World { budget, recovery: 4, ..functions() }, &ALL);
}

#[test]
fn and_settles_after_a_stop_behind_a_fence() {
    let budget = Budget { deaths: 1, failed_promotions: 1, recoveries: 1, stops: 1, ..functions().budget };
    holds("recovery behind a fence", World { budget, fence: true, recovery: 4, ..functions() }, &ALL);
}

#[test]
fn and_settles_after_an_order() {
    let budget = Budget { deaths: 1, minutes: 2, ..ordered().budget };
    holds("recovery of an order", World { budget, recovery: 4, ..ordered() }, &ALL);
}

/// Everything at once: `make model`.
#[test]
#[ignore = "minutes"]
fn deeper_with_everything() {
    let triggers = vec![(Trigger::Look, 2), (Trigger::OrderTo(Side::C), 1)];
    let budget = Budget { minutes: 2, deaths: 1, dark: 1, lost_replies: 1, stops: 1, ..Budget::default() };
    holds("everything", World { triggers, budget, fence: true, ..functions() }, &ALL);
}

#[test]
#[ignore = "minutes"]
fn deeper_with_a_recovery() {
    let triggers = vec![(Trigger::Look, 2), (Trigger::ForcedTo(Side::B), 1)];
    let budget = Budget { minutes: 2, deaths: 1, dark: 1, failed_promotions: 1, recoveries: 1, ..Budget::default() };
    holds("everything, with its recovery", World { triggers, budget, recovery: 4, ..functions() }, &ALL);
}

#[test]
#[ignore = "minutes"]
fn deeper_with_three_processes() {
    let processes = vec![World::process(0), World::process(0), World::process(90)];
    holds("three processes", World { processes, ..ordered() }, &ALL);
}
