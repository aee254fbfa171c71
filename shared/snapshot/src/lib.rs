//! Writes the resources that a topology names to a sandbox account, for rehearsals.
//!
//! The snapshot records the reads of a check of each target. It contains only the inputs of decisions: no user data, no user
//! names, no tags except those that the topology selects by, no values of TXT records, and no reasons of alarms. From the
//! memory it omits names and reasons.

mod memories;
mod origin;
mod people;

use std::{sync::Arc, time::Duration};

use crossover_cloudwatch::RecordedAlarms;
use crossover_dynamodb::DynamoDbAccount;
use crossover_engine::{
    audit::{Auditor, Stores, audit},
    group::TargetGroup,
    ports::Journal,
    retry::Patience,
};
use crossover_kinds::Registry;
use crossover_model::{
    reserved::EVERYTHING,
    topology::{Document, Problems},
};
use crossover_sandbox::{
    Account, Taken,
    record::{Notes, Recorder},
};
use memories::Memories;

pub use origin::{Origin, Snapshot};

/// The time for further reads after the reads of the targets: a service may allow only one call per second for some.
const TIME: Duration = Duration::from_mins(5);
/// Records that one call of the journal reads (`BatchGetItem`).
const RECORDS_A_CALL: usize = 100;

/// Takes a snapshot of the resources that the topology names. An unreadable resource does not fail the snapshot: it is
/// listed.
///
/// # Errors
/// All problems of the topology.
pub async fn snapshot(registry: &Registry, origin: &Origin, topology: &str) -> Result<Snapshot, Problems> {
    let (document, notes) = (Document::new(topology), Arc::new(Notes::default()));
    registry.select(&document, &notes)?;
    let recorded = origin.backend.recorded(&notes);
    let kinds = here(registry.groups(|_| recorded.clone(), &document)?, &notes);
    let clock = origin.clock.as_ref();
    let until = clock.now() + TIME;
    let (alarms, actors) = (RecordedAlarms(Recorder::of(&origin.alarms, &notes)), Vec::new());
    // The audit runs for its reads. Its findings are dropped, and permissions are not checked.
    let stores = Stores::default();
    let auditor = Auditor { alarms: &alarms, clock, permissions: &|_| None, actors: &actors, stores: &stores, mode: None, until };
    audit(&kinds, &auditor).await;
    let patience = Patience::new(clock, clock.now() + TIME);
    registry.read_more(&recorded, &notes, &patience).await;
    if let Some(journal) = &origin.journal {
        read_memories(journal.as_ref(), &kinds, &notes, &patience).await;
    }
    Ok(Snapshot { account: account(registry, &notes, origin), unread: notes.take_unread() })
}

/// The sandbox account with the recorded reads.
fn account(registry: &Registry, notes: &Notes, origin: &Origin) -> Account {
    let account_id = origin.account_id.clone().or(notes.account_id()).unwrap_or_else(|| "000000000000".to_owned());
    let of = Taken { account_id: &account_id, region: &origin.region, now: origin.clock.now() };
    let mut account = Account::taken(notes, &of, &registry.sections());
    account.dynamodb_mut().journal = notes.take::<Memories>().records();
    account
}

/// A sandbox account is one account, so targets that are reached through a role are left out.
fn here(kinds: Vec<Box<dyn TargetGroup>>, notes: &Notes) -> Vec<Box<dyn TargetGroup>> {
    for target in kinds.iter().flat_map(|targets| targets.target_refs()) {
        if let Some(role) = &target.policy.role {
            let why = format!("is reached through {}, and a sandbox account is one account", role.arn);
            notes.unread("target", &target.policy.name, &why);
        }
    }
    kinds.into_iter().filter(|targets| targets.target_refs().iter().all(|target| target.policy.role.is_none())).collect()
}

/// The memories of the targets, and of everything.
async fn read_memories(journal: &dyn Journal, kinds: &[Box<dyn TargetGroup>], notes: &Notes, patience: &Patience<'_>) {
    let target_refs = kinds.iter().flat_map(|targets| targets.target_refs());
    let mut names: Vec<String> = target_refs.map(|target| target.policy.name.clone()).collect();
    names.push(EVERYTHING.to_owned());
    for names in names.chunks(RECORDS_A_CALL) {
        match patience.call("records", || journal.records(names)).await {
            Ok(records) => memories::remember(notes, records),
            Err(error) => notes.unread("journal", &names.join(", "), &error.to_string()),
        }
    }
}
