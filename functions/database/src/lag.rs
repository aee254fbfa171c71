//! How far a replica is behind, and the worst that can be lost with it. Pure.

use std::time::Duration;

use crossover_model::text::{short, span};
use crossover_rds::{LagMetric, LagSample};
use jiff::Timestamp;

/// How far a replica is behind, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lag {
    /// At its last good sample.
    Known {
        /// How far it was behind then.
        behind: Duration,
        /// When that was.
        at: Timestamp,
    },
    /// Nobody can say, and why.
    Unknown(String),
    /// Its samples could not be read, and why.
    Unreadable(String),
}

impl Lag {
    /// What these samples say at `now`. One below zero says that replication is broken or can't be
    /// told, and is no good sample; nor is one older than `max_age`.
    #[must_use]
    pub fn of(metric: LagMetric, samples: &[LagSample], max_age: Duration, now: Timestamp) -> Self {
        let latest =
            |good: &dyn Fn(&LagSample) -> bool| samples.iter().filter(|sample| good(sample)).max_by_key(|sample| sample.at);
        let is_past = |sample: &LagSample| sample.at <= now;
        let good = latest(&|sample| is_past(sample) && behind(metric, sample.value).is_some());
        let name = metric.name();
        match (good.and_then(|sample| Some((behind(metric, sample.value)?, sample.at))), latest(&is_past)) {
            (Some((behind, at)), _) if since(at, now) <= max_age => Self::Known { behind, at },
            (Some((_, at)), _) => Self::Unknown(format!(
                "the last good sample of {name} is {} old, and max_sample_age is {}",
                span(since(at, now)),
                span(max_age)
            )),
            (None, Some(sample)) => Self::Unknown(format!("{name} says {} at {}", sample.value, short(sample.at))),
            (None, None) => Self::Unknown(format!("{name} has no sample")),
        }
    }

    /// The most that can be lost: how far it was behind, and all that was written since.
    #[must_use]
    pub fn worst_loss(&self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Known { behind, at } => Some(*behind + since(*at, now)),
            Self::Unknown(_) | Self::Unreadable(_) => None,
        }
    }

    /// Whether it is known, and no more than this.
    #[must_use]
    pub fn is_within(&self, most: Duration) -> bool {
        matches!(self, Self::Known { behind, .. } if *behind <= most)
    }

    /// In words.
    #[must_use]
    pub fn in_words(&self, now: Timestamp) -> String {
        match self {
            Self::Known { behind, at } => {
                format!("{} behind at {}, {} ago", span(*behind), short(*at), span(since(*at, now)))
            }
            Self::Unknown(why) | Self::Unreadable(why) => format!("behind by nobody knows how much: {why}"),
        }
    }
}

fn since(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(at)).unwrap_or_default()
}

/// The value as a span; none when it is no good sample.
fn behind(metric: LagMetric, value: f64) -> Option<Duration> {
    let seconds = match metric {
        LagMetric::ReplicaLag => value,
        LagMetric::AuroraReplicaLag | LagMetric::AuroraGlobalReplicationLag => value / 1000.0,
    };
    // Neither below zero, nor beyond what a span holds, nor no number at all.
    Duration::try_from_secs_f64(seconds).ok()
}
