//! One run of a plan on a target, as it is recorded.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    direction::Direction,
    later::{Format, understood},
    loss::Loss,
    outcome::Outcome,
    step::{StepReport, StepResult, Way},
    timeline::Timeline,
    trigger::Order,
};

/// A crossover. It is open, in its target's memory, until nothing is left to do; then it is history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crossover {
    /// The version of its format.
    #[serde(default = "Format::before")]
    pub v: Format,
    /// Its id: the target's name and the time it was begun.
    pub id: String,
    /// The target.
    pub target: String,
    /// The target's kind.
    pub kind: String,
    /// Failover or failback.
    pub direction: Direction,
    /// What triggered it.
    pub trigger: String,
    /// The order, if a person gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Why.
    pub reason: String,
    /// The worst that it can have lost, in words.
    #[serde(default)]
    pub loss: String,
    /// The same as a program reads it; missing in what the versions before 0.2 wrote.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "understood")]
    pub could_lose: Option<Loss>,
    /// When it was decided.
    pub started: Timestamp,
    /// When it ended; none while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// How it stands.
    pub outcome: Outcome,
    /// Its steps.
    pub steps: Vec<StepReport>,
    /// The outcome that was last told, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<(Outcome, Timestamp)>,
    /// Whether an invocation died over it and another took it up.
    #[serde(default)]
    pub resumed: bool,
    /// Whether its steps are only a part of the way.
    #[serde(default, skip_serializing_if = "is_false")]
    pub goes_on: bool,
    /// What a review starts from; empty in what earlier versions wrote.
    #[serde(default, skip_serializing_if = "Timeline::is_empty")]
    pub story: Timeline,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Whether a step of this result may have been made since, by an invocation that could not say so.
fn is_unseen(result: StepResult) -> bool {
    matches!(result, StepResult::Pending | StepResult::Failed | StepResult::Other)
}

/// The id of a crossover of `target` that begins at `at`.
#[must_use]
pub fn id(target: &str, at: Timestamp) -> String {
    format!("{target}-{}", at.strftime("%Y%m%dT%H%M%S%.3fZ"))
}

impl Crossover {
    /// Takes over the worst that a plan of it can lose, unless that adds nothing.
    pub fn loses(&mut self, loss: &Loss) {
        if let Some(words) = loss.in_words() {
            self.loss = words;
            self.could_lose = Some(loss.clone());
        }
    }

    /// The worst that it can have lost, as far as its record says; none when it says nothing of it.
    #[must_use]
    pub fn worst_loss(&self) -> Option<Loss> {
        let words = || (!self.loss.is_empty()).then(|| Loss::Words { text: self.loss.clone() });
        self.could_lose.clone().filter(|loss| *loss != Loss::Unknown).or_else(words)
    }

    /// Takes over what steps reported, in the place of what was known of the same resources.
    pub fn report(&mut self, reports: Vec<StepReport>) {
        let place = |(place, step): (usize, &StepReport)| (step.card.resource.clone(), place);
        let mut places: HashMap<String, usize> = self.steps.iter().enumerate().map(place).collect();
        for mut report in reports {
            if let Some(step) = places.get(&report.card.resource).and_then(|place| self.steps.get_mut(*place)) {
                // A step that takes several looks began with the first one.
                if step.card.step == report.card.step {
                    report.began = step.began.or(report.began);
                }
                *step = report;
            } else {
                places.insert(report.card.resource.clone(), self.steps.len());
                self.steps.push(report);
            }
        }
    }

    /// Takes over what is observed, for the steps whose reports were lost with their invocation.
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

    /// What is away from home once the steps that ended well are taken over.
    #[must_use]
    pub fn applied_to(&self, mut away: BTreeMap<String, String>) -> BTreeMap<String, String> {
        for StepReport { card, .. } in self.steps.iter().filter(|step| step.result.is_good()) {
            match card.way {
                Way::Home => _ = away.remove(&card.resource),
                Way::Away | Way::Homeless => _ = away.insert(card.resource.clone(), card.to.clone()),
                Way::InPlace => {}
            }
        }
        away
    }

    /// Ends it at `now`, whatever is left: nobody wants that any more.
    pub fn end(&mut self, now: Timestamp) {
        for step in self.steps.iter_mut().filter(|step| step.result == StepResult::Pending) {
            step.result = StepResult::Planned;
            step.detail = Some("no longer needed".to_owned());
        }
        self.outcome = match self.outcome_of_steps() {
            Outcome::Completed if self.goes_on => Outcome::Partial,
            outcome => outcome,
        };
        self.ended = Some(now);
    }

    /// The outcome that the steps add up to.
    #[must_use]
    pub fn outcome_of_steps(&self) -> Outcome {
        let any = |result: fn(StepResult) -> bool| self.steps.iter().any(|step| result(step.result));
        // What was begun is under way, unlike what waits for the steps before it.
        let under_way = self.steps.iter().any(|step| step.result == StepResult::Pending && step.took_ms > 0);
        match (any(StepResult::is_good), any(|r| r == StepResult::Pending), any(|r| !r.is_good() && r != StepResult::Pending)) {
            (_, true, false) => Outcome::Pending,
            (good, _, true) if good || under_way => Outcome::Partial,
            (_, _, true) => Outcome::Failed,
            (_, false, false) => Outcome::Completed,
        }
    }
}
