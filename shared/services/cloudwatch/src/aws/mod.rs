//! CloudWatch on the AWS SDK.

mod alarms;
mod metrics;

pub use alarms::CloudWatchAlarms;
pub use metrics::CloudWatchMetrics;
