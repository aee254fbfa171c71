//! The names of the targets that the topology has declared, and of those that it does not declare any more. Pure.
//!
//! One record of the journal keeps them, so that a sweep recognizes a target that was renamed, removed, or given to another
//! stack, by one more item in the read that it makes anyway.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::later::Rest;

/// The targets of a journal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KnownTargets {
    /// The declared targets.
    pub declared: BTreeSet<String>,
    /// The targets that are not declared any more and whose record has something pending, each with the time at which that was
    /// found.
    pub undeclared: BTreeMap<String, Timestamp>,
    /// The declared targets on which Crossover acted when they were last swept: they were not in the mode `shadow`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub armed: BTreeSet<String>,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

impl KnownTargets {
    /// Adopts the declared targets; what was declared before and is not any more becomes undeclared.
    pub fn declare(&mut self, declared: &BTreeSet<String>, now: Timestamp) {
        let gone: Vec<String> = self.declared.difference(declared).cloned().collect();
        for name in gone {
            self.undeclared.entry(name).or_insert(now);
        }
        self.undeclared.retain(|name, _| !declared.contains(name));
        self.declared.clone_from(declared);
    }

    /// Adopts the targets on which Crossover acts, of all that it `sweeps`. Returns those on which it does not act any more.
    pub fn arm(&mut self, sweeps: &BTreeSet<String>, armed: BTreeSet<String>) -> BTreeSet<String> {
        let disarmed = self.armed.iter().filter(|name| sweeps.contains(*name) && !armed.contains(*name)).cloned().collect();
        self.armed = armed;
        disarmed
    }
}
