//! S3's objects and CloudWatch's metrics, as far as beacons need them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_engine::cloud::{BeaconMetric, BeaconObject, Beacons};
use crossover_model::error::{CloudError, Fault};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Account, Sandbox};

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its Region.
    pub region: String,
    /// Its objects, by key.
    #[serde(default)]
    pub objects: BTreeMap<String, String>,
}

/// A value of a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricValue {
    /// The Region.
    pub region: String,
    /// The namespace.
    pub namespace: String,
    /// The metric's name.
    pub metric: String,
    /// When it was put.
    pub at: Timestamp,
    /// The value.
    pub value: f64,
}

#[async_trait]
impl Beacons for Sandbox {
    async fn has_object(&self, object: &BeaconObject) -> Result<bool, CloudError> {
        self.call("s3:HeadObject", &path(object), |state, _| Ok(state.account.has_object(object))).await
    }

    async fn put_object(&self, object: &BeaconObject, body: &str) -> Result<(), CloudError> {
        self.call("s3:PutObject", &path(object), |state, _| {
            let bucket = bucket_mut(&mut state.account, "s3:PutObject", object)?;
            bucket.objects.insert(object.key.clone(), body.to_owned());
            Ok(())
        })
        .await
    }

    async fn delete_object(&self, object: &BeaconObject) -> Result<(), CloudError> {
        self.call("s3:DeleteObject", &path(object), |state, _| {
            bucket_mut(&mut state.account, "s3:DeleteObject", object)?.objects.remove(&object.key);
            Ok(())
        })
        .await
    }

    async fn metric_value(&self, metric: &BeaconMetric) -> Result<Option<f64>, CloudError> {
        self.call("cloudwatch:GetMetricData", &metric.region, |state, _| Ok(state.account.latest_value(metric))).await
    }

    async fn put_metric_value(&self, metric: &BeaconMetric, value: f64) -> Result<(), CloudError> {
        self.call("cloudwatch:PutMetricData", &metric.region, |state, now| {
            let BeaconMetric { region, namespace, metric } = metric.clone();
            state.account.metric_values.push(MetricValue { region, namespace, metric, at: now, value });
            Ok(())
        })
        .await
    }
}

impl Account {
    /// Whether an object is there.
    pub(crate) fn has_object(&self, object: &BeaconObject) -> bool {
        let bucket = self.buckets.iter().find(|bucket| bucket.name == object.bucket && bucket.region == object.region);
        bucket.is_some_and(|bucket| bucket.objects.contains_key(&object.key))
    }

    /// The greatest of a metric's values in the latest minute that has one: CloudWatch keeps statistics of
    /// each minute, and not each value (`PutMetricData`).
    pub(crate) fn latest_value(&self, metric: &BeaconMetric) -> Option<f64> {
        let of = |found: &&MetricValue| {
            (&found.region, &found.namespace, &found.metric) == (&metric.region, &metric.namespace, &metric.metric)
        };
        let minute = |value: &MetricValue| value.at.as_second().div_euclid(60);
        let latest = self.metric_values.iter().filter(of).map(minute).max()?;
        let values = self.metric_values.iter().filter(of).filter(|value| minute(value) == latest).map(|value| value.value);
        values.max_by(f64::total_cmp)
    }
}

fn path(object: &BeaconObject) -> String {
    format!("{}/{}", object.bucket, object.key)
}

fn bucket_mut<'a>(account: &'a mut Account, call: &str, object: &BeaconObject) -> Result<&'a mut Bucket, CloudError> {
    let bucket = account.buckets.iter_mut().find(|bucket| bucket.name == object.bucket && bucket.region == object.region);
    bucket.ok_or_else(|| {
        let missing = CloudError::new(call, Fault::NotFound, "The specified bucket does not exist");
        CloudError { code: "NoSuchBucket".to_owned(), ..missing }
    })
}
