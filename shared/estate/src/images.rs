//! The images that auto-scaling groups start, and whether another Region has them.

use std::collections::BTreeMap;

use crossover_model::finding::Finding;
use serde::{Deserialize, Serialize};

use crate::{
    ScalingGroup,
    around::Place,
    words::{distinct, listed, warning},
};

const COPYING: &str = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/CopyingAMIs.html";

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

pub(crate) fn findings(images: &ByRegion, groups: &[ScalingGroup], place: &Place) -> Vec<Finding> {
    let used = distinct(groups.iter().flat_map(|group| &group.images));
    let asked = used.iter().flat_map(|image| place.standby.iter().map(move |region| (*image, region.as_str())));
    asked.filter_map(|(image, region)| missing(images, groups, place, image, region)).collect()
}

/// Copies name their source, and images that a pipeline builds in every Region have one name and owner there. Nothing
/// is known where one of the Regions could not be read, or where the image itself is gone.
fn missing(images: &ByRegion, groups: &[ScalingGroup], place: &Place, id: &str, region: &str) -> Option<Finding> {
    let image = images.get(&place.home)?.iter().find(|image| image.id == id)?;
    let there = images.get(region)?;
    let same = |other: &Image| {
        other.source.as_deref() == Some(id) || (!image.name.is_empty() && other.name == image.name && other.owner == image.owner)
    };
    (!there.iter().any(same)).then(|| {
        let users = groups.iter().filter(|group| group.images.contains(id)).map(|group| &group.name);
        let home = &place.home;
        warning(
            format!("image {id}"),
            format!("is not in {region}: {} can't start anything there when {home} is lost", listed(users)),
            format!(
                "aws ec2 copy-image --source-image-id {id} --source-region {home} --region {region} --name '{}', each time that the image is built",
                image.name
            ),
            COPYING,
        )
    })
}
