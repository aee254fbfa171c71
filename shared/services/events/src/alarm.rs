//! A CloudWatch alarm's change of state, through any of its carriers.

use crossover_model::{
    alarm::AlarmState,
    arn::Arn,
    trigger::{AlarmEvent, Own},
};
use serde_json::Value;

/// The same, as one who is at `own` knows it: an alarm of another account or Region has only its ARN there,
/// as one of ours may bear the same name.
#[must_use]
pub(crate) fn as_known_at(mut event: AlarmEvent, own: &Own) -> AlarmEvent {
    let arn = event.arn.clone().unwrap_or_default();
    let is_elsewhere = |arn: Arn<'_>| arn.service == "cloudwatch" && (arn.region != own.region || arn.account != own.account);
    if Arn::of(&arn).is_some_and(is_elsewhere) {
        event.name = arn;
    }
    event
}

/// An alarm action straight to Lambda (`alarmData`).
pub(crate) fn from_direct(payload: &Value) -> Result<AlarmEvent, String> {
    new(
        text(payload, "/alarmData/alarmName"),
        text(payload, "/alarmArn"),
        text(payload, "/alarmData/state/value"),
        text(payload, "/alarmData/state/timestamp").or_else(|| text(payload, "/time")),
    )
}

/// EventBridge's `CloudWatch Alarm State Change`, and `… Configuration Change`, which has no state.
pub(crate) fn from_event_bridge(payload: &Value) -> Result<AlarmEvent, String> {
    new(
        text(payload, "/detail/alarmName"),
        text(payload, "/resources/0"),
        text(payload, "/detail/state/value"),
        text(payload, "/detail/state/timestamp").or_else(|| text(payload, "/time")),
    )
}

/// The message that an alarm publishes to SNS.
pub(crate) fn from_sns_message(message: &Value) -> Result<AlarmEvent, String> {
    new(
        text(message, "/AlarmName"),
        text(message, "/AlarmArn"),
        text(message, "/NewStateValue"),
        text(message, "/StateChangeTime"),
    )
}

fn new(name: Option<&str>, arn: Option<&str>, state: Option<&str>, at: Option<&str>) -> Result<AlarmEvent, String> {
    let from_arn = || arn.and_then(Arn::of)?.named("alarm");
    let name = name.or_else(from_arn).ok_or("the alarm's name is missing")?;
    // The name is enough to look at the target; a state that is new to us says nothing of it.
    let state = state.and_then(AlarmState::parse).unwrap_or(AlarmState::InsufficientData);
    // Carriers write `+0000` and `Z`; jiff reads both. A time that can't be read is only unknown.
    let at = at.and_then(|at| at.parse().ok());
    Ok(AlarmEvent { name: name.to_owned(), arn: arn.map(str::to_owned), state, at })
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}
