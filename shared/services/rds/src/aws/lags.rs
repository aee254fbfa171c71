//! Samples of replica lag.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_cloudwatch::{
    Client,
    types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat},
};
use aws_smithy_types::DateTime;
use crossover_aws::{Regional, SystemClock, cloud_error};
use crossover_engine::ports::Clock;
use crossover_model::error::CloudError;
use jiff::Timestamp;

use crate::{LagMetric, LagSample, Lags};

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
        let queries = ids.iter().enumerate().flat_map(|(number, id)| queries(&key(number), metric, id)).collect();
        let until = SystemClock.now().as_second() + i64::from(PERIOD_S);
        let request = self.clients.client(region).get_metric_data().set_metric_data_queries(Some(queries));
        let request = request.start_time(DateTime::from_secs(since.as_second())).end_time(DateTime::from_secs(until));
        let answer = request.send().await.map_err(|error| cloud_error(GET_DATA, error))?;
        let results = answer.metric_data_results();
        let of = |key: &str| {
            let is_its = |result: &&MetricDataResult| result.id.as_deref().is_some_and(|id| id.trim_end_matches('s') == key);
            results.iter().filter(is_its).flat_map(samples).collect()
        };
        Ok(ids.into_iter().enumerate().map(|(number, id)| (id.clone(), of(&key(number)))).collect())
    }
}

/// The id of a query, which must begin with a lower-case letter.
fn key(number: usize) -> String {
    format!("m{number}")
}

/// The lag of a global database has the Region of its source as a second dimension (Aurora User Guide,
/// "Amazon CloudWatch metrics for Amazon Aurora"), which a search finds.
fn queries(key: &str, metric: LagMetric, id: &str) -> Vec<MetricDataQuery> {
    let (name, by) = (metric.name(), metric.dimension());
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let dimensions = [(by, id)].into_iter().chain(metric.role().map(|role| ("Role", role)));
    let dimensions = dimensions.map(|(name, value)| dimension(name, value)).collect();
    let alone = Metric::builder().namespace(NAMESPACE).metric_name(name).set_dimensions(Some(dimensions)).build();
    let stat = MetricStat::builder().metric(alone).period(PERIOD_S).stat("Maximum").build();
    let plain = MetricDataQuery::builder().id(key).metric_stat(stat).build();
    let search = (metric == LagMetric::AuroraGlobalReplicationLag).then(|| {
        let what = format!("{{{NAMESPACE},{by},SourceRegion}} MetricName=\"{name}\" {by}=\"{id}\"");
        let search = format!("SEARCH('{what}', 'Maximum', {PERIOD_S})");
        MetricDataQuery::builder().id(format!("{key}s")).expression(search).period(PERIOD_S).build()
    });
    [plain].into_iter().chain(search).collect()
}

fn samples(result: &MetricDataResult) -> Vec<LagSample> {
    let pairs = result.timestamps().iter().zip(result.values());
    pairs.filter_map(|(at, value)| Some(LagSample { at: Timestamp::from_second(at.secs()).ok()?, value: *value })).collect()
}
