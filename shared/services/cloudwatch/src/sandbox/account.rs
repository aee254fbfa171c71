//! CloudWatch's part of an account.

use crossover_model::alarm::{AlarmActions, AlarmData, AlarmMetric, AlarmState};
use crossover_sandbox::Account;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A CloudWatch alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: AlarmState,
    /// The time of its last state change.
    pub since: Timestamp,
    /// The reason of the state.
    #[serde(default)]
    pub reason: String,
    /// Its actions.
    #[serde(default, skip_serializing_if = "AlarmActions::is_unknown")]
    pub actions: AlarmActions,
    /// The metrics that it watches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<AlarmMetric>,
    /// The active mute rule that mutes its actions, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_by: Option<String>,
    /// The data that its state is of.
    #[serde(default, skip_serializing_if = "AlarmData::is_unknown")]
    pub data: AlarmData,
}

/// A value of a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricValue {
    /// The Region that has it.
    pub region: String,
    /// Its namespace, as in `AWS/RDS`.
    pub namespace: String,
    /// The metric's name.
    pub metric: String,
    /// When it was put.
    pub at: Timestamp,
    /// The value that was put.
    pub value: f64,
}

/// The state of CloudWatch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CloudWatch {
    /// Alarms.
    pub alarms: Vec<Alarm>,
    /// Values of metrics.
    pub metric_values: Vec<MetricValue>,
}

/// CloudWatch in a sandbox account.
pub trait CloudWatchAccount {
    /// The section.
    fn cloudwatch(&self) -> &CloudWatch;

    /// The section, mutable.
    fn cloudwatch_mut(&mut self) -> &mut CloudWatch;
}

impl CloudWatchAccount for Account {
    fn cloudwatch(&self) -> &CloudWatch {
        self.section()
    }

    fn cloudwatch_mut(&mut self) -> &mut CloudWatch {
        self.section_mut()
    }
}
