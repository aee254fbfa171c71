//! Security groups in the sandbox. Their ids are unique in all Regions.

use std::collections::BTreeSet;

use async_trait::async_trait;
use crossover_model::error::CloudError;
use crossover_sandbox::Sandbox;

use super::Ec2Account;
use crate::{SecurityGroup, SecurityGroups};

#[async_trait]
impl SecurityGroups for Sandbox {
    async fn security_groups(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<SecurityGroup>, CloudError> {
        self.call("ec2:DescribeSecurityGroups", region.unwrap_or_default(), |state, _| {
            Ok(state.account.ec2().security_groups.iter().filter(|group| ids.contains(&group.id)).cloned().collect())
        })
        .await
    }
}
