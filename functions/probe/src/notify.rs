//! With AWS endpoints in the VPC: reads the other zones' alarms and invokes the controller directly.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use crossover_model::{alarm::AlarmState, arn::Arn, error::CloudError};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::verdict::Reach;

/// The longest wait for the other zones' alarms, which are only additional information.
const VIEW: Duration = Duration::from_millis(300);

/// The calls through AWS endpoints in the VPC.
#[async_trait]
pub trait Endpoints: Send + Sync {
    /// The state of the other zones' alarms, by name; empty if none are configured.
    async fn others(&self) -> Result<BTreeMap<String, AlarmState>, CloudError>;

    /// Invokes the controller asynchronously.
    async fn invoke(&self, payload: &Value) -> Result<(), CloudError>;
}

/// The other zones' results, in words.
#[must_use]
pub fn view(others: &Result<BTreeMap<String, AlarmState>, CloudError>) -> String {
    let others = match others {
        Ok(others) if others.is_empty() => return "the other zones are not configured".to_owned(),
        Ok(others) => others,
        Err(error) => return format!("the other zones' alarms could not be read: {error}"),
    };
    let each: Vec<String> = others.iter().map(|(alarm, state)| format!("{alarm} {}", state.as_str())).collect();
    let unhealthy = others.values().filter(|state| **state == AlarmState::Alarm).count();
    let all = match unhealthy {
        0 => "only here",
        unhealthy if unhealthy == others.len() => "everywhere: the problem may be outside of AWS",
        _ => "in some zones",
    };
    format!("{all} ({})", each.join(", "))
}

/// The trigger for the controller, as the alarm would send it: the controller reads the alarms again before it acts.
/// `None` without a verdict.
#[must_use]
pub fn trigger(alarm_arn: &str, zone: &str, reach: Reach, others: &str, at: Timestamp) -> Option<Value> {
    let state = match reach {
        Reach::Unknown => return None,
        Reach::Reachable => AlarmState::Ok,
        Reach::Unreachable => AlarmState::Alarm,
    };
    let arn = Arn::of(alarm_arn)?;
    let (region, account, name) = (arn.region, arn.account, arn.named("alarm")?);
    let reason = format!("the probe of {zone} finds the Internet {}; {others}", reach.as_str());
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

/// Notifies the controller when the verdict changes, and again after each round until the controller accepts it.
pub struct Notifier<'t> {
    endpoints: &'t dyn Endpoints,
    alarm: &'t str,
    zone: &'t str,
    /// Whether the controller has not yet accepted the verdict.
    pending: bool,
}

impl<'t> Notifier<'t> {
    /// A notifier for the alarm with this ARN, of this zone; nothing is pending.
    #[must_use]
    pub fn new(endpoints: &'t dyn Endpoints, alarm: &'t str, zone: &'t str) -> Self {
        Self { endpoints, alarm, zone, pending: false }
    }

    /// Runs after a round that ended at `at`; `before` is the verdict before it. Returns at `until` at the latest.
    pub async fn after_round(&mut self, before: Reach, reach: Reach, at: Timestamp, until: Instant) {
        self.pending = self.pending || is_change(before, reach);
        if self.pending {
            self.pending = !self.notify(reach, at, until).await;
        }
    }

    /// Whether the controller accepted it.
    async fn notify(&self, reach: Reach, at: Timestamp, until: Instant) -> bool {
        // A slow CloudWatch must not use up the time of the invocation.
        let now = Instant::now();
        let seen_until = now + VIEW.min(until.saturating_duration_since(now) / 2);
        let others = timeout_at(seen_until, self.endpoints.others()).await;
        let others = others.map_or_else(|_| "the other zones' alarms could not be read in time".to_owned(), |read| view(&read));
        tracing::info!(zone = self.zone, reach = reach.as_str(), others, "the verdict has changed");
        let Some(payload) = trigger(self.alarm, self.zone, reach, &others, at) else { return true };
        let error = match timeout_at(until, self.endpoints.invoke(&payload)).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer before the next round".to_owned(),
        };
        tracing::warn!(zone = self.zone, error, "the controller could not be invoked");
        false
    }
}

/// A reachable Internet is a change only after it was unreachable: a good first verdict is not sent.
fn is_change(before: Reach, reach: Reach) -> bool {
    before != reach && (before, reach) != (Reach::Unknown, Reach::Reachable)
}
