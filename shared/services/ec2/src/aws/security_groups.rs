//! Security groups, in any Region.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_ec2::Client;
use crossover_aws::{Regional, cloud_error};
use crossover_model::error::CloudError;

use super::{MOST_A_PAGE, chunks, filter};
use crate::{SecurityGroup, SecurityGroups};

/// The security groups of EC2.
#[derive(Debug)]
pub struct Ec2SecurityGroups {
    clients: Regional<Client>,
}

impl Ec2SecurityGroups {
    /// EC2 by this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { clients: Regional::new(config, Client::new) }
    }
}

#[async_trait]
impl SecurityGroups for Ec2SecurityGroups {
    /// By a filter, because one unknown id in `GroupIds` fails the whole call.
    async fn security_groups(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<SecurityGroup>, CloudError> {
        let client = self.clients.client(region);
        let mut found = Vec::new();
        for ids in chunks(ids) {
            let request = client.describe_security_groups().filters(filter("group-id", ids)).max_results(MOST_A_PAGE);
            let mut pages = request.into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| cloud_error("ec2:DescribeSecurityGroups", error))?;
                found.extend(page.security_groups.unwrap_or_default().into_iter().filter_map(read));
            }
        }
        Ok(found.into_iter().filter(|group| ids.contains(&group.id)).collect())
    }
}

fn read(group: aws_sdk_ec2::types::SecurityGroup) -> Option<SecurityGroup> {
    let inbound = group.ip_permissions.unwrap_or_default().len();
    Some(SecurityGroup { id: group.group_id?, vpc: group.vpc_id.unwrap_or_default(), inbound })
}
