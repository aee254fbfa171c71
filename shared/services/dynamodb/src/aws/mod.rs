//! The journal in one DynamoDB table.
//!
//! ```text
//! pk             sk             attributes
//! target#NAME    state          epoch, lease, lease_holder, lease_until, released, stop, stop_at, memory, before_*
//! target#NAME    crossover#ID   crossover, expires
//! ```
//! `lease`, `stop`, `memory` and `crossover` are JSON; `lease_until`, `released` and `stop_at` are nanoseconds, and
//! `expires` is seconds, since 1970. `before_lease` and `before_released` are those of the lease before.

mod clock;
mod item;

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    operation::{transact_write_items::TransactWriteItemsError, update_item::UpdateItemError},
    types::{KeysAndAttributes, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update},
};
use clock::ServiceClock;
use crossover_aws::{classify, cloud_error};
use crossover_engine::ports::{Change, Journal, LeaseAnswer, Written};
use crossover_model::{
    crossover::Crossover,
    error::{CloudError, Fault},
    journal::{Lease, TargetRecord},
    stop::Stop,
};
use item::{Item, Values, names, text};

const GET: &str = "dynamodb:GetItem";
const BATCH_GET: &str = "dynamodb:BatchGetItem";
const UPDATE: &str = "dynamodb:UpdateItem";
const TRANSACT: &str = "dynamodb:TransactWriteItems";
const QUERY: &str = "dynamodb:Query";

/// Nobody holds a lease that was not released. One that has ended is compared with DynamoDB's clock first.
const FREE: &str = "attribute_not_exists(#lease) OR attribute_exists(#released)";

/// `BatchGetItem` leaves out items that exceed its response (16 MB); this is the number of calls for them.
const BATCHES: usize = 8;

/// Acquires the lease, and keeps the previous one for a request that is repeated after a lost response.
const TAKE: &str = "SET #epoch = if_not_exists(#epoch, :zero) + :one, #lease = :lease, #lease_holder = :holder, \
                    #lease_until = :until, #before_lease = if_not_exists(#lease, :none), \
                    #before_released = if_not_exists(#released, :none) REMOVE #released";

const STOP: &str = "SET #stop = :stop, #stop_at = :stop_at";

/// A later command about pausing stays.
const LATEST: &str = "attribute_not_exists(#stop_at) OR #stop_at <= :stop_at";

const OUR_EPOCH: &str = "#epoch = :epoch";

/// A journal in a DynamoDB table with the string keys `pk` and `sk` and the TTL attribute `expires`.
#[derive(Debug, Clone)]
pub struct DynamoJournal {
    client: Client,
    table: String,
}

impl DynamoJournal {
    /// The journal in `table`.
    #[must_use]
    pub fn new(config: &SdkConfig, table: &str) -> Self {
        Self { client: Client::new(config), table: table.to_owned() }
    }
}

#[async_trait]
impl Journal for DynamoJournal {
    async fn take_lease(&self, target: &str, lease: &Lease) -> Result<LeaseAnswer, CloudError> {
        let clock = ServiceClock::default();
        let first = self.try_lease(target, lease, Condition::Free, &clock).await?;
        let LeaseAnswer::Held(record) = &first else { return Ok(first) };
        // The caller's clock may be ahead of the holder's, so only DynamoDB's says that the lease has ended.
        if record.held_at(clock.last().unwrap_or(lease.taken)).is_some() {
            return Ok(first);
        }
        self.try_lease(target, lease, Condition::Ended(record.epoch), &clock).await
    }

    async fn read(&self, target: &str) -> Result<TargetRecord, CloudError> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(item::state_key(target)));
        let output = request.consistent_read(true).send().await.map_err(|error| cloud_error(GET, error))?;
        output.item.map_or_else(|| Ok(TargetRecord::default()), |item| item::record(GET, &item))
    }

    async fn records(&self, targets: &[String]) -> Result<BTreeMap<String, Result<TargetRecord, CloudError>>, CloudError> {
        let mut found: BTreeMap<String, Result<TargetRecord, CloudError>> =
            targets.iter().map(|target| (target.clone(), Ok(TargetRecord::default()))).collect();
        let keys = targets.iter().map(|target| item::state_key(target)).collect();
        let wanted = KeysAndAttributes::builder().consistent_read(true).set_keys(Some(keys)).build();
        let mut wanted = Some(HashMap::from([(self.table.clone(), wanted.map_err(|error| item::unfit(BATCH_GET, &error))?)]));
        for _ in 0..BATCHES {
            let Some(asked) = wanted.take() else { return Ok(found) };
            let request = self.client.batch_get_item().set_request_items(Some(asked));
            let output = request.send().await.map_err(|error| cloud_error(BATCH_GET, error))?;
            for item in output.responses.unwrap_or_default().into_values().flatten() {
                if let Some(target) = item::target_of(&item) {
                    found.insert(target, item::record(BATCH_GET, &item));
                }
            }
            wanted = output.unprocessed_keys.filter(|keys| !keys.is_empty());
        }
        Err(CloudError::new(BATCH_GET, Fault::Throttled, "keys are left unprocessed"))
    }

    async fn stop(&self, target: &str, stop: &Stop) -> Result<Stop, CloudError> {
        let values = Values::new().text(":stop", item::json(UPDATE, stop)?).time(":stop_at", stop.at);
        let written = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::state_key(target)))
            .update_expression(STOP)
            .condition_expression(LATEST)
            .set_expression_attribute_names(Some(names(&[STOP, LATEST])))
            .set_expression_attribute_values(Some(values.0))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = written else { return Ok(stop.clone()) };
        let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() else {
            return Err(cloud_error(UPDATE, error));
        };
        let later = item::stop(UPDATE, failed.item.as_ref())?;
        later.ok_or_else(|| item::unfit(UPDATE, &"the journal has a later command about pausing, which it did not return"))
    }

    async fn write(&self, target: &str, epoch: u64, change: Change<'_>) -> Result<Written, CloudError> {
        let (expression, values) = state_change(epoch, change)?;
        if change.ended.is_empty() {
            self.update(target, expression, values).await
        } else {
            self.transact(target, expression, values, change.ended).await
        }
    }

    async fn crossovers(&self, target: &str, limit: usize) -> Result<Vec<Crossover>, CloudError> {
        let of_target = "#pk = :pk AND begins_with(#sk, :crossover)";
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression(of_target)
            .set_expression_attribute_names(Some(names(&[of_target])))
            .expression_attribute_values(":pk", text(item::target_pk(target)))
            .expression_attribute_values(":crossover", text(item::CROSSOVER))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX).max(1))
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(page) = pages.next().await
        {
            for item in page.map_err(|error| cloud_error(QUERY, error))?.items.unwrap_or_default() {
                found.push(item::crossover(QUERY, &item)?);
            }
        }
        found.truncate(limit);
        Ok(found)
    }
}

/// When the lease may be acquired.
#[derive(Clone, Copy)]
enum Condition {
    /// Nobody holds one that was not released.
    Free,
    /// The one of this epoch has ended, and is still the last one.
    Ended(u64),
}

impl DynamoJournal {
    async fn try_lease(
        &self,
        target: &str,
        lease: &Lease,
        condition: Condition,
        clock: &ServiceClock,
    ) -> Result<LeaseAnswer, CloudError> {
        let values = Values::new()
            .number(":zero", 0)
            .number(":one", 1)
            .time(":until", lease.until)
            .text(":holder", &lease.holder)
            .text(":lease", item::json(UPDATE, lease)?)
            .none(":none");
        let (expression, values) = match condition {
            Condition::Free => (FREE, values),
            Condition::Ended(epoch) => (OUR_EPOCH, values.number(":epoch", epoch)),
        };
        let taken = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::state_key(target)))
            .update_expression(TAKE)
            .condition_expression(expression)
            .set_expression_attribute_names(Some(names(&[TAKE, expression])))
            .set_expression_attribute_values(Some(values.0))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .customize()
            .interceptor(clock.clone())
            .send()
            .await;
        let held = match taken {
            Ok(output) => {
                let before = output.attributes.map_or_else(|| Ok(TargetRecord::default()), |old| item::record(UPDATE, &old))?;
                return Ok(LeaseAnswer::Taken { epoch: before.epoch + 1, before, at: clock.last() });
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => failed.item.clone().unwrap_or_default(),
                _ => return Err(cloud_error(UPDATE, error)),
            },
        };
        let record = item::record(UPDATE, &held)?;
        if record.lease.as_ref() == Some(lease) && record.released.is_none() {
            let epoch = record.epoch;
            return Ok(LeaseAnswer::Taken { epoch, before: item::before(UPDATE, &held, record)?, at: clock.last() });
        }
        Ok(LeaseAnswer::Held(record))
    }

    async fn update(&self, target: &str, expression: String, values: Values) -> Result<Written, CloudError> {
        let written = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::state_key(target)))
            .condition_expression(OUR_EPOCH)
            .set_expression_attribute_names(Some(names(&[&expression])))
            .update_expression(expression)
            .set_expression_attribute_values(Some(values.0))
            .send()
            .await;
        match written {
            Ok(_) => Ok(Written::Yes),
            Err(error) if matches!(error.as_service_error(), Some(UpdateItemError::ConditionalCheckFailedException(_))) => {
                Ok(Written::StaleEpoch)
            }
            Err(error) => Err(cloud_error(UPDATE, error)),
        }
    }

    async fn transact(
        &self,
        target: &str,
        expression: String,
        values: Values,
        ended: &[Crossover],
    ) -> Result<Written, CloudError> {
        let state = Update::builder()
            .table_name(&self.table)
            .set_key(Some(item::state_key(target)))
            .condition_expression(OUR_EPOCH)
            .set_expression_attribute_names(Some(names(&[&expression])))
            .update_expression(expression)
            .set_expression_attribute_values(Some(values.0))
            .build()
            .map_err(|error| item::unfit(TRANSACT, &error))?;
        let mut request = self.client.transact_write_items().transact_items(TransactWriteItem::builder().update(state).build());
        // A transaction refuses to write one item twice.
        let ended: BTreeMap<&str, &Crossover> = ended.iter().map(|crossover| (crossover.id.as_str(), crossover)).collect();
        for crossover in ended.into_values() {
            let item: Item = item::crossover_item(TRANSACT, target, crossover)?;
            let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
            let put = put.map_err(|error| item::unfit(TRANSACT, &error))?;
            request = request.transact_items(TransactWriteItem::builder().put(put).build());
        }
        let Err(error) = request.send().await else { return Ok(Written::Yes) };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
            return Err(cloud_error(TRANSACT, error));
        };
        // One reason for each item in their order; the state is the first.
        let reasons: Vec<&str> = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
        if reasons.first() == Some(&"ConditionalCheckFailed") {
            return Ok(Written::StaleEpoch);
        }
        let reason = reasons.into_iter().find(|reason| *reason != "None").map(str::to_owned);
        let error = cloud_error(TRANSACT, error);
        Err(match reason {
            Some(code) => CloudError { fault: classify(&code, &error.message, None), code, ..error },
            None => error,
        })
    }
}

/// The update of the state's item. It always sets an attribute, so that the epoch is always checked.
fn state_change(epoch: u64, change: Change<'_>) -> Result<(String, Values), CloudError> {
    let mut expression = format!("SET {OUR_EPOCH}");
    let mut values = Values::new().number(":epoch", epoch);
    if let Some(memory) = change.memory {
        expression.push_str(", #memory = :memory");
        values = values.text(":memory", item::json(UPDATE, memory)?);
    }
    if let Some(at) = change.release {
        expression.push_str(", #released = :released");
        values = values.time(":released", at);
    }
    Ok((expression, values))
}

#[cfg(all(test, feature = "canned"))]
mod tests;
