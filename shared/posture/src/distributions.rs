//! CloudFront distributions.

use crossover_model::finding::{Finding, Rule};
use serde::{Deserialize, Serialize};

const ORIGINS: &str = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html";

pub(crate) const ONE_ORIGIN: Rule = Rule::warning(
    "one-origin",
    "A CloudFront distribution has no origin group",
    "Each path has one origin. When the origin fails, CloudFront answers with errors.",
    "Create an origin group with the first and a second origin, and use the group in the cache behaviors.",
);

/// A CloudFront distribution that is enabled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// Its id.
    pub id: String,
    /// Its name for people: its first alias, or its own domain name.
    pub name: String,
    /// The number of its origin groups.
    #[serde(default)]
    pub origin_groups: usize,
}

pub(crate) fn findings(distributions: &[Distribution]) -> Vec<Finding> {
    let alone = distributions.iter().filter(|distribution| distribution.origin_groups == 0);
    alone
        .map(|Distribution { id, name, .. }| {
            let what = format!("has one origin for each path and no origin group: if an origin fails, {name} returns errors");
let fix = format!("put a second origin into an origin group with the first, and use the group in the cache behaviors (aws cloudfront get-distribution-config --id {id}, then update-distribution)");
ONE_ORIGIN.finding(format!("distribution {id}"), what, fix).see(ORIGINS)
        })
        .collect()
}
