//! The timeline and the result of a drill.

use std::collections::BTreeMap;

use crossover_model::{
    answer::{Answer, TargetAnswer},
    notice::Notice,
    outcome::Outcome,
    step::{StepReport, Way},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::failure::Lost;
use crate::tone::Tone;

/// An event of the drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    /// The target; empty if the event concerns none.
    pub(crate) target: String,
    pub(crate) what: String,
}

/// The result for one target.
#[derive(Debug, Clone)]
pub(crate) struct TargetResult {
    pub(crate) lost: Lost,
    /// Whether it served where the failure was.
    pub(crate) was_there: bool,
    /// Whether all of it now serves elsewhere.
    pub(crate) crossed: bool,
    /// When the first and the last of its resources moved away.
    pub(crate) moved: Option<(Timestamp, Timestamp)>,
    pub(crate) worst_loss: Option<String>,
    /// Why it was held, the first time.
    pub(crate) held: Option<String>,
    /// The reason of the last answer during the failure.
    pub(crate) last: String,
    /// When it was home again; none if it was not.
    pub(crate) home: Option<Timestamp>,
    /// Why it is not home.
    pub(crate) not_home: String,
}

impl TargetResult {
    pub(crate) fn new(lost: Lost) -> Self {
        Self {
            lost,
            was_there: false,
            crossed: false,
            moved: None,
            worst_loss: None,
            held: None,
            last: String::new(),
            home: None,
            not_home: String::new(),
        }
    }

    /// Adds an answer during the failure.
    fn add(&mut self, answer: &TargetAnswer) {
        self.last.clone_from(&answer.reason);
        let away = |step: &&StepReport| step.result.is_good() && (step.card.way == Way::Away || step.card.way.is_homeless());
        for ended in answer.steps.iter().filter(away).filter_map(|step| step.ended) {
            let (first, last) = self.moved.unwrap_or((ended, ended));
            self.moved = Some((first.min(ended), last.max(ended)));
        }
        if self.worst_loss.is_none() {
            self.worst_loss.clone_from(&answer.worst_loss);
        }
        if answer.outcome == Outcome::Held && self.held.is_none() {
            self.held = Some(answer.reason.clone());
        }
    }

    /// Whether it had to cross over.
    pub(crate) fn is_concerned(&self) -> bool {
        self.was_there && self.lost.has_others
    }

    /// The result.
    pub(crate) fn verdict(&self) -> Verdict {
        match (self.lost.has_others, self.was_there, self.crossed) {
            (false, ..) => Verdict::NowhereToGo,
            (true, false, _) => Verdict::WasNotThere,
            (true, true, true) => Verdict::CrossedOver,
            (true, true, false) => Verdict::NotCrossedOver,
        }
    }
}

/// How a target came through the failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// No other side is left.
    NowhereToGo,
    /// It served elsewhere before the failure.
    WasNotThere,
    /// All of it serves elsewhere.
    CrossedOver,
    /// Some of it is still where the failure is.
    NotCrossedOver,
}

impl Verdict {
    /// The words for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NowhereToGo => "nowhere to go",
            Self::WasNotThere => "was not there",
            Self::CrossedOver => "crossed over",
            Self::NotCrossedOver => "NOT CROSSED OVER",
        }
    }
}

impl From<Verdict> for Tone {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::CrossedOver => Self::Good,
            Verdict::NotCrossedOver => Self::Bad,
            Verdict::NowhereToGo | Verdict::WasNotThere => Self::Plain,
        }
    }
}

/// The timeline and the results.
#[derive(Debug)]
pub(crate) struct Timeline {
    pub(crate) began: Timestamp,
    pub(crate) entries: Vec<Entry>,
    pub(crate) results: BTreeMap<String, TargetResult>,
    /// The commands that an operator had to give.
    pub(crate) commands: Vec<String>,
    /// Targets whose location the topology does not state.
    pub(crate) without_location: Vec<String>,
    /// Whether the failure is still present.
    pub(crate) lasts: bool,
    /// The last answer about each target.
    last: BTreeMap<String, (Outcome, String)>,
    /// How many notices are in the timeline already.
    notices: usize,
}

impl Timeline {
    pub(crate) fn new(began: Timestamp, notices: usize, lost: &[Lost]) -> Self {
        let results = lost.iter().map(|lost| (lost.target.clone(), TargetResult::new(lost.clone()))).collect();
        Self {
            began,
            entries: Vec::new(),
            results,
            commands: Vec::new(),
            without_location: Vec::new(),
            lasts: true,
            last: BTreeMap::new(),
            notices,
        }
    }

    pub(crate) fn add(&mut self, at: Timestamp, target: &str, what: impl Into<String>) {
        self.entries.push(Entry { at, target: target.to_owned(), what: what.into() });
    }

    /// Adds the answer of an invocation at `now`, if it is new.
    pub(crate) fn answered(&mut self, answer: &Answer, now: Timestamp) {
        for target in &answer.targets {
            self.target_answered(target, now);
        }
    }

    fn target_answered(&mut self, answer: &TargetAnswer, now: Timestamp) {
        // Of two simultaneous invocations, the other one does the work.
        if answer.busy || matches!(answer.outcome, Outcome::Settled | Outcome::Ignored) {
            return;
        }
        let before = self.last.insert(answer.target.clone(), (answer.outcome, answer.reason.clone()));
        let is_new = match (&before, answer.outcome) {
            // The reason of a hold contains the time that has passed, so it always differs.
            (Some((Outcome::Held, _)), Outcome::Held) => false,
            (Some((outcome, reason)), _) => (*outcome, reason) != (answer.outcome, &answer.reason),
            (None, _) => true,
        };
        if is_new {
            self.add(now, &answer.target, format!("{}: {}", answer.outcome, answer.reason));
        }
        if let Some(result) = self.results.get_mut(&answer.target).filter(|_| self.lasts) {
            result.add(answer);
        }
    }

    /// Adds the notices that are new since the last call.
    pub(crate) fn add_notices(&mut self, published: &[crossover_sns::sandbox::Published]) {
        for notice in &published[self.notices.min(published.len())..] {
            let target = notice.attributes.get("target").cloned().unwrap_or_default();
            let sent = notice.bodies.get("sqs").and_then(|body| serde_json::from_str::<Notice>(body).ok());
            let what = sent.map(|sent| if sent.what.is_empty() { sent.headline } else { sent.what });
            let what = what.unwrap_or_else(|| notice.subject.clone());
            self.add(notice.at, &target, format!("notice: {what}"));
        }
        self.notices = published.len();
    }

    /// Whether any target served where the failure was; if not, nothing was rehearsed.
    pub(crate) fn was_there(&self) -> bool {
        self.results.values().any(|result| result.was_there)
    }

    /// Whether some target was affected, and every target with another side crossed over.
    pub(crate) fn crossed_over(&self) -> bool {
        self.was_there() && self.results.values().all(|result| !result.is_concerned() || result.crossed)
    }

    /// The time since the failure, in milliseconds.
    pub(crate) fn after(&self, at: Timestamp) -> u64 {
        u64::try_from(at.duration_since(self.began).as_millis()).unwrap_or_default()
    }

    pub(crate) fn as_json(&self) -> Value {
        let result = |result: &TargetResult| {
            let moved = result.moved;
            json!({
                "target": result.lost.target,
                "kind": result.lost.kind,
                "failed": result.lost.sides,
                "verdict": result.verdict().as_str().to_lowercase(),
                "first_move_ms": moved.map(|(first, _)| self.after(first)),
                "last_move_ms": moved.map(|(_, last)| self.after(last)),
                "worst_loss": result.worst_loss,
                "held": result.held,
                "reason": result.last,
                "home_ms": result.home.map(|home| self.after(home)),
                "not_home": (!result.not_home.is_empty()).then_some(&result.not_home),
            })
        };
        let entry = |entry: &Entry| {
            let target = (!entry.target.is_empty()).then_some(&entry.target);
            json!({ "after_ms": self.after(entry.at), "target": target, "what": entry.what })
        };
        json!({
            "crossed_over": self.crossed_over(),
            "targets": self.results.values().map(result).collect::<Vec<_>>(),
            "unplaced": self.without_location,
            "commands": self.commands,
            "timeline": self.entries.iter().map(entry).collect::<Vec<_>>(),
        })
    }
}
