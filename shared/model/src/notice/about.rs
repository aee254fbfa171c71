//! What every notice about a target has.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    contents::{Notice, NoticeSide, own_source},
    limits::{LONGEST, SIDES_KEPT, fit},
    next::Next,
    sender::Sender,
    severity::Severity,
};
use crate::{
    health::SideAnswer,
    outcome::Outcome,
    serving::Serving,
    text::{clip, display_name},
    topology::Mode,
};

/// The contents of every notice about a target.
#[derive(Debug, Clone)]
pub struct About<'a> {
    /// The target's name.
    pub name: &'a str,
    /// The owner.
    pub owner: &'a str,
    /// The address of its runbook.
    pub runbook: Option<&'a str>,
    /// Its kind.
    pub kind: &'a str,
    /// The effective mode.
    pub mode: Mode,
    /// What carries out the commands.
    pub sender: &'a Sender,
    /// The trigger.
    pub trigger: &'a str,
    /// The observed health.
    pub sides: Vec<SideAnswer>,
    /// The sides that serve and, by the service's own word, can't.
    pub cannot_serve: &'a BTreeSet<String>,
    /// Who serves now; none where that could not be read.
    pub serving: Option<Serving>,
    /// Remarks.
    pub remarks: Vec<String>,
    /// Whether it only answers a person's order, while clients are served.
    pub is_answer: bool,
    /// Whether an operator's intent keeps a side empty.
    pub wanted_away: bool,
    /// The side to leave, if there is one.
    pub leaving: Option<&'a str>,
    /// The number of resources that are away from home.
    pub still_away: usize,
    /// The open crossover.
    pub open: Option<&'a str>,
    /// Now.
    pub now: Timestamp,
}

impl About<'_> {
    /// A notice with these contents only.
    pub(super) fn notice(&self, outcome: Outcome, severity: Severity, what: &str, next: Vec<Next>) -> Notice {
        let summary = |side: &SideAnswer| NoticeSide {
            side: clip(&side.side, LONGEST),
            health: side.health,
            evidence: clip(&side.evidence, LONGEST),
            cannot_serve: self.cannot_serve.contains(&side.side),
        };
        let nobody = self.serving.as_ref().filter(|serving| serving.is_by_nobody()).map(|serving| serving.duty.by_nobody());
        let severity = if nobody.is_some() { Severity::Critical } else { severity };
        let what = &nobody.map_or_else(|| what.to_owned(), |nobody| format!("{nobody}: {what}"));
        Notice {
            id: format!("{}-{outcome}", crate::crossover::id(self.name, self.now)),
            at: self.now,
            target: display_name(self.name).to_owned(),
            kind: self.kind.to_owned(),
            outcome,
            severity,
            mode: self.mode,
            headline: clip(&format!("{}: {what}", display_name(self.name)), LONGEST),
            what: clip(what, LONGEST),
            reason: None,
            source: own_source(),
            trigger: clip(self.trigger, LONGEST),
            crossover_id: None,
            sides: self.sides.iter().take(SIDES_KEPT).map(summary).collect(),
            serving: self.serving.clone(),
            steps: Vec::new(),
            steps_in_all: 0,
            took_ms: None,
            worst_loss: None,
            remarks: fit(&self.remarks),
            found: Vec::new(),
            next,
            owner: self.owner.to_owned(),
            runbook: self.runbook.map(str::to_owned),
        }
    }
}
