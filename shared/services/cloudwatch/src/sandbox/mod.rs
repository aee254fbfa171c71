//! CloudWatch in the sandbox: alarms with their states, and metrics with their values.

mod account;
mod alarms;
mod metrics;

pub use account::{Alarm, CloudWatch, CloudWatchAccount, MetricValue};
pub use alarms::SandboxAlarms;
