//! The answer of a check. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    estimate::Estimate,
    finding::Finding,
    findings_diff::{self, FindingsDiff, KnownFinding},
    suppression::Suppressed,
    text::clip,
};

/// The answer of a check, besides its outcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckAnswer {
    /// The findings of each target and of the account.
    pub findings: BTreeMap<String, Vec<FoundAnswer>>,
    /// The findings that are gone since the last notice.
    pub gone: Vec<KnownFinding>,
    /// The number of accepted findings.
    pub accepted: usize,
    /// The estimated duration of the crossovers of each target.
    pub estimates: BTreeMap<String, Vec<Estimate>>,
}

/// A current finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoundAnswer {
    /// The finding.
    #[serde(flatten)]
    pub found: Finding,
    /// Whether no notice reported it before.
    pub new: bool,
}

impl CheckAnswer {
    /// The current findings, with the new ones marked.
    #[must_use]
    pub fn new(suppressed: Suppressed, estimates: BTreeMap<String, Vec<Estimate>>, diff: &FindingsDiff) -> Self {
        let is_new = |target: &str, found: &Finding| {
            let resource = clip(&found.resource, findings_diff::LONGEST);
            diff.new.iter().any(|new| new.target == target && new.finding == found.rule.id && new.resource == resource)
        };
        let one = |target: &str, found: Finding| FoundAnswer { new: is_new(target, &found), found };
        let of = |(target, all): (String, Vec<Finding>)| {
            let all = all.into_iter().map(|found| one(&target, found)).collect();
            (target, all)
        };
        let accepted = suppressed.accepted.len();
        Self { findings: suppressed.remaining.into_iter().map(of).collect(), gone: diff.gone.clone(), accepted, estimates }
    }
}
