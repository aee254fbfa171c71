//! The result of a check.

use std::collections::BTreeMap;

use clap::ValueEnum;
use crossover_model::{
    estimate::Estimate,
    finding::{Finding, Rule, Severity},
    suppression::Suppressed,
    topology::Problems,
};

use super::posture::Kinds;
use crate::topology::Topology;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Error,
    Warning,
}

/// The result of a check.
pub(super) struct Checked {
    /// The topology file.
    pub(super) topology: Topology,
    /// The problems of the topology; if there are any, the other fields are empty.
    pub(super) problems: Problems,
    pub(super) kinds: Kinds,
    /// Whether an account was checked.
    pub(super) checks_account: bool,
    pub(super) suppressed: Suppressed,
    /// The estimated duration of crossovers of each target.
    pub(super) estimates: BTreeMap<String, Vec<Estimate>>,
    /// The lowest severity that fails the check.
    pub(super) fail_on: FailOn,
    /// Every rule that there is.
    pub(super) rules: Vec<&'static Rule>,
}

impl Checked {
    /// The warnings about the topology, including acceptances that match no finding.
    pub(super) fn warnings(&self) -> Vec<String> {
        let of_targets = self.target_warnings().map(|(target, warning)| format!("{target}: {warning}"));
        of_targets.chain(self.suppressed.warnings.iter().map(|warning| warning.text.clone())).collect()
    }

    /// The warnings about the targets, each with the target's name.
    pub(super) fn target_warnings(&self) -> impl Iterator<Item = (&str, String)> {
        self.kinds.iter().flat_map(|targets| targets.warnings())
    }

    /// Whether the check fails: a finding that would prevent a crossover must not pass as success.
    pub(super) fn fails(&self) -> bool {
        let is_bad = |finding: &Finding| finding.severity == Severity::Error || self.fail_on == FailOn::Warning;
        let broken = self.suppressed.remaining.values().flatten().any(is_bad);
        broken || !self.problems.0.is_empty() || (self.fail_on == FailOn::Warning && !self.warnings().is_empty())
    }

    /// The line of the topology with the name of a target.
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
