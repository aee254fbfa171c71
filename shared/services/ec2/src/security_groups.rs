//! Calls for security groups.

use std::collections::BTreeSet;

use async_trait::async_trait;
use crossover_model::error::CloudError;
use serde::{Deserialize, Serialize};

/// A security group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroup {
    /// `sg-…`
    pub id: String,
    /// Its VPC.
    pub vpc: String,
    /// The number of its inbound rules. Without one, it lets nobody in (VPC User Guide, "Security group rules").
    #[serde(default)]
    pub inbound: usize,
}

/// Reads of security groups.
#[async_trait]
pub trait SecurityGroups: Send + Sync {
    /// The security groups with these ids in a Region, or in our own; unknown ones are missing (`DescribeSecurityGroups`).
    async fn security_groups(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<SecurityGroup>, CloudError>;
}
