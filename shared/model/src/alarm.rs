//! Alarms and their states.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The metric of a zone's probe: 1 while the probe can reach the Internet, 0 while it can't.
pub const PROBE_METRIC: &str = "ProbeReachable";

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    /// Within the threshold.
    Ok,
    /// Outside the threshold.
    Alarm,
    /// Not enough data to determine the state.
    InsufficientData,
}

impl AlarmState {
    /// Parses the service's spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "OK" => Some(Self::Ok),
            "ALARM" => Some(Self::Alarm),
            "INSUFFICIENT_DATA" => Some(Self::InsufficientData),
            _ => None,
        }
    }

    /// The service's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// The current state of an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmReading {
    /// Its state.
    pub state: AlarmState,
    /// When it entered that state, if known.
    pub since: Option<Timestamp>,
    /// The reason that the service gives.
    pub reason: String,
    /// The actions that it has when it fires.
    pub actions: AlarmActions,
    /// The metrics that it watches; empty for a composite alarm, and where they are not known.
    pub metrics: Vec<AlarmMetric>,
}

/// A metric that an alarm watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmMetric {
    /// Its name.
    pub name: String,
    /// The value of its dimension `zone`, as the probes' metric has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// The actions of an alarm. An alarm that fires also emits an event, whatever its actions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlarmActions {
    /// Not known.
    #[default]
    Unknown,
    /// No actions (`AlarmActions` is empty).
    None,
    /// Disabled (`ActionsEnabled` is false).
    Disabled,
    /// At least one, enabled.
    Enabled,
}

impl AlarmActions {
    /// Whether they are not known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }
}
