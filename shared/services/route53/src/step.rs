//! Changes record sets of a hosted zone, in one batch.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
    time::Duration,
};

use crossover_engine::retry::Patience;
use crossover_model::{
    error::{CloudError, Fault},
    permission::{Caller, Right},
    step::{Applied, Seen, Step, StepCard},
};

use crate::{ChangeStatus, RecordChange, RecordPosition, RecordSet, Records, as_route53_writes, records_rights};

/// How long a change may be pending: most reach all of Route 53's servers within this
/// (`GetChange`).
const IN_SYNC_WITHIN: Duration = Duration::from_mins(1);

/// A batch of changes: each record set as it was read, and as it should be. Route 53 refuses the whole
/// batch if one of them differs from what was read, so that no other edit is overwritten.
///
/// It deletes and creates. `UPSERT` would pass the guardrails that reject deletions, and has no condition: it would overwrite an
/// edit that was made since the read (Route 53 API Reference, `Change`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordsStep {
    zone: String,
    changes: Vec<(RecordSet, RecordSet)>,
    card: StepCard,
    /// The change's id, once Route 53 has returned one.
    change: Arc<OnceLock<String>>,
}

impl RecordsStep {
    /// Changes these record sets of this zone, each from the first to the second.
    #[must_use]
    pub fn new(zone: String, changes: Vec<(RecordSet, RecordSet)>, card: StepCard) -> Self {
        Self { zone, changes, card, change: Arc::default() }
    }

    /// The permissions that it needs.
    #[must_use]
    pub fn rights(&self, caller: &Caller) -> Vec<Right> {
        let positions: Vec<RecordPosition> = self.changes.iter().map(|(before, _)| RecordPosition::of(before)).collect();
        records_rights(caller, &self.zone, positions.iter())
    }

    /// Each record set as it was read, and as it should be.
    #[must_use]
    pub fn changes(&self) -> &[(RecordSet, RecordSet)] {
        &self.changes
    }

    /// Makes the batch. One that is refused because an earlier call made it, whose response was
    /// lost, is done; one whose record sets another writer has changed is a conflict.
    pub async fn apply(&self, records: &dyn Records) -> Result<Applied, CloudError> {
        let deletes = self.changes.iter().map(|(before, _)| RecordChange::Delete(before.clone()));
        let creates = self.changes.iter().map(|(_, after)| RecordChange::Create(after.clone()));
        let batch: Vec<RecordChange> = deletes.chain(creates).collect();
        match records.change_records(&self.zone, &batch).await {
            Ok(change) => {
                // Repeated, it is the same change.
                let _ = self.change.set(change);
                Ok(Applied::Done)
            }
            Err(error) if error.fault == Fault::NotFound => Ok(Applied::Conflict(error.to_string())),
            Err(error) if error.code == "InvalidChangeBatch" => {
                match self.seen_in(&read_record_sets(records, &self.zone, &self.wanted(), None).await?) {
                    Seen::Done => Ok(Applied::Done),
                    // The record sets are unchanged, so Route 53 refuses the batch itself.
                    Seen::NotYet | Seen::UnderWay => Err(error),
                    Seen::Conflict(what) => Ok(Applied::Conflict(format!("{what}: {}", error.message))),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// The status of each step: whether all of Route 53's servers have it, and the records read again, each zone
    /// once for all of its steps.
    pub async fn verify(steps: &[&Self], records: &dyn Records, patience: &Patience<'_>) -> Result<Vec<Seen>, CloudError> {
        let mut pending = Vec::new();
        let mut wanted: BTreeMap<&str, BTreeSet<(String, String)>> = BTreeMap::new();
        for step in steps {
            let is_pending = step.is_pending(records, patience).await?;
            if !is_pending {
                wanted.entry(&step.zone).or_default().extend(step.wanted());
            }
            pending.push(is_pending);
        }
        let mut read: BTreeMap<&str, Vec<RecordSet>> = BTreeMap::new();
        for (zone, wanted) in wanted {
            read.insert(zone, read_record_sets(records, zone, &wanted, Some(patience)).await?);
        }
        let seen = |(step, pending): (&&Self, bool)| {
            let read = read.get(step.zone.as_str()).filter(|_| !pending);
            read.map_or(Seen::UnderWay, |read| step.seen_in(read))
        };
        Ok(steps.iter().zip(pending).map(seen).collect())
    }

    async fn is_pending(&self, records: &dyn Records, patience: &Patience<'_>) -> Result<bool, CloudError> {
        let Some(change) = self.change.get() else { return Ok(false) };
        Ok(patience.call(change, || records.change_status(change)).await? == ChangeStatus::Pending)
    }

    fn wanted(&self) -> BTreeSet<(String, String)> {
        self.changes.iter().map(|(before, _)| (before.name.clone(), before.kind.clone())).collect()
    }

    fn seen_in(&self, read: &[RecordSet]) -> Seen {
        let read: BTreeSet<RecordSet> = read.iter().map(RecordSet::in_order).collect();
        let there = |set: &RecordSet| read.contains(&set.in_order());
        if self.changes.iter().all(|(_, after)| there(after)) {
            return Seen::Done;
        }
        match self.changes.iter().find(|(before, _)| !there(before)) {
            None => Seen::NotYet,
            Some((changed, _)) => Seen::Conflict(format!("another writer changed {} {}", changed.name, changed.kind)),
        }
    }
}

impl Step for RecordsStep {
    fn card(&self) -> StepCard {
        self.card.clone()
    }

    fn seen_within(&self) -> Duration {
        IN_SYNC_WITHIN
    }

    fn expected(&self) -> Duration {
        IN_SYNC_WITHIN
    }

    fn lingers(&self) -> Duration {
        Duration::from_secs(self.changes.iter().map(|(before, _)| before.ttl()).max().unwrap_or_default().into())
    }
}

/// All record sets of these names (as Route 53 writes them) and types, in as few pages as they lie on.
/// With patience, single pages are retried, not all of them.
///
/// # Errors
/// Those of the reads; and [`Fault::Refused`] if the pages don't advance, which would never end.
pub async fn read_record_sets(
    records: &dyn Records,
    zone: &str,
    wanted: &BTreeSet<(String, String)>,
    patience: Option<&Patience<'_>>,
) -> Result<Vec<RecordSet>, CloudError> {
    let position = |(name, kind): &(String, String)| RecordPosition { name: name.clone(), kind: kind.clone(), set_id: None };
    let mut positions: Vec<RecordPosition> = wanted.iter().map(position).collect();
    positions.sort();
    let mut read = Vec::new();
    let mut from = positions.first().cloned();
    while let Some(start) = from {
        let page = match patience {
            Some(patience) => patience.call(&start.name, || records.record_sets(zone, &start)).await?,
            None => records.record_sets(zone, &start).await?,
        };
        // One that is written in another way, as `*` for `\052`, is the same name.
        let page_sets = page.record_sets.into_iter().map(|set| RecordSet { name: as_route53_writes(&set.name), ..set });
        let is_wanted = |set: &RecordSet| wanted.contains(&(set.name.clone(), set.kind.clone()));
        read.extend(page_sets.filter(is_wanted));
        let next = page.next.map(|next| RecordPosition { name: as_route53_writes(&next.name), ..next });
        from = next.and_then(|next| {
            // Everything before the next page has been read; the rest is not needed.
            let left = positions
                .iter()
                .find(|position| (&position.name, &position.kind) == (&next.name, &next.kind) || **position > next);
            left.map(|position| position.clone().max(next))
        });
        if from.as_ref().is_some_and(|next| *next <= start) {
            let message = format!("the page after the one from {} {} does not begin after it", start.name, start.kind);
            return Err(CloudError::new("route53:ListResourceRecordSets", Fault::Refused, message));
        }
    }
    Ok(read)
}
