//! CloudWatch's samples of replica lag.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use async_trait::async_trait;
use crossover_model::error::CloudError;
use crossover_sandbox::Sandbox;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Rds, RdsAccount, reach};
use crate::{LagMetric, LagSample, Lags};

/// The samples of one replica.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LagSeries {
    /// The Region.
    pub region: String,
    /// The metric.
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
}

/// The generated samples of a steady series: those of the last hour.
const MINUTES: i64 = 60;

impl LagSeries {
    fn at(&self, now: Timestamp) -> Vec<LagSample> {
        let minute = now.as_second() - now.as_second().rem_euclid(60);
        let ago = |minutes: i64| Timestamp::from_second(minute - 60 * minutes).ok();
        let steady = self
            .each_minute
            .into_iter()
            .flat_map(|value| (1..=MINUTES).filter_map(move |minutes| Some(LagSample { at: ago(minutes)?, value })));
        let steady = steady.filter(|sample| self.since.is_none_or(|since| sample.at >= since));
        self.samples.iter().copied().chain(steady).filter(|sample| sample.at < now).collect()
    }
}

impl Rds {
    /// Changes the value of the replica's series from `now` on, or ends it.
    pub fn set_lag(&mut self, id: &str, each_minute: Option<f64>, now: Timestamp) {
        for series in self.lags.iter_mut().filter(|series| series.id == id) {
            series.samples = series.at(now);
            series.each_minute = each_minute;
            series.since = Some(now);
        }
    }
}

#[async_trait]
impl Lags for Sandbox {
    async fn lag_samples(
        &self,
        region: Option<&str>,
        metric: LagMetric,
        ids: &BTreeSet<String>,
        since: Timestamp,
    ) -> Result<BTreeMap<String, Vec<LagSample>>, CloudError> {
        const CALL: &str = "cloudwatch:GetMetricData";
        self.call(CALL, region.unwrap_or_default(), |state, now| {
            let region = reach(state, CALL, region)?;
            let wanted = |series: &&LagSeries| series.region == region && series.metric == metric && ids.contains(&series.id);
            let of = |series: &LagSeries| {
                let mut samples: BTreeMap<Timestamp, LagSample> = BTreeMap::new();
                let recent = series.at(now).into_iter().filter(|sample| sample.at + Duration::from_mins(1) > since);
                samples.extend(recent.map(|sample| (sample.at, sample)));
                (series.id.clone(), samples.into_values().collect())
            };
            Ok(state.account.rds().lags.iter().filter(wanted).map(of).collect())
        })
        .await
    }
}
