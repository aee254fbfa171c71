//! The sweep of a tick: reads all alarms and the memory of all targets, and reconciles the targets that are due.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use crossover_model::{
    answer::TargetAnswer,
    correlation,
    error::CloudError,
    journal::TargetRecord,
    reserved::{CHECKS, EVERYTHING, TARGETS},
    topology::Policy,
    triage::{self, Due},
};
use futures::{StreamExt, join, stream};

use crate::{
    alarms::{SharedReadings, UNREADABLE_AFTER, read_alarms},
    controller::Controller,
    environment::Invocation,
    group::At,
    retry::Patience,
    triggers::Triggers,
};

/// The most records that one call of the journal reads.
const RECORDS_A_CALL: usize = 100;
/// The most concurrent calls of the journal.
const CALLS_AT_ONCE: usize = 4;
/// The longest wait for the first reads of a sweep.
const READING_TIME: Duration = Duration::from_secs(15);

/// The result of a sweep.
pub(crate) struct Swept {
    pub(crate) seen: SharedReadings,
    pub(crate) due: Vec<(At, Triggers)>,
    /// The answers about reminders of everything, and about notices of checks.
    pub(crate) reminded: Vec<TargetAnswer>,
    /// The record of the targets' names; none if it could not be read.
    pub(crate) names: Option<TargetRecord>,
    /// Why no record could be read; none if one could.
    pub(crate) journal: Option<CloudError>,
    targets: usize,
}

impl Swept {
    pub(crate) fn summary(&self) -> String {
        format!("{} of {} targets had to be reconciled", self.due.len(), self.targets)
    }
}

impl Controller {
    /// Finds the targets that are due, the most urgent first.
    pub(crate) async fn sweep(&self, triggers: &Triggers, invocation: &Invocation) -> Swept {
        let at = self.environment.ports.clock.now();
        let patience = Patience::new(self.environment.ports.clock.as_ref(), invocation.deadline)
            .of(&invocation.holder)
            .at_most(READING_TIME);
        let targets: Vec<(At, correlation::TargetRef<'_>)> = self.target_refs().collect();
        let alarms: BTreeSet<String> = targets.iter().flat_map(|(_, target)| target.alarms().cloned()).collect();
        let mut names: Vec<&str> = targets.iter().map(|(_, target)| target.policy.name.as_str()).collect();
        names.extend([EVERYTHING, CHECKS, TARGETS]);
        let service = self.environment.ports.alarms.as_ref();
        let (readings, mut records) =
            join!(read_alarms(service, &alarms, READING_TIME, patience), self.records(&names, patience));

        let why = |(at_target, target): &(At, correlation::TargetRef<'_>)| {
            let record = records.get(target.policy.name.as_str()).and_then(|read| read.as_ref().ok());
            Some((triage::why(*target, targets.len(), record, &readings, at)?, *at_target))
        };
        let mut due: Vec<(Due, At)> = targets.iter().filter_map(why).collect();
        due.sort();
        let everything = records.get(EVERYTHING).and_then(|read| read.as_ref().ok());
        let everything_due = |record: &&TargetRecord| {
            let memory = record.current_memory();
            let reminder = triage::is_reminder_due(&Policy::everything(), &memory, at);
            reminder || !memory.unsent.is_empty() || record.new_stop().is_some()
        };
        let mut about = Vec::new();
        about.extend(everything.filter(everything_due).map(|_| Policy::everything()));
        let everything = everything.map(TargetRecord::current_memory);
        // Unsent notices of checks.
        let checks = records.get(CHECKS).and_then(|read| read.as_ref().ok());
        about.extend(checks.is_some_and(|record| !record.memory.unsent.is_empty()).then(Policy::of_checks));
        let mut reminded = Vec::new();
        for policy in about.iter().filter(|_| !invocation.dry_run) {
            reminded.push(self.remind_of(policy, triggers, invocation).await);
        }
        let errors: Option<Vec<&CloudError>> = records.values().map(|read| read.as_ref().err()).collect();
        let journal = errors.and_then(|errors| errors.first().map(|error| (*error).clone()));
        Swept {
            seen: SharedReadings { at, readings: Arc::new(readings), everything },
            due: due.into_iter().map(|(_, at)| (at, triggers.clone())).collect(),
            reminded,
            journal,
            names: records.remove(TARGETS).and_then(Result::ok),
            targets: targets.len(),
        }
    }

    /// Reads the alarms of many targets together, as one call for each target would be throttled.
    pub(crate) async fn read_shared(&self, targets: &[At], invocation: &Invocation) -> SharedReadings {
        let at = self.environment.ports.clock.now();
        let patience = Patience::new(self.environment.ports.clock.as_ref(), invocation.deadline)
            .of(&invocation.holder)
            .at_most(READING_TIME);
        let alarms = |(kind, index): &At| self.kinds[*kind].sides(*index).iter().flat_map(|side| side.alarms.iter().cloned());
        let alarms: BTreeSet<String> = targets.iter().flat_map(alarms).collect();
        let (readings, everything) = join!(
            read_alarms(self.environment.ports.alarms.as_ref(), &alarms, UNREADABLE_AFTER, patience),
            patience.call(EVERYTHING, || self.environment.ports.journal.read(EVERYTHING))
        );
        SharedReadings { at, readings: Arc::new(readings), everything: everything.ok().map(|record| record.current_memory()) }
    }

    /// The record of each target, or the error of its read.
    pub(crate) async fn records(
        &self,
        names: &[&str],
        patience: Patience<'_>,
    ) -> BTreeMap<String, Result<TargetRecord, CloudError>> {
        let journal = self.environment.ports.journal.as_ref();
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
