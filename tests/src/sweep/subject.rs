//! What a fault sweep is made with.

use crossover_kinds::{Registry, Rehearsal};
use crossover_model::topology::Document;
use crossover_sandbox::{Account, FaultRule};
use serde_json::Value;

use crate::stage::Stage;

/// The stage just before the trigger, and the trigger. Its clock goes on while cases are tried; the account is as it was.
pub(super) struct SetUp {
    stage: Stage,
    account: Account,
    pub(super) trigger: Value,
}

impl SetUp {
    pub(super) fn new(mut stage: Stage, trigger: Value) -> Self {
        let broken = stage.verify();
        assert!(broken.is_empty(), "the history before the trigger breaks promises: {}", broken.join(", "));
        Self { account: stage.sandbox.account(), stage, trigger }
    }
}

/// An account with everything healthy and at home, and the topology of its targets.
pub struct Subject {
    pub(super) name: String,
    pub(super) registry: Registry,
    pub(super) account: Account,
    pub(super) topology: String,
    /// All of its targets.
    pub(super) targets: Vec<Rehearsal>,
    /// The target that the scenarios are of; the first one otherwise.
    pub(super) about: Option<String>,
    /// The target that fails in every reconcile, and why.
    pub(super) failing: Option<(String, FaultRule)>,
    /// Whether the journal alone may know that work is away from home.
    pub(super) is_homeless: bool,
}

impl Subject {
    /// The targets of these kinds in an account.
    #[must_use]
    pub fn new(name: impl Into<String>, registry: &Registry, mut account: Account, topology: impl Into<String>) -> Self {
        registry.accelerate(&mut account);
        let (name, registry, topology) = (name.into(), registry.clone(), topology.into());
        let targets = registry.rehearsals(&Document::new(&topology)).expect("a good topology");
        Self { name, registry, account, topology, targets, about: None, failing: None, is_homeless: false }
    }

    /// The same with the scenarios of this target.
    #[must_use]
    pub fn about(self, target: impl Into<String>) -> Self {
        Self { about: Some(target.into()), ..self }
    }

    /// The same where a target always fails, because of a fault that never ends.
    #[must_use]
    pub fn with_failing(self, target: impl Into<String>, because: FaultRule) -> Self {
        Self { failing: Some((target.into(), because)), ..self }
    }

    /// The same where resources have no known home: what moved them is only in the journal.
    #[must_use]
    pub fn homeless(self) -> Self {
        Self { is_homeless: true, ..self }
    }

    pub(super) fn stage(&self, account: Account) -> Stage {
        Stage::of(&self.registry, account, &self.topology)
    }

    pub(super) fn copy(&self, set_up: &SetUp) -> Stage {
        set_up.stage.copy(&self.registry, set_up.account.clone(), &self.topology)
    }

    /// Its targets without the one that always fails, first the one that the scenarios are of.
    pub(super) fn rehearsals(&self) -> Vec<&Rehearsal> {
        let fails = |target: &str| self.failing.as_ref().is_some_and(|(failing, _)| failing == target);
        let mut targets: Vec<&Rehearsal> = self.targets.iter().filter(|target| !fails(&target.target)).collect();
        targets.sort_by_key(|target| self.about.as_ref().is_some_and(|about| *about != target.target));
        targets
    }

    /// What goes wrong from the first to the last minute.
    pub(super) fn lasting(&self) -> Vec<FaultRule> {
        self.failing.iter().map(|(_, because)| because.clone()).collect()
    }
}
