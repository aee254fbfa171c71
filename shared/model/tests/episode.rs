//! When a hold is reported again.

#![expect(clippy::expect_used, reason = "tests")]

use std::collections::BTreeSet;

use crossover_model::{
    episode::{Concerned, Episode, concerned, end_episodes, is_due, settle_episodes},
    health::{Health, SideHealth, State},
    hold::Held,
    journal::Memory,
};
use jiff::{SignedDuration, Timestamp};

fn at(minute: i64) -> Timestamp {
    "2026-03-14T03:12:00Z".parse::<Timestamp>().expect("a time") + SignedDuration::from_mins(minute)
}

/// Two sides, each healthy, or unhealthy since a minute.
fn health(since: [Option<i64>; 2]) -> Health {
    let side = |since: Option<i64>| SideHealth {
        turned: since.map(at),
        ..SideHealth::of(if since.is_some() { State::Unhealthy } else { State::Healthy })
    };
    [("a".to_owned(), side(since[0])), ("b".to_owned(), side(since[1]))].into()
}

fn set(sides: &[&str]) -> BTreeSet<String> {
    sides.iter().map(|side| (*side).to_owned()).collect()
}

/// Whether the hold of these sides is reported at this minute.
fn reported(episodes: &mut Vec<Episode>, sides: &[&str], since: [Option<i64>; 2], minute: i64) -> bool {
    end_episodes(episodes, &health(since), &set(&[]), at(minute));
    is_due(episodes, Held::NoSideAble, set(sides).into(), at(minute))
}

#[test]
fn an_episode_is_reported_once_an_hour_and_a_new_one_at_once() {
    let mut episodes = Vec::new();
    let one = [Some(0), None];
    assert!(reported(&mut episodes, &["a"], one, 0));
    assert!((1..60).all(|minute| !reported(&mut episodes, &["a"], one, minute)));
    assert!(reported(&mut episodes, &["a"], one, 60));
    // Another side fails.
    assert!(reported(&mut episodes, &["a", "b"], [Some(0), Some(61)], 61));
    assert!(!reported(&mut episodes, &["a", "b"], [Some(0), Some(61)], 62));
    // It was healthy in between, whether or not that was seen.
    assert!(reported(&mut episodes, &["a", "b"], [Some(0), Some(64)], 64));
    end_episodes(&mut episodes, &health([Some(0), None]), &set(&[]), at(65));
    assert!(reported(&mut episodes, &["a", "b"], [Some(0), Some(61)], 66));
    // Another class of holds.
    assert!(is_due(&mut episodes, Held::Blocked, set(&["a"]).into(), at(66)));
    settle_episodes(&mut episodes);
    assert_eq!(episodes, []);
}

#[test]
fn a_hold_concerns_what_is_unhealthy_and_a_side_to_leave_that_is_not_known_to_be_healthy() {
    let (mut health, b) = (health([Some(0), None]), "b".to_owned());
    assert_eq!(concerned(&health, &set(&[]), None), set(&["a"]).into());
    assert_eq!(concerned(&health, &set(&[]), Some(&b)), set(&["a"]).into());
    assert_eq!(concerned(&health, &set(&[]), Some(&"undeclared".to_owned())), set(&["a"]).into());
    if let Some(side) = health.get_mut(&b) {
        side.state = State::Unknown;
    }
    assert_eq!(concerned(&health, &set(&[]), None), set(&["a"]).into());
    let in_doubt = concerned(&health, &set(&[]), Some(&b));
    assert_eq!((in_doubt.sides, in_doubt.in_doubt), (set(&["a", "b"]), set(&["b"])));
    assert_eq!(concerned(&health, &set(&["b"]), Some(&b)), set(&["a", "b"]).into(), "what can't serve is not in doubt");
}

#[test]
fn a_side_that_was_in_doubt_is_reported_once_it_is_known_to_be_unhealthy() {
    let mut episodes = Vec::new();
    let in_doubt = Concerned { sides: set(&["a"]), in_doubt: set(&["a"]) };
    let mut reported = |concerned: &Concerned, minute| is_due(&mut episodes, Held::Paused, concerned.clone(), at(minute));
    assert!(reported(&in_doubt, 0));
    assert!(!reported(&in_doubt, 1));
    assert!(reported(&set(&["a"]).into(), 2));
    assert!(!reported(&set(&["a"]).into(), 3));
    assert!(!reported(&in_doubt, 4), "it was reported as unhealthy");
    assert_eq!(episodes.len(), 1);
}

#[test]
fn reminders_and_errors_of_a_settled_target_are_reported_once_an_hour() {
    for why in [Held::Flaps, Held::Unreadable] {
        let mut episodes = Vec::new();
        assert!(is_due(&mut episodes, why, set(&[]).into(), at(0)));
        settle_episodes(&mut episodes);
        end_episodes(&mut episodes, &health([None, None]), &set(&[]), at(1));
        assert!(!is_due(&mut episodes, why, set(&[]).into(), at(1)), "{why:?}");
    }
    let mut episodes = Vec::new();
    assert!(is_due(&mut episodes, Held::Flaps, set(&["a"]).into(), at(0)));
    end_episodes(&mut episodes, &health([None, None]), &set(&[]), at(1));
    assert!(!is_due(&mut episodes, Held::Flaps, set(&["a"]).into(), at(1)), "a flapping side is healthy now and then");
}

#[test]
fn a_record_without_episodes_is_read_and_its_classes_are_kept_for_earlier_versions() {
    let json = serde_json::json!({ "held": { "blocked": "2026-03-14T03:12:00Z" }, "finished": 0 });
    let memory: Memory = serde_json::from_value(json.clone()).expect("a record");
    assert_eq!(memory.episodes, []);
    assert_eq!(serde_json::to_value(&memory).expect("JSON")["held"], json["held"]);
}

#[test]
fn a_side_that_can_not_serve_is_reported_in_each_of_its_episodes_whatever_its_alarms_say() {
    let mut episodes = Vec::new();
    let mut reported = |sides: &[&str], minute: i64| {
        end_episodes(&mut episodes, &health([None, None]), &set(sides), at(minute));
        is_due(&mut episodes, Held::CannotServe, set(sides).into(), at(minute))
    };
    assert!(reported(&["a"], 0) && !reported(&["a"], 1));
    assert!(reported(&["a", "b"], 2) && !reported(&["a", "b"], 3));
    assert!(reported(&["b"], 4) && !reported(&["b"], 5));
    assert!(reported(&["a", "b"], 6), "a can't serve once more");
}
