//! Items of the table and their attributes.

use std::{collections::HashMap, error::Error};

use aws_sdk_dynamodb::types::AttributeValue;
use crossover_model::{
    crossover::Crossover,
    error::{CloudError, Fault},
    journal::{Lease, TargetRecord},
    stop::Stop,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, de::DeserializeOwned};

pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) const CROSSOVER: &str = "crossover#";

/// How long the history is kept after a crossover's end.
const KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);

pub(super) fn target_pk(target: &str) -> String {
    format!("target#{target}")
}

/// The partition key of a target.
pub(super) fn target_of(item: &Item) -> Option<String> {
    Some(item.get("pk")?.as_s().ok()?.strip_prefix("target#")?.to_owned())
}

pub(super) fn state_key(target: &str) -> Item {
    key(target, "state".to_owned())
}

fn key(target: &str, sk: String) -> Item {
    HashMap::from([("pk".to_owned(), text(target_pk(target))), ("sk".to_owned(), text(sk))])
}

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: &impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The values of an expression.
pub(super) struct Values(pub(super) Item);

impl Values {
    pub(super) fn new() -> Self {
        Self(Item::new())
    }

    pub(super) fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    pub(super) fn number(self, name: &str, value: u64) -> Self {
        self.with(name, number(&value))
    }

    /// Nanoseconds, so that the end of a lease is exact.
    pub(super) fn time(self, name: &str, value: Timestamp) -> Self {
        self.with(name, number(&value.as_nanosecond()))
    }

    pub(super) fn text(self, name: &str, value: impl Into<String>) -> Self {
        self.with(name, text(value))
    }

    pub(super) fn none(self, name: &str) -> Self {
        self.with(name, AttributeValue::Null(true))
    }
}

/// The `#names` of expressions: any plain name may be, or become, a reserved word of DynamoDB.
pub(super) fn names(expressions: &[&str]) -> HashMap<String, String> {
    let words = expressions.iter().flat_map(|expression| expression.split(|c: char| !(c.is_alphanumeric() || "#_:".contains(c))));
    words.filter_map(|word| Some((word.to_owned(), word.strip_prefix('#')?.to_owned()))).collect()
}

pub(super) fn record(call: &str, item: &Item) -> Result<TargetRecord, CloudError> {
    Ok(TargetRecord {
        epoch: parsed_number(call, item, "epoch")?.unwrap_or(0),
        lease: parsed_json(call, item, "lease")?,
        released: time(call, item, "released")?,
        earlier: interrupted_before(call, item)?,
        stop: stop(call, Some(item))?,
        memory: parsed_json(call, item, "memory")?.unwrap_or_default(),
    })
}

/// The last command about pausing.
pub(super) fn stop(call: &str, item: Option<&Item>) -> Result<Option<Stop>, CloudError> {
    item.map_or(Ok(None), |item| parsed_json(call, item, "stop"))
}

/// The lease before the last one, if it was not released.
fn interrupted_before(call: &str, item: &Item) -> Result<Option<Lease>, CloudError> {
    let released = time(call, item, "before_released")?;
    Ok(parsed_json(call, item, "before_lease")?.filter(|_| released.is_none()))
}

/// The record as it was before the lease in `record`: the answer to a repeated request for it.
pub(super) fn before(call: &str, item: &Item, record: TargetRecord) -> Result<TargetRecord, CloudError> {
    Ok(TargetRecord {
        epoch: record.epoch.saturating_sub(1),
        lease: parsed_json::<Lease>(call, item, "before_lease")?,
        released: time(call, item, "before_released")?,
        earlier: None,
        ..record
    })
}

pub(super) fn crossover(call: &str, item: &Item) -> Result<Crossover, CloudError> {
    parsed_json(call, item, "crossover")?.ok_or_else(|| unfit(call, &format!("{} has no crossover", key_text(item))))
}

pub(super) fn crossover_item(call: &str, target: &str, crossover: &Crossover) -> Result<Item, CloudError> {
    let expires = crossover.ended.unwrap_or(crossover.started).as_second() + KEPT.as_secs();
    let mut item = key(target, format!("{CROSSOVER}{}", crossover.id));
    item.insert("crossover".to_owned(), text(json(call, crossover)?));
    item.insert("expires".to_owned(), number(&expires));
    Ok(item)
}

pub(super) fn json(call: &str, value: &impl Serialize) -> Result<String, CloudError> {
    serde_json::to_string(value).map_err(|error| with_cause(unfit(call, &error), error))
}

/// A value that the journal can't hold, or a stored one that can't be parsed.
pub(super) fn unfit(call: &str, why: &impl ToString) -> CloudError {
    CloudError::new(call, Fault::Refused, why.to_string())
}

fn with_cause(error: CloudError, cause: impl Error + Send + Sync + 'static) -> CloudError {
    CloudError { cause: Some(std::sync::Arc::new(cause)), ..error }
}

fn parsed_json<T: DeserializeOwned>(call: &str, item: &Item, name: &str) -> Result<Option<T>, CloudError> {
    let Some(Ok(text)) = item.get(name).map(AttributeValue::as_s) else { return Ok(None) };
    let not_understood =
        |error| with_cause(unfit(call, &format!("{name} of {} is not understood: {error}", key_text(item))), error);
    serde_json::from_str(text).map(Some).map_err(not_understood)
}

fn parsed_number<T: std::str::FromStr>(call: &str, item: &Item, name: &str) -> Result<Option<T>, CloudError> {
    let Some(Ok(text)) = item.get(name).map(AttributeValue::as_n) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| unfit(call, &format!("{name} of {} is not understood: {text}", key_text(item))))
}

fn time(call: &str, item: &Item, name: &str) -> Result<Option<Timestamp>, CloudError> {
    let Some(nanos) = parsed_number(call, item, name)? else { return Ok(None) };
    Timestamp::from_nanosecond(nanos).map(Some).map_err(|error| with_cause(unfit(call, &error), error))
}

fn key_text(item: &Item) -> String {
    let part = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map_or("?", String::as_str);
    format!("journal item {}/{}", part("pk"), part("sk"))
}
