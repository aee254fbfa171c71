//! One invocation: rounds at a fixed interval, until its time is nearly over.

use std::time::Duration;

use crate::{
    ask::Round,
    declared::Probe,
    schedule::Schedule,
    verdict::{Reach, Rule, Verdict},
};

/// The environment of an invocation: its clock and its actions. Times count from its beginning.
pub trait Watcher {
    /// The time now.
    fn now(&self) -> Duration;

    /// Returns at this time.
    fn wait(&mut self, until: Duration) -> impl Future<Output = ()>;

    /// Makes one round.
    fn round(&mut self) -> impl Future<Output = Round>;

    /// Reports the verdict after a round, at once.
    fn report(&mut self, round: &Round, reach: Reach);

    /// Does slower work until the next round begins at `until`; `before` is the verdict before this one.
    fn between(&mut self, before: Reach, reach: Reach, until: Duration) -> impl Future<Output = ()>;
}

/// The result of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The final verdict.
    pub reach: Reach,
    /// The number of rounds.
    pub rounds: usize,
    /// The number of failed rounds.
    pub failed: usize,
}

/// Watches until `time` is nearly over; the first round begins at `first`.
pub async fn watch(probe: &Probe, first: Duration, time: Duration, watcher: &mut impl Watcher) -> Summary {
    let round = probe.targets.iter().map(|target| target.timeout).max().unwrap_or_default();
    let schedule = Schedule { first, every: probe.interval, round, time };
    let rule = Rule { fall: probe.fall, rise: probe.rise };
    let mut verdict = Verdict::default();
    let mut summary = Summary { reach: Reach::Unknown, rounds: 0, failed: 0 };
    let mut next = schedule.next(None, watcher.now());
    while let Some(begins) = next {
        watcher.wait(begins).await;
        let round = watcher.round().await;
        let good = round.is_good(probe.quorum);
        let before = verdict.reach;
        verdict = verdict.after(good, rule);
        watcher.report(&round, verdict.reach);
        summary = Summary { reach: verdict.reach, rounds: summary.rounds + 1, failed: summary.failed + usize::from(!good) };
        next = schedule.next(Some(begins), watcher.now());
        watcher.between(before, verdict.reach, next.unwrap_or(begins + schedule.round)).await;
    }
    summary
}
