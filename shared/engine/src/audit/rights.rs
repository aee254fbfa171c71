//! Whether the principals that make crossovers have the permissions for them.

use std::{collections::BTreeSet, str::FromStr};

use crossover_model::{
    arn::Arn,
    error::CloudError,
    finding::Finding,
    permission::{Caller, Right},
    topology::Role,
};

use super::simulator::{Simulator, Sort, unknown};

/// A principal that makes crossovers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The kind of these crossovers; all kinds when none.
    pub kind: Option<String>,
    /// The ARN of the user or the role.
    pub principal: String,
}

/// A resource that every crossover writes to, whatever the target.
#[derive(Debug, Clone)]
pub struct Store {
    /// Its name or ARN.
    pub name: String,
    /// The rights on it that a crossover needs, for a caller of our own account.
    pub rights: fn(&str, &Caller) -> Vec<Right>,
}

/// The journal and the notice topic, as far as they are known.
#[derive(Debug, Clone, Default)]
pub struct Stores {
    /// The journal's table.
    pub table: Option<Store>,
    /// The notice topic.
    pub topic: Option<Store>,
}

impl Stores {
    /// The ARN of the notice topic, if it is known.
    #[must_use]
    pub fn topic_arn(&self) -> Option<String> {
        self.topic.as_ref().map(|topic| topic.name.clone())
    }

    /// The permissions that a crossover needs to record and to notify.
    fn rights(&self, caller: &Caller) -> Vec<Right> {
        self.table.iter().chain(&self.topic).flat_map(|store| (store.rights)(&store.name, caller)).collect()
    }
}

/// Permissions to change targets.
const CHANGES: Sort = Sort {
    with: "",
    shadow: false,
    fix: "allow it in a policy of that user or role; for the functions, name the resource in the stack's parameters",
};
/// Permissions on the journal and the notice topic.
const STORES: Sort = Sort {
    with: " with the journal and the topic",
    // Crossover records and notifies in the mode `shadow` too.
    shadow: false,
    fix: "pass the names from the stack's outputs, or allow it in a policy of that user or role; for the functions, \
          which the stack allows it, check the permissions boundary and the organization's policies",
};

/// The principals that make crossovers; the caller of the check when there are none.
pub type Actors = Vec<Actor>;

/// Not an [`Actor`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActorError {
    /// Not the ARN of a role or a user.
    #[error(
        "\"{0}\" is not a role or a user; expected its ARN, as in arn:aws:iam::111122223333:role/crossover, or KIND=ARN for one that makes the crossovers of one kind only"
    )]
    Principal(String),
    /// Of an unknown kind, for which nothing would be checked.
    #[error("\"{kind}\" is not one of the kinds: {}", kinds.join(", "))]
    Kind {
        /// The word.
        kind: String,
        /// The kinds that there are.
        kinds: Vec<String>,
    },
}

impl Actor {
    /// The actor, if its kind is one of these.
    ///
    /// # Errors
    /// It is of another kind.
    pub fn of_kinds(self, kinds: &[&str]) -> Result<Self, ActorError> {
        match self.kind {
            Some(kind) if !kinds.contains(&kind.as_str()) => {
                Err(ActorError::Kind { kind, kinds: kinds.iter().map(|&kind| kind.to_owned()).collect() })
            }
            kind => Ok(Self { kind, ..self }),
        }
    }
}

impl FromStr for Actor {
    type Err = ActorError;

    /// Parses `ARN` or `KIND=ARN` with any kind.
    fn from_str(text: &str) -> Result<Self, ActorError> {
        let text = text.trim();
        let (kind, principal) = match text.split_once('=').filter(|(kind, _)| !kind.contains(':')) {
            Some((kind, principal)) => (Some(kind.trim().to_owned()), principal.trim()),
            None => (None, text),
        };
        if Arn::of(principal).is_some_and(Arn::is_principal) {
            Ok(Self { kind, principal: principal.to_owned() })
        } else {
            Err(ActorError::Principal(text.to_owned()))
        }
    }
}

/// The inputs of a check of permissions.
pub(super) struct Asks<'a> {
    pub(super) kind: &'a str,
    pub(super) actors: &'a Actors,
    /// The role through which the target is reached.
    pub(super) role: Option<&'a Role>,
    /// Whether the target is in the mode `shadow`.
    pub(super) shadow: bool,
    /// The permissions of the target's account.
    pub(super) simulator: Simulator<'a>,
    /// The permissions of our own account.
    pub(super) own: Option<Simulator<'a>>,
}

/// The principals of the actors on the kinds that `acts` selects.
fn principals(actors: &Actors, acts: impl Fn(&str) -> bool) -> BTreeSet<&str> {
    let act = |actor: &&Actor| actor.kind.as_deref().is_none_or(&acts);
    actors.iter().filter(act).map(|actor| actor.principal.as_str()).collect()
}

/// Findings on the permissions to change a target.
pub(super) async fn of_target(asks: Asks<'_>, caller: Result<&Caller, &CloudError>, rights: &[Right]) -> Vec<Finding> {
    let caller = match caller {
        Ok(caller) => caller,
        Err(error) => {
            return vec![unknown(
                asks.simulator.permissions,
                "the caller that makes crossovers",
                &format!("its permission to write was not checked: {error}"),
            )];
        }
    };
    let changes = Sort { shadow: asks.shadow, ..CHANGES };
    let actors = principals(asks.actors, |kind| kind == asks.kind);
    let mut findings = Vec::new();
    if let Some(role) = asks.role {
        // Calls in the other account are made with its role, so a principal only needs to assume the role.
        let assume = [asks.simulator.permissions.to_assume(role)];
        if let Some(own) = asks.own {
            for principal in actors {
                findings.extend(own.ask(principal, &assume, &changes).await);
            }
        }
        findings.extend(asks.simulator.ask(&role.arn, rights, &changes).await);
        return findings;
    }
    for principal in if actors.is_empty() { [caller.principal.as_str()].into() } else { actors } {
        findings.extend(asks.simulator.ask(principal, rights, &changes).await);
    }
    findings
}

/// Findings on the permissions on stores, which are the same for all targets of these kinds.
pub(super) async fn of_stores(
    simulator: Simulator<'_>,
    kinds: &BTreeSet<&str>,
    actors: &Actors,
    caller: Result<&Caller, &CloudError>,
    stores: &Stores,
) -> Vec<Finding> {
    if stores.table.is_none() && stores.topic.is_none() {
        return Vec::new();
    }
    let caller = match caller {
        Ok(caller) => caller,
        Err(error) => {
            let who = format!("the caller that makes crossovers{}", STORES.with);
            return vec![unknown(simulator.permissions, &who, &format!("its permissions on these were not checked: {error}"))];
        }
    };
    let rights = stores.rights(caller);
    let actors = principals(actors, |kind| kinds.contains(kind));
    let mut findings = Vec::new();
    for principal in if actors.is_empty() { [caller.principal.as_str()].into() } else { actors } {
        findings.extend(simulator.ask(principal, &rights, &STORES).await);
    }
    findings
}
