//! What a tick does: it reads all alarms and what is remembered of all targets, and looks at those
//! that are due.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{
    StreamExt, join,
    stream::{self, FuturesUnordered},
};
use jiff::Timestamp;

use crate::{
    answer::TargetAnswer,
    case::Wake,
    cloud::{AlarmReading, Alarms, CloudError, Fault},
    controller::{At, Controller, Invocation},
    health::Readings,
    journal::{CHECKS, EVERYTHING, Memory, TargetRecord},
    pace::Bucket,
    retry::Patience,
    survey,
    topology::Policy,
    triage::{self, Due},
};

/// Records that one call of the journal reads (`BatchGetItem`).
const RECORDS_A_CALL: usize = 100;
/// Calls of the journal at the same time.
const CALLS_AT_ONCE: usize = 4;
/// What alarms are read by.
pub(crate) const READ: &str = "cloudwatch:DescribeAlarms";
/// `DescribeAlarms` that CloudWatch takes in a second, in each account and Region (CloudWatch User Guide, "CloudWatch service quotas").
const ALARM_CALLS_A_SECOND: u32 = 9;
/// The longest wait for what a sweep reads first.
const READING_TIME: Duration = Duration::from_secs(15);

/// What was read for many targets together, so that the look at each need not.
pub(crate) struct Seen {
    /// When the reading began.
    pub(crate) at: Timestamp,
    /// Their alarms.
    pub(crate) readings: Arc<Readings>,
    /// What is remembered of everything; none when it could not be read.
    pub(crate) everything: Option<Memory>,
}

/// What a sweep found.
pub(crate) struct Swept {
    pub(crate) seen: Seen,
    pub(crate) due: Vec<(At, Wake)>,
    /// The answers for reminders that are about everything, and for notices that are about checks.
    pub(crate) reminded: Vec<TargetAnswer>,
    targets: usize,
}

impl Swept {
    pub(crate) fn summary(&self) -> String {
        format!("{} of {} targets had to be looked at", self.due.len(), self.targets)
    }
}

impl Controller {
    /// Finds the targets that are due, the most urgent first.
    pub(crate) async fn sweep(&self, wake: &Wake, invocation: &Invocation) -> Swept {
        let at = self.ports.clock.now();
        let patience = Patience::new(self.ports.clock.as_ref(), invocation.deadline).of(&invocation.holder).at_most(READING_TIME);
        let targets: Vec<(At, survey::Outline<'_>)> = self.outlines().collect();
        let alarms: BTreeSet<String> = targets.iter().flat_map(|(_, target)| target.alarms().cloned()).collect();
        let mut names: Vec<&str> = targets.iter().map(|(_, target)| target.policy.name.as_str()).collect();
        names.extend([EVERYTHING, CHECKS]);
        let (readings, records) =
            join!(read_alarms(self.ports.alarms.as_ref(), &alarms, patience), self.records(&names, patience));

        let why = |(at_target, target): &(At, survey::Outline<'_>)| {
            let record = records.get(target.policy.name.as_str()).and_then(|read| read.as_ref().ok());
            Some((triage::why(*target, targets.len(), record, &readings, at)?, *at_target))
        };
        let mut due: Vec<(Due, At)> = targets.iter().filter_map(why).collect();
        due.sort();
        let everything = records.get(EVERYTHING).and_then(|read| read.as_ref().ok()).map(|record| record.memory.clone());
        let everything_due =
            |memory: &Memory| triage::is_reminder_due(&Policy::everything(), memory, at) || !memory.unsent.is_empty();
        let mut about = Vec::new();
        about.extend(everything.as_ref().is_some_and(everything_due).then(Policy::everything));
        // What a check could not tell.
        let checks = records.get(CHECKS).and_then(|read| read.as_ref().ok());
        about.extend(checks.is_some_and(|record| !record.memory.unsent.is_empty()).then(Policy::of_checks));
        let mut reminded = Vec::new();
        for policy in about.iter().filter(|_| !invocation.dry_run) {
            reminded.push(self.remind_of(policy, wake, invocation).await);
        }
        Swept {
            seen: Seen { at, readings: Arc::new(readings), everything },
            due: due.into_iter().map(|(_, at)| (at, wake.clone())).collect(),
            reminded,
            targets: targets.len(),
        }
    }

    /// Reads the alarms of many targets together: CloudWatch would throttle a call for each.
    pub(crate) async fn see(&self, targets: &[At], invocation: &Invocation) -> Seen {
        let at = self.ports.clock.now();
        let patience = Patience::new(self.ports.clock.as_ref(), invocation.deadline).of(&invocation.holder).at_most(READING_TIME);
        let alarms = |(kind, index): &At| self.kinds[*kind].sides(*index).iter().flat_map(|side| side.alarms.iter().cloned());
        let alarms: BTreeSet<String> = targets.iter().flat_map(alarms).collect();
        let (readings, everything) = join!(
            read_alarms(self.ports.alarms.as_ref(), &alarms, patience),
            patience.call(EVERYTHING, || self.ports.journal.read(EVERYTHING))
        );
        Seen { at, readings: Arc::new(readings), everything: everything.ok().map(|record| record.memory) }
    }

    /// What is remembered of each; an error for those of which it could not be read.
    async fn records(&self, names: &[&str], patience: Patience<'_>) -> BTreeMap<String, Result<TargetRecord, CloudError>> {
        let journal = self.ports.journal.as_ref();
        let read = |chunk: Vec<String>| async move {
            match patience.call("records", || journal.records(&chunk)).await {
                Ok(records) => records,
                Err(error) => chunk.into_iter().map(|name| (name, Err(error.clone()))).collect(),
            }
        };
        let chunks = names.chunks(RECORDS_A_CALL).map(|chunk| chunk.iter().map(|&name| name.to_owned()).collect());
        stream::iter(chunks.map(read)).buffer_unordered(CALLS_AT_ONCE).flat_map(stream::iter).collect().await
    }
}

/// Reads alarms, in as few calls as they need and no faster than CloudWatch takes them where nobody else asks; what one call can't
/// read does not spoil the others.
pub(crate) async fn read_alarms(alarms: &dyn Alarms, names: &BTreeSet<String>, patience: Patience<'_>) -> Readings {
    let now = patience.now();
    let mut calls = survey::calls(names);
    // Those without a turn in time are others in each minute.
    let first = usize::try_from(now.as_second() / 60).unwrap_or_default() % calls.len().max(1);
    calls.rotate_left(first);
    let bucket = || Mutex::new(Bucket::from_afar(ALARM_CALLS_A_SECOND, ALARM_CALLS_A_SECOND, now));
    let buckets: BTreeMap<&str, Mutex<Bucket>> = names.iter().map(|name| (survey::region_of(name), bucket())).collect();
    let read = |names: BTreeSet<String>| {
        let name = names.first().cloned().unwrap_or_default();
        let bucket = &buckets[survey::region_of(&name)];
        async move {
            let answer = patience.call(&name, || in_turn(alarms, &names, bucket, patience)).await;
            match answer.and_then(|now| now.ok_or_else(|| CloudError::late(READ))) {
                Ok(now) => Readings { now, ..Readings::default() },
                Err(error) => Readings { unread: names, errors: vec![error], ..Readings::default() },
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

/// One call, when it is its turn; none when that comes too late.
async fn in_turn(
    alarms: &dyn Alarms,
    names: &BTreeSet<String>,
    bucket: &Mutex<Bucket>,
    patience: Patience<'_>,
) -> Result<Option<BTreeMap<String, AlarmReading>>, CloudError> {
    let turn = bucket.lock().unwrap_or_else(PoisonError::into_inner).take(patience.now());
    // Without time at all it is tried once, so that what stands in its way is known.
    if !turn.is_zero() && !patience.pause(turn).await {
        return Ok(None);
    }
    let answer = alarms.read_alarms(names).await;
    if answer.as_ref().is_err_and(|error| error.fault == Fault::Throttled) {
        bucket.lock().unwrap_or_else(PoisonError::into_inner).drain(patience.now());
    }
    answer.map(Some)
}
