use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_engine::ports::{Change, Journal, LeaseAnswer, Written};
use crossover_model::{
    crossover::Crossover,
    error::{CloudError, Fault},
    journal::{Lease, TargetRecord},
};

use crate::Sandbox;

/// DynamoDB: the largest item, in bytes, less what the lease and the keys take.
const ITEM_MAX: usize = 400_000;

fn size(part: &impl serde::Serialize) -> usize {
    serde_json::to_string(part).map_or(0, |json| json.len())
}

#[async_trait]
impl Journal for Sandbox {
    async fn take_lease(&self, target: &str, lease: &Lease) -> Result<LeaseAnswer, CloudError> {
        self.call("dynamodb:UpdateItem", target, |state, _| {
            let record = state.account.journal.entry(target.to_owned()).or_default();
            if record.lease.as_ref() == Some(lease) && record.released.is_none() {
                let before = state.leases_before.get(target).cloned().unwrap_or_default();
                return Ok(LeaseAnswer::Taken { epoch: record.epoch, before });
            }
            if record.held_at(lease.taken).is_some() {
                return Ok(LeaseAnswer::Held(record.clone()));
            }
            let before = record.clone();
            record.epoch += 1;
            record.lease = Some(lease.clone());
            record.released = None;
            record.earlier = before.interrupted().cloned();
            let epoch = record.epoch;
            state.leases_before.insert(target.to_owned(), before.clone());
            Ok(LeaseAnswer::Taken { epoch, before })
        })
        .await
    }

    async fn read(&self, target: &str) -> Result<TargetRecord, CloudError> {
        self.call("dynamodb:GetItem", target, |state, _| Ok(state.account.journal.get(target).cloned().unwrap_or_default())).await
    }

    async fn records(&self, targets: &[String]) -> Result<BTreeMap<String, Result<TargetRecord, CloudError>>, CloudError> {
        self.call("dynamodb:BatchGetItem", "", |state, _| {
            let journal = &state.account.journal;
            Ok(targets.iter().map(|name| (name.clone(), Ok(journal.get(name).cloned().unwrap_or_default()))).collect())
        })
        .await
    }

    async fn write(&self, target: &str, epoch: u64, change: Change<'_>) -> Result<Written, CloudError> {
        self.call("dynamodb:TransactWriteItems", target, |state, _| {
            let record = state.account.journal.entry(target.to_owned()).or_default();
            if record.epoch != epoch {
                return Ok(Written::StaleEpoch);
            }
            let sizes = change.ended.iter().map(size).chain(change.memory.map(size));
            if let Some(size) = sizes.max().filter(|size| *size > ITEM_MAX) {
                return Err(CloudError::new("dynamodb:TransactWriteItems", Fault::Refused, format!("an item of {size} bytes")));
            }
            if let Some(memory) = change.memory {
                record.memory = memory.clone();
            }
            if change.release.is_some() {
                record.released = change.release;
            }
            for crossover in change.ended {
                match state.account.crossovers.iter_mut().find(|known| known.id == crossover.id) {
                    Some(known) => *known = crossover.clone(),
                    None => state.account.crossovers.push(crossover.clone()),
                }
            }
            Ok(Written::Yes)
        })
        .await
    }

    async fn crossovers(&self, target: &str, limit: usize) -> Result<Vec<Crossover>, CloudError> {
        self.call("dynamodb:Query", target, |state, _| {
            let of_target = state.account.crossovers.iter().rev().filter(|crossover| crossover.target == target);
            Ok(of_target.take(limit).cloned().collect())
        })
        .await
    }
}
