//! State changes of CloudWatch alarms, in all event formats.

use crossover_model::{
    alarm::AlarmState,
    arn::Arn,
    trigger::{AlarmEvent, Own},
};
use serde_json::Value;

/// Parses an alarm event for a function in `own`: an alarm of another account or Region is known only by its ARN there,
/// because a local alarm may have the same name.
#[must_use]
pub(crate) fn as_known_at(mut event: AlarmEvent, own: &Own) -> AlarmEvent {
    let arn = event.arn.clone().unwrap_or_default();
    let is_elsewhere = |arn: Arn<'_>| arn.service == "cloudwatch" && (arn.region != own.region || arn.account != own.account);
    if Arn::of(&arn).is_some_and(is_elsewhere) {
        event.name = arn;
    }
    event
}

/// A direct alarm action to Lambda (`alarmData`).
pub(crate) fn from_direct(payload: &Value) -> Result<AlarmEvent, String> {
    let state = payload.pointer("/alarmData/state");
    let event = new(
        text(payload, "/alarmData/alarmName"),
        text(payload, "/alarmArn"),
        evidence(state),
        field(state, "timestamp").or_else(|| text(payload, "/time")),
    );
    Ok(of_contributor(event?, payload.pointer("/alarmData/alarmContributor")))
}

/// EventBridge's `CloudWatch Alarm State Change`, `… Contributor State Change`, and `… Configuration Change`, which has no state.
pub(crate) fn from_event_bridge(payload: &Value) -> Result<AlarmEvent, String> {
    let state = payload.pointer("/detail/state");
    let event = new(
        text(payload, "/detail/alarmName"),
        text(payload, "/resources/0"),
        evidence(state),
        field(state, "timestamp").or_else(|| text(payload, "/time")),
    );
    Ok(of_contributor(event?, payload.pointer("/detail/alarmContributor")))
}

/// The SNS message of an alarm.
pub(crate) fn from_sns_message(message: &Value) -> Result<AlarmEvent, String> {
    let event = new(
        text(message, "/AlarmName"),
        text(message, "/AlarmArn"),
        text(message, "/NewStateValue"),
        text(message, "/StateChangeTime"),
    );
    Ok(of_contributor(event?, message.pointer("/AlarmContributorId")))
}

/// An event of one contributor of an alarm on several time series. The alarm is in ALARM while any contributor is (CloudWatch User
/// Guide, "Alarms on multiple time series"), so only that is evidence about it: another state of one contributor says nothing
/// about the others. An event without a time is no evidence.
fn of_contributor(event: AlarmEvent, contributor: Option<&Value>) -> AlarmEvent {
    if contributor.is_none_or(Value::is_null) || event.state == AlarmState::Alarm {
        return event;
    }
    AlarmEvent { state: AlarmState::InsufficientData, at: None, ..event }
}

/// The state of an alarm, unless its evaluation lacked something: it is then no evidence (CloudWatch User Guide, "How partial
/// data is handled", whose events have an `evaluationState`). What fires on a part of its data fires.
fn evidence(state: Option<&Value>) -> Option<&str> {
    let value = field(state, "value");
    match field(state, "evaluationState") {
        None => value,
        Some("PARTIAL_DATA") => value.filter(|value| *value == "ALARM"),
        Some(_) => None,
    }
}

fn field<'v>(state: Option<&'v Value>, name: &str) -> Option<&'v str> {
    state?.get(name)?.as_str()
}

fn new(name: Option<&str>, arn: Option<&str>, state: Option<&str>, at: Option<&str>) -> Result<AlarmEvent, String> {
    let from_arn = || arn.and_then(Arn::of)?.named("alarm");
    let name = name.or_else(from_arn).ok_or("the alarm's name is missing")?;
    // The name is enough to reconcile the target; an unknown state is ignored.
    let state = state.and_then(AlarmState::parse).unwrap_or(AlarmState::InsufficientData);
    // The formats have `+0000` and `Z`; jiff parses both. An invalid time is treated as unknown.
    let at = at.and_then(|at| at.parse().ok());
    Ok(AlarmEvent { name: name.to_owned(), arn: arn.map(str::to_owned), state, at })
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}
