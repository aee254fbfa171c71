//! IAM and STS in the sandbox: the account's denied actions.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_engine::ports::{PermissionNames, Permissions};
use crossover_model::{
    error::CloudError,
    permission::{Allowed, Caller, Context, Right},
    topology::Role,
};
use crossover_sandbox::Sandbox;

use crate::{NAMES, to_assume};

/// The permissions in a sandbox.
#[derive(Clone)]
pub struct SandboxPermissions(pub Sandbox);

#[async_trait]
impl Permissions for SandboxPermissions {
    fn names(&self) -> PermissionNames {
        NAMES
    }

    fn to_assume(&self, role: &Role) -> Right {
        to_assume(role)
    }

    async fn caller(&self) -> Result<Caller, CloudError> {
        self.0
            .call(NAMES.caller, "", |state, _| {
                let (account, region) = (state.account.account_id.clone(), state.account.region.clone());
                Ok(Caller { principal: format!("arn:aws:iam::{account}:role/operator"), account, region })
            })
            .await
    }

    async fn simulate(
        &self,
        principal: &str,
        action: &str,
        resources: &BTreeSet<String>,
        _: &Context,
    ) -> Result<BTreeMap<String, Allowed>, CloudError> {
        self.0
            .call(NAMES.simulate, principal, |state, _| {
                let denied = state.account.denied.contains(action);
                let allowed = if denied { Allowed::No("no policy allows it".to_owned()) } else { Allowed::Yes };
                Ok(resources.iter().map(|resource| (resource.clone(), allowed.clone())).collect())
            })
            .await
    }
}
