use async_trait::async_trait;
use crossover_model::error::CloudError;
use crossover_sandbox::Sandbox;

use super::account::{CloudWatch, CloudWatchAccount, MetricValue};
use crate::{Metric, Metrics};

#[async_trait]
impl Metrics for Sandbox {
    async fn metric_value(&self, metric: &Metric) -> Result<Option<f64>, CloudError> {
        self.call("cloudwatch:GetMetricData", &metric.region, |state, _| Ok(state.account.cloudwatch().latest_value(metric)))
            .await
    }

    async fn put_metric_value(&self, metric: &Metric, value: f64) -> Result<(), CloudError> {
        self.call("cloudwatch:PutMetricData", &metric.region, |state, now| {
            let Metric { region, namespace, metric } = metric.clone();
            state.account.cloudwatch_mut().metric_values.push(MetricValue { region, namespace, metric, at: now, value });
            Ok(())
        })
        .await
    }
}

impl CloudWatch {
    /// The maximum of a metric's values in the latest minute with values: CloudWatch keeps statistics of
    /// each minute, and not each value (`PutMetricData`).
    #[must_use]
    pub fn latest_value(&self, metric: &Metric) -> Option<f64> {
        let of = |found: &&MetricValue| {
            (&found.region, &found.namespace, &found.metric) == (&metric.region, &metric.namespace, &metric.metric)
        };
        let minute = |value: &MetricValue| value.at.as_second().div_euclid(60);
        let latest = self.metric_values.iter().filter(of).map(minute).max()?;
        let values = self.metric_values.iter().filter(of).filter(|value| minute(value) == latest).map(|value| value.value);
        values.max_by(f64::total_cmp)
    }
}
