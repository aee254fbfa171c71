//! The findings that are new or gone since the last notice. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    finding::{Finding, Rule, Severity},
    rules::{NOT_CHECKED, RIGHTS_UNKNOWN, UNREADABLE},
    suppression::Suppressed,
    text::clip,
    time::within,
};

/// The name of the command; notices and answers have it instead of a kind.
pub const CHECK: &str = "check";
/// Findings that are remembered one by one; the rest is only counted. An item of the journal holds 400 KB, and may have
/// to hold notices too.
const KEPT: usize = 400;
/// The longest text of a remembered finding, in bytes.
pub const LONGEST: usize = 200;
/// The interval after which all findings are reported again: a week, minus the time by which a schedule may be early.
const SUMMARY: Duration = Duration::from_hours(7 * 24 - 12);
/// The rules whose findings may hide others of the same target.
const BLIND: [&Rule; 3] = [&UNREADABLE, &RIGHTS_UNKNOWN, &NOT_CHECKED];

/// The findings that the last notice of a check reported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checked {
    /// When all findings were last reported; never when none.
    pub summary: Option<Timestamp>,
    /// The findings, the worst first.
    pub known: Vec<KnownFinding>,
    /// The number of further findings.
    pub more: usize,
}

/// A finding as it is remembered and reported. Its target, rule and resource identify it, whatever its wording.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KnownFinding {
    /// Its severity.
    pub severity: Severity,
    /// The target, or another subject.
    pub target: String,
    /// The id of its rule: another version may know other rules.
    pub finding: String,
    /// The resource.
    pub resource: String,
    /// The problem.
    pub what: String,
    /// How to fix it.
    pub fix: String,
    /// When it was first found.
    pub since: Timestamp,
}

type Key<'k> = (&'k str, &'k str, &'k str);

impl KnownFinding {
    fn new(target: &str, finding: &Finding, since: Timestamp) -> Self {
        Self {
            severity: finding.severity,
            target: target.to_owned(),
            finding: finding.rule.id.to_owned(),
            resource: clip(&finding.resource, LONGEST),
            what: clip(&finding.what, LONGEST),
            fix: clip(&finding.fix, LONGEST),
            since,
        }
    }

    fn key(&self) -> Key<'_> {
        (&self.target, &self.finding, &self.resource)
    }
}

/// The difference between two checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingsDiff {
    /// The new findings, the worst first.
    pub new: Vec<KnownFinding>,
    /// The unchanged findings.
    pub unchanged: Vec<KnownFinding>,
    /// The findings that are gone.
    pub gone: Vec<KnownFinding>,
    /// The number of findings that are not listed.
    pub more: usize,
    /// Whether that number has grown.
    pub growing: bool,
    /// Whether all findings are to be reported.
    pub summary: bool,
}

impl FindingsDiff {
    /// Whether there is anything to report now.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.summary || self.growing || !self.new.is_empty() || !self.gone.is_empty()
    }

    /// All current findings.
    pub fn all(&self) -> impl Iterator<Item = &KnownFinding> {
        self.new.iter().chain(&self.unchanged)
    }
}

/// Compares the current findings with those of the last notice. The second value is what to remember.
#[must_use]
pub fn diff(before: &Checked, suppressed: &Suppressed, now: Timestamp) -> (FindingsDiff, Checked) {
    let since: BTreeMap<Key<'_>, Timestamp> = before.known.iter().map(|known| (known.key(), known.since)).collect();
    let severities: BTreeMap<Key<'_>, Severity> = before.known.iter().map(|known| (known.key(), known.severity)).collect();
    // A finding whose severity has increased is new.
    let is_known = |known: &KnownFinding| severities.get(&known.key()).is_some_and(|before| *before <= known.severity);
    let found = suppressed
        .remaining
        .iter()
        .flat_map(|(target, all)| all.iter().map(move |finding| KnownFinding::new(target, finding, now)));
    let mut found: Vec<KnownFinding> = found.collect();
    found.sort();
    let mut seen = BTreeSet::new();
    found.retain(|known| seen.insert((known.target.clone(), known.finding.clone(), known.resource.clone())));
    for known in &mut found {
        // A time that a wrong clock wrote is not used.
        known.since = since.get(&known.key()).copied().filter(|since| *since <= now).unwrap_or(now);
    }
    let is_blind = |known: &&KnownFinding| BLIND.iter().any(|rule| rule.id == known.finding);
    let blind: BTreeSet<&str> = found.iter().filter(is_blind).map(|known| known.target.as_str()).collect();
    let accepted: BTreeSet<(String, String, String)> = suppressed
        .accepted
        .iter()
        .map(|(target, finding, _)| (target.clone(), finding.rule.id.to_owned(), clip(&finding.resource, LONGEST)))
        .collect();
    let is_accepted =
        |(target, finding, resource): Key<'_>| accepted.contains(&(target.to_owned(), finding.to_owned(), resource.to_owned()));
    let there: BTreeSet<Key<'_>> = found.iter().map(KnownFinding::key).collect();
    let missing = before.known.iter().filter(|known| !there.contains(&known.key()) && !is_accepted(known.key()));
    // If something was not checked, a missing finding is not known to be gone.
    let (unseen, gone): (Vec<&KnownFinding>, Vec<&KnownFinding>) =
        missing.partition(|known| blind.contains(known.target.as_str()));
    let (unseen, gone): (Vec<KnownFinding>, Vec<KnownFinding>) =
        (unseen.into_iter().cloned().collect(), gone.into_iter().cloned().collect());

    let more = found.len().saturating_sub(KEPT);
    let (mut unchanged, mut new): (Vec<KnownFinding>, Vec<KnownFinding>) = found.into_iter().take(KEPT).partition(is_known);
    // With more findings than are remembered, one that moves up in the list is not new.
    if before.more > 0 {
        let beyond = new.iter().position(|known| Some(known) > before.known.last()).unwrap_or(new.len());
        unchanged.extend(new.split_off(beyond));
    }
    let summary = before.summary.is_none_or(|at| !within(at, SUMMARY, now));
    let diff = FindingsDiff { new, unchanged, gone, more, growing: more > before.more, summary };
    let last_summary = if summary { Some(now) } else { before.summary };
    let known: Vec<KnownFinding> = diff.all().cloned().chain(unseen).take(KEPT).collect();
    let mut checked = Checked { summary: last_summary, known, more };
    checked.known.sort();
    (diff, checked)
}
