//! One configuration for every client: no retries, and a limit on every wait.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError};

use crate::error::NO_CREDENTIALS;

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_millis(800);
/// The longest wait for an answer. The controller gives the alarms, the journal and a notice three
/// seconds each, in which a second attempt must fit.
const ANSWER: Duration = Duration::from_millis(1400);
/// The same for the larger reads and batches of EC2 and Route 53, and for STS, which take their time and which a
/// crossover cannot do without.
pub const LONG_ANSWER: Duration = Duration::from_secs(4);

/// The configuration from the SDK's own environment (`AWS_REGION`, `AWS_ENDPOINT_URL`, …).
pub async fn load() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(ANSWER))
        .load()
        .await
}

/// There is nobody to sign calls as.
#[derive(Debug, thiserror::Error)]
#[error("{NO_CREDENTIALS}")]
pub struct NoCredentials(#[source] CredentialsError);

/// The same for a person, who is told at once when no credentials are found: each call would say so again.
///
/// # Errors
/// When there are none. That they can't be had just now is left to the calls, which say why.
pub async fn load_with_credentials() -> Result<SdkConfig, NoCredentials> {
    let config = load().await;
    if let Some(provider) = config.credentials_provider()
        && let Err(error @ CredentialsError::CredentialsNotLoaded(_)) = provider.provide_credentials().await
    {
        return Err(NoCredentials(error));
    }
    Ok(config)
}

/// The limits on waits of a client, of which this is the one for an answer.
#[must_use]
pub fn timeouts(answer: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(answer)
        .operation_attempt_timeout(answer)
        .operation_timeout(answer)
        .build()
}
