//! Whether each member can be fenced with the security group that its side declares (RDS User Guide, "Controlling access with
//! security groups"; VPC User Guide, "Security group rules").

use std::collections::{BTreeMap, BTreeSet};

use crossover_ec2::{SecurityGroup, SecurityGroups};
use crossover_engine::retry::Patience;
use crossover_model::{
    error::CloudError,
    finding::Finding,
    rules::{MISSING, UNREADABLE},
};

use crate::{
    member::Member,
    observe::{Observed, REGION_WAIT},
    rules::{FENCE_GROUP, FENCE_OPEN},
    spec::DatabaseSpec,
};

const SECURITY_GROUPS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.RDSSecurityGroups.html";
const FIX: &str = "create a security group without rules in its VPC, and add fence = { security_group = \"sg-…\" } to its side";

/// The security groups of one Region, or why they could not be read.
type OfRegion = Result<Vec<SecurityGroup>, CloudError>;

/// The declared security groups, by the Region of the members that they fence.
pub(crate) async fn read(
    groups: &dyn SecurityGroups,
    spec: &DatabaseSpec,
    patience: &Patience<'_>,
) -> BTreeMap<Option<String>, OfRegion> {
    let mut declared: BTreeMap<Option<String>, BTreeSet<String>> = BTreeMap::new();
    for member in &spec.members {
        if let Some(group) = spec.fence_group(&member.side) {
            declared.entry(member.region.clone()).or_default().insert(group.to_owned());
        }
    }
    let patience = patience.at_most(REGION_WAIT);
    let mut read = BTreeMap::new();
    for (region, ids) in declared {
        let found = patience.call("security groups", || groups.security_groups(region.as_deref(), &ids)).await;
        read.insert(region, found);
    }
    read
}

/// The members that the declared security groups can't fence.
pub(crate) fn findings(spec: &DatabaseSpec, observed: &Observed, groups: &BTreeMap<Option<String>, OfRegion>) -> Vec<Finding> {
    let without = spec.unfenceable().map(|member| {
        let what = "can't be fenced: it is in another Region than home, and its side declares no security group";
        FENCE_GROUP.finding(member.label(), what, FIX)
    });
    let of_member = |(index, member): (usize, &Member)| {
        let group = spec.fence_group(&member.side)?;
        match groups.get(&member.region)? {
            Ok(found) => match found.iter().find(|found| found.id == group) {
                Some(found) => of_group(observed, member, found),
                None => Some(missing(member, group)),
            },
            Err(error) => shared(spec, observed, index, member, group).or_else(|| Some(unread(member, group, error))),
        }
    };
    let all = without.chain(spec.members.iter().enumerate().filter_map(of_member));
    all.map(|finding| finding.see(SECURITY_GROUPS)).collect()
}

fn missing(member: &Member, group: &str) -> Finding {
    let what = format!("does not exist, so {} can't be fenced with it", member.label());
    MISSING.finding(format!("{group} of {}", member.label()), what, FIX)
}

/// The permission is the check's own: a crossover does not read the group.
fn unread(member: &Member, group: &str, error: &CloudError) -> Finding {
    let what = format!("could not be read: {error}");
    let fix = "allow ec2:DescribeSecurityGroups to the role of the check";
    UNREADABLE.finding(format!("{group} of {}", member.label()), what, fix).lowered()
}

fn of_group(observed: &Observed, member: &Member, group: &SecurityGroup) -> Option<Finding> {
    let vpc = observed.seen(&member.side).and_then(|seen| seen.vpc.as_ref());
    if let Some(vpc) = vpc.filter(|vpc| **vpc != group.vpc) {
        let what = format!("can't be fenced with {}, which is in {}: it is in {vpc}", group.id, group.vpc);
        return Some(FENCE_GROUP.finding(member.label(), what, FIX));
    }
    (group.inbound > 0).then(|| {
        let rules = if group.inbound == 1 { "an inbound rule".to_owned() } else { format!("{} inbound rules", group.inbound) };
        let what = format!("has {rules}: clients that they let in still write to {} after it was fenced", member.label());
        FENCE_OPEN.finding(
            format!("{} of {}", group.id, member.label()),
            what,
            "remove its inbound rules, or declare another group",
        )
    })
}

/// What the members alone show: a security group that is declared for members of two VPCs.
fn shared(spec: &DatabaseSpec, observed: &Observed, index: usize, member: &Member, group: &str) -> Option<Finding> {
    let vpc = |member: &Member| observed.seen(&member.side).and_then(|seen| seen.vpc.clone());
    let own = vpc(member)?;
    let same = |other: &&Member| spec.fence_group(&other.side).is_some_and(|of| of == group);
    let other = spec.members[..index].iter().filter(same).find(|other| vpc(other).is_some_and(|of| of != own))?;
    let what = format!("can't be fenced with {group}, which also fences {} in another VPC: it is in {own}", other.label());
    Some(FENCE_GROUP.finding(member.label(), what, FIX))
}
