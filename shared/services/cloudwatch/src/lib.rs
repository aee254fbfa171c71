//! CloudWatch: alarms and metrics.

mod metrics;
mod record;
pub mod sandbox;

pub use metrics::{Metric, Metrics};
pub use record::{CloudWatchNotes, RecordedAlarms};
pub use sandbox::{CloudWatch, CloudWatchAccount, SandboxAlarms};
