//! CloudWatch: alarms and metrics.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contract")]
pub mod contract;
mod metrics;
mod record;
pub mod sandbox;
mod section;

use crossover_engine::ports::AlarmReads;

#[cfg(feature = "aws")]
pub use aws::{CloudWatchAlarms, CloudWatchMetrics};
pub use metrics::{Metric, Metrics};
pub use record::{CloudWatchNotes, RecordedAlarms};
pub use sandbox::{CloudWatch, CloudWatchAccount, SandboxAlarms};

/// `DescribeAlarms`, and how often CloudWatch accepts it (CloudWatch User Guide, "CloudWatch service quotas").
const READS: AlarmReads = AlarmReads { operation: "cloudwatch:DescribeAlarms", per_second: 9 };
