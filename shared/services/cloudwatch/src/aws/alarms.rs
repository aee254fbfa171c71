//! Alarms from CloudWatch.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_cloudwatch::{
    Client,
    types::{AlarmMuteRuleStatus, AlarmType, CompositeAlarm, Dimension, EvaluationState, LogAlarm, MetricAlarm, StateValue},
};
use aws_smithy_types::DateTime;
use crossover_aws::{Accounts, Regional, cloud_error};
use crossover_engine::ports::{AlarmReads, Alarms};
use crossover_model::{
    alarm::{AlarmActions, AlarmData, AlarmMetric, AlarmReading, AlarmState, Evaluation, Muted},
    arn::Arn,
    error::CloudError,
};
use futures::future::try_join_all;
use jiff::Timestamp;

use crate::{MUTE_RULES, READS, data};

/// `TreatMissingData` of an alarm that fires without data.
const BREACHING: &str = "breaching";
/// What precedes the name in the ARN of a mute rule (Service Authorization Reference, "Amazon CloudWatch", resource types).
const MUTE_RULE: &str = ":alarm-mute-rule:";
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
        self.first(source, |client| describe(client, &names)).await
    }

    /// What the first role that can read it reads of one account and Region.
    async fn first<T, F>(&self, source: Option<Source<'_>>, read: impl Fn(Client) -> F) -> Result<Vec<T>, CloudError>
    where
        F: Future<Output = Result<Vec<T>, CloudError>>,
    {
        let mut refused = None;
        for client in self.clients(source) {
            match read(client).await {
                Ok(read) => return Ok(read),
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

    async fn read_muted(&self, names: &BTreeSet<String>) -> Result<Muted, CloudError> {
        let sources: BTreeSet<Option<Source<'_>>> = names.iter().map(|given| located(given).0).collect();
        let calls = sources.into_iter().map(|source| async move { Ok((source, self.first(source, muting).await?)) });
        let rules: Vec<(Option<Source<'_>>, Vec<MuteRule>)> = try_join_all(calls).await?;
        let rule_of = |given: &String| {
            let (source, name) = located(given);
            let mut here = rules.iter().filter(|(of, _)| *of == source).flat_map(|(_, rules)| rules);
            here.find(|rule| rule.alarms.contains(name)).map(|rule| (given.clone(), rule.name.clone()))
        };
        Ok(names.iter().filter_map(rule_of).collect())
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
        // Without the types only metric alarms are returned (CloudWatch API Reference, `DescribeAlarms`, `AlarmTypes`).
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm)
        .alarm_types(AlarmType::LogAlarm)
        .max_records(MOST_A_PAGE)
        .into_paginator()
        .send();
    let mut described = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| cloud_error(READS.operation, error))?;
        described.extend(page.metric_alarms.unwrap_or_default().into_iter().map(metric));
        described.extend(page.composite_alarms.unwrap_or_default().into_iter().map(composite));
        described.extend(page.log_alarms.unwrap_or_default().into_iter().map(log));
    }
    Ok(described)
}

/// A mute rule that is active, with the names of its alarms.
struct MuteRule {
    name: String,
    alarms: BTreeSet<String>,
}

/// The active mute rules of an account and Region. The list has no alarms, so each rule is read (CloudWatch API Reference,
/// `ListAlarmMuteRules` and `GetAlarmMuteRule`).
async fn muting(client: Client) -> Result<Vec<MuteRule>, CloudError> {
    let mut pages =
        client.list_alarm_mute_rules().statuses(AlarmMuteRuleStatus::Active).max_records(MOST_A_PAGE).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| cloud_error(MUTE_RULES, error))?;
        let arns = page.alarm_mute_rule_summaries.unwrap_or_default().into_iter().filter_map(|rule| rule.alarm_mute_rule_arn);
        names.extend(arns.filter_map(|arn| Some(arn.split_once(MUTE_RULE)?.1.to_owned())));
    }
    let client = &client;
    try_join_all(names.into_iter().map(|name| async move {
        let rule = client.get_alarm_mute_rule().alarm_mute_rule_name(&name).send().await;
        let targets = rule.map_err(|error| cloud_error("cloudwatch:GetAlarmMuteRule", error))?.mute_targets;
        let alarms = targets.and_then(|targets| targets.alarm_names).unwrap_or_default();
        Ok(MuteRule { name, alarms: alarms.into_iter().collect() })
    }))
    .await
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
    let missing_breaches = alarm.treat_missing_data.as_deref() == Some(BREACHING);
    let is_alarm = alarm.state_value == Some(StateValue::Alarm);
    let is_missing = is_alarm && missing_breaches && alarm.state_reason_data.as_deref().is_some_and(data::is_missing);
    let evaluation = evaluation(alarm.evaluation_state.as_ref());
    let data = AlarmData { missing_breaches, is_missing, evaluation, children: BTreeSet::new() };
    let reading = reading(alarm.state_value.as_ref(), since, alarm.state_reason, actions, metrics, data);
    Described { arn: alarm.alarm_arn.unwrap_or_default(), name: alarm.alarm_name.unwrap_or_default(), reading }
}

fn composite(alarm: CompositeAlarm) -> Described {
    let since = alarm.state_transitioned_timestamp.or(alarm.state_updated_timestamp);
    let actions = actions(alarm.actions_enabled, alarm.alarm_actions.as_deref());
    let children = data::children(alarm.alarm_rule.as_deref().unwrap_or_default(), alarm.alarm_arn.as_deref());
    let data = AlarmData { children, ..AlarmData::default() };
    let reading = reading(alarm.state_value.as_ref(), since, alarm.state_reason, actions, Vec::new(), data);
    Described { arn: alarm.alarm_arn.unwrap_or_default(), name: alarm.alarm_name.unwrap_or_default(), reading }
}

/// An alarm on the results of a scheduled query of logs.
fn log(alarm: LogAlarm) -> Described {
    let since = alarm.state_transitioned_timestamp.or(alarm.state_updated_timestamp);
    let actions = actions(alarm.actions_enabled, alarm.alarm_actions.as_deref());
    let missing_breaches = alarm.treat_missing_data.as_deref() == Some(BREACHING);
    let evaluation = evaluation(alarm.evaluation_state.as_ref());
    let data = AlarmData { missing_breaches, evaluation, ..AlarmData::default() };
    let reading = reading(alarm.state_value.as_ref(), since, alarm.state_reason, actions, Vec::new(), data);
    Described { arn: alarm.alarm_arn.unwrap_or_default(), name: alarm.alarm_name.unwrap_or_default(), reading }
}

/// What the evaluation lacked (CloudWatch User Guide, "Alarm evaluation", "Alarm evaluation state").
fn evaluation(state: Option<&EvaluationState>) -> Option<Evaluation> {
    state.map(|state| Evaluation::parse(state.as_str()))
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
    data: AlarmData,
) -> AlarmReading {
    AlarmReading {
        // An unknown state is no evidence for or against the side.
        state: state.and_then(|state| AlarmState::parse(state.as_str())).unwrap_or(AlarmState::InsufficientData),
        since: since.and_then(timestamp),
        reason: reason.unwrap_or_default(),
        actions,
        metrics,
        data,
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
    fn an_alarm_says_what_its_evaluation_lacked() {
        let lacks = |state: Option<EvaluationState>| {
            let alarm = MetricAlarm::builder().state_value(StateValue::Ok).set_evaluation_state(state.clone()).build();
            let logs = LogAlarm::builder().state_value(StateValue::Ok).set_evaluation_state(state).build();
            let (alarm, logs) = (metric(alarm).reading, log(logs).reading);
            assert_eq!((alarm.state, alarm.data.evaluation), (logs.state, logs.data.evaluation));
            (alarm.evidence(), alarm.data.evaluation)
        };
        assert_eq!(lacks(None), (AlarmState::Ok, None));
        for (state, expected) in [
            (EvaluationState::EvaluationFailure, Evaluation::Failed),
            (EvaluationState::EvaluationError, Evaluation::Misconfigured),
            (EvaluationState::PartialData, Evaluation::Partial),
            (EvaluationState::from("IN_WARM_UP"), Evaluation::Other),
        ] {
            assert_eq!(lacks(Some(state)), (AlarmState::InsufficientData, Some(expected)));
        }
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
