//! The services that a kind calls, on AWS.

use aws_config::SdkConfig;

/// The services that a kind calls, on AWS.
pub trait OnAws {
    /// The services of the account and the Region of this configuration.
    fn on_aws(config: &SdkConfig) -> Self;
}
