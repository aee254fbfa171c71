//! Permissions, by IAM's policy simulator.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};
use crossover_aws::{Accounts, cloud_error};
use crossover_engine::ports::{PermissionNames, Permissions};
use crossover_model::{
    arn::Arn,
    error::{CloudError, Fault},
    permission::{Allowed, Caller, Context, ContextValue, Right},
    topology::Role,
};

use crate::{NAMES, to_assume};

/// IAM's error code for a missing user or role.
const NO_SUCH_ENTITY: &str = "NoSuchEntity";

/// IAM in each of the accounts.
#[derive(Debug, Clone)]
pub struct Iam {
    accounts: Accounts,
}

impl Iam {
    /// IAM of these accounts.
    #[must_use]
    pub fn new(accounts: &Accounts) -> Self {
        Self { accounts: accounts.clone() }
    }

    /// The client for the account of a role; without one, for the own account.
    #[must_use]
    pub fn of(&self, role: Option<&Role>) -> Option<Arc<dyn Permissions>> {
        Some(Arc::new(IamPermissions::new(self.accounts.config(role))))
    }
}

/// IAM of one account.
#[derive(Debug, Clone)]
pub struct IamPermissions {
    iam: aws_sdk_iam::Client,
    sts: aws_sdk_sts::Client,
    region: String,
}

impl IamPermissions {
    /// IAM by this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        Self { iam: aws_sdk_iam::Client::new(config), sts: aws_sdk_sts::Client::new(config), region }
    }

    /// Who makes the calls: the user, or the role with the name of the session, as in `assumed-role/OnCall/ann`
    /// (`GetCallerIdentity`, which needs no permission).
    ///
    /// # Errors
    /// Those of the call.
    pub async fn identity(&self) -> Result<String, CloudError> {
        let (arn, _) = self.caller_identity().await?;
        Ok(Arn::of(&arn).map(|arn| arn.resource.to_owned()).unwrap_or(arn))
    }

    /// The ARN and the account of the caller.
    async fn caller_identity(&self) -> Result<(String, String), CloudError> {
        let identity = self.sts.get_caller_identity().send().await.map_err(|error| cloud_error(NAMES.caller, error))?;
        let missing = || CloudError::new(NAMES.caller, Fault::Refused, "the response has no caller");
        identity.arn.zip(identity.account).ok_or_else(missing)
    }

    /// The ARN of a role with its path, which the ARN of its session lacks (`GetRole`); `None` if it can't be read.
    async fn with_path(&self, principal: &str) -> Option<String> {
        let name = Arn::of(principal)?.named("role").filter(|name| !name.contains('/'))?;
        let role = self.iam.get_role().role_name(name).send().await.ok()?.role?;
        Some(role.arn).filter(|arn| arn != principal)
    }

    async fn answers(
        &self,
        principal: &str,
        action: &str,
        resources: &BTreeSet<String>,
        context: &Context,
    ) -> Result<BTreeMap<String, Allowed>, CloudError> {
        let mut pages = self
            .iam
            .simulate_principal_policy()
            .policy_source_arn(principal)
            .action_names(action)
            .set_resource_arns(Some(resources.iter().cloned().collect()))
            .set_context_entries(Some(context.iter().map(|(key, value)| entry(key, value)).collect()))
            .into_paginator()
            .send();
        let mut allowed = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| cloud_error(NAMES.simulate, error))?;
            for result in page.evaluation_results.unwrap_or_default() {
                allowed.extend(results(&result, resources));
            }
        }
        Ok(allowed)
    }
}

/// The role of a session, without its path.
fn role_of(session: &str) -> Option<String> {
    let session = Arn::of(session).filter(|arn| (arn.service, arn.region) == ("sts", ""))?;
    let role = session.named("assumed-role")?.split('/').next()?;
    Some(Arn { service: "iam", resource: &format!("role/{role}"), ..session }.to_string())
}

#[async_trait]
impl Permissions for IamPermissions {
    fn names(&self) -> PermissionNames {
        NAMES
    }

    fn to_assume(&self, role: &Role) -> Right {
        to_assume(role)
    }

    async fn caller(&self) -> Result<Caller, CloudError> {
        let (arn, account) = self.caller_identity().await?;
        Ok(Caller { principal: role_of(&arn).unwrap_or(arn), account, region: self.region.clone() })
    }

    async fn simulate(
        &self,
        principal: &str,
        action: &str,
        resources: &BTreeSet<String>,
        context: &Context,
    ) -> Result<BTreeMap<String, Allowed>, CloudError> {
        match self.answers(principal, action, resources, context).await {
            Err(error) if error.code == NO_SUCH_ENTITY => match self.with_path(principal).await {
                Some(whole) => self.answers(&whole, action, resources, context).await,
                None => Err(error),
            },
            answer => answer,
        }
    }
}

fn entry(key: &str, value: &ContextValue) -> ContextEntry {
    let (kind, values) = match value {
        ContextValue::Text(text) => (ContextKeyTypeEnum::String, vec![text.clone()]),
        ContextValue::Texts(texts) => (ContextKeyTypeEnum::StringList, texts.iter().cloned().collect()),
        ContextValue::Flag(flag) => (ContextKeyTypeEnum::Boolean, vec![flag.to_string()]),
    };
    ContextEntry::builder().context_key_name(key).context_key_type(kind).set_context_key_values(Some(values)).build()
}

/// The result for each resource. For several, each has its own (`ResourceSpecificResults`), in addition to the one for
/// all of them; IAM may also return one result for each.
fn results(result: &EvaluationResult, resources: &BTreeSet<String>) -> Vec<(String, Allowed)> {
    let missing = |names: &[String]| (!names.is_empty()).then(|| names.join(", "));
    let of_each = result.resource_specific_results();
    if !of_each.is_empty() {
        let one = |of: &aws_sdk_iam::types::ResourceSpecificResult| {
            let missing = missing(of.missing_context_values());
            (of.eval_resource_name.clone(), decided(&of.eval_resource_decision, missing))
        };
        return of_each.iter().map(one).collect();
    }
    let decision = decided(&result.eval_decision, missing(result.missing_context_values()));
    match (&result.eval_resource_name, resources.len()) {
        (Some(name), _) if resources.contains(name) => vec![(name.clone(), decision)],
        (_, 1) => resources.iter().map(|resource| (resource.clone(), decision.clone())).collect(),
        // The response does not name the resource.
        _ => Vec::new(),
    }
}

fn depends_on(keys: &str) -> String {
    format!("its policies depend on {keys}, which can't be supplied")
}

fn decided(decision: &PolicyEvaluationDecisionType, missing: Option<String>) -> Allowed {
    match decision {
        PolicyEvaluationDecisionType::Allowed => Allowed::Yes,
        // A condition with a negated operator is met without its key (IAM User Guide, "Condition operators"), and real calls have it.
        PolicyEvaluationDecisionType::ExplicitDeny => match missing {
            Some(keys) => Allowed::Unknown(depends_on(&keys)),
            None => Allowed::No("a policy denies it".to_owned()),
        },
        PolicyEvaluationDecisionType::ImplicitDeny => match missing {
            Some(keys) => Allowed::Unknown(depends_on(&keys)),
            None => Allowed::No("no policy allows it".to_owned()),
        },
        other => Allowed::Unknown(format!("IAM returned \"{other}\"")),
    }
}

#[cfg(test)]
mod tests;
