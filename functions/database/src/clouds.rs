//! What the kind `database` needs of a cloud.

use std::sync::Arc;

use crossover_rds::{DatabaseChanges, Databases, Lags};
use crossover_route53::Records;

/// What the kind needs of a cloud.
#[derive(Clone)]
pub struct DatabaseClouds {
    /// RDS, to read.
    pub databases: Arc<dyn Databases>,
    /// RDS, to change.
    pub changes: Arc<dyn DatabaseChanges>,
    /// CloudWatch's lag metrics.
    pub lags: Arc<dyn Lags>,
    /// Route 53's record sets.
    pub records: Arc<dyn Records>,
}

impl DatabaseClouds {
    /// One that has all of it, as a sandbox account has.
    #[must_use]
    pub fn of<C: Databases + DatabaseChanges + Lags + Records + 'static>(cloud: Arc<C>) -> Self {
        Self { databases: cloud.clone(), changes: cloud.clone(), lags: cloud.clone(), records: cloud }
    }

    /// The account and the Region of this configuration.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn on_aws(config: &crossover_aws::SdkConfig) -> Self {
        let databases = Arc::new(crossover_rds::RdsDatabases::new(config));
        Self {
            databases: databases.clone(),
            changes: databases,
            lags: Arc::new(crossover_rds::CloudWatchLags::new(config)),
            records: Arc::new(crossover_route53::Route53Records::new(config)),
        }
    }
}
