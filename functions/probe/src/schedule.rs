//! When the rounds of an invocation begin. Pure; times are counted from the invocation's beginning.

use std::time::Duration;

/// What is left at the end for what an invocation does beside its rounds.
const MARGIN: Duration = Duration::from_secs(1);

/// The rounds of an invocation, at a fixed interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// When the first round begins.
    pub first: Duration,
    /// From the beginning of a round to that of the next one.
    pub every: Duration,
    /// The longest that a round can take.
    pub round: Duration,
    /// How long the invocation may take.
    pub time: Duration,
}

impl Schedule {
    /// When the round after the one that began at `last` begins, at `now`; none when it might not be over in time.
    ///
    /// A round that took longer than the interval leaves out those that it ran into: none are made up for.
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

/// How long it is to the clock's next multiple of `every`. All zones begin their rounds with it, so that what they see at the
/// same moment can be compared.
#[must_use]
pub fn to_the_clock(since_1970: Duration, every: Duration) -> Duration {
    let every = every.as_nanos().max(1);
    nanos((every - since_1970.as_nanos() % every) % every).unwrap_or_default()
}

fn nanos(count: u128) -> Option<Duration> {
    u64::try_from(count).ok().map(Duration::from_nanos)
}
