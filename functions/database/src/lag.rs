//! The lag of a replica, and the worst loss that it means. Pure.

use std::time::Duration;

use crossover_model::text::{short, span};
use crossover_rds::{LagMeter, LagMetric, LagSample};
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
        /// How long its source may have nothing to replay while it serves.
        idle: Duration,
    },
    /// There is no valid sample, with the reason.
    Unknown(String),
    /// Its samples could not be read, with the error.
    Unreadable(String),
}

impl Lag {
    /// The lag that these samples show at `now`. A negative sample means that replication is broken or
    /// unknown, and is not valid; nor is one older than `max_age`, or one that only the clock has made larger.
    #[must_use]
    pub fn of(meter: LagMeter, samples: &[LagSample], max_age: Duration, now: Timestamp) -> Self {
        let mut past: Vec<&LagSample> = samples.iter().filter(|sample| sample.at <= now).collect();
        past.sort_by_key(|sample| sample.at);
        let name = meter.metric.name();
        let news = latest_news(meter, &past).and_then(|sample| Some((sample.at, behind(meter.metric, sample.value)?)));
        match (news, past.last()) {
            (Some((at, _)), _) if since(at, now) > max_age + meter.idle => {
                too_old(&format!("the last valid sample of {name}"), at, max_age, meter.idle, now)
            }
            (Some((at, behind)), _) => Self::Known { behind, at, idle: meter.idle },
            (None, Some(sample)) => Self::Unknown(format!("{name} was {} at {}", sample.value, short(sample.at))),
            (None, None) => Self::Unknown(format!("{name} has no sample")),
        }
    }

    /// The same, and unknown if its sample is older than `max_age`. The clock of the machine that read it may be behind.
    #[must_use]
    pub fn judged(self, max_age: Duration, now: Timestamp) -> Self {
        match self {
            Self::Known { at, idle, .. } if since(at, now) > max_age + idle => {
                too_old("its last valid sample", at, max_age, idle, now)
            }
            judged => judged,
        }
    }

    /// The worst loss: the lag at the sample, and the time since.
    #[must_use]
    pub fn worst_loss(&self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Known { behind, at, .. } => Some(*behind + since(*at, now)),
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
            Self::Known { behind, at, .. } => {
                format!("{} behind at {}, {} ago", span(*behind), short(*at), span(since(*at, now)))
            }
            Self::Unknown(why) | Self::Unreadable(why) => format!("behind by an unknown time: {why}"),
        }
    }
}

/// The last valid one of these samples, in the order of time, by which something has arrived since the one before.
fn latest_news<'s>(meter: LagMeter, samples: &[&'s LagSample]) -> Option<&'s LagSample> {
    let valid = samples.iter().copied().filter(|sample| behind(meter.metric, sample.value).is_some());
    valid.fold(None, |last, sample| match last {
        Some(last) if !meter.is_news(last, sample) => Some(last),
        Some(_) | None => Some(sample),
    })
}

fn too_old(sample: &str, at: Timestamp, max_age: Duration, idle: Duration, now: Timestamp) -> Lag {
    let besides = if idle.is_zero() { String::new() } else { format!(" + {} idle", span(idle)) };
    Lag::Unknown(format!("{sample} is {} old, more than max_sample_age = {}{besides}", span(since(at, now)), span(max_age)))
}

fn since(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(at)).unwrap_or_default()
}

/// The value as a span; `None` if it is not valid.
fn behind(metric: LagMetric, value: f64) -> Option<Duration> {
    let seconds = match metric {
        LagMetric::ReplicaLag | LagMetric::AuroraBinlogReplicaLag => value,
        LagMetric::AuroraReplicaLag | LagMetric::AuroraGlobalReplicationLag => value / 1000.0,
    };
    // Negative, NaN and too large values are not valid.
    Duration::try_from_secs_f64(seconds).ok()
}
