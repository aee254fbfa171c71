//! IAM and STS: who calls, and what they may do.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contract")]
pub mod contract;
pub mod sandbox;

#[cfg(feature = "aws")]
pub use aws::{Iam, IamPermissions};
pub use sandbox::SandboxPermissions;
