//! Shared parts of all AWS SDK adapters: configuration, accounts, errors, clients by Region, the clock.
//!
//! Each call is sent once: [`config`] disables the SDK's retries, and the controller retries.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod accounts;
#[cfg(any(test, feature = "canned"))]
pub mod canned;
mod clock;
pub mod config;
mod error;
mod on_aws;
mod regional;

pub use accounts::Accounts;
pub use aws_config::SdkConfig;
pub use clock::SystemClock;
pub use error::{classify, cloud_error};
pub use on_aws::OnAws;
pub use regional::Regional;
