//! The behavior of IAM's simulator that a check relies on.

use std::collections::BTreeSet;

use crossover_engine::ports::Permissions;
use crossover_model::permission::{Allowed, Context, ContextValue};
use crossover_sandbox::{
    cases,
    contract::{Cases, check},
};

/// The allowed actions of [`Backend::role`].
pub const GRANTED: &str = "route53:GetChange";
/// A denied action.
pub const DENIED: &str = "ec2:ReplaceRoute";

/// An IAM, called in us-east-1.
pub trait Backend {
    /// Simulates permissions.
    fn permissions(&self) -> &dyn Permissions;

    /// The ARN of a role with the permissions [`GRANTED`].
    fn role(&self) -> impl Future<Output = String>;
}

/// What holds of IAM on every backend.
#[must_use]
pub fn cases<B: Backend>() -> Cases<B> {
    cases![what_a_role_may_do_is_told, each_of_several_resources_is_told, the_caller_has_an_account_and_a_region,]
}

const RESOURCE: &str = "arn:aws:route53:::change/C0123456789ABCDEFGHIJ";

async fn allowed<B: Backend>(backend: &B, action: &str, resources: &[&str]) -> Result<Vec<Option<Allowed>>, String> {
    let principal = backend.role().await;
    let asked: BTreeSet<String> = resources.iter().map(|resource| (*resource).to_owned()).collect();
    let context = Context::from([("aws:RequestedRegion", ContextValue::Text("us-east-1".to_owned()))]);
    let answer = backend.permissions().simulate(&principal, action, &asked, &context).await.map_err(|error| error.to_string())?;
    Ok(resources.iter().map(|resource| answer.get(*resource).cloned()).collect())
}

async fn what_a_role_may_do_is_told<B: Backend>(backend: &B) -> Result<(), String> {
    let granted = allowed(backend, GRANTED, &[RESOURCE]).await?;
    check(granted == [Some(Allowed::Yes)], format!("{granted:?}"))?;
    let denied = allowed(backend, DENIED, &[RESOURCE]).await?;
    check(matches!(denied[..], [Some(Allowed::No(_))]), format!("{denied:?}"))
}

async fn each_of_several_resources_is_told<B: Backend>(backend: &B) -> Result<(), String> {
    let both = allowed(backend, GRANTED, &[RESOURCE, "arn:aws:route53:::change/C2"]).await?;
    check(both == [Some(Allowed::Yes), Some(Allowed::Yes)], format!("{both:?}"))
}

async fn the_caller_has_an_account_and_a_region<B: Backend>(backend: &B) -> Result<(), String> {
    let caller = backend.permissions().caller().await.map_err(|error| error.to_string())?;
    let of_account = caller.principal.starts_with(&format!("arn:aws:iam::{}:", caller.account));
    check(of_account && caller.account.len() == 12 && caller.region == "us-east-1", format!("{caller:?}"))
}
