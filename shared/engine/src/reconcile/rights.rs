//! Whether our role may make the calls of a plan that can't be undone, asked before the first of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_model::{
    arn::Arn,
    decision::Plan,
    error::CloudError,
    guard,
    hold::Hold,
    pause::Action,
    permission::{Caller, Right},
    text::list,
    topology::Policy,
};
use futures::future::join_all;

use super::{Reconcile, it_would};
use crate::{
    context::TargetState,
    environment::Environment,
    kind::Kind,
    ports::Permissions,
    retry::Patience,
    simulated::{Question, Said, questions},
};

/// The longest wait for the simulator: the plan is urgent, and the simulator may be in a Region that has failed.
const ASKED_FOR: Duration = Duration::from_millis(1_500);
/// The most actions that a text lists; it counts the rest.
const LISTED: usize = 5;

/// The denied resources of each action, with the reason.
type Denied = BTreeMap<&'static str, BTreeMap<String, String>>;

/// What is known of the rights for a plan.
pub(super) enum Rights {
    /// None is known to be missing.
    NoneMissing,
    /// Some are missing.
    Missing(String, Denied),
    /// They could not be checked, or not all of them, with the reason.
    Unchecked(String),
}

impl<'a, K: Kind> Reconcile<'a, K> {
    /// Asks for the rights of all calls of a plan that can't be undone. What is half done goes on whatever they are: only the
    /// service can say that it does not.
    pub(super) fn rights_for<'f>(
        &self,
        state: &TargetState,
        plan: &'f Plan<K::Step>,
    ) -> impl Future<Output = Rights> + use<'a, 'f, K> {
        let is_new = state.memory.open.as_ref().is_none_or(|open| open.begun().next().is_none());
        let (environment, policy, patience) = (self.context.environment, self.context.policy, self.checks_until());
        async move {
            if plan.is_one_way() && is_new {
                ask::<K>(environment, policy, plan, patience.at_most(ASKED_FOR)).await
            } else {
                Rights::NoneMissing
            }
        }
    }

    /// Holds a plan whose calls our role may not make, unless a person forces it, and remarks on what is not known.
    pub(super) fn heed(&mut self, rights: Rights, plan: &Plan<K::Step>) -> Option<Hold> {
        let (principal, denied) = match rights {
            Rights::NoneMissing => return None,
            Rights::Unchecked(why) => {
                self.context.remark(format!("whether our rights suffice could not be checked: {why}"));
                return None;
            }
            Rights::Missing(principal, denied) => (principal, denied),
        };
        let hold = guard::not_allowed(&principal, &denied, &it_would(plan));
        if self.action(plan, 0) == Action::Forced {
            self.context.remark(hold.text);
            return None;
        }
        Some(hold)
    }
}

async fn ask<K: Kind>(environment: &Environment, policy: &Policy, plan: &Plan<K::Step>, patience: Patience<'_>) -> Rights {
    let Some(permissions) = (environment.ports.permissions)(policy.role.as_ref()) else { return Rights::NoneMissing };
    let permissions = permissions.as_ref();
    let asked = async {
        let caller = match known_caller(environment, policy) {
            Some(caller) => caller,
            None => patience.call("caller", || permissions.caller()).await?,
        };
        if !Arn::of(&caller.principal).is_some_and(Arn::is_principal) {
            let why = format!("{} is neither a role nor a user", caller.principal);
            return Ok(Err(why));
        }
        let rights: Vec<Right> = plan.steps().flat_map(|step| K::step_rights(step, &caller)).collect();
        let said = said(permissions, &caller.principal, questions(&rights), patience).await;
        Ok::<_, CloudError>(Ok((caller.principal, said)))
    };
    match patience.in_time(asked).await {
        None => Rights::Unchecked(CloudError::late(permissions.names().simulate).to_string()),
        Some(Err(error)) => Rights::Unchecked(error.to_string()),
        Some(Ok(Err(why))) => Rights::Unchecked(why),
        Some(Ok(Ok((principal, said)))) if !said.denied.is_empty() => Rights::Missing(principal, said.denied),
        Some(Ok(Ok((_, said)))) if said.unsaid.is_empty() => Rights::NoneMissing,
        Some(Ok(Ok((_, said)))) => {
            let one = |(why, actions): (&String, &BTreeSet<&str>)| format!("{}: {why}", list(actions.iter().copied(), LISTED));
            Rights::Unchecked(said.unsaid.iter().map(one).collect::<Vec<_>>().join("; "))
        }
    }
}

async fn said(permissions: &dyn Permissions, principal: &str, questions: Vec<Question<'_>>, patience: Patience<'_>) -> Said {
    let one = |question| async move {
        let mut said = Said::default();
        said.ask(permissions, principal, question, patience).await;
        said
    };
    join_all(questions.into_iter().map(one)).await.into_iter().fold(Said::default(), |mut all, said| {
        all.add(said);
        all
    })
}

/// Who makes the calls, as far as that is known without a call.
fn known_caller(environment: &Environment, policy: &Policy) -> Option<Caller> {
    let own = environment.caller.clone()?;
    let Some(role) = &policy.role else { return Some(own) };
    let account = Arn::of(&role.arn)?.account.to_owned();
    Some(Caller { principal: role.arn.clone(), account, region: own.region })
}
