//! Properties of the beat, and rounds on a clock that the test sets.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use crossover_controller::topology::{Probe, probe};
use crossover_probe::{
    ask::{Failure, Round},
    beat::Beat,
    verdict::Reach,
    watch::{Summary, Watcher, watch},
};
use proptest::prelude::*;
use tokio::time::{Instant, advance};

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

proptest! {
    #[test]
    fn rounds_begin_on_the_beat_never_twice_and_end_in_time(
        every in 1..15_000_u64, round in 1..15_000_u64, time in 0..200_000_u64,
        took in prop::collection::vec(0..40_000_u64, 1..60),
    ) {
        let beat = Beat { every: millis(every), round: millis(round), time: millis(time) };
        let (mut now, mut last) = (Duration::ZERO, None);
        for took in took {
            let Some(begins) = beat.next(last, now) else {
                let next = last.map_or(0, |last: Duration| last.as_millis() + u128::from(every)).max(now.as_millis());
                prop_assert!(next + u128::from(round + every) + 1_000 > u128::from(time), "given up although there was time");
                break;
            };
            prop_assert_eq!(begins.as_nanos() % millis(every).as_nanos(), 0);
            prop_assert!(begins >= now && last.is_none_or(|last| begins > last));
            prop_assert!(begins < now + millis(every) || last.is_some_and(|last| begins == last + millis(every)), "one was left out");
            prop_assert!(begins + millis(round) + Duration::from_secs(1) <= millis(time));
            (now, last) = (begins + millis(took), Some(begins));
        }
    }
}

/// Rounds that take so long and end so, one after the other.
struct Played {
    rounds: Vec<(u64, bool)>,
    began: Instant,
    starts: Vec<Duration>,
    told: Vec<Reach>,
    changes: usize,
}

impl Watcher for Played {
    async fn round(&mut self) -> Round {
        self.starts.push(self.began.elapsed());
        let (took, good) = self.rounds.get(self.starts.len() - 1).copied().unwrap_or((1, true));
        advance(millis(took)).await;
        let failure = ("tcp 192.0.2.1:443".to_owned(), Failure::Silent(millis(took)));
        Round { asked: 1, failures: if good { Vec::new() } else { vec![failure] } }
    }

    fn told(&mut self, _: &Round, reach: Reach) {
        self.told.push(reach);
    }

    async fn between(&mut self, before: Reach, reach: Reach, until: Instant) {
        assert!(until > Instant::now(), "there is time until the next round");
        self.changes += usize::from(before != reach);
    }
}

async fn played(time: u64, rounds: Vec<(u64, bool)>) -> (Played, Summary) {
    let mut played = Played { rounds, began: Instant::now(), starts: Vec::new(), told: Vec::new(), changes: 0 };
    let summary = watch(&declared(), millis(time), &mut played).await;
    (played, summary)
}

fn declared() -> Probe {
    let target = "[[probe.target]]\ntcp = \"192.0.2.1:443\"\n";
    probe(&format!("[probe]\nbeat = \"3s\"\ntimeout = \"2s\"\nquorum = 1\n{target}")).unwrap().unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_invocation_keeps_the_beat_and_stops_before_its_deadline() {
    let (played, summary) = played(90_000, vec![(40, true), (1_990, false)]).await;
    let expected: Vec<Duration> = (0..30).map(|count| millis(3_000 * count)).collect();
    assert_eq!(played.starts, expected);
    assert_eq!(summary, Summary { reach: Reach::Reachable, rounds: 30, failed: 1 });
    assert!(played.began.elapsed() < millis(90_000));
}

#[tokio::test(start_paused = true)]
async fn rounds_that_a_freeze_has_swallowed_are_not_made_up_for() {
    let (played, _) = played(90_000, vec![(40, true), (25_100, true), (40, true)]).await;
    assert_eq!(played.starts[..4], [0, 3_000, 30_000, 33_000].map(millis));
}

#[tokio::test(start_paused = true)]
async fn without_time_for_a_round_none_is_begun() {
    // A clock that has jumped makes the deadline one of the past.
    for time in [0, 500, 2_999] {
        let (played, summary) = played(time, Vec::new()).await;
        assert_eq!((played.starts.len(), summary.reach), (0, Reach::Unknown));
    }
    assert_eq!(played(3_000, Vec::new()).await.0.starts.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_invocation_begins_with_nothing_known() {
    for _ in 0..2 {
        let (played, _) = played(30_000, vec![(2_000, false); 4]).await;
        assert_eq!(played.told[..4], [Reach::Unknown, Reach::Unknown, Reach::Unreachable, Reach::Unreachable]);
        assert_eq!(played.changes, 2, "unreachable, and reachable again");
    }
}
