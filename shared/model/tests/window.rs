//! The hours of automatic failbacks.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_model::topology::Window;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const WEEK: usize = 7 * 24 * 60;

/// The time this many minutes after the start of a Monday, in UTC.
fn at(minute: usize) -> Timestamp {
    let monday: Timestamp = "2026-03-09T00:00:00Z".parse().expect("a time");
    monday + SignedDuration::from_mins(i64::try_from(minute).expect("few"))
}

fn clock(minute: usize) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

proptest! {
    #[test]
    fn it_is_open_in_just_its_minutes(
        days in prop::collection::btree_set(0_usize..7, 0..=7),
        from in 0_usize..1440,
        to in 0_usize..=1440,
        minute in 0..WEEK,
    ) {
        prop_assume!(from != to);
        let words: Vec<&str> = days.iter().map(|day| DAYS[*day]).collect();
        let text = format!("{} {}-{}", words.join(" "), clock(from), clock(to));
        let window = Window::parse(&text).expect("good");
        let begins = if days.is_empty() { (0..7).collect() } else { days };
        let length = if from < to { to - from } else { 1440 - from + to };
        // The minutes of the week in which the window is open, one by one.
        let open = begins.iter().any(|day| (0..length).any(|passed| (day * 1440 + from + passed) % WEEK == minute));
        prop_assert_eq!(window.is_open(at(minute)), open, "{} at minute {}", window, minute);
        let shown = window.to_string();
        prop_assert_eq!(Window::parse(shown.trim_end_matches(" UTC")), Some(window));
    }
}

#[test]
fn other_texts_are_invalid() {
    let bad = [
        "",
        "Sat",
        "02:00",
        "02:00-02:00",
        "2:00-5:00",
        "02:60-03:00",
        "24:00-05:00",
        "23:00-24:01",
        "sat 02:00-05:00",
        "Samstag 02:00-05:00",
        "Sat,Sun 02:00-05:00",
        "02:00-05:00 Sat",
        "02:00–05:00",
        "-1:00-05:00",
        "+1:00-05:00",
    ];
    for text in bad {
        assert_eq!(Window::parse(text), None, "{text}");
    }
}
