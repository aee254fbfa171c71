//! A protocol without one of its rules: the checker finds how it breaks.

use crossover_protocol::{
    properties::{NO_STALE_WRITE, ONE_AT_A_TIME, ONE_WINNER, STOP_MEANS_STOP, TOLD_OR_OPEN},
    world::{Budget, Process, Rules, Side, Trigger, World},
};

use crate::{beside, breaks, functions, ordered};

/// An alarm and an order, and more minutes than a record of a choice counts as recent.
fn longer() -> World {
    let triggers = vec![(Trigger::Look, 1), (Trigger::OrderTo(Side::C), 1)];
    World { triggers, budget: Budget { minutes: 6, ..Budget::default() }, ..functions() }
}

#[test]
fn without_the_epoch_right_before_the_call_two_are_promoted() {
    // With the journal's clock, the time of the recorded choice alone would make the others wait.
    let rules = Rules { checks_epoch: false, by_service_clock: false, ..Rules::ALL };
    let world = World { processes: beside(-300, rules), sleeps_before_call: None, ..ordered() };
    breaks("no epoch", world, ONE_WINNER);
}

#[test]
fn without_reading_the_stop_a_promotion_begins_after_it() {
    let rules = Rules { reads_stop: false, ..Rules::ALL };
    let budget = Budget { stops: 1, ..functions().budget };
    breaks("no stop", World { processes: beside(0, rules), budget, ..functions() }, STOP_MEANS_STOP);
}

#[test]
fn by_its_own_clock_a_laptop_takes_a_live_lease() {
    let rules = Rules { by_service_clock: false, ..Rules::ALL };
    breaks("own clock", World { processes: beside(90, rules), ..functions() }, ONE_AT_A_TIME);
}

#[test]
fn after_the_end_of_its_lease_a_process_promotes_another_one() {
    let rules = Rules { keeps_time: false, ..Rules::ALL };
    breaks("no end", World { processes: beside(0, rules), ..longer() }, ONE_WINNER);
}

#[test]
fn a_member_that_cannot_be_read_is_chosen_again() {
    let blind = Process { ahead: 0, rules: Rules { waits_for_unread: false, ..Rules::ALL } };
    breaks("unread is missing", World { processes: vec![blind; 2], ..ordered() }, ONE_WINNER);
}

#[test]
fn without_the_epoch_of_a_write_an_earlier_one_wins() {
    let rules = Rules { writes_under_epoch: false, ..Rules::ALL };
    breaks("no condition", World { processes: beside(0, rules), ..ordered() }, NO_STALE_WRITE);
}

#[test]
fn without_a_record_of_the_choice_another_one_is_chosen() {
    let rules = Rules { records_first: false, ..Rules::ALL };
    let budget = Budget { deaths: 1, ..ordered().budget };
    breaks("no record", World { processes: beside(0, rules), budget, ..ordered() }, ONE_WINNER);
}

#[test]
fn a_notice_that_is_not_kept_is_lost_with_its_process() {
    let rules = Rules { keeps_notices: false, ..Rules::ALL };
    let budget = Budget { deaths: 1, ..functions().budget };
    breaks("no notice", World { processes: beside(0, rules), budget, ..functions() }, TOLD_OR_OPEN);
}

/// The limit of the protocol: AWS takes no epoch. A process that sleeps between its last read and its call for longer than its
/// record of the choice counts as recent is not caught, unless AWS shows its promotion before another one is chosen.
#[test]
fn a_process_that_sleeps_for_minutes_between_the_read_and_the_call_is_the_limit() {
    breaks("a long sleep", World { sleeps_before_call: Some(6), ..longer() }, ONE_WINNER);
}
