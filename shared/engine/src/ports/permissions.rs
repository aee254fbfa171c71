//! Asks what policies allow.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_model::{
    error::CloudError,
    permission::{Allowed, Caller, Context},
};

/// Asks what policies allow. Nothing is done, and nothing is tried.
#[async_trait]
pub trait Permissions: Send + Sync {
    /// Who we are here (`GetCallerIdentity`); a role's session is its role.
    async fn caller(&self) -> Result<Caller, CloudError>;

    /// Whether a user or a role may do this on each of these resources, by its policies, its permissions boundary
    /// and the organization's (`SimulatePrincipalPolicy`). What the answer leaves out is missing.
    async fn simulate(
        &self,
        principal: &str,
        action: &str,
        resources: &BTreeSet<String>,
        context: &Context,
    ) -> Result<BTreeMap<String, Allowed>, CloudError>;
}
