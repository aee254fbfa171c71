//! What a check answers. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    estimate::Estimate,
    finding::Finding,
    findings_diff::{self, FindingsDiff, KnownFinding},
    suppression::Suppressed,
    text::clip,
};

/// What a check answers beside its outcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckAnswer {
    /// What stands, of each target and of what is around them.
    pub findings: BTreeMap<String, Vec<FoundAnswer>>,
    /// What has gone since people were last told.
    pub gone: Vec<KnownFinding>,
    /// How many findings are accepted.
    pub accepted: usize,
    /// How long crossovers of each target would take.
    pub estimates: BTreeMap<String, Vec<Estimate>>,
}

/// A finding that stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoundAnswer {
    /// What is found.
    #[serde(flatten)]
    pub found: Finding,
    /// Whether nobody was told of it before.
    pub new: bool,
}

impl CheckAnswer {
    /// What stands, with what is new of it.
    #[must_use]
    pub fn new(suppressed: Suppressed, estimates: BTreeMap<String, Vec<Estimate>>, news: &FindingsDiff) -> Self {
        let is_new = |target: &str, found: &Finding| {
            let resource = clip(&found.resource, findings_diff::LONGEST);
            news.new.iter().any(|new| new.target == target && new.finding == found.rule.id && new.resource == resource)
        };
        let one = |target: &str, found: Finding| FoundAnswer { new: is_new(target, &found), found };
        let of = |(target, all): (String, Vec<Finding>)| {
            let all = all.into_iter().map(|found| one(&target, found)).collect();
            (target, all)
        };
        let accepted = suppressed.accepted.len();
        Self { findings: suppressed.standing.into_iter().map(of).collect(), gone: news.gone.clone(), accepted, estimates }
    }
}
