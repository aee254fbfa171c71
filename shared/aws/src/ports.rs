//! Everything that the controller itself needs, at once.

use std::sync::Arc;

use aws_config::SdkConfig;
use crossover_controller::controller::Ports;

use crate::{CloudWatchAlarms, DynamoJournal, SnsNotices, SystemClock};

/// The controller's ports on AWS: CloudWatch, the DynamoDB table `table` and the SNS topic `topic_arn`.
#[must_use]
pub fn ports(config: &SdkConfig, table: &str, topic_arn: &str) -> Ports {
    Ports {
        alarms: Arc::new(CloudWatchAlarms::new(config)),
        journal: Arc::new(DynamoJournal::new(config, table)),
        notices: Arc::new(SnsNotices::new(config, topic_arn)),
        clock: Arc::new(SystemClock),
    }
}
