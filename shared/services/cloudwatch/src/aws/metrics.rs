//! CloudWatch metrics, in their Region.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_cloudwatch::{
    Client,
    types::{Metric as SdkMetric, MetricDataQuery, MetricDatum, MetricStat, ScanBy},
};
use aws_smithy_types::DateTime;
use crossover_aws::{Regional, SystemClock, cloud_error};
use crossover_engine::ports::Clock;
use crossover_model::error::CloudError;

use crate::{Metric, Metrics};

const GET_DATA: &str = "cloudwatch:GetMetricData";
const PUT_DATA: &str = "cloudwatch:PutMetricData";

/// The age of the oldest value to read, in seconds: CloudWatch keeps values by the minute for 15 days.
const LOOK_BACK_S: i64 = 14 * 86_400;
/// The period of a value, in seconds.
const PERIOD_S: i32 = 60;

/// CloudWatch's metrics, in any Region.
#[derive(Debug)]
pub struct CloudWatchMetrics {
    clients: Regional<Client>,
}

impl CloudWatchMetrics {
    /// CloudWatch by this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { clients: Regional::new(config, Client::new) }
    }
}

#[async_trait]
impl Metrics for CloudWatchMetrics {
    async fn metric_value(&self, metric: &Metric) -> Result<Option<f64>, CloudError> {
        let now = SystemClock.now().as_second();
        let what = SdkMetric::builder().namespace(&metric.namespace).metric_name(&metric.metric).build();
        let stat = MetricStat::builder().metric(what).period(PERIOD_S).stat("Maximum").build();
        let answer = self
            .clients
            .client(Some(&metric.region))
            .get_metric_data()
            .metric_data_queries(MetricDataQuery::builder().id("beacon").metric_stat(stat).build())
            .start_time(DateTime::from_secs(now - LOOK_BACK_S))
            .end_time(DateTime::from_secs(now + i64::from(PERIOD_S)))
            .scan_by(ScanBy::TimestampDescending)
            .send()
            .await
            .map_err(|error| cloud_error(GET_DATA, error))?;
        // Sorted by time, as emulators don't keep the order.
        let minutes = answer.metric_data_results().iter().flat_map(|result| result.timestamps().iter().zip(result.values()));
        Ok(minutes.max_by_key(|(at, _)| at.secs()).map(|(_, value)| *value))
    }

    async fn put_metric_value(&self, metric: &Metric, value: f64) -> Result<(), CloudError> {
        let now = DateTime::from_secs(SystemClock.now().as_second());
        let datum = MetricDatum::builder().metric_name(&metric.metric).value(value).timestamp(now).build();
        let put = self.clients.client(Some(&metric.region)).put_metric_data().namespace(&metric.namespace).metric_data(datum);
        put.send().await.map(drop).map_err(|error| cloud_error(PUT_DATA, error))
    }
}
