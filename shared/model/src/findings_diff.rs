//! What is new since people were last told, and what has gone. Pure.

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

/// The word of the command, and in the place of a kind.
pub const CHECK: &str = "check";
/// Findings that are remembered one by one; the rest is only counted. An item of the journal holds 400 KB, and may have
/// to hold notices too.
const KEPT: usize = 400;
/// The longest text that is remembered of a finding, in bytes.
pub const LONGEST: usize = 200;
/// Everything is told again after this: a week, less what a schedule may be early.
const SUMMARY: Duration = Duration::from_hours(7 * 24 - 12);
/// The rules by whose findings others of the same target may be there and not be seen.
const BLIND: [&Rule; 3] = [&UNREADABLE, &RIGHTS_UNKNOWN, &NOT_CHECKED];

/// What people were told of the last check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checked {
    /// When they were last told of everything; never when none.
    pub summary: Option<Timestamp>,
    /// The findings that stood, the worst first.
    pub known: Vec<KnownFinding>,
    /// How many more there were.
    pub more: usize,
}

/// A finding as it is remembered and told: what tells it from others is its target, its rule and its resource, whatever
/// its words become.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KnownFinding {
    /// How bad it is.
    pub severity: Severity,
    /// The target, or what else it is about.
    pub target: String,
    /// The id of its rule: another version may know other rules.
    pub finding: String,
    /// What it is about.
    pub resource: String,
    /// What is wrong with it.
    pub what: String,
    /// What to do about it.
    pub fix: String,
    /// Since when it is known.
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

/// What a check has to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingsDiff {
    /// What nobody was told of yet, the worst first.
    pub new: Vec<KnownFinding>,
    /// What stands as before.
    pub standing: Vec<KnownFinding>,
    /// What has gone.
    pub gone: Vec<KnownFinding>,
    /// How many more there are than can be told one by one.
    pub more: usize,
    /// Whether these are more than before.
    pub growing: bool,
    /// Whether it is time to tell everything.
    pub summary: bool,
}

impl FindingsDiff {
    /// Whether there is anything that people must hear of now.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.summary || self.growing || !self.new.is_empty() || !self.gone.is_empty()
    }

    /// All that stands.
    pub fn all(&self) -> impl Iterator<Item = &KnownFinding> {
        self.new.iter().chain(&self.standing)
    }
}

/// Compares what stands now with what people were told of, and says what is to be remembered from now on.
#[must_use]
pub fn compare(before: &Checked, suppressed: &Suppressed, now: Timestamp) -> (FindingsDiff, Checked) {
    let since: BTreeMap<Key<'_>, Timestamp> = before.known.iter().map(|known| (known.key(), known.since)).collect();
    let severities: BTreeMap<Key<'_>, Severity> = before.known.iter().map(|known| (known.key(), known.severity)).collect();
    // What has got worse is new: of that nobody was told.
    let is_known = |known: &KnownFinding| severities.get(&known.key()).is_some_and(|before| *before <= known.severity);
    let found = suppressed
        .standing
        .iter()
        .flat_map(|(target, all)| all.iter().map(move |finding| KnownFinding::new(target, finding, now)));
    let mut found: Vec<KnownFinding> = found.collect();
    found.sort();
    let mut seen = BTreeSet::new();
    found.retain(|known| seen.insert((known.target.clone(), known.finding.clone(), known.resource.clone())));
    for known in &mut found {
        // A time that a clock which had jumped wrote down is none to go by.
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
    // Where something could not be looked at, what is not seen need not have gone.
    let (unseen, gone): (Vec<&KnownFinding>, Vec<&KnownFinding>) =
        missing.partition(|known| blind.contains(known.target.as_str()));
    let (unseen, gone): (Vec<KnownFinding>, Vec<KnownFinding>) =
        (unseen.into_iter().cloned().collect(), gone.into_iter().cloned().collect());

    let more = found.len().saturating_sub(KEPT);
    let (mut standing, mut new): (Vec<KnownFinding>, Vec<KnownFinding>) = found.into_iter().take(KEPT).partition(is_known);
    // With more of them than are remembered, one that moves up is not new.
    if before.more > 0 {
        let beyond = new.iter().position(|known| Some(known) > before.known.last()).unwrap_or(new.len());
        standing.extend(new.split_off(beyond));
    }
    let summary = before.summary.is_none_or(|at| !within(at, SUMMARY, now));
    let news = FindingsDiff { new, standing, gone, more, growing: more > before.more, summary };
    let told = if summary { Some(now) } else { before.summary };
    let known: Vec<KnownFinding> = news.all().cloned().chain(unseen).take(KEPT).collect();
    let mut checked = Checked { summary: told, known, more };
    checked.known.sort();
    (news, checked)
}
