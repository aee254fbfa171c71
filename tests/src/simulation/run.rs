//! Whether what a sandbox sees of the journal and of calls that cannot be undone is a run of the model in `tests/model`: each
//! of its actions, at the arrival of the call that it is.

use std::{collections::BTreeMap, time::Duration};

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{
    journal::{LONGEST_LEASE, Lease, Memory, TargetRecord},
    pause::Extent,
    reserved::EVERYTHING,
};
use crossover_sandbox::{Account, Arrival};
use jiff::Timestamp;

/// A read of the records may be this old when the call arrives: one second until the call is made, and the time of both calls.
const FRESH: Duration = Duration::from_secs(3);

/// The calls that answer with a record: several records, and the lease.
const READS: [&str; 2] = ["dynamodb:GetItem", "dynamodb:UpdateItem"];

/// What an invocation has read of the records.
struct Read {
    at: Timestamp,
    epochs: BTreeMap<String, u64>,
    /// When the stop that is in force was given. One that went to another name with a rename is not in force here.
    stops: BTreeMap<String, Timestamp>,
}

/// What was last seen of a record.
#[derive(Default)]
struct Known {
    epoch: u64,
    lease: Option<Lease>,
    released: Option<Timestamp>,
    memory: Memory,
}

impl Known {
    fn of(record: &TargetRecord) -> Self {
        let (lease, memory) = (record.lease.clone(), record.memory.clone());
        Self { epoch: record.epoch, lease, released: record.released, memory }
    }

    /// Whether its lease is in force for anybody else.
    fn is_held_from(&self, invocation: &str, now: Timestamp) -> bool {
        let lasts = |lease: &Lease| lease.holder != invocation && now < lease.until && lease.until <= now + LONGEST_LEASE;
        self.released.is_none() && self.lease.as_ref().is_some_and(lasts)
    }
}

/// A run as it was seen until now.
#[derive(Default)]
pub(crate) struct Run {
    /// The records, without their stops.
    known: BTreeMap<String, Known>,
    reads: BTreeMap<String, Read>,
    broken: Vec<String>,
}

impl Run {
    /// Takes a call in. `one_way` are the calls that cannot be undone, unless the caller's person forced its order.
    pub(crate) fn see(&mut self, arrival: &Arrival<'_>, account: &Account, one_way: &[&str]) {
        let who = arrival.invocation;
        if arrival.call.starts_with("dynamodb:") {
            if arrival.is_write() && arrival.done {
                self.written(arrival, account);
            }
            if arrival.is_known() && READS.contains(&arrival.call) {
                let journal = &account.dynamodb().journal;
                let epochs = journal.iter().map(|(name, record)| (name.clone(), record.epoch)).collect();
                let stops = journal.iter().filter_map(|(name, record)| Some((name.clone(), stopped_since(record)?))).collect();
                self.reads.insert(who.to_owned(), Read { at: arrival.at, epochs, stops });
            }
        } else if arrival.done && one_way.contains(&arrival.call) {
            self.called(arrival, account);
        }
    }

    /// The journal was written by another version, which no run of the model has.
    pub(crate) fn journal_changed(&mut self, account: &Account) {
        let known = |(name, record): (&String, &TargetRecord)| (name.clone(), Known::of(record));
        self.known = account.dynamodb().journal.iter().map(known).collect();
    }

    /// What is no run of the model.
    pub(crate) fn broken(&self) -> &[String] {
        &self.broken
    }

    fn broke(&mut self, arrival: &Arrival<'_>, what: &str) {
        let Arrival { invocation, call, resource, at, .. } = arrival;
        self.broken.push(format!("no run of the model: {what}: {invocation} called {call} on {resource} at {at}"));
    }

    /// `Begin`, `Record`, `End` and `Tell`: a lease has the next epoch, and everything else is written by its holder. A stop is
    /// written by anybody.
    fn written(&mut self, arrival: &Arrival<'_>, account: &Account) {
        for (name, record) in &account.dynamodb().journal {
            let first = Known::default();
            let known = self.known.get(name).unwrap_or(&first);
            let is_holder = record.lease.as_ref().is_some_and(|lease| lease.holder == arrival.invocation);
            if record.epoch == known.epoch && record.released == known.released && record.memory == known.memory {
                continue;
            }
            let is_next = record.epoch == known.epoch + 1 && record.memory == known.memory && is_holder;
            let what = match record.epoch == known.epoch {
                true if !is_holder => Some("a write of an earlier epoch"),
                false if !is_next => Some("an epoch that is not the next one of a lease"),
                false if known.is_held_from(arrival.invocation, arrival.at) => Some("a lease within another one"),
                _ => None,
            };
            self.known.insert(name.clone(), Known::of(record));
            if let Some(what) = what {
                self.broke(arrival, what);
            }
        }
    }

    /// `Act` after `Check`: its choice is in the journal, and right before it the records were read, with its own epoch and
    /// without a new stop. A person who forces an order does without.
    fn called(&mut self, arrival: &Arrival<'_>, account: &Account) {
        let held = |record: &TargetRecord| record.lease.clone().filter(|lease| lease.holder == arrival.invocation);
        let journal = &account.dynamodb().journal;
        // A sweep also has the lease of everything, whose record has no choice.
        let mut targets = journal.iter().filter(|(name, _)| *name != EVERYTHING);
        let own = targets.find_map(|(name, record)| Some((name, record, held(record)?)));
        let Some((name, record, lease)) = own else {
            // Another one may have taken the lease after the read that the model calls Check.
            if self.reads.get(arrival.invocation).is_some_and(|read| is_fresh(read, arrival)) {
                return;
            }
            return self.broke(arrival, "without the lease, and without a read right before");
        };
        if is_forced(&lease, record) {
            return;
        }
        if record.memory.open.is_none() {
            self.broke(arrival, "its choice is not in the journal");
        }
        let Some(read) = self.reads.get(arrival.invocation).filter(|read| is_fresh(read, arrival)) else {
            return self.broke(arrival, "the records were not read right before");
        };
        let is_stop = |name: &str| read.stops.get(name).is_some_and(|given| *given < arrival.at);
        let (epoch, stopped) = (read.epochs.get(name).copied(), is_stop(name) || is_stop(EVERYTHING));
        if epoch != Some(record.epoch) {
            self.broke(arrival, "the epoch that was read is not its own");
        }
        if stopped {
            self.broke(arrival, "a stop had been read");
        }
    }
}

/// Since when nothing may be begun, by the last command of a person.
fn stopped_since(record: &TargetRecord) -> Option<Timestamp> {
    record.current_memory().pause.filter(|pause| pause.extent == Extent::Orders).map(|pause| pause.since)
}

fn is_fresh(read: &Read, arrival: &Arrival<'_>) -> bool {
    arrival.at.duration_since(read.at).unsigned_abs() <= FRESH
}

fn is_forced(lease: &Lease, record: &TargetRecord) -> bool {
    let open = record.memory.open.as_ref().and_then(|open| open.order.as_ref());
    lease.order.as_ref().or(open).is_some_and(|order| order.force)
}
