//! An AWS service's own event, from EventBridge.

use std::{collections::BTreeSet, fmt};

use jiff::{Timestamp, fmt::rfc2822};
use serde_json::Value;

use crate::text::list;
use crate::text::{excerpt, plain};

/// The services whose events are understood, by EventBridge's `source`.
const SOURCES: [&str; 5] = ["aws.health", "aws.rds", "aws.ec2", "aws.autoscaling", "aws.arc-zonal-shift"];

/// Where a service writes what its event is about: one name, or a list of them.
const NAMES: [&str; 7] = [
    "/resources",
    "/detail/SourceArn",            // aws.rds
    "/detail/SourceIdentifier",     // aws.rds
    "/detail/instance-id",          // aws.ec2
    "/detail/EC2InstanceId",        // aws.autoscaling
    "/detail/AutoScalingGroupName", // aws.autoscaling
    "/detail/metadata/awayFrom",    // aws.arc-zonal-shift: a zone's id
];

/// What AWS Health writes for an entity when all of the account is affected: the name of no resource.
const ACCOUNT: &str = "AWS_ACCOUNT";

/// Where a service writes when; EventBridge's own `time`, of the delivery, comes last.
const TIMES: [&str; 4] = ["/detail/lastUpdatedTime", "/detail/startTime", "/detail/Date", "/time"];

/// AWS Health writes `Sat, 14 Mar 2026 03:12:00 GMT`; a weekday that is wrong makes no time unknown.
const HEALTH_TIME: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);

/// Names that a trigger's text has, before the rest is only counted.
const LISTED: usize = 3;

/// A service's event: it names resources or places, and says nothing that is believed before it is read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceEvent {
    /// EventBridge's source, as in `aws.rds`.
    pub source: String,
    /// What happened, in the service's own short words: an RDS event id, a Health event type code, `i-0a1b stopped`, …
    pub what: String,
    /// The resources and places that it is about: ids, names, and ARNs both whole and by their last part.
    pub names: BTreeSet<String>,
    /// When, if it says so in a way that can be read.
    pub at: Option<Timestamp>,
}

impl ServiceEvent {
    /// Whether it may be about more than the resources that it names: AWS Health has no field for a
    /// zone, and zonal autoshift names a zone by an id that is another one's in every account.
    #[must_use]
    pub fn is_about_a_place(&self) -> bool {
        self.names.is_empty() || self.source == "aws.arc-zonal-shift"
    }

    /// EventBridge's envelope around a service's event; none when its source is not one that is understood.
    pub(super) fn from_event_bridge(payload: &Value) -> Option<Self> {
        let source = text(payload, "/source").filter(|source| SOURCES.contains(source))?;
        Some(Self {
            source: source.to_owned(),
            what: excerpt(&what(source, payload)),
            names: names(payload),
            at: TIMES.into_iter().filter_map(|pointer| text(payload, pointer)).find_map(time),
        })
    }
}

impl fmt::Display for ServiceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.source, self.what)?;
        let short: BTreeSet<&str> = self.names.iter().map(|name| last_part(name).unwrap_or(name)).collect();
        let said = |name: &&str| self.what.split(' ').any(|word| word == *name);
        let more: Vec<String> = short.into_iter().filter(|name| !said(name)).map(excerpt).collect();
        if more.is_empty() { Ok(()) } else { write!(f, " on {}", list(more.iter().map(String::as_str), LISTED)) }
    }
}

/// The service's short words; EventBridge's `detail-type` where it has none, or they are new to us.
fn what(source: &str, payload: &Value) -> String {
    let kind = text(payload, "/detail-type").unwrap_or("event");
    let detail = |key: &str| text(payload, &format!("/detail/{key}"));
    let words = match (source, kind) {
        ("aws.health", _) => detail("eventTypeCode").map(|code| match detail("statusCode") {
            Some(status @ ("closed" | "upcoming")) => format!("{code} {status}"),
            _ => code.to_owned(),
        }),
        ("aws.rds", _) => detail("EventID").map(str::to_owned),
        ("aws.ec2", "EC2 Instance State-change Notification") => {
            detail("instance-id").zip(detail("state")).map(|(id, state)| format!("{id} {state}"))
        }
        ("aws.ec2", "EC2 Spot Instance Interruption Warning") => {
            detail("instance-id").zip(detail("instance-action")).map(|(id, action)| format!("{id} spot interruption ({action})"))
        }
        _ => None,
    };
    words.unwrap_or_else(|| kind.to_owned())
}

fn names(payload: &Value) -> BTreeSet<String> {
    let affected = payload.pointer("/detail/affectedEntities").and_then(Value::as_array).into_iter().flatten();
    let values = NAMES.into_iter().filter_map(|pointer| payload.pointer(pointer));
    let texts = values.chain(affected.filter_map(|entity| entity.get("entityValue"))).flat_map(|value| match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    });
    let names = texts.filter_map(Value::as_str).map(str::trim).filter(|name| !name.is_empty() && *name != ACCOUNT);
    names.flat_map(|name| std::iter::once(name).chain(last_part(name))).map(str::to_owned).collect()
}

/// What an ARN ends in: the resource's id or name.
fn last_part(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.rsplit(['/', ':']).next().filter(|part| !part.is_empty())
}

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| HEALTH_TIME.parse_timestamp(text).ok())
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str().filter(|text| !plain(text).trim().is_empty())
}
