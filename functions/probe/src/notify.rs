//! Where the VPC has endpoints of AWS: what the other zones see, and straight to the controller.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use crossover_model::{alarm::AlarmState, arn::Arn, error::CloudError};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::verdict::Reach;

/// How long the other zones' view may take: it is only said beside the notification.
const VIEW: Duration = Duration::from_millis(300);

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
    let unhealthy = others.values().filter(|state| **state == AlarmState::Alarm).count();
    let all = match unhealthy {
        0 => "only here",
        unhealthy if unhealthy == others.len() => "everywhere: the outside may be what is sick",
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
    let arn = Arn::of(alarm_arn)?;
    let (region, account, name) = (arn.region, arn.account, arn.named("alarm")?);
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

/// Notifies the controller when what is known changes, and again after each round until the controller has taken it.
pub struct Notifier<'t> {
    endpoints: &'t dyn Endpoints,
    alarm: &'t str,
    zone: &'t str,
    /// The controller has not taken yet what is known.
    pending: bool,
}

impl<'t> Notifier<'t> {
    /// A notifier that speaks for the alarm with this ARN, of this zone; nothing is pending.
    #[must_use]
    pub fn new(endpoints: &'t dyn Endpoints, alarm: &'t str, zone: &'t str) -> Self {
        Self { endpoints, alarm, zone, pending: false }
    }

    /// After a round that ended at `at`: `before` is what was known before it. Returns at `until` at the latest.
    pub async fn after_round(&mut self, before: Reach, reach: Reach, at: Timestamp, until: Instant) {
        self.pending = self.pending || is_news(before, reach);
        if self.pending {
            self.pending = !self.notify(reach, at, until).await;
        }
    }

    /// Whether the controller took it.
    async fn notify(&self, reach: Reach, at: Timestamp, until: Instant) -> bool {
        // A CloudWatch that hangs must not use up the time of the call itself.
        let now = Instant::now();
        let seen_until = now + VIEW.min(until.saturating_duration_since(now) / 2);
        let others = timeout_at(seen_until, self.endpoints.others()).await;
        let others = others.map_or_else(|_| "the other zones' alarms could not be read in time".to_owned(), |read| view(&read));
        tracing::info!(zone = self.zone, reach = reach.as_str(), others, "what is known has changed");
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

/// That the outside is reachable is news only after it was not: an invocation that begins well says nothing.
fn is_news(before: Reach, reach: Reach) -> bool {
    before != reach && (before, reach) != (Reach::Unknown, Reach::Reachable)
}
