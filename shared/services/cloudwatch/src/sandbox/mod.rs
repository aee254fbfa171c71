//! CloudWatch in the sandbox: alarms with their states, and metrics with their values.

mod alarms;
mod metrics;

use crossover_sandbox::Account;

pub use alarms::{Alarm, SandboxAlarms};
pub use metrics::MetricValue;

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
