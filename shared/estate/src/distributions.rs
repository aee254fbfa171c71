//! CloudFront distributions.

use crossover_model::finding::Finding;
use serde::{Deserialize, Serialize};

use crate::words::warning;

const ORIGINS: &str = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html";

/// A CloudFront distribution that is enabled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// Its id.
    pub id: String,
    /// What people know it by: its first alias, or its own domain name.
    pub name: String,
    /// How many groups it has of an origin and the one that stands in for it.
    #[serde(default)]
    pub origin_groups: usize,
}

pub(crate) fn findings(distributions: &[Distribution]) -> Vec<Finding> {
    let alone = distributions.iter().filter(|distribution| distribution.origin_groups == 0);
    alone
        .map(|Distribution { id, name, .. }| {
            warning(
                format!("distribution {id}"),
                format!("has one origin for each path and no origin group: when an origin fails, {name} answers with errors"),
                format!("put a second origin beside the first in an origin group, and lead the behaviours to that (aws cloudfront get-distribution-config --id {id}, then update-distribution)"),
                ORIGINS,
            )
        })
        .collect()
}
