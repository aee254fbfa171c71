//! The alarms of the targets.

use serde_json::{Value, json};

/// The alarms of both sides of every target.
pub(super) const ALARMS: [&str; 2] = ["stub-a-unreachable", "stub-b-unreachable"];

/// The alarms of both sides.
pub(super) fn alarms(first: &str) -> Value {
    let alarm = |(name, state): (&str, &str)| {
        json!({
            "AlarmName": name,
            "AlarmArn": format!("arn:aws:cloudwatch:us-east-1:111122223333:alarm:{name}"),
            "StateValue": state,
            "StateTransitionedTimestamp": 1_773_457_928,
        })
    };
    let alarms: Vec<Value> = [(ALARMS[0], first), (ALARMS[1], "OK")].map(alarm).into();
    json!({ "MetricAlarms": alarms, "CompositeAlarms": [] })
}
