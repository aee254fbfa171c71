//! What a check comes to.

use std::collections::BTreeMap;

use clap::ValueEnum;
use crossover_model::{
    estimate::Estimate,
    finding::{Finding, Rule, Severity},
    suppression::Suppressed,
    topology::Problems,
};

use super::around::Kinds;
use crate::topology::Topology;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Error,
    Warning,
}

/// What a check comes to.
pub(super) struct Checked {
    /// The topology's file and its text.
    pub(super) topology: Topology,
    /// What is wrong with it; nothing else is known then.
    pub(super) problems: Problems,
    pub(super) kinds: Kinds,
    /// Whether an account was looked at.
    pub(super) looked: bool,
    pub(super) suppressed: Suppressed,
    /// How long crossovers of each target would take.
    pub(super) estimates: BTreeMap<String, Vec<Estimate>>,
    /// From how bad a finding on it fails.
    pub(super) fail_on: FailOn,
    /// Every rule that there is.
    pub(super) rules: Vec<&'static Rule>,
}

impl Checked {
    /// What is allowed, and may be regretted; and what is accepted in vain.
    pub(super) fn warnings(&self) -> Vec<String> {
        let of_targets = self.target_warnings().map(|(target, warning)| format!("{target}: {warning}"));
        of_targets.chain(self.suppressed.warnings.iter().map(|warning| warning.text.clone())).collect()
    }

    /// What of the targets is allowed, and may be regretted: each with the target's name.
    pub(super) fn target_warnings(&self) -> impl Iterator<Item = (&str, String)> {
        self.kinds.iter().flat_map(|targets| targets.warnings())
    }

    /// Nothing that would keep a crossover from working may pass for success.
    pub(super) fn fails(&self) -> bool {
        let is_bad = |finding: &Finding| finding.severity == Severity::Error || self.fail_on == FailOn::Warning;
        let broken = self.suppressed.standing.values().flatten().any(is_bad);
        broken || !self.problems.0.is_empty() || (self.fail_on == FailOn::Warning && !self.warnings().is_empty())
    }

    /// The line of the topology that names a target.
    pub(super) fn line_of(&self, target: &str) -> usize {
        let named = |line: &str| {
            let value = line.trim().strip_prefix("name").map(str::trim_start).and_then(|rest| rest.strip_prefix('='));
            value.is_some_and(|value| {
                value
                    .trim()
                    .trim_start_matches(['"', '\''])
                    .strip_prefix(target)
                    .is_some_and(|rest| rest.starts_with(['"', '\'']))
            })
        };
        self.topology.text.lines().position(named).map_or(1, |index| index + 1)
    }
}
