//! Everything that the controller itself needs, at once.

use std::sync::Arc;

use crossover_engine::ports::{Payloads, Ports};

use crate::{Accounts, CloudWatchAlarms, DynamoJournal, SnsNotices, SystemClock};

/// The controller's ports on AWS: CloudWatch in every account, and in our own the DynamoDB table `table` and
/// the SNS topic `topic_arn`; it understands these payloads.
#[must_use]
pub fn ports(accounts: &Accounts, table: &str, topic_arn: &str, payloads: Arc<dyn Payloads>) -> Ports {
    let config = accounts.config(None);
    Ports {
        alarms: Arc::new(CloudWatchAlarms::new(accounts)),
        journal: Arc::new(DynamoJournal::new(config, table)),
        notices: Arc::new(SnsNotices::new(config, topic_arn)),
        payloads,
        clock: Arc::new(SystemClock),
    }
}
