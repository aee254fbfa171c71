//! The services that can fail in a drill, in addition to the target.

use clap::ValueEnum;
use crossover_sandbox::{Fault, FaultRule};

/// A service that Crossover depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Service {
    Journal,
    Sns,
    Cloudwatch,
    Route53,
}

impl Service {
    /// A fault by which every call to it returns a server error.
    pub(super) fn outage(self) -> FaultRule {
        let calls = match self {
            Self::Journal => "dynamodb:*",
            Self::Sns => "sns:*",
            Self::Cloudwatch => "cloudwatch:*",
            Self::Route53 => "route53:*",
        };
        FaultRule::every(calls, Fault::ServerError)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Journal => "the journal",
            Self::Sns => "SNS",
            Self::Cloudwatch => "CloudWatch",
            Self::Route53 => "Route 53",
        }
    }
}
