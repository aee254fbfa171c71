//! Unwraps a payload: records in records, strings of JSON in JSON.

use serde_json::{Map, Value};

use super::{AlarmEvent, Command, ServiceEvent, Trigger};
use crate::text::excerpt;

/// What a payload can be, for those who sent something else.
pub const UNDERSTOOD: &str = "a CloudWatch alarm (its direct action, EventBridge, SNS, or SNS in SQS), \
                          an event of AWS Health, RDS, EC2, Auto Scaling or zonal autoshift \
                          (EventBridge, SNS, or SQS), a schedule's tick, or {\"command\":\"failover|status|pause|…\",…}";

/// SNS in SQS is two levels; nothing that AWS sends is deeper than three.
const DEEPEST: usize = 4;

/// What Crossover's own notices name as their source, in JSON.
pub const OWN_SOURCE: &str = "crossover";

/// What a payload was understood to be, record by record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    /// What was understood.
    pub triggers: Vec<Trigger>,
    /// What was not.
    pub refused: Vec<Refusal>,
}

/// A payload or a record that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where in the payload: empty for all of it.
    pub path: String,
    /// What was received, or what is wrong with it.
    pub why: String,
}

/// Refusals that are listed before the rest is only counted.
const LISTED: usize = 10;

/// The refusals in words.
#[must_use]
pub fn lines(refusals: &[Refusal]) -> Vec<String> {
    let line = |refusal: &Refusal| format!("{} {}", refusal.path, refusal.why).trim().to_owned();
    let mut lines: Vec<String> = refusals.iter().take(LISTED).map(line).collect();
    if refusals.len() > LISTED {
        lines.push(format!("and {} more", refusals.len() - LISTED));
    }
    lines
}

/// Reads a payload. Nothing in it can stop the records beside it from being understood.
#[must_use]
pub fn parse(payload: &Value) -> Parsed {
    let mut parsed = Parsed::default();
    unwrap(payload, "", 0, &mut parsed);
    parsed
}

/// Whether a payload, should it be a command, asks for nothing to be changed, even where it can't be
/// understood.
#[must_use]
pub fn asks_only(payload: &Value) -> bool {
    let question = |word: &Value| ["plan", "status", "history"].iter().any(|question| word == question);
    payload.get("dry_run") == Some(&Value::Bool(true)) || payload.get("command").is_some_and(question)
}

fn unwrap(value: &Value, path: &str, depth: usize, parsed: &mut Parsed) {
    let trigger = match value {
        Value::Object(object) => match object.get("Records") {
            Some(Value::Array(records)) if depth < DEEPEST => {
                if records.is_empty() {
                    refuse(parsed, path, "Records is empty".to_owned());
                }
                for (index, record) in records.iter().enumerate() {
                    unwrap_record(record, &format!("{path}Records[{index}]"), depth + 1, parsed);
                }
                return;
            }
            _ => trigger(value, object, depth),
        },
        other => Err(not_understood(other)),
    };
    match trigger {
        Ok(trigger) => parsed.triggers.push(trigger),
        Err(why) => refuse(parsed, path, why),
    }
}

fn unwrap_record(record: &Value, path: &str, depth: usize, parsed: &mut Parsed) {
    let carried = [("/Sns/Message", ".Sns.Message"), ("/body", ".body")]
        .into_iter()
        .find_map(|(pointer, name)| Some((record.pointer(pointer)?.as_str()?, name)));
    let Some((text, name)) = carried else {
        return refuse(parsed, path, not_understood(record));
    };
    let path = format!("{path}{name}");
    let message = match serde_json::from_str::<Value>(text) {
        Ok(message) => message,
        Err(error) => return refuse(parsed, &path, format!("is not JSON ({error}): {}", excerpt(text))),
    };
    // Without raw delivery SQS holds SNS's own envelope around the message.
    match message.get("Message").and_then(Value::as_str).map(serde_json::from_str::<Value>) {
        Some(Ok(inner)) => unwrap(&inner, &format!("{path}.Message "), depth + 1, parsed),
        Some(Err(error)) => refuse(parsed, &path, format!("Message is not JSON ({error}): {}", excerpt(text))),
        None => unwrap(&message, &format!("{path} "), depth + 1, parsed),
    }
}

fn trigger(value: &Value, object: &Map<String, Value>, depth: usize) -> Result<Trigger, String> {
    let field = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    if object.contains_key("alarmData") {
        return AlarmEvent::from_direct(value).map(Trigger::Alarm);
    }
    if object.contains_key("NewStateValue") {
        return AlarmEvent::from_sns_message(value).map(Trigger::Alarm);
    }
    if field("source") == OWN_SOURCE {
        return Ok(Trigger::OwnNotice);
    }
    if object.contains_key("command") {
        // A queue or a topic proves nothing of who wrote to it.
        return if depth == 0 {
            Command::parse(object).map(Trigger::Manual)
        } else {
            Err("a command is taken only as the payload itself, not from a topic or a queue".to_owned())
        };
    }
    match (field("source"), field("detail-type")) {
        (_, "CloudWatch Alarm State Change" | "CloudWatch Alarm Configuration Change") => {
            AlarmEvent::from_event_bridge(value).map(Trigger::Alarm)
        }
        ("aws.events" | "aws.scheduler", _) | (_, "Scheduled Event") => Ok(Trigger::Tick),
        _ => ServiceEvent::from_event_bridge(value).map(Trigger::Service).ok_or_else(|| not_understood(value)),
    }
}

fn refuse(parsed: &mut Parsed, path: &str, why: String) {
    parsed.refused.push(Refusal { path: path.trim_end().to_owned(), why });
}

fn not_understood(value: &Value) -> String {
    let received = match value {
        Value::Object(object) => {
            let kind = ["source", "detail-type"].into_iter().filter_map(|key| Some(format!("{key} {}", object.get(key)?)));
            let kind: Vec<String> = kind.collect();
            if kind.is_empty() {
                let keys: Vec<&str> = object.keys().map(String::as_str).take(12).collect();
                format!(
                    "an object with {}",
                    if keys.is_empty() { "no keys".to_owned() } else { format!("the keys {}", keys.join(", ")) }
                )
            } else {
                format!("an event with {}", kind.join(" and "))
            }
        }
        Value::Array(items) => format!("a list of {} items", items.len()),
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Err(error) => format!("a text that is not JSON ({error}): {}", excerpt(text)),
            Ok(_) => format!("JSON inside a text: {}", excerpt(text)),
        },
        other => excerpt(&other.to_string()),
    };
    format!("received {}", excerpt(&received))
}
