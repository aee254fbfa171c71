//! Events of AWS services, from EventBridge.

use std::collections::BTreeSet;

use crossover_model::{
    arn::id_in,
    text::{excerpt, plain},
    trigger::{EventSource, ServiceEvent},
};
use jiff::{Timestamp, fmt::rfc2822};
use serde_json::Value;

/// The entity of AWS Health events that affect the whole account: it is not a resource.
const ACCOUNT: &str = "AWS_ACCOUNT";

/// The paths of an event's time; EventBridge's own `time`, of the delivery, comes last.
const TIMES: [&str; 4] = ["/detail/lastUpdatedTime", "/detail/startTime", "/detail/Date", "/time"];

/// AWS Health writes `Sat, 14 Mar 2026 03:12:00 GMT`; a wrong weekday is ignored.
const HEALTH_TIME: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);

/// An event of a service in EventBridge's envelope; `None` if its source is not one of these.
pub(crate) fn from_event_bridge(payload: &Value, sources: &[&EventSource]) -> Option<ServiceEvent> {
    let name = text(payload, "/source")?;
    let source = sources.iter().find(|source| source.source == name)?;
    let names = names(payload, source);
    // AWS Health has no field for a zone: an event without resources may be about one, or name one by its id, which no target has.
    let about_a_place = source.about_a_place || names.is_empty() || names.iter().any(|name| is_place(name));
    let at = TIMES.into_iter().filter_map(|pointer| text(payload, pointer)).find_map(time);
    Some(ServiceEvent { source: name.to_owned(), what: excerpt(&what(source, payload)), names, about_a_place, at })
}

/// A short text of the event; EventBridge's `detail-type` if the source has none for it.
fn what(source: &EventSource, payload: &Value) -> String {
    let detail_type = text(payload, "/detail-type").unwrap_or("event");
    let detail = |key: &str| text(payload, &format!("/detail/{key}")).map(str::to_owned);
    (source.what)(detail_type, &detail).unwrap_or_else(|| detail_type.to_owned())
}

fn names(payload: &Value, source: &EventSource) -> BTreeSet<String> {
    let affected = payload.pointer("/detail/affectedEntities").and_then(Value::as_array).into_iter().flatten();
    let values = ["/resources"].iter().chain(source.names).filter_map(|pointer| payload.pointer(pointer));
    let texts = values.chain(affected.filter_map(|entity| entity.get("entityValue"))).flat_map(|value| match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    });
    let names = texts.filter_map(Value::as_str).map(str::trim).filter(|name| !name.is_empty() && *name != ACCOUNT);
    names.flat_map(|name| std::iter::once(name).chain(id_in(name))).map(str::to_owned).collect()
}

/// Whether a name is that of an account, or of a zone, by its id as in `use1-az2` or its name as in `us-east-1a`.
fn is_place(name: &str) -> bool {
    let is_account = name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_zone_id = name.rsplit_once("-az").is_some_and(|(region, number)| !region.is_empty() && is_number(number));
    let parts: Vec<&str> = name.split('-').collect();
    let is_zone = |last: &str| last.strip_suffix(|end: char| end.is_ascii_lowercase()).is_some_and(is_number);
    let all_words =
        |words: &[&str]| words.len() >= 2 && words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()));
    is_account || is_zone_id || parts.split_last().is_some_and(|(last, words)| is_zone(last) && all_words(words))
}

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| HEALTH_TIME.parse_timestamp(text).ok())
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str().filter(|text| !plain(text).trim().is_empty())
}
