//! Alarms and their states.

use std::collections::{BTreeMap, BTreeSet};

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

/// What an alarm's last evaluation lacked. Its state is then no evidence: it may be that of an earlier evaluation, or of only a
/// part of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Evaluation {
    /// The service failed to evaluate it.
    #[serde(rename = "EVALUATION_FAILURE")]
    Failed,
    /// Its configuration has an error.
    #[serde(rename = "EVALUATION_ERROR")]
    Misconfigured,
    /// A quota kept a part of the data from it.
    #[serde(rename = "PARTIAL_DATA")]
    Partial,
    /// Something else, which a later version of the service reports.
    #[serde(other, rename = "OTHER")]
    Other,
}

impl Evaluation {
    /// Parses the service's spelling.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "EVALUATION_FAILURE" => Self::Failed,
            "EVALUATION_ERROR" => Self::Misconfigured,
            "PARTIAL_DATA" => Self::Partial,
            _ => Self::Other,
        }
    }

    /// In words, after the alarm's name.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Failed => "could not be evaluated",
            Self::Misconfigured => "can't be evaluated as it is configured",
            Self::Partial => "was evaluated on only a part of its data",
            Self::Other => "was not fully evaluated",
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
    /// The data that its state is of.
    pub data: AlarmData,
}

impl AlarmReading {
    /// The state that it is evidence of: none if its last evaluation lacked something. What fires on a part of its data fires.
    #[must_use]
    pub fn evidence(&self) -> AlarmState {
        match (self.state, self.data.evaluation) {
            (AlarmState::Alarm, Some(Evaluation::Partial)) | (_, None) => self.state,
            _ => AlarmState::InsufficientData,
        }
    }
}

/// The alarms whose actions are muted now, each with the rule that mutes it.
pub type Muted = BTreeMap<String, String>;

/// The data that an alarm's state is of, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlarmData {
    /// Whether the alarm also fires when there is no data, because it treats missing data as breaching.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub missing_breaches: bool,
    /// Whether it is in ALARM only because data is missing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_missing: bool,
    /// What its last evaluation lacked, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<Evaluation>,
    /// The alarms that the rule of a composite alarm names.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub children: BTreeSet<String>,
}

impl AlarmData {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
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
