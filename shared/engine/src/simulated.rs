//! What a principal may do, by the simulator of permissions.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::permission::{Allowed, Context, Right};

use crate::{ports::Permissions, retry::Patience};

/// An action under these conditions, on these resources: one call of the simulator.
pub(crate) type Question<'r> = (&'static str, &'r Context, BTreeSet<String>);

/// The questions about these rights, as few as there can be.
pub(crate) fn questions(rights: &[Right]) -> Vec<Question<'_>> {
    let mut questions: BTreeMap<(&'static str, &Context), BTreeSet<String>> = BTreeMap::new();
    for right in rights {
        questions.entry((right.action, &right.context)).or_default().insert(right.resource.clone());
    }
    questions.into_iter().map(|((action, context), resources)| (action, context, resources)).collect()
}

/// What the simulator said of some rights.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The denied resources of each action, whatever the conditions, with the reason.
    pub(crate) denied: BTreeMap<&'static str, BTreeMap<String, String>>,
    /// The actions that it said nothing of, by the reason.
    pub(crate) unsaid: BTreeMap<String, BTreeSet<&'static str>>,
}

impl Said {
    /// Nothing was said of an action.
    pub(crate) fn not_of(&mut self, action: &'static str, why: String) {
        self.unsaid.entry(why).or_default().insert(action);
    }

    /// Asks one question.
    pub(crate) async fn ask(
        &mut self,
        permissions: &dyn Permissions,
        principal: &str,
        (action, context, resources): Question<'_>,
        patience: Patience<'_>,
    ) {
        let said = match patience.call(action, || permissions.simulate(principal, action, &resources, context)).await {
            Ok(said) => said,
            Err(error) => return self.not_of(action, error.to_string()),
        };
        for resource in &resources {
            match said.get(resource) {
                Some(Allowed::Yes) => {}
                Some(Allowed::No(why)) => _ = self.denied.entry(action).or_default().insert(resource.clone(), why.clone()),
                Some(Allowed::Unknown(why)) => self.not_of(action, why.clone()),
                None => self.not_of(action, "the simulation did not answer".to_owned()),
            }
        }
    }

    /// Adds what was said of other rights.
    pub(crate) fn add(&mut self, other: Self) {
        for (action, resources) in other.denied {
            self.denied.entry(action).or_default().extend(resources);
        }
        for (why, actions) in other.unsaid {
            self.unsaid.entry(why).or_default().extend(actions);
        }
    }
}
