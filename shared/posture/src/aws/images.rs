//! The images that auto-scaling groups start.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_autoscaling::types::{AutoScalingGroup, LaunchTemplateSpecification};
use aws_sdk_ec2::types::Filter;
use crossover_aws::cloud_error;
use crossover_model::error::CloudError;
use futures::join;

use super::{
    AwsPosture, EC2_PAGE, each,
    networks::{chunks, filter},
};
use crate::{Image, Reading, concern};

/// `DescribeLaunchConfigurations`: the most names, and the largest page.
const CONFIGURATIONS: usize = 50;
/// The version that a group uses when it names no version of its template.
const DEFAULT_VERSION: &str = "$Default";

/// A version of a launch template, by its id, or by its name where a group says only that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Template {
    Id(String, String),
    Name(String, String),
}

impl Template {
    fn of(from: &LaunchTemplateSpecification) -> Option<Self> {
        let version = from.version.clone().unwrap_or_else(|| DEFAULT_VERSION.to_owned());
        let by_id = from.launch_template_id.clone().map(|id| Self::Id(id, version.clone()));
        by_id.or_else(|| Some(Self::Name(from.launch_template_name.clone()?, version)))
    }

    fn name(&self) -> &str {
        match self {
            Self::Id(name, _) | Self::Name(name, _) => name,
        }
    }
}

/// The launch template or configuration of each group.
pub(super) struct Images {
    by_template: BTreeMap<Template, BTreeSet<String>>,
    by_configuration: BTreeMap<String, String>,
}

impl Images {
    /// Reads what these groups name; each once.
    pub(super) async fn read(posture: &AwsPosture, reading: &Reading<'_>, groups: &[AutoScalingGroup]) -> Self {
        let templates: BTreeSet<Template> = groups.iter().flat_map(templates).collect();
        let read = each(templates, |template| async move {
            let of = reading.one(concern::SCALING_GROUPS, template.name(), || posture.images_of(&template)).await;
            of.map(|of| (template, of))
        });
        let names: BTreeSet<String> = groups.iter().filter_map(|group| group.launch_configuration_name.clone()).collect();
        let names: Vec<String> = names.into_iter().collect();
        let chunks: Vec<Vec<String>> = names.chunks(CONFIGURATIONS).map(<[_]>::to_vec).collect();
        let configurations = each(chunks, |names| async move {
            reading.all(concern::SCALING_GROUPS, || posture.images_of_configurations(&names)).await
        });
        let (by_template, by_configuration) = join!(read, configurations);
        Self {
            by_template: by_template.into_iter().flatten().collect(),
            by_configuration: by_configuration.into_iter().flatten().flatten().collect(),
        }
    }

    /// Those of one group with a known id: an image from a Systems Manager parameter is
    /// resolved in each Region.
    pub(super) fn of(&self, group: &AutoScalingGroup) -> BTreeSet<String> {
        let by_template = templates(group).into_iter().filter_map(|template| self.by_template.get(&template)).flatten();
        let by_configuration = group.launch_configuration_name.iter().filter_map(|name| self.by_configuration.get(name));
        let overrides = overrides(group).filter_map(|one| one.image_id.as_ref());
        by_template.chain(by_configuration).chain(overrides).filter(|id| id.starts_with("ami-")).cloned().collect()
    }
}

fn overrides(group: &AutoScalingGroup) -> impl Iterator<Item = &aws_sdk_autoscaling::types::LaunchTemplateOverrides> {
    let mixed = group.mixed_instances_policy.iter().filter_map(|policy| policy.launch_template.as_ref());
    mixed.flat_map(aws_sdk_autoscaling::types::LaunchTemplate::overrides)
}

fn templates(group: &AutoScalingGroup) -> Vec<Template> {
    let mixed = group.mixed_instances_policy.iter().filter_map(|policy| policy.launch_template.as_ref());
    let mixed = mixed.filter_map(|template| template.launch_template_specification.as_ref());
    let overrides = overrides(group).filter_map(|one| one.launch_template_specification.as_ref());
    group.launch_template.iter().chain(mixed).chain(overrides).filter_map(Template::of).collect()
}

impl AwsPosture {
    async fn images_of(&self, template: &Template) -> Result<BTreeSet<String>, CloudError> {
        let describe = self.ec2.client(None).describe_launch_template_versions();
        let describe = match template {
            Template::Id(id, version) => describe.launch_template_id(id).versions(version),
            Template::Name(name, version) => describe.launch_template_name(name).versions(version),
        };
        let answer = describe.send().await.map_err(|error| cloud_error("ec2:DescribeLaunchTemplateVersions", error))?;
        let versions = answer.launch_template_versions.unwrap_or_default().into_iter();
        Ok(versions.filter_map(|version| version.launch_template_data?.image_id).collect())
    }

    async fn images_of_configurations(&self, names: &[String]) -> Result<Vec<(String, String)>, CloudError> {
        let describe = self.autoscaling.describe_launch_configurations();
        let describe = describe.set_launch_configuration_names(Some(names.to_vec()));
        let all: Result<Vec<_>, _> = describe.into_paginator().items().send().collect().await;
        let all = all.map_err(|error| cloud_error("autoscaling:DescribeLaunchConfigurations", error))?;
        Ok(all.into_iter().filter_map(|one| Some((one.launch_configuration_name?, one.image_id?))).collect())
    }

    /// The account's own images, and images of any owner with these ids or names.
    pub(super) async fn all_images(
        &self,
        region: &str,
        ids: &BTreeSet<String>,
        names: &BTreeSet<String>,
    ) -> Result<Vec<Image>, CloudError> {
        let by = |name: &str, values: &BTreeSet<String>| {
            let filters = chunks(values).into_iter().map(|chunk| Some(filter(name, chunk.iter().map(String::as_str))));
            filters.collect::<Vec<_>>()
        };
        let asked = [vec![None], by("image-id", ids), by("name", names)].concat();
        let read = each(asked, |filter| self.images_by(region, filter)).await;
        let mut all: Vec<Image> = read.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all.dedup_by(|a, b| a.id == b.id);
        Ok(all)
    }

    /// The account's own images, without a filter.
    async fn images_by(&self, region: &str, filter: Option<Filter>) -> Result<Vec<Image>, CloudError> {
        let describe = self.ec2.client(Some(region)).describe_images().max_results(EC2_PAGE);
        let describe = match filter {
            Some(filter) => describe.filters(filter),
            None => describe.owners("self"),
        };
        let all: Result<Vec<_>, _> = describe.into_paginator().items().send().collect().await;
        let all = all.map_err(|error| cloud_error("ec2:DescribeImages", error))?;
        let image = |it: aws_sdk_ec2::types::Image| {
            let (name, owner) = (it.name.unwrap_or_default(), it.owner_id.unwrap_or_default());
            Some(Image { id: it.image_id?, name, owner, source: it.source_image_id })
        };
        Ok(all.into_iter().filter_map(image).collect())
    }
}
