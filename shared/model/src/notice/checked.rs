//! The notice of a check.

use super::{
    about::About,
    contents::Notice,
    finding::{FindingState, NoticeFinding},
    limits::fit,
    next::Next,
    severity::Severity,
};
use crate::{
    finding,
    findings_diff::{FindingsDiff, KnownFinding},
    outcome::Outcome,
};

/// The most findings that a notice lists; it counts the rest.
const FOUND_KEPT: usize = 40;

impl About<'_> {
    /// The notice of a check: new and gone findings, once a week all of them, and the number of accepted findings.
    #[must_use]
    pub fn checked(&self, diff: &FindingsDiff, accepted: usize) -> Notice {
        let listed = |state: FindingState, of: &[KnownFinding]| {
            of.iter().map(|finding| NoticeFinding { state, finding: finding.clone() }).collect::<Vec<_>>()
        };
        // Unchanged findings are listed once a week.
        let unchanged = if diff.summary { listed(FindingState::Unchanged, &diff.unchanged) } else { Vec::new() };
        let mut found = [listed(FindingState::New, &diff.new), listed(FindingState::Gone, &diff.gone), unchanged].concat();
        let left_out = found.len().saturating_sub(FOUND_KEPT) + if diff.summary || diff.growing { diff.more } else { 0 };
        found.truncate(FOUND_KEPT);
        let mut remarks = self.remarks.clone();
        remarks.extend((left_out > 0).then(|| format!("and {left_out} more findings; a check by hand lists them")));
        remarks.extend((accepted > 0).then(|| format!("{accepted} findings are accepted in the topology")));
        let is_bad = |known: &KnownFinding| known.severity == finding::Severity::Error;
        let bad = diff.new.iter().any(is_bad) || (diff.summary && diff.all().any(is_bad));
        let severity = if bad { Severity::Warning } else { Severity::Info };
        let mut next = Vec::new();
        if diff.all().next().is_some() {
            let what = "Each finding says how to fix it. To accept one for a while, add an [[accept]] section to the topology.";
            next.push(Next { what: what.to_owned(), typed: None, command: None });
        }
        next.push(Next::say("To check again and list all findings:", self.invoke("check", &[])));
        Notice { found, remarks: fit(&remarks), ..self.notice(Outcome::Recorded, severity, &summed_up(diff), next) }
    }
}

/// The result of a check in one line.
fn summed_up(diff: &FindingsDiff) -> String {
    let counted = |of: &[&KnownFinding]| {
        let errors = of.iter().filter(|known| known.severity == finding::Severity::Error).count();
        let counts = [(errors, "error"), (of.len() - errors, "warning")];
        let one =
            |(count, word): (usize, &str)| (count > 0).then(|| format!("{count} {word}{}", if count == 1 { "" } else { "s" }));
        counts.into_iter().filter_map(one).collect::<Vec<_>>().join(", ")
    };
    let new: Vec<&KnownFinding> = diff.new.iter().collect();
    let unchanged: Vec<&KnownFinding> = diff.unchanged.iter().collect();
    let more = (diff.more > 0).then(|| format!("{} more that are not listed", diff.more));
    let parts = [
        (!new.is_empty()).then(|| format!("new: {}", counted(&new))),
        (!diff.gone.is_empty()).then(|| format!("{} gone", diff.gone.len())),
        (!unchanged.is_empty()).then(|| format!("unchanged: {}", counted(&unchanged))),
        more,
        (new.is_empty() && unchanged.is_empty()).then(|| "no findings".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
