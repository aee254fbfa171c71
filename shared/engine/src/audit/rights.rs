//! Whether those who would make a crossover are allowed to.

use std::{collections::BTreeSet, str::FromStr};

use crossover_model::{
    arn::Arn,
    error::CloudError,
    finding::Finding,
    permission::{Caller, Context, ContextValue, Right},
    topology::Role,
};

use super::simulator::{Simulator, Sort, unknown};

/// Somebody who would make crossovers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Of this kind only; of all when none.
    pub kind: Option<String>,
    /// The ARN of the user or the role.
    pub principal: String,
}

/// Where what crossovers did is kept and told, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stores {
    /// The name of the journal's table.
    pub table: Option<String>,
    /// The ARN of the notice topic.
    pub topic: Option<String>,
}

/// What everybody who makes crossovers does with the journal. A transaction needs no action of its own, only those of its parts.
const JOURNAL: [&str; 4] = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"];
/// What everybody who makes crossovers does with the topic.
const TELL: &str = "sns:Publish";

impl Stores {
    /// What has to be allowed to keep and to tell what was done; `caller` is somebody of our own account.
    fn rights(&self, caller: &Caller) -> Vec<Right> {
        let right = |action, resource: &str| Right { action, resource: resource.to_owned(), context: Context::new() };
        // DynamoDB takes an ARN for a name too.
        let arn = |table: &String| match Arn::of(table) {
            Some(_) => table.clone(),
            None => caller.arn("dynamodb", &caller.region, &format!("table/{table}")),
        };
        let table = self.table.as_ref().map(arn);
        let mut rights: Vec<Right> = table.iter().flat_map(|table| JOURNAL.map(|action| right(action, table))).collect();
        rights.extend(self.topic.as_ref().map(|topic| right(TELL, topic)));
        rights
    }
}

/// The rights to change targets.
const CHANGES: Sort = Sort {
    with: "",
    shadow: false,
    fix: "allow it in a policy of that user or role; for the functions, name in the stack's parameters what it may change",
};
/// The rights on stores.
const STORES: Sort = Sort {
    with: " with the journal and the topic",
    // In the mode shadow too things are remembered and told.
    shadow: false,
    fix: "give the names that are the stack's outputs, or allow it in a policy of that user or role; the stack allows it to its \
          functions: there a permissions boundary or the organization forbids it",
};

/// All who would make crossovers; whoever makes the check when there are none.
pub type Actors = Vec<Actor>;

/// Not an [`Actor`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadActor {
    /// No ARN of a role or a user.
    #[error(
        "\"{0}\" is not who makes crossovers; expected the ARN of a role or a user, as in arn:aws:iam::111122223333:role/crossover-nat, with its kind and = before it where it makes those of one kind only"
    )]
    Principal(String),
    /// Of a kind that there is not: nobody would be asked about.
    #[error("\"{kind}\" is not one of the kinds: {}", kinds.join(", "))]
    Kind {
        /// The word.
        kind: String,
        /// The kinds that there are.
        kinds: Vec<String>,
    },
}

impl Actor {
    /// Itself, if it is of one of these kinds, or of all.
    ///
    /// # Errors
    /// It is of another kind.
    pub fn of_kinds(self, kinds: &[&str]) -> Result<Self, BadActor> {
        match self.kind {
            Some(kind) if !kinds.contains(&kind.as_str()) => {
                Err(BadActor::Kind { kind, kinds: kinds.iter().map(|&kind| kind.to_owned()).collect() })
            }
            kind => Ok(Self { kind, ..self }),
        }
    }
}

impl FromStr for Actor {
    type Err = BadActor;

    /// Reads `ARN` or `KIND=ARN`, whatever the kind.
    fn from_str(text: &str) -> Result<Self, BadActor> {
        let text = text.trim();
        let (kind, principal) = match text.split_once('=').filter(|(kind, _)| !kind.contains(':')) {
            Some((kind, principal)) => (Some(kind.trim().to_owned()), principal.trim()),
            None => (None, text),
        };
        let is_somebody = |arn: Arn<'_>| {
            let is_named = arn.resource.starts_with("role/") || arn.resource.starts_with("user/");
            (arn.service, arn.region) == ("iam", "") && !arn.account.is_empty() && is_named
        };
        let known = Arn::of(principal).is_some_and(is_somebody);
        if known { Ok(Self { kind, principal: principal.to_owned() }) } else { Err(BadActor::Principal(text.to_owned())) }
    }
}

/// Whom to ask about.
pub(super) struct Asks<'a> {
    pub(super) kind: &'a str,
    pub(super) actors: &'a Actors,
    /// The role through which the target is reached.
    pub(super) role: Option<&'a Role>,
    /// Whether nothing would be done anyway.
    pub(super) shadow: bool,
    /// IAM of the target's account.
    pub(super) iam: Simulator<'a>,
    /// IAM of our own account.
    pub(super) own: Option<Simulator<'a>>,
}

/// The principals of those who act on one of the kinds that `acts` says.
fn principals(actors: &Actors, acts: impl Fn(&str) -> bool) -> BTreeSet<&str> {
    let act = |actor: &&Actor| actor.kind.as_deref().is_none_or(&acts);
    actors.iter().filter(act).map(|actor| actor.principal.as_str()).collect()
}

/// What whoever would make crossovers of a target may not change.
pub(super) async fn of_target(asks: Asks<'_>, caller: Result<&Caller, &CloudError>, rights: &[Right]) -> Vec<Finding> {
    let caller = match caller {
        Ok(caller) => caller,
        Err(error) => {
            return vec![unknown("who would make a crossover", &format!("what it writes would be allowed: {error}"))];
        }
    };
    let changes = Sort { shadow: asks.shadow, ..CHANGES };
    let actors = principals(asks.actors, |kind| kind == asks.kind);
    let mut findings = Vec::new();
    if let Some(role) = asks.role {
        // Whoever acts in the other account acts as its role, and needs nothing of their own but to become that.
        let context = Context::from([("sts:ExternalId", ContextValue::Text(role.external_id.clone()))]);
        let become_it = [Right { action: "sts:AssumeRole", resource: role.arn.clone(), context }];
        if let Some(own) = asks.own {
            for principal in actors {
                findings.extend(own.ask(principal, &become_it, &changes).await);
            }
        }
        findings.extend(asks.iam.ask(&role.arn, rights, &changes).await);
        return findings;
    }
    for principal in if actors.is_empty() { [caller.principal.as_str()].into() } else { actors } {
        findings.extend(asks.iam.ask(principal, rights, &changes).await);
    }
    findings
}

/// What of keeping and telling what was done is not allowed: the same for all targets of whatever of these kinds.
pub(super) async fn of_stores(
    iam: Simulator<'_>,
    kinds: &BTreeSet<&str>,
    actors: &Actors,
    caller: Result<&Caller, &CloudError>,
    stores: &Stores,
) -> Vec<Finding> {
    if *stores == Stores::default() {
        return Vec::new();
    }
    let caller = match caller {
        Ok(caller) => caller,
        Err(error) => {
            let who = format!("who would make a crossover{}", STORES.with);
            return vec![unknown(&who, &format!("these would be allowed: {error}"))];
        }
    };
    let rights = stores.rights(caller);
    let actors = principals(actors, |kind| kinds.contains(kind));
    let mut findings = Vec::new();
    for principal in if actors.is_empty() { [caller.principal.as_str()].into() } else { actors } {
        findings.extend(iam.ask(principal, &rights, &STORES).await);
    }
    findings
}
