//! The recipients of alarms and notices.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::finding::{Finding, Rule};
use serde::{Deserialize, Serialize};

use crate::{
    Scope,
    words::{distinct, listed},
};

const SUBSCRIBING: &str = "https://docs.aws.amazon.com/sns/latest/dg/sns-create-subscribe-endpoint-to-topic.html";

pub(crate) const ONE_LISTENER: Rule = Rule::error(
    "one-listener",
    "Alarms or notices reach fewer than two recipients",
    "The notice topic, or a topic that the topology's alarms notify, has fewer than two confirmed endpoints. When the \
     only recipient is away, failures go unnoticed.",
    "Subscribe a second person or a pager to the topic, and confirm the subscription.",
)
.or_warning("one endpoint is confirmed, or the topic is one that alarms notify");

/// A subscription of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// `email`, `sms`, `https`, `lambda`, …
    pub protocol: String,
    /// The endpoint; it is counted, and never shown.
    pub endpoint: String,
    /// Whether it was confirmed.
    #[serde(default)]
    pub confirmed: bool,
}

impl Subscription {
    /// Whether the endpoint is a program, which may or may not notify people.
    fn is_program(&self) -> bool {
        matches!(self.protocol.as_str(), "lambda" | "sqs" | "firehose")
    }
}

/// The topics of each alarm's actions.
type OfAlarms = BTreeMap<String, BTreeSet<String>>;
/// The subscriptions of each topic.
type Topics = BTreeMap<String, Vec<Subscription>>;

pub(crate) fn findings(alarm_topics: &OfAlarms, topics: &Topics, declared: &Scope) -> Vec<Finding> {
    let notice = declared.notice_topic.as_ref();
    let alarms = alarm_topics.values().flatten().collect::<BTreeSet<_>>();
    let alarms = alarms.into_iter().filter(|topic| Some(*topic) != notice);
    alarms
        .filter_map(|topic| of_alarms(alarm_topics, topics, topic))
        .chain(notice.and_then(|topic| of_notices(topics, topic)))
        .collect()
}

/// The number of endpoints of a topic; the same one over two protocols counts once.
fn reached(subscriptions: &[Subscription]) -> usize {
    distinct(subscriptions.iter().filter(|it| it.confirmed).map(|it| &it.endpoint)).len()
}

/// A topic with only programs as subscribers, such as Crossover's functions, is left out.
fn of_alarms(alarm_topics: &OfAlarms, topics: &Topics, topic: &str) -> Option<Finding> {
    let subscriptions = topics.get(topic)?;
    let confirmed = || subscriptions.iter().filter(|it| it.confirmed);
    if confirmed().next().is_some() && confirmed().all(Subscription::is_program) {
        return None;
    }
    let whom = whom(subscriptions)?;
    let alarms = alarm_topics.iter().filter(|(_, notified)| notified.contains(topic)).map(|(alarm, _)| alarm);
    let what = format!("{whom}, and receives the alarms {}: without that recipient, they reach no one", listed(alarms));
    Some(ONE_LISTENER.finding(resource(topic), what, fix(topic)).lowered().see(SUBSCRIBING))
}

fn of_notices(topics: &Topics, topic: &str) -> Option<Finding> {
    let subscriptions = topics.get(topic)?;
    let whom = whom(subscriptions)?;
    let what = format!("{whom}, and receives Crossover's notices: a held failover waits until a person reads one");
    let finding = ONE_LISTENER.finding(resource(topic), what, fix(topic)).see(SUBSCRIBING);
    Some(if reached(subscriptions) == 0 { finding } else { finding.lowered() })
}

fn whom(subscriptions: &[Subscription]) -> Option<String> {
    let waiting = subscriptions.iter().filter(|it| !it.confirmed).count();
    let waiting = if waiting == 0 { String::new() } else { format!(" ({waiting} not confirmed)") };
    match reached(subscriptions) {
        0 => Some(format!("reaches no confirmed endpoint{waiting}")),
        1 => Some(format!("reaches one endpoint only{waiting}")),
        _ => None,
    }
}

fn resource(topic: &str) -> String {
    format!("topic {topic}")
}

fn fix(topic: &str) -> String {
    format!(
        "subscribe a second person or a pager: aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint …, and confirm it"
    )
}
