//! DynamoDB in the sandbox: the journal.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_engine::ports::{Change, Journal, LeaseAnswer, Written};
use crossover_model::{
    crossover::Crossover,
    error::{CloudError, Fault},
    journal::{Lease, TargetRecord},
    stop::Stop,
};
use crossover_sandbox::{Account, Sandbox, Section, Service, keys};
use serde::{Serialize, de::DeserializeOwned};

/// The state of DynamoDB.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DynamoDb {
    /// The journal's records by target.
    pub journal: BTreeMap<String, TargetRecord>,
    /// The crossovers in the journal, in the order of their first write.
    pub crossovers: Vec<Crossover>,
}

impl Section for DynamoDb {
    const SERVICES: &'static [Service] = &[Service { word: "journal", ..Service::new("dynamodb", "the journal") }];

    const RESOURCES: bool = false;

    keys!(journal, crossovers);
}

/// DynamoDB in a sandbox account.
pub trait DynamoDbAccount {
    /// The section.
    fn dynamodb(&self) -> &DynamoDb;

    /// The section, mutable.
    fn dynamodb_mut(&mut self) -> &mut DynamoDb;
}

impl DynamoDbAccount for Account {
    fn dynamodb(&self) -> &DynamoDb {
        self.section()
    }

    fn dynamodb_mut(&mut self) -> &mut DynamoDb {
        self.section_mut()
    }
}

/// The journal of a sandbox.
#[derive(Clone)]
pub struct SandboxJournal(pub Sandbox);

/// The records as they were when their leases were last acquired.
#[derive(Default)]
struct LeasesBefore(BTreeMap<String, TargetRecord>);

const UPDATE: &str = "dynamodb:UpdateItem";
const TRANSACT: &str = "dynamodb:TransactWriteItems";

/// DynamoDB: the largest item, in bytes, minus the size of the lease and the keys.
const ITEM_MAX: usize = 400_000;

/// What is read again once `part` is written. The table holds text, and so does not keep what is not in it.
fn stored<T: Serialize + DeserializeOwned>(call: &str, part: &T) -> Result<T, CloudError> {
    let refused = |why: String| CloudError::new(call, Fault::Refused, why);
    let text = serde_json::to_string(part).map_err(|error| refused(error.to_string()))?;
    if text.len() > ITEM_MAX {
        return Err(refused(format!("an item of {} bytes", text.len())));
    }
    serde_json::from_str(&text).map_err(|error| refused(error.to_string()))
}

#[async_trait]
impl Journal for SandboxJournal {
    async fn take_lease(&self, target: &str, lease: &Lease) -> Result<LeaseAnswer, CloudError> {
        self.0
            .call(UPDATE, target, |state, now| {
                let at = Some(now);
                let record = state.account.dynamodb_mut().journal.entry(target.to_owned()).or_default();
                if record.lease.as_ref() == Some(lease) && record.released.is_none() {
                    let before = state.service_state.of::<LeasesBefore>().0.get(target).cloned().unwrap_or_default();
                    return Ok(LeaseAnswer::Taken { epoch: record.epoch, before, at });
                }
                if record.held_at(now).is_some() {
                    return Ok(LeaseAnswer::Held(record.clone()));
                }
                let (before, lease) = (record.clone(), stored(UPDATE, lease)?);
                record.epoch += 1;
                record.lease = Some(lease);
                record.released = None;
                record.earlier = before.interrupted().cloned();
                let epoch = record.epoch;
                state.service_state.of::<LeasesBefore>().0.insert(target.to_owned(), before.clone());
                Ok(LeaseAnswer::Taken { epoch, before, at })
            })
            .await
    }

    async fn read(&self, target: &str) -> Result<TargetRecord, CloudError> {
        self.0
            .call("dynamodb:GetItem", target, |state, _| {
                Ok(state.account.dynamodb().journal.get(target).cloned().unwrap_or_default())
            })
            .await
    }

    async fn records(&self, targets: &[String]) -> Result<BTreeMap<String, Result<TargetRecord, CloudError>>, CloudError> {
        self.0
            .call("dynamodb:BatchGetItem", "", |state, _| {
                let journal = &state.account.dynamodb().journal;
                Ok(targets.iter().map(|name| (name.clone(), Ok(journal.get(name).cloned().unwrap_or_default()))).collect())
            })
            .await
    }

    async fn stop(&self, target: &str, stop: &Stop) -> Result<Stop, CloudError> {
        self.0
            .call(UPDATE, target, |state, _| {
                let record = state.account.dynamodb_mut().journal.entry(target.to_owned()).or_default();
                if let Some(later) = record.stop.as_ref().filter(|known| known.at > stop.at) {
                    return Ok(later.clone());
                }
                record.stop = Some(stored(UPDATE, stop)?);
                Ok(stop.clone())
            })
            .await
    }

    async fn write(&self, target: &str, epoch: u64, change: Change<'_>) -> Result<Written, CloudError> {
        self.0
            .call(TRANSACT, target, |state, _| {
                let record = state.account.dynamodb_mut().journal.entry(target.to_owned()).or_default();
                if record.epoch != epoch {
                    return Ok(Written::StaleEpoch);
                }
                let memory = change.memory.map(|memory| stored(TRANSACT, memory)).transpose()?;
                let ended: Vec<Crossover> =
                    change.ended.iter().map(|crossover| stored(TRANSACT, crossover)).collect::<Result<_, _>>()?;
                if let Some(memory) = memory {
                    record.memory = memory;
                }
                if change.release.is_some() {
                    record.released = change.release;
                }
                for crossover in ended {
                    match state.account.dynamodb_mut().crossovers.iter_mut().find(|known| known.id == crossover.id) {
                        Some(known) => *known = crossover,
                        None => state.account.dynamodb_mut().crossovers.push(crossover),
                    }
                }
                Ok(Written::Yes)
            })
            .await
    }

    async fn crossovers(&self, target: &str, limit: usize) -> Result<Vec<Crossover>, CloudError> {
        self.0
            .call("dynamodb:Query", target, |state, _| {
                let of_target = state.account.dynamodb().crossovers.iter().rev().filter(|crossover| crossover.target == target);
                Ok(of_target.take(limit).cloned().collect())
            })
            .await
    }
}
