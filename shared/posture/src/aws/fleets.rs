//! Auto-scaling groups, load balancers, distributions and deployments.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_autoscaling::types::AutoScalingGroup;
use aws_sdk_cloudfront::types::DistributionSummary;
use aws_sdk_codedeploy::types::{AutoRollbackEvent, DeploymentGroupInfo};
use aws_sdk_elasticloadbalancingv2::types::LoadBalancerTypeEnum;
use crossover_aws::cloud_error;
use crossover_model::error::CloudError;

use super::{AwsPosture, each, images::Images};
use crate::{DeploymentGroup, Distribution, Fleets, Image, LoadBalancer, Reading, ScalingGroup, TargetGroup, concern};

/// Auto Scaling: the largest page.
const GROUPS_A_PAGE: i32 = 100;
/// `BatchGetDeploymentGroups`: the most names.
const DEPLOYMENT_GROUPS_A_CALL: usize = 100;
/// The attribute of load balancers and target groups; a target group may also inherit it.
const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";

#[async_trait]
impl Fleets for AwsPosture {
    async fn scaling_groups(&self, reading: &Reading<'_>) -> Option<Vec<ScalingGroup>> {
        let read = || async {
            let describe = self.autoscaling.describe_auto_scaling_groups().max_records(GROUPS_A_PAGE);
            let all: Result<Vec<_>, _> = describe.into_paginator().items().send().collect().await;
            all.map_err(|error| cloud_error("autoscaling:DescribeAutoScalingGroups", error))
        };
        let groups: Vec<AutoScalingGroup> = reading.all(concern::SCALING_GROUPS, read).await?;
        let images = Images::read(self, reading, &groups).await;
        Some(groups.iter().filter_map(|group| scaling_group(group, &images)).collect())
    }

    async fn images(
        &self,
        reading: &Reading<'_>,
        region: &str,
        ids: &BTreeSet<String>,
        names: &BTreeSet<String>,
    ) -> Option<Vec<Image>> {
        let of = concern::in_region(concern::IMAGES, region);
        reading.all(&of, || self.all_images(region, ids, names)).await
    }

    async fn load_balancers(&self, reading: &Reading<'_>) -> Option<Vec<LoadBalancer>> {
        let read = || async {
            let all: Result<Vec<_>, _> = self.elb.describe_load_balancers().into_paginator().items().send().collect().await;
            all.map_err(|error| cloud_error("elasticloadbalancing:DescribeLoadBalancers", error))
        };
        let all = reading.all(concern::LOAD_BALANCERS, read).await?;
        let whole = each(all, |balancer| async move {
            let (arn, name) = (balancer.load_balancer_arn?, balancer.load_balancer_name.unwrap_or_default());
            // An Application Load Balancer always has it.
            let cross_zone = match balancer.r#type {
                Some(LoadBalancerTypeEnum::Application) => Some(true),
                _ => reading.one(concern::LOAD_BALANCERS, &name, || self.balancer_attribute(&arn)).await.flatten(),
            };
            let zones = balancer.availability_zones.unwrap_or_default().into_iter().filter_map(|zone| zone.zone_name).collect();
            Some(LoadBalancer { arn, name, zones, cross_zone })
        });
        Some(whole.await.into_iter().flatten().collect())
    }

    async fn target_groups(&self, reading: &Reading<'_>) -> Option<Vec<TargetGroup>> {
        let read = || async {
            let all: Result<Vec<_>, _> = self.elb.describe_target_groups().into_paginator().items().send().collect().await;
            all.map_err(|error| cloud_error("elasticloadbalancing:DescribeTargetGroups", error))
        };
        let all = reading.all(concern::TARGET_GROUPS, read).await?;
        let whole = each(all, |group| async move {
            let (arn, name) = (group.target_group_arn?, group.target_group_name.unwrap_or_default());
            let cross_zone = reading.one(concern::TARGET_GROUPS, &name, || self.group_attribute(&arn)).await.flatten();
            let balancers = group.load_balancer_arns.unwrap_or_default().into_iter().collect();
            Some(TargetGroup { arn, name, balancers, cross_zone })
        });
        Some(whole.await.into_iter().flatten().collect())
    }

    async fn distributions(&self, reading: &Reading<'_>) -> Option<Vec<Distribution>> {
        let read = || async {
            let all: Result<Vec<_>, _> = self.cloudfront.list_distributions().into_paginator().items().send().collect().await;
            let all = all.map_err(|error| cloud_error("cloudfront:ListDistributions", error))?;
            Ok(all.into_iter().filter(|one| one.enabled && !one.staging).map(distribution).collect())
        };
        reading.all(concern::DISTRIBUTIONS, read).await
    }

    async fn deployment_groups(&self, reading: &Reading<'_>) -> Option<Vec<DeploymentGroup>> {
        let read = || async {
            let all: Result<Vec<_>, _> = self.codedeploy.list_applications().into_paginator().items().send().collect().await;
            all.map_err(|error| cloud_error("codedeploy:ListApplications", error))
        };
        let applications: Vec<String> = reading.all(concern::DEPLOYMENT_GROUPS, read).await?;
        let groups = each(applications, |application| async move {
            reading.one(concern::DEPLOYMENT_GROUPS, &application, || self.groups_of(&application)).await
        });
        Some(groups.await.into_iter().flatten().flatten().collect())
    }
}

impl AwsPosture {
    async fn balancer_attribute(&self, arn: &str) -> Result<Option<bool>, CloudError> {
        let answer = self.elb.describe_load_balancer_attributes().load_balancer_arn(arn).send().await;
        let answer = answer.map_err(|error| cloud_error("elasticloadbalancing:DescribeLoadBalancerAttributes", error))?;
        let attribute = answer.attributes().iter().find(|attribute| attribute.key() == Some(CROSS_ZONE));
        Ok(attribute.and_then(|attribute| attribute.value()?.parse().ok()))
    }

    async fn group_attribute(&self, arn: &str) -> Result<Option<bool>, CloudError> {
        let answer = self.elb.describe_target_group_attributes().target_group_arn(arn).send().await;
        let answer = answer.map_err(|error| cloud_error("elasticloadbalancing:DescribeTargetGroupAttributes", error))?;
        let attribute = answer.attributes().iter().find(|attribute| attribute.key() == Some(CROSS_ZONE));
        Ok(attribute.and_then(|attribute| attribute.value()?.parse().ok()))
    }

    async fn groups_of(&self, application: &str) -> Result<Vec<DeploymentGroup>, CloudError> {
        let list = self.codedeploy.list_deployment_groups().application_name(application);
        let names: Result<Vec<String>, _> = list.into_paginator().items().send().collect().await;
        let names = names.map_err(|error| cloud_error("codedeploy:ListDeploymentGroups", error))?;
        let mut groups = Vec::new();
        for names in names.chunks(DEPLOYMENT_GROUPS_A_CALL) {
            let get = self.codedeploy.batch_get_deployment_groups().application_name(application);
            let answer = get.set_deployment_group_names(Some(names.to_vec())).send().await;
            let answer = answer.map_err(|error| cloud_error("codedeploy:BatchGetDeploymentGroups", error))?;
            let infos = answer.deployment_groups_info.unwrap_or_default().into_iter();
            groups.extend(infos.filter_map(|info| deployment_group(application, info)));
        }
        Ok(groups)
    }
}

/// `None` for a group that is being deleted.
fn scaling_group(group: &AutoScalingGroup, images: &Images) -> Option<ScalingGroup> {
    let count = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
    let named = |names: &[String]| !names.is_empty();
    let health = group.health_check_type.as_deref().unwrap_or_default();
    if group.status.is_some() {
        return None;
    }
    Some(ScalingGroup {
        name: group.auto_scaling_group_name.clone()?,
        zones: group.availability_zones().iter().cloned().collect(),
        desired: count(group.desired_capacity),
        max: count(group.max_size),
        balanced: named(group.target_group_arns()) || named(group.load_balancer_names()) || !group.traffic_sources().is_empty(),
        asks_balancer: health.contains("ELB") || health.contains("VPC_LATTICE"),
        images: images.of(group),
    })
}

fn distribution(from: DistributionSummary) -> Distribution {
    let alias = from.aliases.and_then(|aliases| aliases.items?.into_iter().next());
    let origin_groups = from.origin_groups.and_then(|groups| usize::try_from(groups.quantity).ok()).unwrap_or_default();
    Distribution { id: from.id, name: alias.unwrap_or(from.domain_name), origin_groups }
}

fn deployment_group(application: &str, info: DeploymentGroupInfo) -> Option<DeploymentGroup> {
    let rollback = info.auto_rollback_configuration;
    let rolls_back = rollback.is_some_and(|it| it.enabled && it.events().contains(&AutoRollbackEvent::DeploymentFailure));
    Some(DeploymentGroup { application: application.to_owned(), name: info.deployment_group_name?, rolls_back })
}
