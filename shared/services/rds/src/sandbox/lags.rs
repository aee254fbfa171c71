//! CloudWatch's samples of how far replicas are behind.

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
    /// What every minute's sample says until now, in the metric's unit; none once there are no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each_minute: Option<f64>,
    /// Since when it says so; for the last hour when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// The samples that are made up of a steady series: those of the last hour.
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
    /// The replica's series, which from `now` on says something else each minute, or nothing.
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
