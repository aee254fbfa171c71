//! Where the VPC has endpoints of AWS: what the other zones see, and straight to the controller.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_controller::cloud::{AlarmState, CloudError};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::verdict::Reach;

/// What endpoints of AWS in the VPC allow for.
#[async_trait]
pub trait Endpoints: Send + Sync {
    /// The state of the other zones' alarms, by name; empty when none are named.
    async fn others(&self) -> Result<BTreeMap<String, AlarmState>, CloudError>;

    /// Invokes the controller, which answers nobody.
    async fn invoke(&self, payload: &Value) -> Result<(), CloudError>;
}

/// What the other zones see, in words.
#[must_use]
pub fn view(others: &Result<BTreeMap<String, AlarmState>, CloudError>) -> String {
    let others = match others {
        Ok(others) if others.is_empty() => return "the other zones are not known".to_owned(),
        Ok(others) => others,
        Err(error) => return format!("the other zones could not be asked: {error}"),
    };
    let each: Vec<String> = others.iter().map(|(alarm, state)| format!("{alarm} {}", state.as_str())).collect();
    let sick = others.values().filter(|state| **state == AlarmState::Alarm).count();
    let all = match sick {
        0 => "only here",
        sick if sick == others.len() => "everywhere: the outside may be what is sick",
        _ => "in some zones",
    };
    format!("{all} ({})", each.join(", "))
}

/// The trigger for the controller: as the alarm would send it, who reads the alarms again before it does anything.
/// None while nothing is known.
#[must_use]
pub fn trigger(alarm_arn: &str, zone: &str, reach: Reach, others: &str, at: Timestamp) -> Option<Value> {
    let state = match reach {
        Reach::Unknown => return None,
        Reach::Reachable => AlarmState::Ok,
        Reach::Unreachable => AlarmState::Alarm,
    };
    let parts: Vec<&str> = alarm_arn.splitn(7, ':').collect();
    let [_, _, _, region, account, _, name] = parts[..] else { return None };
    let reason = format!("the probe of {zone} finds the outside {}; {others}", reach.as_str());
    Some(json!({
        "source": "aws.cloudwatch",
        "alarmArn": alarm_arn,
        "accountId": account,
        "region": region,
        "time": at,
        "alarmData": {
            "alarmName": name,
            "state": { "value": state.as_str(), "reason": reason, "timestamp": at },
        },
    }))
}
