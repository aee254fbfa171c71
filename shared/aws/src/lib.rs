//! The controller's cloud traits on the AWS SDKs.
//!
//! Each call is made once: [`config`] turns the SDK's retries off, and the controller retries.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod accounts;
mod alarms;
mod clock;
pub mod config;
#[cfg(feature = "rds")]
mod databases;
#[cfg(feature = "route53")]
mod dns;
mod error;
#[cfg(feature = "estate")]
mod estate;
#[cfg(feature = "lambda")]
mod functions;
#[cfg(feature = "iam")]
mod iam;
mod journal;
mod notices;
mod ports;
mod regional;
#[cfg(feature = "ec2")]
mod routes;
#[cfg(test)]
mod tests;

pub use accounts::Accounts;
pub use alarms::CloudWatchAlarms;
pub use aws_config::SdkConfig;
pub use clock::SystemClock;
#[cfg(feature = "rds")]
pub use databases::{CloudWatchLags, RdsDatabases};
#[cfg(feature = "route53")]
pub use dns::{ArcRoutingControls, AwsBeacons, Route53HealthChecks, Route53Records};
#[cfg(feature = "estate")]
pub use estate::AwsEstate;
#[cfg(feature = "lambda")]
pub use functions::{Invoked, LambdaFunctions};
#[cfg(feature = "iam")]
pub use iam::{Iam, IamPermissions};
pub use journal::DynamoJournal;
pub use notices::SnsNotices;
pub use ports::ports;
#[cfg(feature = "ec2")]
pub use routes::Ec2Routes;
