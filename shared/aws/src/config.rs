//! One configuration for all clients: no retries, and a timeout for every wait.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError};

use crate::error::NO_CREDENTIALS;

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_millis(800);
/// The longest wait for a response. The controller gives the alarms, the journal and a notice three
/// seconds each, which must allow a second attempt.
const ANSWER: Duration = Duration::from_millis(1400);
/// The longest wait for the larger reads and batches of EC2 and Route 53, and for STS, which are slower and which a
/// crossover needs.
pub const LONG_ANSWER: Duration = Duration::from_secs(4);

/// The configuration from the SDK's own environment (`AWS_REGION`, `AWS_ENDPOINT_URL`, …).
pub async fn load() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(ANSWER))
        .load()
        .await
}

/// There are no credentials to sign calls with.
#[derive(Debug, thiserror::Error)]
#[error("{NO_CREDENTIALS}")]
pub struct NoCredentials(#[source] CredentialsError);

/// The configuration for the command line, which reports missing credentials once and not for each call.
///
/// # Errors
/// If there are none. If they can't be loaded at the moment, the calls report the reason.
pub async fn load_with_credentials() -> Result<SdkConfig, NoCredentials> {
    let config = load().await;
    if let Some(provider) = config.credentials_provider()
        && let Err(error @ CredentialsError::CredentialsNotLoaded(_)) = provider.provide_credentials().await
    {
        return Err(NoCredentials(error));
    }
    Ok(config)
}

/// The timeouts of a client with this one for a response.
#[must_use]
pub fn timeouts(answer: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(answer)
        .operation_attempt_timeout(answer)
        .operation_timeout(answer)
        .build()
}
