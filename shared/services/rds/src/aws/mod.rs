//! RDS and Aurora, and the lag of their replicas.

mod changes;
mod lags;
mod read;
#[cfg(all(test, feature = "canned"))]
mod tests;

use aws_config::SdkConfig;
use aws_sdk_rds::{Client, config::Builder};
use crossover_aws::{
    Regional,
    config::{LONG_ANSWER, timeouts},
};

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
        let patient = |config: &SdkConfig| Client::from_conf(Builder::from(config).timeout_config(timeouts(LONG_ANSWER)).build());
        Self { clients: Regional::new(config, patient) }
    }
}
