//! What is pending in the record of a target that was renamed or removed.

#![expect(clippy::expect_used, reason = "tests")]

use std::{collections::BTreeMap, time::Duration};

use crossover_model::{
    crossover::Crossover,
    half_done::remember,
    journal::{Automatic, Memory},
    later::Rest,
    leftover::{Received, emptied, forget_sides, is_due, pending, receive},
    step::{StepCard, StepReport, StepResult, Undo, Way},
};
use jiff::Timestamp;
use serde_json::json;

fn at(second: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_secs(second)
}

/// An open crossover with a step from `a` to `b`.
fn open(target: &str) -> Crossover {
    let mut open: Crossover = serde_json::from_value(json!({
        "id": format!("{target}-1"), "target": target, "kind": "k", "direction": "failover", "trigger": "tick", "reason": "why",
        "started": "2026-03-14T03:12:40Z", "outcome": "pending", "steps": [],
    }))
    .expect("a record");
    let (step, resource, from, to) = ("promote".to_owned(), "r".to_owned(), "a".to_owned(), "b".to_owned());
    let card = StepCard { step, resource, from, to, way: Way::Away, undo: None };
    open.report(vec![StepReport::untried(card, StepResult::Pending)]);
    open
}

fn automatic(target: &str, second: u64) -> Automatic {
    let (crossover_id, left) = (format!("{target}-1"), ["a".to_owned(), "b".to_owned()].into());
    Automatic { crossover_id, at: at(second), left, acknowledged: None, earlier: BTreeMap::new(), rest: Rest::new() }
}

fn with_open(target: &str) -> Memory {
    Memory { open: Some(open(target)), ..Memory::default() }
}

#[test]
fn a_notice_of_what_is_pending_is_due_once_a_day_and_not_without_it() {
    let memory = with_open("t");
    assert_eq!(pending(&memory), ["the open crossover t-1"]);
    assert!(is_due(&memory, at(0)));
    assert!(!is_due(&Memory { undeclared: Some(at(0)), ..memory }, at(60)));
    assert!(!is_due(&Memory::default(), at(0)) && pending(&Memory::default()).is_empty());
    let reviewed = Memory { reviews: BTreeMap::from([("t-1".to_owned(), at(9))]), ..Memory::default() };
    assert_eq!(pending(&reviewed), ["no acknowledgement of t-1"]);
}

#[test]
fn what_is_forgotten_keeps_its_place_among_the_commands_and_what_a_later_version_wrote() {
    let mut memory = Memory { stopped: Some(at(7)), finished: 3, ..with_open("t") };
    memory.rest.insert("later".to_owned(), json!(1));
    let (ended, remains) = emptied(memory.clone(), at(9));
    assert_eq!((ended.len(), ended[0].ended), (1, Some(at(9))));
    assert_eq!((remains.stopped, remains.finished, remains.v), (Some(at(7)), 3, memory.v));
    assert_eq!(remains.rest, memory.rest);
    assert!(remains.open.is_none() && pending(&remains).is_empty());
}

#[test]
fn what_names_a_removed_side_ends_and_the_rest_stays() {
    let after = |side: &str| {
        let away = [("r".to_owned(), "b".to_owned()), ("s".to_owned(), "c".to_owned())].into();
        let sides = ["a", "b", "c"].map(str::to_owned).into();
        let mut memory = Memory { last_automatic: Some(automatic("t", 1)), away, sides, ..with_open("t") };
        let ended = forget_sides(&mut memory, &[side.to_owned()].into(), at(9));
        let left: Vec<String> = memory.last_automatic.expect("it stays").left.into_iter().collect();
        (ended.len(), memory.open.is_none(), memory.away.len(), memory.sides.len(), left.concat())
    };
    assert_eq!(after("a"), (1, true, 2, 2, "b".to_owned()));
    assert_eq!(after("b"), (1, true, 1, 2, "a".to_owned()));
    assert_eq!(after("c"), (0, false, 1, 2, "ab".to_owned()));
    assert_eq!(after("d"), (0, false, 2, 3, "ab".to_owned()));
}

#[test]
fn a_record_is_received_once_under_its_new_name() {
    let old = || Memory { last_automatic: Some(automatic("old", 5)), ..with_open("old") };
    let mut new = Memory::default();
    assert_eq!(receive(&mut new, old(), "old", "new"), Received::Now);
    let open = new.open.clone().expect("it is moved");
    assert_eq!((open.id.as_str(), open.target.as_str()), ("new-1", "new"));
    assert_eq!(new.last_automatic.as_ref().map(|last| last.crossover_id.as_str()), Some("new-1"));
    assert_eq!(receive(&mut new, old(), "old", "new"), Received::Before);
    assert_eq!(receive(&mut new, with_open("old"), "old", "new"), Received::BothOpen, "it is another one");
}

#[test]
fn the_later_of_two_automatic_failovers_blocks() {
    let last = |of_new, of_old| {
        let mut new = Memory { last_automatic: Some(automatic("new", of_new)), ..Memory::default() };
        let old = Memory { last_automatic: Some(automatic("old", of_old)), ..Memory::default() };
        assert_eq!(receive(&mut new, old, "old", "new"), Received::Now);
        new.last_automatic.map(|last| last.at)
    };
    assert_eq!(last(5, 4), Some(at(5)));
    assert_eq!(last(5, 6), Some(at(6)));
}

/// Whatever is moved is a part of what tells two moves apart.
#[test]
fn a_record_that_has_changed_since_is_received_again() {
    let base = || Memory { changed: Some(at(1)), ..Memory::default() };
    let changes: [fn(&mut Memory); 4] = [
        |memory| memory.open = Some(open("old")),
        |memory| memory.last_automatic = Some(automatic("old", 5)),
        |memory| _ = memory.away.insert("r".to_owned(), "b".to_owned()),
        |memory| _ = memory.reviews.insert("old-1".to_owned(), at(9)),
    ];
    for change in changes {
        let mut new = Memory::default();
        assert_eq!(receive(&mut new, base(), "old", "new"), Received::Now);
        assert_eq!(receive(&mut new, base(), "old", "new"), Received::Before);
        let mut later = base();
        change(&mut later);
        assert_eq!(receive(&mut new, later, "old", "new"), Received::Now);
    }
}

#[test]
fn what_was_moved_is_what_is_away_and_where_the_steps_of_the_open_crossover_lead() {
    let memory = Memory { away: [("s".to_owned(), "c".to_owned())].into(), ..with_open("t") };
    assert_eq!(memory.moved(), [("r", "b"), ("s", "c")].into());
}

#[test]
fn a_slim_copy_keeps_twenty_steps_and_not_more() {
    let kept = |steps: usize| {
        let mut memory = with_open("t");
        let open = memory.open.as_mut().expect("it is open");
        open.steps = vec![open.steps[0].clone(); steps];
        memory.without_lists().open.map(|open| open.steps.len())
    };
    assert_eq!((kept(19), kept(20), kept(21)), (Some(19), Some(20), Some(0)));
}

/// A memory with a request to promote `b`, of a crossover that has ended.
fn with_request(target: &str) -> Memory {
    let mut ended = open(target);
    ended.steps[0].card.resource = format!("{target} writer");
    ended.steps[0].asked = Some(at(5));
    let mut memory = Memory::default();
    remember(&mut memory.half_done, &ended);
    memory
}

#[test]
fn a_request_of_an_ended_crossover_is_found_under_the_new_name_of_its_target() {
    let mut new = Memory::default();
    assert_eq!(receive(&mut new, with_request("old"), "old", "new"), Received::Now);
    let left = &new.half_done[0];
    assert_eq!((left.crossover_id.as_str(), left.step.card.resource.as_str()), ("new-1", "new writer"));
    assert!(left.is_request());
}

#[test]
fn a_request_stands_until_it_is_made_again_and_may_be_accepted() {
    let again = |asked, result| {
        let mut memory = with_request("t");
        let mut later = open("t");
        later.steps[0].card.resource = "t writer".to_owned();
        (later.steps[0].asked, later.steps[0].result) = (asked, result);
        remember(&mut memory.half_done, &later);
        memory.half_done.iter().filter(|left| left.is_request()).count()
    };
    assert_eq!(again(Some(at(9)), StepResult::Refused), 1, "RDS refuses it while it carries out the first one");
    assert_eq!(again(None, StepResult::Planned), 1, "it was not made");
    assert_eq!(again(Some(at(9)), StepResult::Pending), 1, "the new one takes its place");
    assert_eq!(again(Some(at(9)), StepResult::Done), 0);
}

#[test]
fn the_fence_of_a_side_that_stays_is_remembered_when_a_removed_one_is_forgotten() {
    let mut crossover = open("t");
    let mut fence = crossover.steps[0].clone();
    (fence.card.resource, fence.card.from, fence.card.to) = ("t a".to_owned(), "x".to_owned(), "y".to_owned());
    fence.card.undo = Some(Undo::Restore { ids: ["sg-1".to_owned()].into(), rest: Rest::new() });
    fence.result = StepResult::Done;
    crossover.report(vec![fence]);
    let mut memory = Memory { open: Some(crossover), ..Memory::default() };
    assert_eq!(forget_sides(&mut memory, &["b".to_owned()].into(), at(9)).len(), 1);
    let left: Vec<&str> = memory.half_done.iter().map(|left| left.step.card.resource.as_str()).collect();
    assert_eq!(left, ["t a"]);
}
