//! Reads alarms for many targets together.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use crossover_model::{
    alarm::AlarmReading,
    correlation,
    error::{CloudError, Fault},
    health::Readings,
    journal::Memory,
    pace::Bucket,
};
use futures::{StreamExt, stream::FuturesUnordered};
use jiff::Timestamp;

use crate::{
    ports::{AlarmReads, Alarms},
    retry::Patience,
};

/// Alarms and memory that were read for many targets together, so that the reconcile of each target does not read them
/// again.
pub(crate) struct SharedReadings {
    /// When the reads began.
    pub(crate) at: Timestamp,
    /// Their alarms.
    pub(crate) readings: Arc<Readings>,
    /// The memory of everything; none when it could not be read.
    pub(crate) everything: Option<Memory>,
}

/// Reads alarms in as few calls as possible, at the rate that the service accepts. A call that fails does not affect the
/// others.
pub(crate) async fn read_alarms(alarms: &dyn Alarms, names: &BTreeSet<String>, patience: Patience<'_>) -> Readings {
    let now = patience.now();
    let AlarmReads { operation, per_second } = alarms.reads();
    let mut calls = correlation::calls(names);
    // The calls that get no turn in time differ from minute to minute.
    let first = usize::try_from(now.as_second() / 60).unwrap_or_default() % calls.len().max(1);
    calls.rotate_left(first);
    let bucket = || Mutex::new(Bucket::from_afar(per_second, per_second, now));
    let buckets: BTreeMap<correlation::ReadAt<'_>, Mutex<Bucket>> =
        names.iter().map(|name| (correlation::read_at(name), bucket())).collect();
    let read = |asked: BTreeSet<String>| {
        let name = asked.first().and_then(|name| names.get(name)).map_or("", String::as_str);
        let bucket = &buckets[&correlation::read_at(name)];
        async move {
            let answer = patience.call(name, || in_turn(alarms, &asked, bucket, patience)).await;
            match answer.and_then(|now| now.ok_or_else(|| CloudError::late(operation))) {
                Ok(now) => Readings { now, ..Readings::default() },
                Err(error) => Readings { unread: asked, errors: vec![error], ..Readings::default() },
            }
        }
    };
    let add = |mut all: Readings, more: Readings| async move {
        all.now.extend(more.now);
        all.unread.extend(more.unread);
        let is_new = |error: &CloudError| all.errors.iter().all(|known| known.to_string() != error.to_string());
        let new: Vec<CloudError> = more.errors.into_iter().filter(is_new).collect();
        all.errors.extend(new);
        all
    };
    calls.into_iter().map(read).collect::<FuturesUnordered<_>>().fold(Readings::default(), add).await
}

/// Makes one call when the rate limit allows it; none when the time runs out before that.
async fn in_turn(
    alarms: &dyn Alarms,
    names: &BTreeSet<String>,
    bucket: &Mutex<Bucket>,
    patience: Patience<'_>,
) -> Result<Option<BTreeMap<String, AlarmReading>>, CloudError> {
    let turn = bucket.lock().unwrap_or_else(PoisonError::into_inner).take(patience.now());
    // Without any time left one call is made, so that its error is known.
    if !turn.is_zero() && !patience.pause(turn).await {
        return Ok(None);
    }
    let answer = alarms.read_alarms(names).await;
    if answer.as_ref().is_err_and(|error| error.fault == Fault::Throttled) {
        bucket.lock().unwrap_or_else(PoisonError::into_inner).drain(patience.now());
    }
    answer.map(Some)
}
