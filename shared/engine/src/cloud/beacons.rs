//! What the controller asks of S3 and CloudWatch, to light a beacon that a health check watches.
//!
//! A beacon lives in a Region of its own choosing and is set through that Region's data plane, so it
//! can be set while Route 53's control plane can't be reached.

use async_trait::async_trait;
use crossover_model::error::CloudError;

/// An object in S3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BeaconObject {
    /// The bucket's Region.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// The object's key.
    pub key: String,
}

/// A metric in CloudWatch, without dimensions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BeaconMetric {
    /// The Region.
    pub region: String,
    /// The namespace.
    pub namespace: String,
    /// The metric's name.
    pub metric: String,
}

/// Reads and writes of beacons; every write may be made again.
#[async_trait]
pub trait Beacons: Send + Sync {
    /// Whether the object is there (`HeadObject`, which sees every write before it). Without its bucket
    /// there is none: that answer has no words in it.
    async fn has_object(&self, object: &BeaconObject) -> Result<bool, CloudError>;

    /// Writes the object (`PutObject`).
    async fn put_object(&self, object: &BeaconObject, body: &str) -> Result<(), CloudError>;

    /// Deletes the object (`DeleteObject`); one that is not there is no error.
    async fn delete_object(&self, object: &BeaconObject) -> Result<(), CloudError>;

    /// The metric's greatest value in the latest minute of the last 14 days that has one
    /// (`GetMetricData`; CloudWatch keeps statistics by the minute for 15). What was put is seen after a
    /// while; what is lower than another value of its minute is not seen at all, and is to be put again.
    async fn metric_value(&self, metric: &BeaconMetric) -> Result<Option<f64>, CloudError>;

    /// Puts one value, as of now (`PutMetricData`).
    async fn put_metric_value(&self, metric: &BeaconMetric, value: f64) -> Result<(), CloudError>;
}
