//! IAM, and the subscriptions of topics.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_cloudwatch::types::AlarmType;
use aws_sdk_iam::types::{ReportStateType, SummaryKeyType};
use crossover_aws::cloud_error;
use crossover_model::{
    arn::{Arn, alarm_name},
    error::{CloudError, Fault},
};

use super::{AwsPosture, each, region_of, report};
use crate::{Administrators, People, Reading, Root, Subscription, User, concern};

const GENERATE: &str = "iam:GenerateCredentialReport";
const REPORT: &str = "iam:GetCredentialReport";
/// The roles of Identity Center.
const IDENTITY_CENTER: &str = "AWSReservedSSO_";
/// `DescribeAlarms`: the most names, and the largest page.
const ALARMS_A_CALL: usize = 100;

#[async_trait]
impl People for AwsPosture {
    async fn root(&self, reading: &Reading<'_>) -> Option<Root> {
        let read = || async {
            let answer = self.iam.get_account_summary().send().await;
            let answer = answer.map_err(|error| cloud_error("iam:GetAccountSummary", error))?;
            let summary = answer.summary_map.unwrap_or_default();
            let flag = |key: SummaryKeyType| summary.get(&key).map(|number| *number > 0);
            Ok(Root {
                // A missing value means that there is a password, as there always was.
                password: flag(SummaryKeyType::AccountPasswordPresent).unwrap_or(true),
                mfa: flag(SummaryKeyType::AccountMfaEnabled).unwrap_or_default(),
                keys: flag(SummaryKeyType::AccountAccessKeysPresent).unwrap_or_default(),
            })
        };
        reading.all(concern::ROOT, read).await
    }

    async fn users(&self, reading: &Reading<'_>) -> Option<Vec<User>> {
        reading.all(concern::USERS, || self.credential_report()).await
    }

    async fn administrators(&self, reading: &Reading<'_>) -> Option<Administrators> {
        let (mut all, groups) = reading.all(concern::ADMINISTRATORS, || self.attached()).await?;
        let members =
            each(groups, |group| async move { reading.one(concern::ADMINISTRATORS, &group, || self.members(&group)).await });
        // Without the members of one group, the number is unknown.
        let members: Option<Vec<Vec<String>>> = members.await.into_iter().collect();
        all.users.extend(members?.into_iter().flatten());
        Some(all)
    }

    async fn alarm_topics(&self, reading: &Reading<'_>, alarms: &BTreeSet<String>) -> Option<BTreeMap<String, BTreeSet<String>>> {
        let mut by_region: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
        for alarm in alarms {
            by_region.entry(region_of(alarm)).or_default().push(alarm.clone());
        }
        let mut calls: Vec<(Option<String>, Vec<String>)> = Vec::new();
        for (region, alarms) in by_region {
            calls.extend(alarms.chunks(ALARMS_A_CALL).map(|chunk| (region.map(str::to_owned), chunk.to_vec())));
        }
        let read = each(calls, |(region, given)| async move {
            reading.all(concern::ALARMS, || self.topics_of(region.as_deref(), &given)).await
        });
        // The readable ones are checked.
        Some(read.await.into_iter().flatten().flatten().collect())
    }

    async fn subscriptions(&self, reading: &Reading<'_>, topic: &str) -> Option<Vec<Subscription>> {
        let read = || async {
            let list = self.sns.client(region_of(topic)).list_subscriptions_by_topic().topic_arn(topic);
            let all: Result<Vec<_>, _> = list.into_paginator().items().send().collect().await;
            let all = all.map_err(|error| cloud_error("sns:ListSubscriptionsByTopic", error))?;
            Ok(all.into_iter().filter_map(subscription).collect())
        };
        reading.one(concern::TOPICS, topic, read).await
    }
}

impl AwsPosture {
    /// The report, once IAM has created it; until then the read fails as unavailable and is repeated.
    async fn credential_report(&self) -> Result<Vec<User>, CloudError> {
        let begun = self.iam.generate_credential_report().send().await.map_err(|error| cloud_error(GENERATE, error))?;
        if begun.state != Some(ReportStateType::Complete) {
            return Err(CloudError::new(GENERATE, Fault::Unavailable, "IAM is still creating the credential report"));
        }
        let answer = self.iam.get_credential_report().send().await.map_err(|error| cloud_error(REPORT, error))?;
        let content = answer.content.map(aws_smithy_types::Blob::into_inner).unwrap_or_default();
        report::users(&String::from_utf8_lossy(&content)).map_err(|why| CloudError::new(REPORT, Fault::Refused, why))
    }

    /// Users, roles and groups with AWS's policy.
    async fn attached(&self) -> Result<(Administrators, Vec<String>), CloudError> {
        let partition = partition(self.home());
        let policy = Arn { partition, service: "iam", region: "", account: "aws", resource: "policy/AdministratorAccess" };
        let mut pages = self.iam.list_entities_for_policy().policy_arn(policy.to_string()).into_paginator().send();
        let (mut all, mut groups) = (Administrators::default(), Vec::new());
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| cloud_error("iam:ListEntitiesForPolicy", error))?;
            let roles = page.policy_roles.unwrap_or_default();
            all.identity_center |=
                roles.iter().any(|role| role.role_name().is_some_and(|name| name.starts_with(IDENTITY_CENTER)));
            all.users.extend(page.policy_users.unwrap_or_default().into_iter().filter_map(|user| user.user_name));
            groups.extend(page.policy_groups.unwrap_or_default().into_iter().filter_map(|group| group.group_name));
        }
        Ok((all, groups))
    }

    async fn members(&self, group: &str) -> Result<Vec<String>, CloudError> {
        let pages = self.iam.get_group().group_name(group).into_paginator().items().send();
        let all: Result<Vec<_>, _> = pages.collect().await;
        let all = all.map_err(|error| cloud_error("iam:GetGroup", error))?;
        Ok(all.into_iter().map(|user| user.user_name).collect())
    }

    /// The topics of alarms, by the given names or ARNs.
    async fn topics_of(&self, region: Option<&str>, given: &[String]) -> Result<BTreeMap<String, BTreeSet<String>>, CloudError> {
        let names = given.iter().map(|alarm| alarm_name(alarm).to_owned()).collect();
        let describe = self.cloudwatch.client(region).describe_alarms().set_alarm_names(Some(names));
        // Without the types only metric alarms are returned.
        let describe = describe.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
        let describe = describe.alarm_types(AlarmType::LogAlarm);
        let mut pages = describe.max_records(100).into_paginator().send();
        let mut actions: BTreeMap<String, Vec<String>> = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| cloud_error("cloudwatch:DescribeAlarms", error))?;
            let metric = page.metric_alarms.unwrap_or_default().into_iter().map(|it| (it.alarm_name, it.alarm_actions));
            let composite = page.composite_alarms.unwrap_or_default().into_iter().map(|it| (it.alarm_name, it.alarm_actions));
            let log = page.log_alarms.unwrap_or_default().into_iter().map(|it| (it.alarm_name, it.alarm_actions));
            for (name, arns) in metric.chain(composite).chain(log) {
                actions.insert(name.unwrap_or_default(), arns.unwrap_or_default());
            }
        }
        let topics = |alarm: &str| -> Option<BTreeSet<String>> {
            Some(actions.get(alarm)?.iter().filter(|arn| is_topic(arn)).cloned().collect())
        };
        Ok(given.iter().filter_map(|alarm| Some((alarm.clone(), topics(alarm_name(alarm))?))).collect())
    }
}

fn is_topic(arn: &str) -> bool {
    Arn::of(arn).is_some_and(|arn| arn.service == "sns")
}

fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

/// SNS returns a text instead of the ARN of a subscription that is not confirmed or was deleted.
fn subscription(from: aws_sdk_sns::types::Subscription) -> Option<Subscription> {
    let arn = from.subscription_arn.unwrap_or_default();
    let (protocol, endpoint) = (from.protocol?, from.endpoint.unwrap_or_default());
    (arn != "Deleted").then(|| Subscription { protocol, endpoint, confirmed: Arn::of(&arn).is_some() })
}
