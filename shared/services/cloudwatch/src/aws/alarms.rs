//! Alarms from CloudWatch.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_cloudwatch::{
    Client,
    types::{AlarmType, CompositeAlarm, Dimension, MetricAlarm, StateValue},
};
use aws_smithy_types::DateTime;
use crossover_aws::{Accounts, Regional, cloud_error};
use crossover_engine::ports::{AlarmReads, Alarms};
use crossover_model::{
    alarm::{AlarmActions, AlarmMetric, AlarmReading, AlarmState},
    arn::Arn,
    error::CloudError,
};
use futures::future::try_join_all;
use jiff::Timestamp;

use crate::READS;

/// `DescribeAlarms`: the largest page; the default is half of it.
const MOST_A_PAGE: i32 = 100;

/// CloudWatch, in the function's own Region and in those of ARNs, in each account.
#[derive(Debug)]
pub struct CloudWatchAlarms {
    own: Regional<Client>,
    /// The clients of the accounts with a role, by their ids; one for each role.
    others: BTreeMap<String, Vec<Regional<Client>>>,
}

impl CloudWatchAlarms {
    /// CloudWatch of these accounts.
    #[must_use]
    pub fn new(accounts: &Accounts) -> Self {
        let of = |config| Regional::new(config, Client::new);
        let all = accounts.others().into_iter();
        let others = all.map(|(account, configs)| (account, configs.into_iter().map(of).collect())).collect();
        Self { own: of(accounts.config(None)), others }
    }

    /// The clients that may read an alarm, in order; an alarm without an ARN is in the function's own
    /// account and Region.
    fn clients(&self, source: Option<Source<'_>>) -> Vec<Client> {
        let Some(source) = source else { return vec![self.own.client(None)] };
        let roles = self.others.get(source.account).map_or(std::slice::from_ref(&self.own), Vec::as_slice);
        roles.iter().map(|clients| clients.client(Some(source.region))).collect()
    }

    /// The alarms of one account and Region, through the first role that can read them.
    async fn read(&self, source: Option<Source<'_>>, names: Vec<&str>) -> Result<Vec<Described>, CloudError> {
        let mut refused = None;
        for client in self.clients(source) {
            match describe(client, &names).await {
                Ok(described) => return Ok(described),
                Err(error) => refused = Some(error),
            }
        }
        refused.map_or_else(|| Ok(Vec::new()), Err)
    }
}

#[async_trait]
impl Alarms for CloudWatchAlarms {
    fn reads(&self) -> AlarmReads {
        READS
    }

    fn enable_actions(&self, alarm: &str) -> String {
        crate::enable_actions(alarm)
    }

    async fn read_alarms(&self, names: &BTreeSet<String>) -> Result<BTreeMap<String, AlarmReading>, CloudError> {
        let mut by_source: BTreeMap<Option<Source<'_>>, Vec<&str>> = BTreeMap::new();
        for given in names {
            let (source, name) = located(given);
            by_source.entry(source).or_default().push(name);
        }
        let calls = by_source.into_iter().map(|(source, names)| async move { Ok((source, self.read(source, names).await?)) });
        let described: Vec<(Option<Source<'_>>, Vec<Described>)> = try_join_all(calls).await?;

        let all = || described.iter().flat_map(|(source, alarms)| alarms.iter().map(move |alarm| (source, alarm)));
        let by_arn: BTreeMap<&str, &Described> = all().map(|(_, alarm)| (alarm.arn.as_str(), alarm)).collect();
        let here = all().filter(|(source, _)| source.is_none());
        let by_name: BTreeMap<&str, &Described> = here.map(|(_, alarm)| (alarm.name.as_str(), alarm)).collect();
        let found = |given: &String| by_arn.get(given.as_str()).or_else(|| by_name.get(given.as_str())).copied();
        Ok(names.iter().filter_map(|given| Some((given.clone(), found(given)?.reading.clone()))).collect())
    }
}

struct Described {
    arn: String,
    name: String,
    reading: AlarmReading,
}

/// The account and Region that an alarm is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Source<'a> {
    account: &'a str,
    region: &'a str,
}

/// The source and the name in an alarm's ARN; a plain name has no source.
fn located(given: &str) -> (Option<Source<'_>>, &str) {
    let arn = Arn::of(given).filter(|arn| arn.service == "cloudwatch");
    let named = arn.and_then(|arn| Some((Some(Source { account: arn.account, region: arn.region }), arn.named("alarm")?)));
    named.unwrap_or((None, given))
}

async fn describe(client: Client, names: &[&str]) -> Result<Vec<Described>, CloudError> {
    let mut pages = client
        .describe_alarms()
        .set_alarm_names(Some(names.iter().map(|name| (*name).to_owned()).collect()))
        // Without the types only metric alarms are returned.
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm)
        .max_records(MOST_A_PAGE)
        .into_paginator()
        .send();
    let mut described = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| cloud_error(READS.operation, error))?;
        described.extend(page.metric_alarms.unwrap_or_default().into_iter().map(metric));
        described.extend(page.composite_alarms.unwrap_or_default().into_iter().map(composite));
    }
    Ok(described)
}

fn metric(alarm: MetricAlarm) -> Described {
    let since = alarm.state_transitioned_timestamp.or(alarm.state_updated_timestamp);
    let actions = actions(alarm.actions_enabled, alarm.alarm_actions.as_deref());
    // An alarm on several metrics has them by metric math.
    let math = alarm.metrics.unwrap_or_default().into_iter().filter_map(|query| {
        let metric = query.metric_stat?.metric?;
        Some((metric.metric_name?, metric.dimensions))
    });
    let all = alarm.metric_name.map(|name| (name, alarm.dimensions)).into_iter().chain(math);
    let metrics = all.map(|(name, dimensions)| AlarmMetric { name, zone: zone(dimensions.as_deref()) }).collect();
    let reading = reading(alarm.state_value.as_ref(), since, alarm.state_reason, actions, metrics);
    Described { arn: alarm.alarm_arn.unwrap_or_default(), name: alarm.alarm_name.unwrap_or_default(), reading }
}

fn composite(alarm: CompositeAlarm) -> Described {
    let since = alarm.state_transitioned_timestamp.or(alarm.state_updated_timestamp);
    let actions = actions(alarm.actions_enabled, alarm.alarm_actions.as_deref());
    let reading = reading(alarm.state_value.as_ref(), since, alarm.state_reason, actions, Vec::new());
    Described { arn: alarm.alarm_arn.unwrap_or_default(), name: alarm.alarm_name.unwrap_or_default(), reading }
}

fn zone(dimensions: Option<&[Dimension]>) -> Option<String> {
    dimensions?.iter().find(|dimension| dimension.name() == Some("zone"))?.value().map(str::to_owned)
}

/// A response without a list is incomplete; CloudWatch returns an empty one if there are none.
fn actions(enabled: Option<bool>, calls: Option<&[String]>) -> AlarmActions {
    match (enabled, calls) {
        (_, None) => AlarmActions::Unknown,
        (_, Some([])) => AlarmActions::None,
        (Some(false), Some(_)) => AlarmActions::Disabled,
        (_, Some(_)) => AlarmActions::Enabled,
    }
}

fn reading(
    state: Option<&StateValue>,
    since: Option<DateTime>,
    reason: Option<String>,
    actions: AlarmActions,
    metrics: Vec<AlarmMetric>,
) -> AlarmReading {
    AlarmReading {
        // An unknown state is no evidence for or against the side.
        state: state.and_then(|state| AlarmState::parse(state.as_str())).unwrap_or(AlarmState::InsufficientData),
        since: since.and_then(timestamp),
        reason: reason.unwrap_or_default(),
        actions,
        metrics,
    }
}

fn timestamp(time: DateTime) -> Option<Timestamp> {
    Timestamp::from_nanosecond(time.as_nanos()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_has_a_region_and_a_name_with_colons() {
        let arn = "arn:aws-cn:cloudwatch:cn-north-1:111122223333:alarm:nat: zone a";
        assert_eq!(located(arn), (Some(Source { account: "111122223333", region: "cn-north-1" }), "nat: zone a"));
        assert_eq!(located("nat-use1a"), (None, "nat-use1a"));
        assert_eq!(located("arn:aws:sns:us-east-1:1:t"), (None, "arn:aws:sns:us-east-1:1:t"));
    }

    #[test]
    fn an_alarm_with_disabled_actions_notifies_no_one() {
        let topic = ["arn:aws:sns:us-east-1:111122223333:t".to_owned()];
        assert_eq!(actions(Some(true), Some(&topic)), AlarmActions::Enabled);
        assert_eq!(actions(None, Some(&topic)), AlarmActions::Enabled);
        assert_eq!(actions(Some(false), Some(&topic)), AlarmActions::Disabled);
        assert_eq!(actions(Some(true), Some(&[])), AlarmActions::None);
        assert_eq!(actions(Some(true), None), AlarmActions::Unknown);
    }

    #[test]
    fn an_alarm_has_the_zone_of_its_metric() {
        let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
        let alarm = MetricAlarm::builder()
            .metric_name("ProbeReachable")
            .dimensions(dimension("kind", "nat"))
            .dimensions(dimension("zone", "us-east-1a"))
            .build();
        let expected = AlarmMetric { name: "ProbeReachable".to_owned(), zone: Some("us-east-1a".to_owned()) };
        assert_eq!(metric(alarm).reading.metrics, [expected]);
        let without = MetricAlarm::builder().metric_name("ProbeReachable").build();
        assert_eq!(metric(without).reading.metrics, [AlarmMetric { name: "ProbeReachable".to_owned(), zone: None }]);
    }

    #[test]
    fn times_keep_their_milliseconds() {
        let time = DateTime::from_millis(1_781_000_000_123);
        assert_eq!(timestamp(time), Timestamp::from_millisecond(1_781_000_000_123).ok());
    }
}
