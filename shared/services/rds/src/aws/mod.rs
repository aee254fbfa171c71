//! RDS and Aurora, and the lag of their replicas.

mod changes;
mod lags;
mod read;
#[cfg(all(test, feature = "canned"))]
mod tests;

use aws_config::SdkConfig;
use aws_sdk_rds::Client;
use crossover_aws::Regional;

pub use lags::CloudWatchLags;

/// RDS, in any Region.
#[derive(Debug)]
pub struct RdsDatabases {
    clients: Regional<Client>,
}

impl RdsDatabases {
    /// RDS by this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { clients: Regional::new(config, Client::new) }
    }
}
