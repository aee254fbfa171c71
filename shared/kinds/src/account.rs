//! The sandbox account: its sections, and the ports of a controller on one.

use std::sync::Arc;

use crate::events::events;

use crossover_cloudwatch::{CloudWatch, SandboxAlarms};
use crossover_dynamodb::{DynamoDb, SandboxJournal};
use crossover_ec2::Ec2;
use crossover_engine::ports::Ports;
use crossover_posture::Posture;
use crossover_rds::Rds;
use crossover_route53::Route53;
use crossover_s3::S3;
use crossover_sandbox::{Sandbox, Sections};
use crossover_sns::{SandboxNotices, Sns};

/// The keys of an account file in the order in which they are written. A key that is not named here comes before
/// `denied`.
const ORDER: [&str; 27] = [
    "account_id",
    "region",
    "time",
    "call_ms",
    "slow_ms",
    "routes_lag_ms",
    "limits",
    "subnets",
    "route_tables",
    "nat_gateways",
    "instances",
    "interfaces",
    "alarms",
    "hosted_zones",
    "route53",
    "health_checks",
    "buckets",
    "metric_values",
    "routing_controls",
    "safety_rules",
    "rds",
    "estate",
    "journal",
    "crossovers",
    "published",
    "denied",
    "faults",
];

/// The sections of a sandbox account, one for each service, and what stands around the targets.
#[must_use]
pub fn sections() -> Sections {
    Sections::default()
        .with::<Ec2>()
        .with::<CloudWatch>()
        .with::<Route53>()
        .with::<S3>()
        .with::<crossover_arc::Arc>()
        .with::<Rds>()
        .with::<Posture>()
        .with::<DynamoDb>()
        .with::<Sns>()
        .in_order(&ORDER)
}

/// The ports of a controller on a sandbox.
#[must_use]
pub fn ports(sandbox: &Sandbox) -> Ports {
    Ports {
        alarms: Arc::new(SandboxAlarms(sandbox.clone())),
        journal: Arc::new(SandboxJournal(sandbox.clone())),
        notices: Arc::new(SandboxNotices(sandbox.clone())),
        payloads: Arc::new(events()),
        clock: Arc::new(sandbox.clone()),
    }
}
