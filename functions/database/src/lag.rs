//! The lag of a replica, and the worst loss that it means. Pure.

use std::time::Duration;

use crossover_model::text::{short, span};
use crossover_rds::{LagMetric, LagSample};
use jiff::Timestamp;

/// The lag of a replica, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lag {
    /// From its last valid sample.
    Known {
        /// The lag in that sample.
        behind: Duration,
        /// The time of that sample.
        at: Timestamp,
    },
    /// There is no valid sample, with the reason.
    Unknown(String),
    /// Its samples could not be read, with the error.
    Unreadable(String),
}

impl Lag {
    /// The lag that these samples show at `now`. A negative sample means that replication is broken or
    /// unknown, and is not valid; nor is one older than `max_age`.
    #[must_use]
    pub fn of(metric: LagMetric, samples: &[LagSample], max_age: Duration, now: Timestamp) -> Self {
        let latest =
            |good: &dyn Fn(&LagSample) -> bool| samples.iter().filter(|sample| good(sample)).max_by_key(|sample| sample.at);
        let is_past = |sample: &LagSample| sample.at <= now;
        let good = latest(&|sample| is_past(sample) && behind(metric, sample.value).is_some());
        let name = metric.name();
        match (good.and_then(|sample| Some((behind(metric, sample.value)?, sample.at))), latest(&is_past)) {
            (Some((behind, at)), _) if since(at, now) <= max_age => Self::Known { behind, at },
            (Some((_, at)), _) => too_old(&format!("the last valid sample of {name}"), at, max_age, now),
            (None, Some(sample)) => Self::Unknown(format!("{name} was {} at {}", sample.value, short(sample.at))),
            (None, None) => Self::Unknown(format!("{name} has no sample")),
        }
    }

    /// The same, and unknown if its sample is older than `max_age`. The clock of the machine that read it may be behind.
    #[must_use]
    pub fn judged(self, max_age: Duration, now: Timestamp) -> Self {
        match self {
            Self::Known { at, .. } if since(at, now) > max_age => too_old("its last valid sample", at, max_age, now),
            judged => judged,
        }
    }

    /// The worst loss: the lag at the sample, and the time since.
    #[must_use]
    pub fn worst_loss(&self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Known { behind, at } => Some(*behind + since(*at, now)),
            Self::Unknown(_) | Self::Unreadable(_) => None,
        }
    }

    /// Whether it is known and at most `most`.
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
            Self::Unknown(why) | Self::Unreadable(why) => format!("behind by an unknown time: {why}"),
        }
    }
}

fn too_old(sample: &str, at: Timestamp, max_age: Duration, now: Timestamp) -> Lag {
    Lag::Unknown(format!("{sample} is {} old, more than max_sample_age = {}", span(since(at, now)), span(max_age)))
}

fn since(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(at)).unwrap_or_default()
}

/// The value as a span; `None` if it is not valid.
fn behind(metric: LagMetric, value: f64) -> Option<Duration> {
    let seconds = match metric {
        LagMetric::ReplicaLag => value,
        LagMetric::AuroraReplicaLag | LagMetric::AuroraGlobalReplicationLag => value / 1000.0,
    };
    // Negative, NaN and too large values are not valid.
    Duration::try_from_secs_f64(seconds).ok()
}
