//! Load balancers and their target groups.

use std::collections::BTreeSet;

use crossover_model::finding::{Finding, Rule};
use serde::{Deserialize, Serialize};

use crate::words::listed;

const ZONES: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html";
const TARGETS: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-cross-zone.html";

pub(crate) const BALANCER_ZONE: Rule = Rule::warning(
    "balancer-zone",
    "A load balancer is in one zone",
    "When the zone fails, no traffic gets in, however many targets are healthy elsewhere.",
    "Add subnets of other zones to the load balancer.",
);
pub(crate) const CROSS_ZONE: Rule = Rule::warning(
    "cross-zone",
    "Cross-zone load balancing is off",
    "Each zone of the load balancer sends traffic to its own targets only. When the targets of one zone fail, requests \
     that arrive there fail.",
    "Enable cross-zone load balancing on the load balancer or the target group.",
);

/// An Application, Network or Gateway Load Balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadBalancer {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its zones.
    pub zones: BTreeSet<String>,
    /// Whether each of its zones sends to the targets of all zones, as an Application Load Balancer always does. `None` if
    /// unknown.
    #[serde(default)]
    pub cross_zone: Option<bool>,
}

/// A target group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetGroup {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The ARNs of its load balancers.
    #[serde(default)]
    pub balancers: BTreeSet<String>,
    /// Its own setting, which overrides its load balancer's.
    #[serde(default)]
    pub cross_zone: Option<bool>,
}

pub(crate) fn findings(balancers: &[LoadBalancer], groups: &[TargetGroup]) -> Vec<Finding> {
    let one_zone = balancers.iter().filter(|balancer| balancer.zones.len() == 1).map(|balancer| {
        BALANCER_ZONE
            .finding(
                format!("load balancer {}", balancer.name),
                format!(
                    "is in one zone, {}: if that zone fails, no traffic gets in, even with healthy targets elsewhere",
                    listed(&balancer.zones)
                ),
                format!(
                    "aws elbv2 set-subnets --load-balancer-arn {} --subnets subnet-… subnet-… with subnets of several zones",
                    balancer.arn
                ),
            )
            .see(ZONES)
    });
    let apart = balancers.iter().filter_map(|balancer| kept_apart(groups, balancer));
    let groups_apart = groups.iter().filter_map(|group| group_kept_apart(balancers, group));
    one_zone.chain(apart).chain(groups_apart).collect()
}

const APART: &str = "balances only within each zone (cross-zone is off): if the targets of a zone fail, requests that arrive in it fail, and the load is uneven even before";

/// A load balancer with it off, unless all of its target groups turn it on.
fn kept_apart(groups: &[TargetGroup], balancer: &LoadBalancer) -> Option<Finding> {
    let groups = || groups.iter().filter(|group| group.balancers.contains(&balancer.arn));
    let all_say_otherwise = groups().next().is_some() && groups().all(|group| group.cross_zone == Some(true));
    (balancer.cross_zone == Some(false) && balancer.zones.len() > 1 && !all_say_otherwise).then(|| {
        let fix = format!(
            "aws elbv2 modify-load-balancer-attributes --load-balancer-arn {} --attributes Key=load_balancing.cross_zone.enabled,Value=true",
            balancer.arn
        );
        CROSS_ZONE.finding(format!("load balancer {}", balancer.name), APART, fix).see(TARGETS)
    })
}

/// A target group with it off whose load balancer has it on.
fn group_kept_apart(balancers: &[LoadBalancer], group: &TargetGroup) -> Option<Finding> {
    let of_it = |balancer: &&LoadBalancer| group.balancers.contains(&balancer.arn);
    let has_it = |balancer: &LoadBalancer| balancer.zones.len() > 1 && balancer.cross_zone == Some(true);
    (group.cross_zone == Some(false) && balancers.iter().filter(of_it).any(has_it)).then(|| {
        let fix = format!(
            "aws elbv2 modify-target-group-attributes --target-group-arn {} --attributes Key=load_balancing.cross_zone.enabled,Value=use_load_balancer_configuration",
            group.arn
        );
        CROSS_ZONE.finding(format!("target group {}", group.name), APART, fix).see(TARGETS)
    })
}
