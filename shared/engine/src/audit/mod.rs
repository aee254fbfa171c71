//! The audit: finds problems that would prevent or impair a crossover before one is needed.

mod alarms;
mod estimates;
mod location;
mod rights;
mod simulator;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crossover_model::{
    error::CloudError,
    estimate::{Estimate, slow},
    finding::Finding,
    health::Readings,
    permission::Caller,
    rules::{self, unreadable},
    topology::{Mode, Role},
};
use futures::{StreamExt, future::join_all, join, stream};
use jiff::Timestamp;
use simulator::Simulator;

use crate::{
    alarms::read_alarms,
    audited::Audited,
    group::TargetGroup,
    ports::{Alarms, AskPermissions, Clock, Permissions},
    retry::{GivenUp, Patience, TRIED},
};

pub(crate) use estimates::estimates;
pub use rights::{Actor, ActorError, Actors, Store, Stores};

/// The most targets that are audited concurrently.
const AT_ONCE: usize = 4;

/// The inputs of an audit.
pub struct Auditor<'a> {
    /// The alarms.
    pub alarms: &'a dyn Alarms,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// The permissions.
    pub permissions: &'a AskPermissions<'a>,
    /// The principals that make crossovers; the caller of the check when empty.
    pub actors: &'a Actors,
    /// The journal and the notice topic, on which permissions are checked too.
    pub stores: &'a Stores,
    /// The mode of targets that declare none, as far as it is known.
    pub mode: Option<Mode>,
    /// When the audit ends, even without all answers.
    pub until: Timestamp,
}

/// The name of the account among the names of targets. No target can have it, as it is two words.
pub const ACCOUNT: &str = "the account";

/// The result of an audit, by the names of the targets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Audit {
    /// The findings of each target and of the account, the worst first.
    pub findings: BTreeMap<String, Vec<Finding>>,
    /// The estimates of each target.
    pub estimates: BTreeMap<String, Vec<Estimate>>,
}

impl Audit {
    /// Adds findings, by the names of the targets.
    pub(crate) fn add(&mut self, findings: BTreeMap<String, Vec<Finding>>) {
        for (name, more) in findings {
            let all = self.findings.entry(name).or_default();
            all.extend(more);
            all.sort();
        }
    }

    /// Adds the findings of the account.
    pub fn of_account(&mut self, findings: Vec<Finding>) {
        let all = self.findings.entry(ACCOUNT.to_owned()).or_default();
        all.extend(findings);
        all.sort();
    }
}

/// Audits all targets. Targets that there was no time for get a finding. It makes no writes.
pub async fn audit(kinds: &[Box<dyn TargetGroup>], auditor: &Auditor<'_>) -> Audit {
    let given_up = GivenUp::default();
    let patience = Patience::new(auditor.clock, auditor.until).giving_up(&given_up);
    let targets = || kinds.iter().flat_map(|kind| (0..kind.target_refs().len()).map(move |index| (kind.as_ref(), index)));
    let names: BTreeSet<String> =
        targets().flat_map(|(kind, index)| kind.sides(index)).flat_map(|side| side.alarms.iter().cloned()).collect();
    let of_kinds = async {
        let principals =
            principals(targets().map(|(kind, index)| kind.target_refs()[index].policy.role.clone()), auditor, patience);
        let principals = principals.await;
        let principals = &principals;
        let given_up = &given_up;
        let audited = targets().map(|(kind, index)| async move {
            let name = || kind.target_refs()[index].policy.name.clone();
            let audited = audit_target(kind, index, principals, auditor, patience, given_up);
            patience
                .in_time(audited)
                .await
                .unwrap_or_else(|| Audited { findings: vec![rules::not_checked(name())], ..Audited::default() })
        });
        let audited = stream::iter(audited).buffered(AT_ONCE).collect::<Vec<_>>();
        join!(audited, of_stores(kinds, principals, auditor, patience, given_up))
    };
    let alarms = async {
        let read = patience.in_time(read_alarms(auditor.alarms, &names, TRIED, patience)).await;
        let unread = || Readings {
            unread: names.clone(),
            errors: vec![CloudError::late(auditor.alarms.reads().operation)],
            ..Readings::default()
        };
        read.unwrap_or_else(unread)
    };
    let muted = async {
        let asked = patience.call("mute rules", || auditor.alarms.read_muted(&names));
        patience.in_time(asked).await.unwrap_or_else(|| Err(CloudError::late("the mute rules of alarms")))
    };
    let (readings, muted, (of_kinds, of_stores)) = join!(alarms, muted, of_kinds);
    let unread = muted.as_ref().err().map(|error| unreadable("mute rules of alarms", error).lowered());
    let muted = muted.unwrap_or_default();
    let children: BTreeSet<String> = readings
        .now
        .values()
        .flat_map(|alarm| &alarm.data.children)
        .filter(|child| !readings.now.contains_key(*child))
        .cloned()
        .collect();
    let mut known = readings.now.clone();
    if !children.is_empty() {
        let read = patience.in_time(read_alarms(auditor.alarms, &children, TRIED, patience)).await;
        known.extend(read.unwrap_or_default().now);
    }
    let mut audit = Audit::default();
    for ((kind, index), Audited { mut findings, estimates, .. }) in targets().zip(of_kinds) {
        findings.extend(alarms::findings(kind.sides(index), &readings, &muted, auditor.alarms));
        findings.extend(alarms::dependent(kind.sides(index), &estimates, &known));
        findings.extend(location::without_location(kind.sides(index)));
        findings.extend(kind.audit_alarms(index, &readings));
        findings.sort();
        let name = &kind.target_refs()[index].policy.name;
        audit.findings.insert(name.clone(), findings);
        audit.estimates.insert(name.clone(), estimates);
    }
    let of_account: Vec<Finding> = of_stores.into_iter().chain(unread).collect();
    if !of_account.is_empty() {
        audit.of_account(of_account);
    }
    audit
}

/// The caller in each account, with the port that simulates its permissions.
type Principals = BTreeMap<Option<Role>, Option<(Arc<dyn Permissions>, Result<Caller, CloudError>)>>;

async fn principals(roles: impl Iterator<Item = Option<Role>>, auditor: &Auditor<'_>, patience: Patience<'_>) -> Principals {
    // Our own account too, as roles of other accounts are assumed from it.
    let roles: BTreeSet<Option<Role>> = roles.chain([None]).collect();
    let one = |role: Option<Role>| async move {
        let permissions = (auditor.permissions)(role.as_ref());
        let known = match permissions {
            Some(permissions) => {
                // All targets wait for this call.
                let patience = patience.at_most(TRIED);
                let caller = patience.in_time(patience.call("caller", || permissions.caller())).await;
                let caller = caller.unwrap_or_else(|| Err(CloudError::late(permissions.names().caller)));
                Some((permissions, caller))
            }
            None => None,
        };
        (role, known)
    };
    join_all(roles.into_iter().map(one)).await.into_iter().collect()
}

/// Audits one target, without its alarms.
async fn audit_target(
    kind: &dyn TargetGroup,
    index: usize,
    principals: &Principals,
    auditor: &Auditor<'_>,
    patience: Patience<'_>,
    given_up: &GivenUp,
) -> Audited {
    let policy = kind.target_refs()[index].policy;
    let known = principals.get(&policy.role).and_then(Option::as_ref);
    let caller = known.and_then(|(_, caller)| caller.as_ref().ok());
    let mut audited = kind.audit(index, caller, patience).await;
    audited.findings.extend(slow(&audited.estimates, kind.pace()));
    if let Some((permissions, caller)) = known {
        let own = principals.get(&None).and_then(Option::as_ref);
        let simulator = |permissions| Simulator { permissions, given_up, patience };
        let asks = rights::Asks {
            kind: kind.kind(),
            actors: auditor.actors,
            role: policy.role.as_ref(),
            shadow: policy.mode.or(auditor.mode) == Some(Mode::Shadow),
            simulator: simulator(permissions.as_ref()),
            own: own.map(|(permissions, _)| simulator(permissions.as_ref())),
        };
        audited.findings.extend(rights::of_target(asks, caller.as_ref(), &audited.rights).await);
    }
    audited
}

/// Checks the permissions on the journal and the notice topic.
async fn of_stores(
    kinds: &[Box<dyn TargetGroup>],
    principals: &Principals,
    auditor: &Auditor<'_>,
    patience: Patience<'_>,
    given_up: &GivenUp,
) -> Vec<Finding> {
    let Some((permissions, caller)) = principals.get(&None).and_then(Option::as_ref) else { return Vec::new() };
    let kinds = kinds.iter().filter(|kind| !kind.target_refs().is_empty()).map(|kind| kind.kind()).collect();
    let simulator = Simulator { permissions: permissions.as_ref(), given_up, patience };
    let asked = rights::of_stores(simulator, &kinds, auditor.actors, caller.as_ref(), auditor.stores);
    patience.in_time(asked).await.unwrap_or_else(|| vec![rules::not_checked("rights on the journal and the topic")])
}
