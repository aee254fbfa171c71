//! Auto-scaling groups.

use std::collections::BTreeSet;

use crossover_model::finding::{Finding, Rule};
use serde::{Deserialize, Serialize};

use crate::words::listed;

const ZONES: &str = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-availability-zone-balanced.html";
const HEALTH: &str = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html";
const STATIC: &str = "https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/static-stability.html";

pub(crate) const GROUP_ZONE: Rule = Rule::warning(
    "group-zone",
    "An auto-scaling group is in one zone",
    "When the zone fails, all instances of the group are lost, and it can't start others elsewhere.",
    "Add subnets of other zones to the group.",
);
pub(crate) const GROUP_HEALTH: Rule = Rule::warning(
    "group-health",
    "An auto-scaling group ignores its load balancer's health checks",
    "The group belongs to a load balancer and checks only the status of its instances. An instance that runs and does \
     not answer is never replaced.",
    "Set the health check type of the group to `ELB`.",
);
pub(crate) const GROUP_ROOM: Rule = Rule::warning(
    "group-room",
    "An auto-scaling group has no room for the loss of a zone",
    "The group runs a single instance, or its maximum size does not allow it to start the instances of a lost zone in \
     addition to the desired ones.",
    "Raise the desired capacity to at least two, and the maximum size by what one zone holds.",
);

/// An auto-scaling group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScalingGroup {
    /// Its name.
    pub name: String,
    /// Its zones.
    pub zones: BTreeSet<String>,
    /// How many instances it wants.
    pub desired: u32,
    /// How many it may have.
    pub max: u32,
    /// Whether it belongs to a load balancer or a target group.
    #[serde(default)]
    pub balanced: bool,
    /// Whether it uses the load balancer's health checks.
    #[serde(default)]
    pub asks_balancer: bool,
    /// The images that it starts.
    #[serde(default)]
    pub images: BTreeSet<String>,
}

pub(crate) fn findings(groups: &[ScalingGroup]) -> Vec<Finding> {
    groups.iter().flat_map(|group| [one_zone(group), health(group), room(group)]).flatten().collect()
}

fn resource(group: &ScalingGroup) -> String {
    format!("auto-scaling group {}", group.name)
}

fn one_zone(group: &ScalingGroup) -> Option<Finding> {
    (group.zones.len() == 1 && group.max > 0).then(|| {
        let what = format!("is in one zone, {}: if that zone fails, all of its instances are lost, and it can't start others elsewhere", listed(&group.zones));
let fix = format!("aws autoscaling update-auto-scaling-group --auto-scaling-group-name {} --vpc-zone-identifier subnet-…,subnet-… with subnets of several zones", group.name);
GROUP_ZONE.finding(resource(group), what, fix).see(ZONES)
    })
}

fn health(group: &ScalingGroup) -> Option<Finding> {
    (group.balanced && !group.asks_balancer).then(|| {
        let what = "ignores its load balancer's health checks: an instance that runs but doesn't respond is never replaced";
let fix = format!("aws autoscaling update-auto-scaling-group --auto-scaling-group-name {} --health-check-type ELB --health-check-grace-period 300", group.name);
GROUP_HEALTH.finding(resource(group), what, fix).see(HEALTH)
    })
}

/// N+1: a single instance is lost with its zone. The maximum must allow a zone's instances on top of the desired ones,
/// because instances of a partly failed zone still count.
fn room(group: &ScalingGroup) -> Option<Finding> {
    let zones = u32::try_from(group.zones.len()).ok().filter(|zones| *zones > 1)?;
    let lost = group.desired.div_ceil(zones);
    let (desired, max, name) = (group.desired, group.max, &group.name);
    let wanted = desired.max(2);
    let fix = |max: u32| {
        format!(
            "aws autoscaling update-auto-scaling-group --auto-scaling-group-name {name} --desired-capacity {wanted} --max-size {max}, or more if the remaining zones can't carry the load"
        )
    };
    if desired == 1 {
        let what = "has no room for the loss of a zone: it runs one instance, and if its zone fails, nothing serves until another has started";
        return Some(GROUP_ROOM.finding(resource(group), what, fix(max.max(3))).see(STATIC));
    }
    (desired > 1 && max < desired + lost).then(|| {
        let what = format!("has no room for the loss of a zone: that takes {lost} of {desired} instances, and with a maximum of {max} it can't start as many others");
        GROUP_ROOM.finding(resource(group), what, fix(desired + lost)).see(STATIC)
    })
}
