//! Checks of permissions.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use crossover_model::{
    error::CloudError,
    permission::{Allowed, Caller, Context, Right},
    topology::Role,
};

/// The permissions of the account of a role, or of our own account without a role; none where they can't be checked.
pub type AskPermissions<'a> = dyn Fn(Option<&Role>) -> Option<Arc<dyn Permissions>> + Send + Sync + 'a;

/// The service's names of what [`Permissions`] calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PermissionNames {
    /// The operation that identifies the caller.
    pub caller: &'static str,
    /// The operation that simulates policies.
    pub simulate: &'static str,
    /// The permissions that a check needs to simulate policies.
    pub needed: &'static str,
}

/// Checks what policies allow, without making the calls themselves.
#[async_trait]
pub trait Permissions: Send + Sync {
    /// The names for errors and advice.
    fn names(&self) -> PermissionNames;

    /// The right that a principal needs to assume this role.
    fn to_assume(&self, role: &Role) -> Right;

    /// The caller of this account; for a session of a role, the role.
    async fn caller(&self) -> Result<Caller, CloudError>;

    /// Whether a user or a role may make this call on each of these resources, by its policies, its permissions boundary
    /// and those of the organization. A resource that the service does not answer for is missing.
    async fn simulate(
        &self,
        principal: &str,
        action: &str,
        resources: &BTreeSet<String>,
        context: &Context,
    ) -> Result<BTreeMap<String, Allowed>, CloudError>;
}
