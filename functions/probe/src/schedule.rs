//! The schedule of an invocation's rounds. Pure; times count from the invocation's beginning.

use std::time::Duration;

/// The time that remains at the end for work other than rounds.
const MARGIN: Duration = Duration::from_secs(1);

/// The rounds of an invocation, at a fixed interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// When the first round begins.
    pub first: Duration,
    /// The interval between the beginnings of two rounds.
    pub every: Duration,
    /// The longest duration of a round.
    pub round: Duration,
    /// The duration of the invocation.
    pub time: Duration,
}

impl Schedule {
    /// When the round after the one that began at `last` begins, at `now`; `None` if it might not end in time.
    ///
    /// A round that takes longer than the interval skips the following ones: they are not made up for.
    #[must_use]
    pub fn next(&self, last: Option<Duration>, now: Duration) -> Option<Duration> {
        let every = self.every.as_nanos().max(1);
        let since_first = |time: Duration| time.saturating_sub(self.first).as_nanos();
        let reached = since_first(now).div_ceil(every);
        let count = last.map_or(reached, |last| reached.max(since_first(last) / every + 1));
        let begins = self.first.checked_add(nanos(count.checked_mul(every)?)?)?;
        let over = begins.checked_add(self.round)?.checked_add(MARGIN)?;
        (over <= self.time).then_some(begins)
    }
}

/// The time to the clock's next multiple of `every`. All zones begin their rounds then, so that simultaneous results
/// can be compared.
#[must_use]
pub fn to_the_clock(since_1970: Duration, every: Duration) -> Duration {
    let every = every.as_nanos().max(1);
    nanos((every - since_1970.as_nanos() % every) % every).unwrap_or_default()
}

fn nanos(count: u128) -> Option<Duration> {
    u64::try_from(count).ok().map(Duration::from_nanos)
}
