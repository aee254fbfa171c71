//! Calls for CloudWatch metrics: the latest value of one, and putting another.

use async_trait::async_trait;
use crossover_model::error::CloudError;

/// A metric in CloudWatch, without dimensions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    /// The Region that has it.
    pub region: String,
    /// Its namespace, as in `AWS/RDS`.
    pub namespace: String,
    /// The metric's name.
    pub metric: String,
}

/// Reads and writes of metrics through the data plane of their Region; every write may be repeated.
#[async_trait]
pub trait Metrics: Send + Sync {
    /// The metric's greatest value in the latest minute of the last 14 days that has one
    /// (`GetMetricData`; CloudWatch keeps statistics by the minute for 15). A new value is visible after a
    /// while; one that is lower than another of its minute is never visible, and must be put again.
    async fn metric_value(&self, metric: &Metric) -> Result<Option<f64>, CloudError>;

    /// Puts one value, as of now (`PutMetricData`).
    async fn put_metric_value(&self, metric: &Metric, value: f64) -> Result<(), CloudError>;
}
