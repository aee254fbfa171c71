//! CloudWatch's samples of replica lag.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use async_trait::async_trait;
use crossover_model::error::CloudError;
use crossover_sandbox::Sandbox;
use jiff::Timestamp;

use super::{LagSeries, Rds, RdsAccount, reach};
use crate::{LagMetric, LagSample, Lags};

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
