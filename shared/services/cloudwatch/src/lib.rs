//! CloudWatch: alarms and metrics.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contract")]
pub mod contract;
#[cfg(any(feature = "aws", test))]
mod data;
mod metrics;
mod record;
pub mod sandbox;
mod section;

use crossover_engine::ports::AlarmReads;
use crossover_model::{arn::Arn, text::quoted};

#[cfg(feature = "aws")]
pub use aws::{CloudWatchAlarms, CloudWatchMetrics};
pub use metrics::{Metric, Metrics};
pub use record::{CloudWatchNotes, RecordedAlarms};
pub use sandbox::{CloudWatch, CloudWatchAccount, SandboxAlarms};

/// `DescribeAlarms`, and how often CloudWatch accepts it (CloudWatch User Guide, "CloudWatch service quotas").
const READS: AlarmReads = AlarmReads { operation: "cloudwatch:DescribeAlarms", per_second: 9 };

/// The active mute rules (CloudWatch API Reference, `ListAlarmMuteRules`).
const MUTE_RULES: &str = "cloudwatch:ListAlarmMuteRules";

/// The command that enables the actions of an alarm: in the Region of its ARN, or where the command line is set to.
fn enable_actions(alarm: &str) -> String {
    let elsewhere = Arn::of(alarm).and_then(|arn| Some((arn.named("alarm")?, format!(" --region {}", quoted(arn.region)))));
    let (name, region) = elsewhere.unwrap_or((alarm, String::new()));
    format!("aws cloudwatch enable-alarm-actions --alarm-names {}{region}", quoted(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_the_alarm_and_its_region() {
        let command = "aws cloudwatch enable-alarm-actions --alarm-names";
        assert_eq!(enable_actions("www-5xx"), format!("{command} www-5xx"));
        assert_eq!(enable_actions("zone a's NAT"), format!(r"{command} 'zone a'\''s NAT'"));
        let elsewhere = "arn:aws:cloudwatch:us-west-2:111122223333:alarm:www: errors";
        assert_eq!(enable_actions(elsewhere), format!("{command} 'www: errors' --region us-west-2"));
    }
}
