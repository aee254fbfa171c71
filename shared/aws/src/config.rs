//! One configuration for every client: no retries, and a limit on every wait.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_millis(800);
/// The longest wait for an answer. The controller gives the alarms, the journal and a notice three
/// seconds each, in which a second attempt must fit.
const ANSWER: Duration = Duration::from_millis(1400);
/// The same for the larger reads and batches of EC2 and Route 53, and for STS, which take their time and which a
/// crossover cannot do without.
pub(crate) const LONG_ANSWER: Duration = Duration::from_secs(4);

/// The configuration from the SDK's own environment (`AWS_REGION`, `AWS_ENDPOINT_URL`, …).
pub async fn load() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(ANSWER))
        .load()
        .await
}

pub(crate) fn timeouts(answer: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(answer)
        .operation_attempt_timeout(answer)
        .operation_timeout(answer)
        .build()
}
