//! Reads the journal for the history checker. It makes no writes.

use std::collections::BTreeSet;

use crossover_model::{
    error::CloudError,
    journal::Memory,
    reserved::{EVERYTHING, TARGETS},
    verify::{Call, History, Limits, Verified, verify},
};
use jiff::Timestamp;

use crate::{controller::Controller, retry::Patience};

impl Controller {
    /// Verifies the history of one target, or of all: the declared ones, and those that are not declared any more and have
    /// something pending. A call of the trail without a target counts if only one target is examined.
    ///
    /// # Errors
    /// A read of the journal failed.
    pub async fn verify(
        &self,
        target: Option<&str>,
        calls: &[Call],
        limits: Limits,
        until: Timestamp,
    ) -> Result<Verified, CloudError> {
        let clock = self.environment.ports.clock.as_ref();
        let journal = self.environment.ports.journal.as_ref();
        let patience = Patience::new(clock, until);
        let everything: Memory = patience.call(EVERYTHING, || journal.read(EVERYTHING)).await?.current_memory();
        let names: BTreeSet<String> = if let Some(name) = target {
            BTreeSet::from([name.to_owned()])
        } else {
            let known = patience.call(TARGETS, || journal.read(TARGETS)).await?.memory.targets.unwrap_or_default();
            let own = self.target_refs().map(|(_, target)| target.policy.name.clone());
            own.chain(known.undeclared.into_keys()).collect()
        };
        let mut verified = Verified::default();
        let is_only = names.len() == 1;
        for name in &names {
            let record = patience.call(name, || journal.read(name)).await?;
            let crossovers = patience.call(name, || journal.crossovers(name, usize::MAX)).await?;
            let is_own = |call: &&Call| call.target.as_ref().map_or(is_only, |target| target == name);
            let calls: Vec<Call> = calls.iter().filter(is_own).cloned().collect();
            let history = History {
                target: name,
                record: &record,
                crossovers: &crossovers,
                everything: &everything,
                calls: &calls,
                now: clock.now(),
            };
            verified.add(&history, verify(history, limits));
        }
        Ok(verified)
    }
}
