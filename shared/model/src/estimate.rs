//! Estimates of how long a crossover takes, and how many calls it makes. Pure.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use crate::{decision::Plan, finding::Finding, pace::Pace, rules, step::Step};

/// The longest wait for the rate limit that is not reported.
const SLOW: Duration = Duration::from_secs(10);

const THROTTLING: &str = "https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html";

/// The estimate for leaving a side now, with the other sides healthy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// The side to leave.
    pub leaving: String,
    /// Why nothing would be moved; none when something would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// The number of calls that change something.
    pub writes: u64,
    /// How long the calls wait because of rate limits, in seconds.
    pub paced_s: u64,
    /// The documented time until the last change is visible, in seconds.
    pub takes_s: u64,
    /// The time until clients see the change, according to the TTL, in seconds.
    #[serde(rename = "heard_s")]
    pub visible_s: u64,
    /// Whether this is the first of several stages, each of which waits for a reconcile.
    pub in_stages: bool,
    /// Whether it can't be undone.
    #[serde(skip)]
    pub one_way: bool,
}

impl Estimate {
    /// The estimate, for people.
    #[must_use]
    pub fn in_words(&self) -> String {
        let leaving = &self.leaving;
        if let Some(why) = &self.held {
            return format!("leaving {leaving}: nothing would be moved now: {why}");
        }
        let calls = if self.writes == 1 { "1 call".to_owned() } else { format!("{} calls", self.writes) };
        let takes = if self.takes_s == 0 { "done within seconds".to_owned() } else { format!("about {}", span(self.takes_s)) };
        let visible = (self.visible_s > self.takes_s).then(|| format!("clients see the change within {}", span(self.visible_s)));
        let paced = (self.paced_s > 0).then(|| format!("{} of it because AWS limits the request rate", span(self.paced_s)));
        let stages = self.in_stages.then(|| "then further stages, one in each reconcile".to_owned());
        let all = [Some(format!("leaving {leaving}: {calls}")), Some(takes), paced, visible, stages];
        all.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// The estimate when nothing would be moved.
    #[must_use]
    pub fn nothing(leaving: &str) -> Self {
        let (leaving, held) = (leaving.to_owned(), None);
        Self { leaving, held, writes: 0, paced_s: 0, takes_s: 0, visible_s: 0, in_stages: false, one_way: false }
    }

    /// The estimate of a plan.
    #[must_use]
    pub fn of<S: Step>(leaving: &str, plan: &Plan<S>, pace: Pace) -> Self {
        let writes: u64 = plan.stages.iter().map(|stage| stage.len() as u64).sum();
        let stage = |steps: &Vec<S>| steps.iter().map(Step::expected).max().unwrap_or_default();
        let paced = paced(writes, pace);
        let takes = plan.stages.iter().map(stage).sum::<Duration>() + paced;
        let lingers = plan.steps().map(Step::lingers).max().unwrap_or_default();
        Self {
            writes,
            one_way: plan.is_one_way(),
            paced_s: up(paced),
            takes_s: up(takes),
            visible_s: up(takes + lingers),
            in_stages: plan.continues,
            ..Self::nothing(leaving)
        }
    }
}

/// How long this number of writes waits because of the rate limit.
fn paced(writes: u64, pace: Pace) -> Duration {
    let waiting = writes.saturating_sub(pace.burst.into());
    Duration::from_secs(waiting.div_ceil(pace.per_second.max(1).into()))
}

fn span(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

/// In seconds, rounded up.
fn up(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

/// Findings for crossovers that rate limits slow down.
#[must_use]
pub fn slow(estimates: &[Estimate], pace: Pace) -> Vec<Finding> {
    let slowest = estimates.iter().filter(|estimate| Duration::from_secs(estimate.paced_s) > SLOW);
    // One finding for each target is enough, as the reason is the same.
    let slowest: BTreeMap<u64, &Estimate> = slowest.map(|estimate| (estimate.paced_s, estimate)).collect();
    let finding = |estimate: &Estimate| {
        let what = format!(
            "takes {} s longer than without throttling: it makes {} calls, and AWS accepts {} at once and {} a second after that",
            estimate.paced_s, estimate.writes, pace.burst, pace.per_second
        );
        let fix = "ask AWS Support for a higher request rate, or split the target into smaller ones";
        rules::SLOW.finding(format!("leaving {}", estimate.leaving), what, fix).see(THROTTLING)
    };
    slowest.last_key_value().map(|(_, estimate)| finding(estimate)).into_iter().collect()
}

/// Findings for sides that could not be left, one for all that are held for the same reason.
#[must_use]
pub fn held(estimates: &[Estimate]) -> Vec<Finding> {
    let mut sides: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (estimate, why) in estimates.iter().filter_map(|estimate| Some((estimate, estimate.held.as_deref()?))) {
        sides.entry(why).or_default().push(&estimate.leaving);
    }
    let finding = |(why, sides): (&str, Vec<&str>)| {
        let what = format!("would be held, although every other side is healthy: {why}");
        rules::WOULD_BE_HELD.finding(format!("leaving {}", sides.join(" or ")), what, "resolve what the reason names")
    };
    sides.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_beyond_the_burst_wait() {
        let pace = Pace { burst: 50, per_second: 5 };
        let seconds = |writes| paced(writes, pace).as_secs();
        assert_eq!([0, 50, 51, 55, 56, 100].map(seconds), [0, 0, 1, 1, 2, 10]);
    }

    #[test]
    fn a_part_of_a_second_counts_whole() {
        assert_eq!([0, 1, 1000, 1001].map(|ms| up(Duration::from_millis(ms))), [0, 1, 1, 2]);
    }
}
