//! One run of a plan on a target, as it is recorded.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    direction::Direction,
    later::{Format, Rest, is_false},
    loss::Loss,
    outcome::Outcome,
    step::{StepReport, StepResult, Way},
    timeline::Timeline,
    trigger::Order,
};

/// A crossover. It is open, in the memory of its target, until nothing is left to do. Then it becomes part of the
/// history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crossover {
    /// The version of its format.
    #[serde(default = "Format::before")]
    pub v: Format,
    /// Its id: the name of the target and the start time.
    pub id: String,
    /// The target.
    pub target: String,
    /// The target's kind.
    pub kind: String,
    /// Failover or failback.
    pub direction: Direction,
    /// The trigger.
    pub trigger: String,
    /// The order, if a person gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The sides that were not healthy when the order was given and have not been healthy since. What the order allows with
    /// `force` and `accept_data_loss` holds for these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not_healthy: BTreeSet<String>,
    /// The sides that it leaves; empty in records of versions before 0.3.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub left: BTreeSet<String>,
    /// The sides that take over; empty in records of versions before 0.3.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub to: BTreeSet<String>,
    /// The crossover that continues with what remains, because another side failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continued_by: Option<String>,
    /// Why.
    pub reason: String,
    /// The worst loss, for people.
    #[serde(default)]
    pub loss: String,
    /// The worst loss, for programs; missing in records of versions before 0.2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub could_lose: Option<Loss>,
    /// When it was decided.
    pub started: Timestamp,
    /// When it ended; none while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Its outcome.
    pub outcome: Outcome,
    /// Its steps.
    pub steps: Vec<StepReport>,
    /// The outcome of its last notice, and when that was sent.
    #[serde(rename = "told", default, skip_serializing_if = "Option::is_none")]
    pub notified: Option<(Outcome, Timestamp)>,
    /// Whether an invocation died over it and another one continued it.
    #[serde(default)]
    pub resumed: bool,
    /// Whether further stages follow.
    #[serde(rename = "goes_on", default, skip_serializing_if = "is_false")]
    pub continues: bool,
    /// The operator's command that ended it before it was finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aborted: Option<Aborted>,
    /// The timeline for its review; empty in records of earlier versions.
    #[serde(rename = "story", default, skip_serializing_if = "Timeline::is_empty")]
    pub timeline: Timeline,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

/// The command that ended a crossover before it was finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aborted {
    /// The operator.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// When the command was given.
    pub at: Timestamp,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

/// Whether a step with this result may have been completed by an invocation that could not record it.
fn is_unseen(result: StepResult) -> bool {
    matches!(result, StepResult::Pending | StepResult::Failed | StepResult::Other(_))
}

/// The id of a crossover of `target` that starts at `at`.
#[must_use]
pub fn id(target: &str, at: Timestamp) -> String {
    format!("{target}-{}", at.strftime("%Y%m%dT%H%M%S%.3fZ"))
}

impl Crossover {
    /// Adopts the worst loss of its plan, unless that adds nothing.
    pub fn loses(&mut self, loss: &Loss) {
        if let Some(words) = loss.in_words() {
            self.loss = words;
            self.could_lose = Some(loss.clone());
        }
    }

    /// The worst loss according to its record; none when the record does not say it.
    #[must_use]
    pub fn worst_loss(&self) -> Option<Loss> {
        let words = || (!self.loss.is_empty()).then(|| Loss::Words { text: self.loss.clone(), rest: Rest::new() });
        self.could_lose.clone().filter(|loss| !matches!(loss, Loss::Unknown | Loss::Other(_))).or_else(words)
    }

    /// Merges the reports of steps; they replace earlier reports of the same resources.
    pub fn report(&mut self, reports: Vec<StepReport>) {
        let by_resource = |(index, step): (usize, &StepReport)| (step.card.resource.clone(), index);
        let mut indices: HashMap<String, usize> = self.steps.iter().enumerate().map(by_resource).collect();
        for mut report in reports {
            if let Some(step) = indices.get(&report.card.resource).and_then(|index| self.steps.get_mut(*index)) {
                // A step that takes several reconciles began with the first one.
                if step.card.step == report.card.step {
                    report.began = step.began.or(report.began);
                    report.asked = report.asked.or(step.asked);
                }
                *step = report;
            } else {
                indices.insert(report.card.resource.clone(), self.steps.len());
                self.steps.push(report);
            }
        }
    }

    /// Merges what is observed, for steps whose reports were lost with their invocation.
    pub fn observe(&mut self, away: &BTreeMap<String, String>, home: &BTreeSet<String>) {
        for step in self.steps.iter_mut().filter(|step| is_unseen(step.result)) {
            let card = &step.card;
            let at_home = matches!(card.way, Way::Home | Way::InPlace) && home.contains(&card.resource);
            if away.get(&card.resource) == Some(&card.to) || at_home {
                step.result = StepResult::Done;
                step.detail = None;
            }
        }
    }

    /// The resources that are away from home after the steps that succeeded.
    #[must_use]
    pub fn applied_to(&self, mut away: BTreeMap<String, String>) -> BTreeMap<String, String> {
        for StepReport { card, .. } in self.steps.iter().filter(|step| step.result.is_good()) {
            match card.way {
                Way::Home => _ = away.remove(&card.resource),
                Way::Away | Way::Homeless | Way::Other(_) => _ = away.insert(card.resource.clone(), card.to.clone()),
                Way::InPlace => {}
            }
        }
        away
    }

    /// Ends it at `now`. The remaining steps are no longer needed.
    pub fn end(&mut self, now: Timestamp) {
        for step in self.steps.iter_mut().filter(|step| step.result == StepResult::Pending) {
            step.result = StepResult::Planned;
            let continued = self.continued_by.as_ref().map(|id| format!("continued by {id}"));
            step.detail = Some(continued.unwrap_or_else(|| "no longer needed".to_owned()));
        }
        self.outcome = match self.outcome_of_steps() {
            Outcome::Completed if self.continues => Outcome::Partial,
            outcome => outcome,
        };
        self.ended = Some(now);
    }

    /// Ends it at `now` as it is, because an operator aborted it. A step that was accepted and is not finished stays
    /// `pending`, as it may still take effect.
    pub fn abort(&mut self, by: Aborted, now: Timestamp) {
        for step in self.steps.iter_mut().filter(|step| step.result == StepResult::Pending && step.took_ms == 0) {
            step.result = StepResult::Planned;
            step.detail = Some("not begun: the crossover was aborted".to_owned());
        }
        let begun = self.begun().next().is_some();
        self.outcome = match self.outcome_of_steps() {
            Outcome::Completed if !self.continues => Outcome::Completed,
            _ if begun => Outcome::Partial,
            _ => Outcome::Failed,
        };
        self.aborted = Some(by);
        self.ended = Some(now);
    }

    /// A change that can't be undone and that is not seen to be done since it was asked for.
    #[must_use]
    pub fn under_way(&self) -> Option<&StepReport> {
        self.steps.iter().find(|step| step.asked.is_some() && step.result == StepResult::Pending && step.took_ms > 0)
    }

    /// The steps that took effect, or may still do so.
    pub fn begun(&self) -> impl Iterator<Item = &StepReport> {
        let unknown = |step: &StepReport| matches!(step.result, StepResult::Pending | StepResult::Failed) && step.took_ms > 0;
        self.steps.iter().filter(move |step| step.result == StepResult::Done || unknown(step))
    }

    /// The outcome of its steps together.
    #[must_use]
    pub fn outcome_of_steps(&self) -> Outcome {
        let any = |result: fn(StepResult) -> bool| self.steps.iter().any(|step| result(step.result));
        // A step that has begun is in progress, unlike one that waits for earlier steps.
        let under_way = self.steps.iter().any(|step| step.result == StepResult::Pending && step.took_ms > 0);
        match (any(StepResult::is_good), any(|r| r == StepResult::Pending), any(|r| !r.is_good() && r != StepResult::Pending)) {
            (_, true, false) => Outcome::Pending,
            (good, _, true) if good || under_way => Outcome::Partial,
            (_, _, true) => Outcome::Failed,
            (_, false, false) => Outcome::Completed,
        }
    }
}
