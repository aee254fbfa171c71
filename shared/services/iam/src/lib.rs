//! IAM and STS: the caller and permissions.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contract")]
pub mod contract;
pub mod sandbox;

#[cfg(feature = "aws")]
pub use aws::{Iam, IamPermissions};
pub use sandbox::SandboxPermissions;
