//! Whether those who would make a crossover are allowed to.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use super::{Finding, Severity};
use crate::{
    cloud::{Allowed, Caller, CloudError, Context, ContextValue, Permissions, RecordPlace, Right},
    notice::list,
    retry::{GivenUp, Patience},
    topology::{KINDS, Role},
};

const SIMULATOR: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html";

/// What IAM is asked by.
const SIMULATE: &str = "iam:SimulatePrincipalPolicy";

/// Resources that a text names before it only counts the rest.
const LISTED: usize = 3;

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
        let arn = |table: &String| match table.strip_prefix("arn:") {
            Some(_) => table.clone(),
            None => caller.arn("dynamodb", &caller.region, &format!("table/{table}")),
        };
        let table = self.table.as_ref().map(arn);
        let mut rights: Vec<Right> = table.iter().flat_map(|table| JOURNAL.map(|action| right(action, table))).collect();
        rights.extend(self.topic.as_ref().map(|topic| right(TELL, topic)));
        rights
    }
}

/// How findings of some rights are told from those of others, and what to do about them.
struct Sort {
    /// What the name of somebody goes on with where what they may is not known.
    with: &'static str,
    fix: &'static str,
}

/// The rights to change targets.
const CHANGES: Sort = Sort {
    with: "",
    fix: "allow it in a policy of that user or role; for the functions, name in the stack's parameters what it may change",
};
/// The rights on stores.
const STORES: Sort = Sort {
    with: " with the journal and the topic",
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
    #[error("\"{0}\" is not one of the kinds: {list}", list = KINDS.join(", "))]
    Kind(String),
}

impl FromStr for Actor {
    type Err = BadActor;

    /// Reads `ARN` or `KIND=ARN`.
    fn from_str(text: &str) -> Result<Self, BadActor> {
        let text = text.trim();
        let (kind, principal) = match text.split_once('=').filter(|(kind, _)| !kind.contains(':')) {
            Some((kind, principal)) => (Some(kind.trim().to_owned()), principal.trim()),
            None => (None, text),
        };
        let known = matches!(principal.splitn(6, ':').collect::<Vec<_>>()[..], ["arn", _, "iam", "", account, name]
            if !account.is_empty() && (name.starts_with("role/") || name.starts_with("user/")));
        match kind {
            _ if !known => Err(BadActor::Principal(text.to_owned())),
            Some(kind) if !KINDS.contains(&kind.as_str()) => Err(BadActor::Kind(kind)),
            kind => Ok(Self { kind, principal: principal.to_owned() }),
        }
    }
}

/// What has to be allowed to change record sets of these names and types in a hosted zone, and to see that.
#[must_use]
pub fn records_rights<'r>(caller: &Caller, zone: &str, places: impl Iterator<Item = &'r RecordPlace> + Clone) -> Vec<Right> {
    // As the condition keys have it: in small letters, without the last dot (Route 53 Developer Guide, "Using IAM
    // policy conditions for fine-grained access control").
    let names = places.clone().map(|place| place.name.trim_end_matches('.').to_lowercase()).collect();
    let kinds = places.map(|place| place.kind.clone()).collect();
    let actions = ["CREATE", "DELETE"].map(str::to_owned).into();
    let context = Context::from([
        ("route53:ChangeResourceRecordSetsActions", ContextValue::Texts(actions)),
        ("route53:ChangeResourceRecordSetsNormalizedRecordNames", ContextValue::Texts(names)),
        ("route53:ChangeResourceRecordSetsRecordTypes", ContextValue::Texts(kinds)),
    ]);
    let change = Right {
        action: "route53:ChangeResourceRecordSets",
        resource: caller.global_arn("route53", &format!("hostedzone/{zone}")),
        context,
    };
    // Nobody knows a change's id before it is made.
    let resource = caller.global_arn("route53", "change/C0123456789ABCDEFGHIJ");
    vec![change, Right { action: "route53:GetChange", resource, context: Context::new() }]
}

/// Whom to ask about, and how.
#[derive(Clone, Copy)]
pub(super) struct Asks<'a> {
    pub(super) kind: &'a str,
    pub(super) actors: &'a Actors,
    /// The role through which the target is reached.
    pub(super) role: Option<&'a Role>,
    /// Whether nothing would be done anyway.
    pub(super) shadow: bool,
    /// IAM of the target's account.
    pub(super) permissions: &'a dyn Permissions,
    /// What need not be asked again: IAM's simulator may be away.
    pub(super) given_up: &'a GivenUp,
    /// IAM of our own account.
    pub(super) own: Option<&'a dyn Permissions>,
}

/// An action under these conditions, on these resources: IAM answers all of it at once.
type Question<'r> = (&'static str, &'r Context, BTreeSet<String>);

fn questions(rights: &[Right]) -> Vec<Question<'_>> {
    let mut questions: BTreeMap<(&'static str, &Context), BTreeSet<String>> = BTreeMap::new();
    for right in rights {
        questions.entry((right.action, &right.context)).or_default().insert(right.resource.clone());
    }
    questions.into_iter().map(|((action, context), resources)| (action, context, resources)).collect()
}

impl Asks<'_> {
    /// What is not allowed, and of what that can't be said.
    pub(super) async fn findings(
        &self,
        caller: Result<&Caller, &CloudError>,
        rights: &[Right],
        patience: Patience<'_>,
    ) -> Vec<Finding> {
        let caller = match caller {
            Ok(caller) => caller,
            Err(error) => {
                return vec![unknown("who would make a crossover", &format!("what it writes would be allowed: {error}"))];
            }
        };
        let acts = |actor: &&Actor| actor.kind.as_deref().is_none_or(|kind| kind == self.kind);
        let actors: BTreeSet<&str> = self.actors.iter().filter(acts).map(|actor| actor.principal.as_str()).collect();
        let mut findings = Vec::new();
        if let Some(role) = self.role {
            // Whoever acts in the other account acts as its role, and needs nothing of their own but to become that.
            let context = Context::from([("sts:ExternalId", ContextValue::Text(role.external_id.clone()))]);
            let become_it = [Right { action: "sts:AssumeRole", resource: role.arn.clone(), context }];
            if let Some(own) = self.own {
                for principal in actors {
                    findings.extend(self.ask(own, principal, &become_it, &CHANGES, patience).await);
                }
            }
            findings.extend(self.ask(self.permissions, &role.arn, rights, &CHANGES, patience).await);
            return findings;
        }
        let actors = if actors.is_empty() { [caller.principal.as_str()].into() } else { actors };
        for principal in actors {
            findings.extend(self.ask(self.permissions, principal, rights, &CHANGES, patience).await);
        }
        findings
    }

    /// What of keeping and telling what was done is not allowed: the same for all targets of whatever of these kinds.
    pub(super) async fn of_stores(
        &self,
        kinds: &BTreeSet<&str>,
        caller: Result<&Caller, &CloudError>,
        stores: &Stores,
        patience: Patience<'_>,
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
        let acts = |actor: &&Actor| actor.kind.as_deref().is_none_or(|kind| kinds.contains(kind));
        let actors: BTreeSet<&str> = self.actors.iter().filter(acts).map(|actor| actor.principal.as_str()).collect();
        let mut findings = Vec::new();
        for principal in if actors.is_empty() { [caller.principal.as_str()].into() } else { actors } {
            findings.extend(self.ask(self.permissions, principal, &rights, &STORES, patience).await);
        }
        findings
    }

    async fn ask(
        &self,
        iam: &dyn Permissions,
        principal: &str,
        rights: &[Right],
        sort: &Sort,
        patience: Patience<'_>,
    ) -> Vec<Finding> {
        // Of one action, whatever the conditions that it was asked under.
        let mut denied: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
        // What can't be said for the same reason is said once.
        let mut unsaid: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for (action, context, resources) in questions(rights) {
            // It is asked for each target and right, and slow: once it is given up it is not even tried.
            if self.given_up.has(SIMULATE) {
                unsaid.entry(format!("{SIMULATE} did not answer before, and was not asked again")).or_default().insert(action);
                continue;
            }
            match patience.call(action, || iam.simulate(principal, action, &resources, context)).await {
                Ok(said) => {
                    for resource in &resources {
                        match said.get(resource) {
                            Some(Allowed::Yes) => {}
                            Some(Allowed::No(why)) => {
                                denied.entry(action).or_default().insert(resource.clone(), why.clone());
                            }
                            Some(Allowed::Unknown(why)) => _ = unsaid.entry(why.clone()).or_default().insert(action),
                            None => _ = unsaid.entry("IAM does not answer it".to_owned()).or_default().insert(action),
                        }
                    }
                }
                Err(error) => _ = unsaid.entry(error.to_string()).or_default().insert(action),
            }
        }
        let mut findings: Vec<Finding> =
            denied.iter().map(|(action, denied)| self.denied(principal, action, denied, sort)).collect();
        let unsaid = unsaid
            .iter()
            .map(|(why, actions)| format!("{} would be allowed: {why}", list(actions.iter().copied(), LISTED)))
            .collect::<Vec<_>>();
        findings
            .extend((!unsaid.is_empty()).then(|| unknown(&format!("{principal}{}", sort.with), &unsaid.join("; nor whether "))));
        findings
    }

    /// What a principal may not do, and on what.
    fn denied(&self, principal: &str, action: &str, denied: &BTreeMap<String, String>, sort: &Sort) -> Finding {
        let why: BTreeSet<&str> = denied.values().map(String::as_str).collect();
        let why = why.into_iter().collect::<Vec<_>>().join(", ");
        let shadow = if self.shadow { "; in the mode shadow it is not done either" } else { "" };
        Finding {
            severity: if self.shadow { Severity::Warning } else { Severity::Error },
            resource: format!("{principal} {action}"),
            what: format!("is not allowed on {}: {why}{shadow}", list(denied.keys().map(String::as_str), LISTED)),
            fix: sort.fix.to_owned(),
            link: SIMULATOR,
        }
    }
}

/// What can't be said.
fn unknown(principal: &str, what: &str) -> Finding {
    Finding {
        severity: Severity::Warning,
        resource: principal.to_owned(),
        what: format!("could not be asked about, whether {what}"),
        fix: "allow whoever makes the check iam:SimulatePrincipalPolicy and iam:GetRole on it, or look at its policies"
            .to_owned(),
        link: SIMULATOR,
    }
}
