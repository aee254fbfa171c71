//! Beacons in S3 and CloudWatch, in the Region that they name.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_cloudwatch::types::{Metric, MetricDataQuery, MetricDatum, MetricStat, ScanBy};
use aws_sdk_s3::{operation::head_object::HeadObjectError, primitives::ByteStream};
use aws_smithy_types::DateTime;
use crossover_engine::{
    cloud::{BeaconMetric, BeaconObject, Beacons},
    ports::Clock,
};
use crossover_model::error::CloudError;

use crate::{SystemClock, error::cloud_error, regional::Regional};

const HEAD: &str = "s3:HeadObject";
const PUT: &str = "s3:PutObject";
const DELETE: &str = "s3:DeleteObject";
const GET_DATA: &str = "cloudwatch:GetMetricData";
const PUT_DATA: &str = "cloudwatch:PutMetricData";

/// How far back a value is looked for, in seconds: CloudWatch keeps values by the minute for 15 days.
const LOOK_BACK_S: i64 = 14 * 86_400;
/// The period of a value, in seconds.
const PERIOD_S: i32 = 60;

/// S3 and CloudWatch, in any Region.
#[derive(Debug)]
pub struct AwsBeacons {
    s3: Regional<aws_sdk_s3::Client>,
    cloudwatch: Regional<aws_sdk_cloudwatch::Client>,
}

impl AwsBeacons {
    /// S3 and CloudWatch by this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            s3: Regional::new(config, aws_sdk_s3::Client::new),
            cloudwatch: Regional::new(config, aws_sdk_cloudwatch::Client::new),
        }
    }
}

#[async_trait]
impl Beacons for AwsBeacons {
    async fn has_object(&self, object: &BeaconObject) -> Result<bool, CloudError> {
        let head = self.s3.client(Some(&object.region)).head_object().bucket(&object.bucket).key(&object.key);
        match head.send().await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.as_service_error(), Some(HeadObjectError::NotFound(_))) => Ok(false),
            Err(error) => Err(cloud_error(HEAD, error)),
        }
    }

    async fn put_object(&self, object: &BeaconObject, body: &str) -> Result<(), CloudError> {
        let put = self.s3.client(Some(&object.region)).put_object().bucket(&object.bucket).key(&object.key);
        let put = put.content_type("text/plain").body(ByteStream::from(body.as_bytes().to_vec()));
        put.send().await.map(drop).map_err(|error| cloud_error(PUT, error))
    }

    async fn delete_object(&self, object: &BeaconObject) -> Result<(), CloudError> {
        let delete = self.s3.client(Some(&object.region)).delete_object().bucket(&object.bucket).key(&object.key);
        delete.send().await.map(drop).map_err(|error| cloud_error(DELETE, error))
    }

    async fn metric_value(&self, metric: &BeaconMetric) -> Result<Option<f64>, CloudError> {
        let now = SystemClock.now().as_second();
        let what = Metric::builder().namespace(&metric.namespace).metric_name(&metric.metric).build();
        let stat = MetricStat::builder().metric(what).period(PERIOD_S).stat("Maximum").build();
        let answer = self
            .cloudwatch
            .client(Some(&metric.region))
            .get_metric_data()
            .metric_data_queries(MetricDataQuery::builder().id("beacon").metric_stat(stat).build())
            .start_time(DateTime::from_secs(now - LOOK_BACK_S))
            .end_time(DateTime::from_secs(now + i64::from(PERIOD_S)))
            .scan_by(ScanBy::TimestampDescending)
            .send()
            .await
            .map_err(|error| cloud_error(GET_DATA, error))?;
        // By their times rather than their order, which not everybody who answers keeps to.
        let minutes = answer.metric_data_results().iter().flat_map(|result| result.timestamps().iter().zip(result.values()));
        Ok(minutes.max_by_key(|(at, _)| at.secs()).map(|(_, value)| *value))
    }

    async fn put_metric_value(&self, metric: &BeaconMetric, value: f64) -> Result<(), CloudError> {
        let now = DateTime::from_secs(SystemClock.now().as_second());
        let datum = MetricDatum::builder().metric_name(&metric.metric).value(value).timestamp(now).build();
        let put = self.cloudwatch.client(Some(&metric.region)).put_metric_data().namespace(&metric.namespace).metric_data(datum);
        put.send().await.map(drop).map_err(|error| cloud_error(PUT_DATA, error))
    }
}
