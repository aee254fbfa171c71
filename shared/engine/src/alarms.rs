//! Reads alarms for many targets together.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
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

/// How long alarms are tried to be read before a crossover continues without them.
pub(crate) const UNREADABLE_AFTER: Duration = Duration::from_millis(1500);

/// Reads alarms in as few calls as possible, at the rate that the service accepts. A call that fails does not affect the
/// others, and is given up `unreadable_after` its first attempt unless the service throttles it.
pub(crate) async fn read_alarms(
    alarms: &dyn Alarms,
    names: &BTreeSet<String>,
    unreadable_after: Duration,
    patience: Patience<'_>,
) -> Readings {
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
            let call = Call { alarms, asked: &asked, bucket, key: name, unreadable_after };
            match call.answer(patience).await.and_then(|now| now.ok_or_else(|| CloudError::late(operation))) {
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

/// One call for some alarms.
struct Call<'a> {
    alarms: &'a dyn Alarms,
    asked: &'a BTreeSet<String>,
    bucket: &'a Mutex<Bucket>,
    key: &'a str,
    unreadable_after: Duration,
}

type Read = BTreeMap<String, AlarmReading>;

impl Call<'_> {
    /// Repeats the call until it succeeds; none when the time runs out before its turn.
    async fn answer(&self, patience: Patience<'_>) -> Result<Option<Read>, CloudError> {
        let (mut attempt, mut soon) = (0, None);
        loop {
            let turn = self.bucket().take(patience.now());
            // Without any time left one call is made, so that its error is known.
            if !turn.is_zero() && !patience.pause(turn).await {
                return Ok(None);
            }
            let within: &Patience<'_> = soon.get_or_insert_with(|| patience.at_most(self.unreadable_after));
            let error = match self.made(*within).await {
                Ok(read) => return Ok(Some(read)),
                Err(error) => error,
            };
            let again = match error.fault {
                Fault::Throttled => {
                    // A service that throttles is available.
                    self.bucket().drain(patience.now());
                    soon = None;
                    patience.pause_after(&error, attempt, self.key).await
                }
                _ => error.retry_can_help() && within.pause_after(&error, attempt, self.key).await,
            };
            if !again {
                return Err(error);
            }
            attempt += 1;
        }
    }

    /// Makes the call, and abandons it when the time runs out.
    async fn made(&self, within: Patience<'_>) -> Result<Read, CloudError> {
        let call = self.alarms.read_alarms(self.asked);
        if within.is_over() {
            return call.await;
        }
        within.in_time(call).await.unwrap_or_else(|| Err(CloudError::late(self.alarms.reads().operation)))
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
