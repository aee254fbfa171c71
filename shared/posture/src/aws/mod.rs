//! Reads the account around the targets from AWS.
//!
//! [`Reading`] repeats failed reads; nothing is changed. (`GenerateCredentialReport` makes IAM
//! write a report for later reads, and is a read permission.)

mod fleets;
mod images;
mod networks;
mod people;
mod report;
mod stores;
#[cfg(all(test, feature = "canned"))]
mod tests;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_types::DateTime;
use crossover_aws::{Regional, config::timeouts};
use crossover_model::arn::Arn;
use futures::{StreamExt, stream};
use jiff::Timestamp;

use crate::Reader;

/// The longest wait for a response: no crossover waits for these, and some list thousands.
const ANSWER: Duration = Duration::from_secs(10);
/// The number of concurrent calls for single resources.
const AT_ONCE: usize = 8;
/// EC2: the most values of one filter.
const VALUES_OF_A_FILTER: usize = 200;
/// EC2: the largest page of the calls here, except for route tables.
const EC2_PAGE: i32 = 1000;

/// The services of an account in a Region.
#[derive(Debug)]
pub struct AwsPosture {
    autoscaling: aws_sdk_autoscaling::Client,
    cloudfront: aws_sdk_cloudfront::Client,
    cloudwatch: Regional<aws_sdk_cloudwatch::Client>,
    codedeploy: aws_sdk_codedeploy::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    ec2: Regional<aws_sdk_ec2::Client>,
    elasticache: aws_sdk_elasticache::Client,
    elb: aws_sdk_elasticloadbalancingv2::Client,
    iam: aws_sdk_iam::Client,
    rds: Regional<aws_sdk_rds::Client>,
    s3: aws_sdk_s3::Client,
    sns: Regional<aws_sdk_sns::Client>,
}

impl AwsPosture {
    /// The account of this configuration, in its Region, with more patience for an answer.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let config = &config.to_builder().timeout_config(timeouts(ANSWER)).build();
        Self {
            autoscaling: aws_sdk_autoscaling::Client::new(config),
            cloudfront: aws_sdk_cloudfront::Client::new(config),
            cloudwatch: Regional::new(config, aws_sdk_cloudwatch::Client::new),
            codedeploy: aws_sdk_codedeploy::Client::new(config),
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            ec2: Regional::new(config, aws_sdk_ec2::Client::new),
            elasticache: aws_sdk_elasticache::Client::new(config),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(config),
            iam: aws_sdk_iam::Client::new(config),
            rds: Regional::new(config, aws_sdk_rds::Client::new),
            s3: aws_sdk_s3::Client::new(config),
            sns: Regional::new(config, aws_sdk_sns::Client::new),
        }
    }

    fn home(&self) -> &str {
        self.ec2.own().unwrap_or_default()
    }
}

impl Reader for AwsPosture {
    fn region(&self) -> String {
        self.home().to_owned()
    }
}

/// Calls for each of these, several at the same time.
async fn each<T, R, F: Future<Output = R>>(all: impl IntoIterator<Item = T>, ask: impl FnMut(T) -> F) -> Vec<R> {
    stream::iter(all.into_iter().map(ask).collect::<Vec<F>>()).buffered(AT_ONCE).collect().await
}

/// The Region of an ARN; `None` for a plain name.
fn region_of(arn: &str) -> Option<&str> {
    Arn::of(arn).map(|arn| arn.region).filter(|region| !region.is_empty())
}

fn timestamp(time: DateTime) -> Option<Timestamp> {
    Timestamp::from_nanosecond(time.as_nanos()).ok()
}
