//! Properties of the schedule, and rounds on a clock that the test sets.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use crossover_probe::{
    ask::Round,
    declared::probe,
    failure::Failure,
    schedule::{Schedule, to_the_clock},
    verdict::Reach,
    watch::{Summary, Watcher, watch},
};
use futures::executor::block_on;
use proptest::prelude::*;

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

proptest! {
    #[test]
    fn rounds_begin_on_schedule_never_twice_and_end_in_time(
        first in 0..15_000_u64, every in 1..15_000_u64, round in 1..15_000_u64, time in 0..200_000_u64,
        took in prop::collection::vec(0..40_000_u64, 1..60),
    ) {
        let schedule = Schedule { first: millis(first), every: millis(every), round: millis(round), time: millis(time) };
        let (mut now, mut last) = (Duration::ZERO, None);
        for took in took {
            let Some(begins) = schedule.next(last, now) else {
                let next = last.map_or(schedule.first, |last: Duration| last + schedule.every).max(now);
                prop_assert!(next + schedule.round + schedule.every + millis(1_000) > schedule.time, "given up although there was time");
                break;
            };
            prop_assert_eq!(begins.saturating_sub(schedule.first).as_nanos() % schedule.every.as_nanos(), 0);
            prop_assert!(begins >= schedule.first.max(now) && last.is_none_or(|last| begins > last));
            let next = last.map_or(schedule.first, |last| last + schedule.every);
            prop_assert!(begins == next || begins < now + schedule.every, "one was left out");
            prop_assert!(begins + schedule.round + millis(1_000) <= schedule.time);
            (now, last) = (begins + millis(took), Some(begins));
        }
    }

    #[test]
    fn all_zones_begin_with_the_clock(since_1970 in 0..u64::MAX / 2, every in 1..15_000_u64) {
        let (now, every) = (Duration::from_nanos(since_1970), millis(every));
        let wait = to_the_clock(now, every);
        prop_assert!(wait < every);
        prop_assert_eq!((now + wait).as_nanos() % every.as_nanos(), 0);
    }
}

/// Rounds with these durations and results, followed by good ones without a delay.
#[derive(Default)]
struct Played {
    time: Duration,
    rounds: Vec<(u64, bool)>,
    now: Duration,
    starts: Vec<Duration>,
    told: Vec<Reach>,
    changes: Vec<(Reach, Reach)>,
}

impl Watcher for Played {
    fn now(&self) -> Duration {
        self.now
    }

    async fn wait(&mut self, until: Duration) {
        self.now = self.now.max(until);
    }

    async fn round(&mut self) -> Round {
        self.starts.push(self.now);
        let (took, good) = self.rounds.get(self.starts.len() - 1).copied().unwrap_or((1, true));
        self.now += millis(took);
        let failure = ("tcp 192.0.2.1:443".to_owned(), Failure::Silent(millis(took)));
        Round { asked: 1, failures: if good { Vec::new() } else { vec![failure] } }
    }

    fn report(&mut self, _: &Round, reach: Reach) {
        self.told.push(reach);
    }

    async fn between(&mut self, before: Reach, reach: Reach, until: Duration) {
        assert!(until < self.time, "there is no time left to answer in");
        self.changes.extend((before != reach).then_some((before, reach)));
    }
}

fn played(first: u64, time: u64, rounds: Vec<(u64, bool)>) -> (Played, Summary) {
    let mut played = Played { time: millis(time), rounds, ..Played::default() };
    let target = "[[probe.target]]\ntcp = \"192.0.2.1:443\"\n";
    let probe = probe(&format!("[probe]\nbeat = \"3s\"\ntimeout = \"2s\"\nquorum = 1\n{target}")).unwrap().unwrap();
    let summary = block_on(watch(&probe, millis(first), millis(time), &mut played));
    (played, summary)
}

#[test]
fn an_invocation_keeps_to_its_schedule_and_stops_before_its_deadline() {
    let (played, summary) = played(700, 90_000, vec![(40, true), (1_990, false)]);
    let expected: Vec<Duration> = (0..29).map(|count| millis(700 + 3_000 * count)).collect();
    assert_eq!(played.starts, expected);
    assert_eq!(summary, Summary { reach: Reach::Reachable, rounds: 29, failed: 1 });
    assert!(played.now + millis(3_000) < millis(90_000));
}

#[test]
fn rounds_that_a_freeze_has_swallowed_are_not_made_up_for() {
    let (played, _) = played(0, 90_000, vec![(40, true), (25_100, true), (40, true)]);
    assert_eq!(played.starts[..4], [0, 3_000, 30_000, 33_000].map(millis));
}

#[test]
fn frozen_for_minutes_it_ends_instead_of_going_on() {
    // Its deadline has passed, and its verdict is as old as the freeze.
    let (played, summary) = played(0, 90_000, vec![(40, true), (40, true), (40, true), (300_000, false)]);
    assert_eq!((played.starts.len(), summary.rounds), (4, 4));
}

#[test]
fn without_time_for_a_round_none_is_begun() {
    // After a jump of the clock, the deadline is in the past.
    for time in [0, 500, 2_999] {
        let (played, summary) = played(0, time, Vec::new());
        assert_eq!((played.starts.len(), summary.reach), (0, Reach::Unknown));
    }
    assert_eq!(played(0, 3_000, Vec::new()).0.starts.len(), 1);
}

#[test]
fn every_invocation_begins_without_a_verdict() {
    for _ in 0..2 {
        let (played, _) = played(0, 30_000, vec![(2_000, false); 4]);
        assert_eq!(played.told[..4], [Reach::Unknown, Reach::Unknown, Reach::Unreachable, Reach::Unreachable]);
        let (unknown, up, down) = (Reach::Unknown, Reach::Reachable, Reach::Unreachable);
        assert_eq!(played.changes, [(unknown, down), (down, up)]);
    }
}
