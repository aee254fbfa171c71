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
use crate::{LagMeter, LagMetric, LagSample, Lags};

impl Rds {
    /// Changes the value of the replica's series from `now` on, or ends it.
    pub fn set_lag(&mut self, id: &str, each_minute: Option<f64>, now: Timestamp) {
        for series in self.lags.iter_mut().filter(|series| series.id == id) {
            series.samples = series.at(now);
            series.each_minute = each_minute;
            series.since = Some(now);
            series.counts_on_since = None;
        }
    }

    /// The replica receives nothing more from `now` on: its lag is no longer known, or it grows with the clock, by its engine.
    pub fn stop_replication(&mut self, id: &str, now: Timestamp) {
        let engine = self.instances.iter().find(|instance| instance.id == id).map_or("", |instance| &instance.engine);
        let counts_on = |series: &LagSeries| LagMeter::of(series.metric, engine).counts_on;
        if !self.lags.iter().any(|series| series.id == id && counts_on(series)) {
            return self.set_lag(id, None, now);
        }
        for series in self.lags.iter_mut().filter(|series| series.id == id) {
            series.counts_on_since.get_or_insert(now);
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
