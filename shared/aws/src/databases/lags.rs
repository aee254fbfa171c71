//! Samples of how far replicas are behind.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_cloudwatch::{
    Client,
    types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat},
};
use aws_smithy_types::DateTime;
use crossover_controller::cloud::{Clock, CloudError, LagMetric, LagSample, Lags};
use jiff::Timestamp;

use crate::{SystemClock, error::cloud_error, regional::Regional};

const GET_DATA: &str = "cloudwatch:GetMetricData";
const NAMESPACE: &str = "AWS/RDS";
/// The period of a sample, in seconds.
const PERIOD_S: i32 = 60;

/// CloudWatch, in any Region.
#[derive(Debug)]
pub struct CloudWatchLags {
    clients: Regional<Client>,
}

impl CloudWatchLags {
    /// CloudWatch by this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { clients: Regional::new(config, Client::new) }
    }
}

#[async_trait]
impl Lags for CloudWatchLags {
    async fn lag_samples(
        &self,
        region: Option<&str>,
        metric: LagMetric,
        ids: &BTreeSet<String>,
        since: Timestamp,
    ) -> Result<BTreeMap<String, Vec<LagSample>>, CloudError> {
        let ids: Vec<&String> = ids.iter().collect();
        let queries = ids.iter().enumerate().map(|(number, id)| query(&key(number), metric, id)).collect();
        let until = SystemClock.now().as_second() + i64::from(PERIOD_S);
        let request = self.clients.client(region).get_metric_data().set_metric_data_queries(Some(queries));
        let request = request.start_time(DateTime::from_secs(since.as_second())).end_time(DateTime::from_secs(until));
        let answer = request.send().await.map_err(|error| cloud_error(GET_DATA, error))?;
        let of = |id: &str| answer.metric_data_results().iter().find(|result| result.id.as_deref() == Some(id)).map(samples);
        Ok(ids.into_iter().enumerate().filter_map(|(number, id)| Some((id.clone(), of(&key(number))?))).collect())
    }
}

/// A query's id, which must begin with a small letter.
fn key(number: usize) -> String {
    format!("m{number}")
}

fn query(key: &str, metric: LagMetric, id: &str) -> MetricDataQuery {
    let dimension = Dimension::builder().name(metric.dimension()).value(id).build();
    let metric = Metric::builder().namespace(NAMESPACE).metric_name(metric.name()).dimensions(dimension).build();
    let stat = MetricStat::builder().metric(metric).period(PERIOD_S).stat("Maximum").build();
    MetricDataQuery::builder().id(key).metric_stat(stat).build()
}

fn samples(result: &MetricDataResult) -> Vec<LagSample> {
    let pairs = result.timestamps().iter().zip(result.values());
    pairs.filter_map(|(at, value)| Some(LagSample { at: Timestamp::from_second(at.secs()).ok()?, value: *value })).collect()
}
