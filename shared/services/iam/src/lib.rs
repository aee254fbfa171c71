//! IAM and STS: the caller and permissions.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contract")]
pub mod contract;
pub mod sandbox;

use crossover_engine::ports::PermissionNames;
use crossover_model::{
    permission::{Context, ContextValue, Right},
    topology::Role,
};

#[cfg(feature = "aws")]
pub use aws::{Iam, IamPermissions};
pub use sandbox::SandboxPermissions;

const NAMES: PermissionNames = PermissionNames {
    caller: "sts:GetCallerIdentity",
    simulate: "iam:SimulatePrincipalPolicy",
    needed: "iam:SimulatePrincipalPolicy and iam:GetRole",
};

fn to_assume(role: &Role) -> Right {
    let context = Context::from([("sts:ExternalId", ContextValue::Text(role.external_id.clone()))]);
    Right { action: "sts:AssumeRole", resource: role.arn.clone(), context }
}
