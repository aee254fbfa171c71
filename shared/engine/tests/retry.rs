//! Retries: the pauses between attempts, and when they end.

#![expect(clippy::expect_used, reason = "tests")]

use std::{
    cell::Cell,
    future::pending,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use crossover_engine::{
    ports::Clock,
    retry::{GivenUp, Patience, pause_after},
};
use crossover_model::error::{CloudError, Fault};
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

/// A clock on which only waiting takes time.
struct Waits {
    now: Mutex<Timestamp>,
    /// How much longer each wait lasts than requested.
    oversleeps: Duration,
}

impl Waits {
    fn new(oversleeps: Duration) -> Self {
        Self { now: Mutex::new(Timestamp::UNIX_EPOCH), oversleeps }
    }

    fn passed(&self) -> Duration {
        self.now().duration_since(Timestamp::UNIX_EPOCH).unsigned_abs()
    }

    fn until(&self, span: Duration) -> Patience<'_> {
        Patience::new(self, Timestamp::UNIX_EPOCH + span)
    }
}

#[async_trait]
impl Clock for Waits {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep(&self, duration: Duration) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) += duration + self.oversleeps;
    }
}

/// Answers with these faults, one after another, and then with the number of its calls.
fn calls(patience: Patience<'_>, faults: &[Fault]) -> (Result<usize, Fault>, usize) {
    let made = Cell::new(0);
    let call = || {
        let number = made.replace(made.get() + 1);
        let fault = faults.get(number).copied();
        async move { fault.map_or(Ok(number + 1), |fault| Err(CloudError::new("EC2:DescribeRouteTables", fault, "test"))) }
    };
    let answer = patience.call("key", call).now_or_never().expect("nothing hangs");
    (answer.map_err(|error| error.fault), made.get())
}

const FOREVER: Duration = Duration::from_hours(1);

#[test]
fn a_call_is_repeated_until_it_succeeds() {
    let clock = Waits::new(Duration::ZERO);
    let faults = [Fault::Throttled, Fault::Unavailable, Fault::TimedOut];
    assert_eq!(calls(clock.until(FOREVER), &faults), (Ok(4), 4));
    // 50 ms, 100 ms and 200 ms, each reduced by up to a half.
    assert!((175..=350).contains(&clock.passed().as_millis()), "{:?}", clock.passed());
}

#[test]
fn a_refusal_is_not_repeated() {
    for fault in [Fault::Denied, Fault::NotFound, Fault::Refused] {
        let clock = Waits::new(Duration::ZERO);
        assert_eq!(calls(clock.until(FOREVER), &[Fault::Unavailable, fault, fault]), (Err(fault), 2));
    }
}

#[test]
fn repetitions_end_before_the_time_runs_out() {
    let clock = Waits::new(Duration::ZERO);
    let (answer, made) = calls(clock.until(Duration::from_secs(30)), &[Fault::Unavailable; 1000]);
    assert_eq!(answer, Err(Fault::Unavailable));
    assert!(made > 30 && clock.passed() < Duration::from_secs(30) && clock.passed() > Duration::from_secs(28), "{made}");
}

#[test]
fn a_pause_that_ends_with_the_time_is_not_begun() {
    let clock = Waits::new(Duration::ZERO);
    let patience = clock.until(Duration::from_secs(2));
    let pause = |millis| patience.pause(Duration::from_millis(millis)).now_or_never().expect("nothing hangs");
    assert!(!pause(2000));
    assert_eq!(clock.passed(), Duration::ZERO);
    assert!(pause(1999));
    assert_eq!(clock.passed(), Duration::from_millis(1999));
    assert!(pause(0));
}

#[test]
fn a_process_that_sleeps_for_longer_than_it_wanted_goes_on_only_in_time() {
    let clock = Waits::new(Duration::from_secs(1));
    let patience = clock.until(Duration::from_millis(2200));
    let pause = || patience.pause(Duration::from_millis(100)).now_or_never().expect("nothing hangs");
    assert!(pause());
    assert!(!pause());
    assert_eq!(clock.passed(), Duration::from_millis(2200));
    // It does not even sleep for no time at all.
    let clock = Waits::new(Duration::from_secs(1));
    assert!(clock.until(FOREVER).pause(Duration::ZERO).now_or_never().expect("nothing hangs"));
    assert_eq!(clock.passed(), Duration::ZERO);
}

#[test]
fn the_earlier_of_two_limits_counts() {
    let clock = Waits::new(Duration::ZERO);
    let ends = |patience: Patience<'_>, span| !patience.pause(span).now_or_never().expect("nothing hangs");
    let (short, long) = (Duration::from_secs(5), Duration::from_secs(50));
    assert!(ends(clock.until(long).at_most(short), short));
    assert!(ends(clock.until(short).at_most(long), short));
    assert!(!ends(clock.until(long), short));
    // From then on, as the clock has it.
    assert!(!ends(clock.until(long).at_most(Duration::from_secs(6)), short));
}

#[test]
fn a_service_without_an_answer_is_given_up_after_twenty_seconds_and_then_called_once() {
    let (clock, given_up) = (Waits::new(Duration::ZERO), GivenUp::default());
    let patience = clock.until(FOREVER).giving_up(&given_up);
    let (answer, made) = calls(patience, &[Fault::Unavailable; 1000]);
    assert_eq!(answer, Err(Fault::Unavailable));
    assert!(made > 20 && (20..22).contains(&clock.passed().as_secs()), "{made} in {:?}", clock.passed());
    assert!(given_up.has("EC2:DescribeRouteTables") && !given_up.has("EC2:ReplaceRoute"));
    assert_eq!(calls(patience, &[Fault::Unavailable; 2]), (Err(Fault::Unavailable), 1));
    // It is available when it throttles, whatever it did before.
    assert_eq!(calls(patience, &[Fault::Throttled; 2]), (Ok(3), 3));
}

#[test]
fn what_is_read_too_late_is_abandoned() {
    let clock = Waits::new(Duration::ZERO);
    let patience = clock.until(Duration::from_secs(3));
    let read = async { 7 };
    assert_eq!(patience.in_time(read).now_or_never(), Some(Some(7)));
    assert_eq!(patience.in_time(pending::<u8>()).now_or_never(), Some(None));
    assert_eq!(clock.passed(), Duration::from_secs(3));
    // Not even begun.
    let begun = Cell::new(false);
    assert_eq!(patience.in_time(async { begun.set(true) }).now_or_never(), Some(None));
    assert!(!begun.get());
}

#[test]
fn reads_of_a_change_that_is_not_visible_yet_are_spread() {
    let waits = |of: &str, attempt| {
        let clock = Waits::new(Duration::ZERO);
        assert!(clock.until(FOREVER).of(of).pause_before(attempt).now_or_never().expect("nothing hangs"));
        clock.passed()
    };
    assert!((25..=50).contains(&waits("orders", 0).as_millis()));
    assert!((500..=1000).contains(&waits("orders", 9).as_millis()));
    assert_ne!(waits("orders", 9), waits("users", 9));
    let clock = Waits::new(Duration::ZERO);
    assert!(!clock.until(Duration::from_millis(20)).pause_before(0).now_or_never().expect("nothing hangs"));
}

#[test]
fn throttled_calls_wait_for_longer_while_there_is_much_time() {
    let pauses = |seconds| {
        let clock = Waits::new(Duration::ZERO);
        let error = CloudError::new("EC2:ReplaceRoute", Fault::Throttled, "test");
        let waited = clock.until(Duration::from_secs(seconds)).pause_after(&error, 10, "key").now_or_never();
        assert_eq!(waited, Some(true));
        clock.passed()
    };
    assert!(pauses(10) <= Duration::from_secs(1));
    assert!(pauses(11) >= Duration::from_millis(1500));
    assert!(pauses(11) <= Duration::from_secs(3));
}

/// Two parts are not one longer part, so that the pauses of two targets do not fall together.
#[test]
fn the_parts_of_a_key_are_kept_apart() {
    let pause = |key: &[&str]| pause_after(Fault::Unavailable, FOREVER, 9, key);
    assert_ne!(pause(&["ab", "c"]), pause(&["a", "bc"]));
}

#[test]
fn the_time_of_a_patience_is_that_of_its_clock() {
    let clock = Waits::new(Duration::ZERO);
    clock.sleep(Duration::from_secs(7)).now_or_never().expect("nothing hangs");
    assert_eq!(clock.until(FOREVER).now(), Timestamp::UNIX_EPOCH + SignedDuration::from_secs(7));
}

proptest! {
    #[test]
    fn pauses_double_up_to_a_second_or_three_and_are_always_the_same(attempt in 0_u32..40, key in ".{0,20}") {
        let (much, little) = (Duration::from_secs(11), Duration::from_secs(10));
        for (fault, left, longest) in [(Fault::Unavailable, much, 1), (Fault::Throttled, little, 1), (Fault::Throttled, much, 3)] {
            let pause = pause_after(fault, left, attempt, &[&key]);
            let full = Duration::from_millis(50).saturating_mul(1 << attempt.min(10)).min(Duration::from_secs(longest));
            prop_assert!(pause >= full / 2 && pause <= full, "{pause:?}");
            prop_assert_eq!(pause, pause_after(fault, left, attempt, &[&key]));
        }
    }
}
