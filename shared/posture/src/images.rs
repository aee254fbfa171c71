//! The images of auto-scaling groups, and whether the standby Regions have them.

use std::collections::BTreeMap;

use crossover_model::finding::{Finding, Rule};
use serde::{Deserialize, Serialize};

use crate::{
    ScalingGroup,
    scope::ReadScope,
    words::{distinct, listed},
};

const COPYING: &str = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/CopyingAMIs.html";

pub(crate) const IMAGE_REGION: Rule = Rule::warning(
    "image-region",
    "An image is not in another Region",
    "An auto-scaling group starts instances from an image that one of the topology's other Regions does not have. \
     Nothing can be started from it there.",
    "Copy the image each time that it is built, or build it in every Region under the same name.",
);

/// An image (AMI) of a Region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// `ami-…`
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The account that it belongs to.
    pub owner: String,
    /// The image that it is a copy of.
    #[serde(default)]
    pub source: Option<String>,
}

type ByRegion = BTreeMap<String, Vec<Image>>;

pub(crate) fn findings(images: &ByRegion, groups: &[ScalingGroup], scope: &ReadScope) -> Vec<Finding> {
    let used = distinct(groups.iter().flat_map(|group| &group.images));
    let asked = used.iter().flat_map(|image| scope.standby.iter().map(move |region| (*image, region.as_str())));
    asked.filter_map(|(image, region)| missing(images, groups, scope, image, region)).collect()
}

/// Copies name their source, and images that a pipeline builds in every Region share their name and owner. Nothing
/// is reported if a Region could not be read or the image no longer exists.
fn missing(images: &ByRegion, groups: &[ScalingGroup], scope: &ReadScope, id: &str, region: &str) -> Option<Finding> {
    let image = images.get(&scope.home)?.iter().find(|image| image.id == id)?;
    let there = images.get(region)?;
    let same = |other: &Image| {
        other.source.as_deref() == Some(id) || (!image.name.is_empty() && other.name == image.name && other.owner == image.owner)
    };
    (!there.iter().any(same)).then(|| {
        let users = groups.iter().filter(|group| group.images.contains(id)).map(|group| &group.name);
        let home = &scope.home;
        let what = format!("is not in {region}: if {home} is lost, {} can't start instances there", listed(users));
let fix = format!(
                "aws ec2 copy-image --source-image-id {id} --source-region {home} --region {region} --name '{}', each time that the image is built",
                image.name
            );
IMAGE_REGION.finding(format!("image {id}"), what, fix).see(COPYING)
    })
}
