//! The services that the kind `database` calls.

use std::sync::Arc;

use crossover_ec2::SecurityGroups;
use crossover_rds::{DatabaseChanges, Databases, Lags};
use crossover_route53::Records;
use crossover_sandbox::{
    Sandbox,
    record::{Notes, Recorder},
    rehearsal::OnSandbox,
};

/// The services that the kind calls.
#[derive(Clone)]
pub struct DatabaseClouds {
    /// RDS, to read.
    pub databases: Arc<dyn Databases>,
    /// RDS, for changes.
    pub changes: Arc<dyn DatabaseChanges>,
    /// CloudWatch's lag metrics.
    pub lags: Arc<dyn Lags>,
    /// Route 53's record sets.
    pub records: Arc<dyn Records>,
    /// EC2's security groups, which only a check reads.
    pub security_groups: Arc<dyn SecurityGroups>,
}

impl OnSandbox for DatabaseClouds {
    fn on_sandbox(sandbox: &Sandbox) -> Self {
        let cloud = Arc::new(sandbox.clone());
        Self {
            databases: cloud.clone(),
            changes: cloud.clone(),
            lags: cloud.clone(),
            records: cloud.clone(),
            security_groups: cloud,
        }
    }

    fn recorded(&self, notes: &Arc<Notes>) -> Self {
        Self {
            databases: Arc::new(Recorder::of(&self.databases, notes)),
            changes: Arc::new(Recorder::of(&self.changes, notes)),
            lags: Arc::new(Recorder::of(&self.lags, notes)),
            records: Arc::new(Recorder::of(&self.records, notes)),
            security_groups: Arc::new(Recorder::of(&self.security_groups, notes)),
        }
    }
}

#[cfg(feature = "aws")]
impl crossover_aws::OnAws for DatabaseClouds {
    fn on_aws(config: &crossover_aws::SdkConfig) -> Self {
        let databases = Arc::new(crossover_rds::RdsDatabases::new(config));
        Self {
            databases: databases.clone(),
            changes: databases,
            lags: Arc::new(crossover_rds::CloudWatchLags::new(config)),
            records: Arc::new(crossover_route53::Route53Records::new(config)),
            security_groups: Arc::new(crossover_ec2::Ec2SecurityGroups::new(config)),
        }
    }
}
