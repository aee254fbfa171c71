//! The history checker on a sandbox account.

use std::collections::BTreeSet;

use crossover_dynamodb::{DynamoDb, DynamoDbAccount};
use crossover_engine::ports::Journal as JournalPort;
use crossover_kinds::registry;
use crossover_model::{
    crossover::Crossover,
    error::CloudError,
    journal::{Memory, TargetRecord},
    reserved::{CHECKS, EVERYTHING, TARGETS},
    verify::{Call, History, Limits, growth, verify},
};
use crossover_sandbox::Sandbox;
use jiff::Timestamp;

/// Verifies the history of a sandbox when it is dropped, unless that was done before.
pub(crate) struct Verifier {
    sandbox: Sandbox,
    is_verified: bool,
}

impl Verifier {
    pub(crate) fn of(sandbox: &Sandbox) -> Self {
        Self { sandbox: sandbox.clone(), is_verified: false }
    }

    /// The promises that the history breaks, in words.
    pub(crate) fn verify(&mut self) -> Vec<String> {
        self.is_verified = true;
        Journal::of(&self.sandbox).broken()
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        // The sandbox's clock stands still only in its runtime.
        if self.is_verified || std::thread::panicking() || tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        let broken = self.verify();
        assert!(broken.is_empty(), "its history breaks promises:\n{}", broken.join("\n"));
    }
}

/// More crossovers than a test makes.
const MANY: usize = 1_000;

/// The promises that the histories of these targets break in a journal, in words.
///
/// # Errors
/// Those of the journal.
pub async fn broken_in(journal: &dyn JournalPort, targets: &BTreeSet<String>, now: Timestamp) -> Result<Vec<String>, CloudError> {
    let everything = journal.read(EVERYTHING).await?.current_memory();
    let mut broken = Vec::new();
    for target in targets.iter().filter(|target| is_declared(target)) {
        let (record, crossovers) = (journal.read(target).await?, journal.crossovers(target, MANY).await?);
        let history = History { target, record: &record, crossovers: &crossovers, everything: &everything, calls: &[], now };
        broken.extend(verify(history, Limits::default()).iter().map(ToString::to_string));
    }
    Ok(broken)
}

/// Whether a record is of a target, and not of something that all targets share.
fn is_declared(name: &str) -> bool {
    ![EVERYTHING, CHECKS, TARGETS].contains(&name)
}

/// The journal of a sandbox account, with the calls that were made in it.
#[derive(Debug, Clone)]
pub struct Journal {
    table: DynamoDb,
    everything: Memory,
    calls: Vec<Call>,
    now: Timestamp,
}

impl Journal {
    /// As it is now.
    #[must_use]
    pub fn of(sandbox: &Sandbox) -> Self {
        let irreversible = registry().irreversible_calls();
        let one = |made: crossover_sandbox::Call| Call {
            at: made.began,
            call: made.call.to_owned(),
            irreversible: irreversible.contains(&made.call),
            resource: made.resource,
            target: None,
            refused: made.failed,
        };
        Self { calls: sandbox.calls().into_iter().map(one).collect(), ..Self::without_calls(sandbox) }
    }

    /// The same without the calls.
    #[must_use]
    pub fn without_calls(sandbox: &Sandbox) -> Self {
        let table = sandbox.inspect(|account| account.dynamodb().clone());
        let everything = table.journal.get(EVERYTHING).map(TargetRecord::current_memory).unwrap_or_default();
        Self { table, everything, calls: Vec::new(), now: sandbox.now() }
    }

    /// The promises that it breaks, in words.
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        self.of_each(|history| verify(history, Limits::default()).iter().map(ToString::to_string).collect())
    }

    /// The promises that were broken since it was like that, in words.
    #[must_use]
    pub fn broken_since(&self, before: &Self) -> Vec<String> {
        self.of_each(|after| {
            let crossovers = before.crossovers(after.target);
            let Some(record) = before.table.journal.get(after.target) else { return Vec::new() };
            let before = History { record, crossovers: &crossovers, ..after };
            growth(before, after).iter().map(ToString::to_string).collect()
        })
    }

    fn of_each(&self, examine: impl Fn(History<'_>) -> Vec<String>) -> Vec<String> {
        let targets = self.table.journal.iter().filter(|(name, _)| is_declared(name));
        let is_only = targets.clone().count() == 1;
        let one = |(target, record): (&String, &TargetRecord)| {
            let crossovers = self.crossovers(target);
            let calls = if is_only { self.calls.as_slice() } else { &[] };
            examine(History { target, record, crossovers: &crossovers, everything: &self.everything, calls, now: self.now })
        };
        targets.flat_map(one).collect()
    }

    fn crossovers(&self, target: &str) -> Vec<Crossover> {
        self.table.crossovers.iter().filter(|crossover| crossover.target == target).cloned().collect()
    }
}
