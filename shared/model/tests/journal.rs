//! What a target's record says about its lease and its pause.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_model::{
    journal::{LONGEST_LEASE, Lease, Memory, TargetRecord},
    later::Rest,
    pause::{Action, Pause},
    stop::Stop,
    trigger::{Note, NoteVerb},
};
use jiff::Timestamp;

fn at(second: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_secs(second)
}

fn lease(until: Timestamp) -> Lease {
    let (holder, crossover_id, trigger) = ("h".to_owned(), "c".to_owned(), "t".to_owned());
    Lease { holder, taken: at(0), until, crossover_id, trigger, order: None, rest: Rest::new() }
}

fn stop(verb: NoteVerb, second: u64) -> Stop {
    let note = Note { verb, target: Some("t".to_owned()), reason: "test".to_owned(), operator: "test".to_owned() };
    Stop::of(&note, at(second)).expect("a command about pausing")
}

fn paused_since(second: u64) -> Pause {
    stop(NoteVerb::Pause(None), second).pause().expect("a pause")
}

#[test]
fn a_lease_ends_with_its_last_instant_and_none_is_longer_than_the_longest() {
    let record = |until| TargetRecord { lease: Some(lease(until)), ..TargetRecord::default() };
    assert!(record(at(60)).held_at(at(59)).is_some());
    assert!(record(at(60)).held_at(at(60)).is_none());
    let longest = at(0) + LONGEST_LEASE;
    assert!(record(longest).held_at(at(0)).is_some());
    assert!(record(longest + Duration::from_secs(1)).held_at(at(0)).is_none(), "a wrong clock wrote it");
    let released = TargetRecord { released: Some(at(1)), ..record(at(60)) };
    assert!(released.held_at(at(2)).is_none() && released.interrupted().is_none());
    assert_eq!(released.quiet_since(), Some(at(1)));
    assert_eq!(record(at(60)).quiet_since(), Some(at(60)));
    assert!(record(at(60)).interrupted().is_some());
}

#[test]
fn a_pause_that_an_earlier_version_recorded_after_a_command_stays() {
    let after = |second| {
        let mut memory = Memory { pause: Some(paused_since(second)), ..Memory::default() };
        let replaced = memory.take_over(&stop(NoteVerb::Stop, 100));
        assert_eq!(memory.stopped, Some(at(100)));
        (replaced.map(|pause| pause.since), memory.pause.map(|pause| (pause.since, pause.extent.holds(Action::Order))))
    };
    assert_eq!(after(99), (Some(at(99)), Some((at(100), true))));
    assert_eq!(after(100), (Some(at(100)), Some((at(100), true))));
    assert_eq!(after(101), (None, Some((at(101), false))));
}

#[test]
fn a_command_counts_until_the_memory_accounts_for_it() {
    let given = stop(NoteVerb::Stop, 100);
    let mut record = TargetRecord { stop: Some(given), ..TargetRecord::default() };
    assert!(record.new_stop().is_some() && record.current_memory().pause.is_some());
    record.memory.stopped = Some(at(99));
    assert!(record.new_stop().is_some() && record.current_memory().pause.is_some());
    record.memory.stopped = Some(at(100));
    assert!(record.new_stop().is_none() && record.current_memory().pause.is_none());
}

#[test]
fn of_two_commands_the_later_one_keeps_its_place_whatever_its_clock_says() {
    let later = stop(NoteVerb::Resume, 100).after(at(200));
    assert!(later.at > at(200) && later.at < at(201));
    assert_eq!(later.given, at(100));
    assert_eq!(stop(NoteVerb::Resume, 300).after(at(200)).at, at(300));
}

/// An earlier version knows no extent.
#[test]
fn a_plain_pause_is_recorded_without_its_extent() {
    let written = |verb| serde_json::to_value(stop(verb, 1).pause()).expect("JSON");
    assert_eq!(written(NoteVerb::Pause(None)).get("extent"), None);
    assert_eq!(written(NoteVerb::Stop)["extent"], "orders");
}
