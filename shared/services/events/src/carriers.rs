//! Unwraps a payload: nested records, and JSON in strings.

use crossover_model::{
    text::excerpt,
    trigger::{Command, EventSource, OWN_SOURCE, Own, Parsed, Refusal, Trigger},
};
use serde_json::{Map, Value};

use crate::{alarm, own_notification, service};

/// SNS in SQS has two levels; AWS sends at most three.
const DEEPEST: usize = 4;
/// Where a record has the text that it carries.
const CARRIED: [(&str, &str); 2] = [("/Sns/Message", ".Sns.Message"), ("/body", ".body")];

/// Parses a payload. An invalid record does not affect the others.
#[must_use]
pub(crate) fn parse(payload: &Value, sources: &[&EventSource], own: Option<&Own>) -> Parsed {
    let mut reader = Reader { sources, own, parsed: Parsed::default() };
    reader.open(payload, "", 0);
    reader.parsed
}

/// Parses one payload.
struct Reader<'a> {
    sources: &'a [&'a EventSource],
    own: Option<&'a Own>,
    parsed: Parsed,
}

impl Reader<'_> {
    fn open(&mut self, value: &Value, path: &str, depth: usize) {
        let trigger = match value {
            Value::Object(object) => match object.get("Records") {
                Some(Value::Array(records)) if depth < DEEPEST => {
                    if records.is_empty() {
                        self.refuse(path, "Records is empty".to_owned());
                    }
                    for (index, record) in records.iter().enumerate() {
                        self.open_record(record, &format!("{path}Records[{index}]"), depth + 1);
                    }
                    return;
                }
                _ => self.trigger(value, object, depth),
            },
            // EventBridge Pipes sends a batch without an envelope (EventBridge User Guide, "Pipes batching and concurrency").
            Value::Array(items) if depth < DEEPEST && !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    self.open_item(item, &format!("{path}[{index}]"), depth + 1);
                }
                return;
            }
            other => Err(not_understood(other)),
        };
        match trigger {
            Ok(trigger) => self.parsed.triggers.push(trigger),
            Err(why) => self.refuse(path, why),
        }
    }

    /// An item of a batch: a record of a queue or a topic, or an event.
    fn open_item(&mut self, item: &Value, path: &str, depth: usize) {
        let is_record = CARRIED.iter().any(|(pointer, _)| item.pointer(pointer).is_some());
        if is_record { self.open_record(item, path, depth) } else { self.open(item, &format!("{path} "), depth) }
    }

    fn open_record(&mut self, record: &Value, path: &str, depth: usize) {
        let carried = CARRIED.iter().find_map(|(pointer, name)| Some((record.pointer(pointer)?.as_str()?, name)));
        let Some((text, name)) = carried else {
            return self.refuse(path, not_understood(record));
        };
        let path = format!("{path}{name}");
        let message = match json(text) {
            Ok(message) => message,
            Err(error) => return self.refuse(&path, format!("is not JSON ({error}): {}", excerpt(text))),
        };
        // Without raw delivery, SQS messages have SNS's envelope.
        match message.get("Message").and_then(Value::as_str).map(json) {
            Some(Ok(inner)) => self.open(&inner, &format!("{path}.Message "), depth + 1),
            Some(Err(error)) => self.refuse(&path, format!("Message is not JSON ({error}): {}", excerpt(text))),
            None => self.open(&message, &format!("{path} "), depth + 1),
        }
    }

    fn trigger(&self, value: &Value, object: &Map<String, Value>, depth: usize) -> Result<Trigger, String> {
        let known = |event| {
            Trigger::Alarm(match self.own {
                Some(own) => alarm::as_known_at(event, own),
                None => event,
            })
        };
        let field = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
        if object.contains_key("alarmData") {
            return alarm::from_direct(value).map(known);
        }
        if object.contains_key("NewStateValue") {
            return alarm::from_sns_message(value).map(known);
        }
        if field("source") == OWN_SOURCE {
            return Ok(Trigger::OwnNotice);
        }
        if object.contains_key("command") {
            // A queue or a topic does not authenticate its writers.
            return if depth == 0 {
                Command::parse(object).map(Trigger::Manual)
            } else {
                Err("a command is accepted only as the payload itself, not from a topic or a queue".to_owned())
            };
        }
        match (field("source"), field("detail-type")) {
            (
                _,
                "CloudWatch Alarm State Change"
                | "CloudWatch Alarm Contributor State Change"
                | "CloudWatch Alarm Configuration Change",
            ) => alarm::from_event_bridge(value).map(known),
            ("aws.events" | "aws.scheduler", _) | (_, "Scheduled Event") => Ok(Trigger::Tick),
            _ => {
                let own = own_notification::as_event(value);
                let event = service::from_event_bridge(own.as_ref().unwrap_or(value), self.sources);
                event.map(Trigger::Service).ok_or_else(|| not_understood(value))
            }
        }
    }

    fn refuse(&mut self, path: &str, why: String) {
        self.parsed.refused.push(Refusal { path: path.trim_end().to_owned(), why });
    }
}

/// JSON in a text, with or without a byte-order mark, which JSON parsers may ignore (RFC 8259, section 8.1).
fn json(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text.trim_start_matches('\u{feff}'))
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
