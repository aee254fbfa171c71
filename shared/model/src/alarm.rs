//! What the controller asks of CloudWatch.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The metric of a zone's probe: 1 while the outside can be reached from there, 0 while it can't.
pub const PROBE_METRIC: &str = "ProbeReachable";

/// The state of a CloudWatch alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    /// Within the threshold.
    Ok,
    /// Outside the threshold.
    Alarm,
    /// Not enough data to say.
    InsufficientData,
}

impl AlarmState {
    /// Reads CloudWatch's own spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "OK" => Some(Self::Ok),
            "ALARM" => Some(Self::Alarm),
            "INSUFFICIENT_DATA" => Some(Self::InsufficientData),
            _ => None,
        }
    }

    /// CloudWatch's own spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// An alarm as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmReading {
    /// Its state.
    pub state: AlarmState,
    /// When it entered that state, if known.
    pub since: Option<Timestamp>,
    /// CloudWatch's reason.
    pub reason: String,
    /// Whom it calls by itself when it goes off.
    pub actions: AlarmActions,
    /// The metrics that it is on; empty for a composite alarm, and where that was not said.
    pub metrics: Vec<AlarmMetric>,
}

/// A metric that an alarm is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmMetric {
    /// Its name.
    pub name: String,
    /// The value of its dimension `zone`, as the probes' metric has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// Whom an alarm calls by itself when it goes off; EventBridge hears of it in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlarmActions {
    /// That was not said.
    #[default]
    Unknown,
    /// Nobody (`AlarmActions` is empty).
    None,
    /// Nobody, while its actions are disabled (`ActionsEnabled`).
    Disabled,
    /// Somebody.
    Enabled,
}

impl AlarmActions {
    /// Whether that was not said.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }
}
