//! The lag of one replica over time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{LagMetric, LagSample};

/// The samples of one replica.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LagSeries {
    /// The replica's Region.
    pub region: String,
    /// The metric that has its lag.
    pub metric: LagMetric,
    /// The instance's or the cluster's identifier.
    pub id: String,
    /// Samples of the past.
    #[serde(default)]
    pub samples: Vec<LagSample>,
    /// The value of every minute's sample until now, in the metric's unit; `None` after they end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each_minute: Option<f64>,
    /// The start of these samples; by default an hour ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When something was replayed last: from then on the values grow with the clock, as those of PostgreSQL do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_on_since: Option<Timestamp>,
}

/// The generated samples of a steady series: those of the last hour.
const MINUTES: i64 = 60;

impl LagSeries {
    /// The samples before `now`.
    pub(super) fn at(&self, now: Timestamp) -> Vec<LagSample> {
        let minute = now.as_second() - now.as_second().rem_euclid(60);
        let ago = |minutes: i64| Timestamp::from_second(minute - 60 * minutes).ok();
        let steady = self
            .each_minute
            .into_iter()
            .flat_map(|value| (1..=MINUTES).filter_map(move |minutes| Some(LagSample { at: ago(minutes)?, value })));
        let steady = steady.filter(|sample| self.since.is_none_or(|since| sample.at >= since));
        let steady = steady.map(|sample| LagSample { value: sample.value + self.seconds_counted(sample.at), ..sample });
        self.samples.iter().copied().chain(steady).filter(|sample| sample.at < now).collect()
    }

    /// By how much the value has grown at this time.
    fn seconds_counted(&self, at: Timestamp) -> f64 {
        let since = self.counts_on_since.map(|since| at.duration_since(since).as_secs_f64());
        since.unwrap_or_default().max(0.0)
    }
}
