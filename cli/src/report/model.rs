//! What a report tells, whatever it is written as. Pure.

use std::collections::BTreeSet;

use crossover_model::{
    alarm::AlarmState,
    answer::TargetAnswer,
    crossover::Crossover,
    direction::Direction,
    health::State,
    outcome::Outcome,
    step::{StepReport, Way},
    text::short,
    timeline::first_sample,
};
use jiff::Timestamp;
use serde::Serialize;

/// A crossover with what came before and after it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    /// What is recorded.
    pub(crate) crossover: Crossover,
    /// When this was written.
    pub(crate) written: Timestamp,
    /// What happened, the first before the last.
    pub(crate) events: Vec<Event>,
    /// From the first sign of trouble to the end, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since_first_sign_ms: Option<u64>,
    /// From the decision to the end, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) took_ms: Option<u64>,
    /// What can have been lost.
    pub(crate) lost: String,
    /// Notices that told of it and that could not be sent yet.
    pub(crate) unsent: Vec<String>,
    /// Who answers for the target.
    pub(crate) told: Told,
    /// What to do next.
    pub(crate) next: Vec<Todo>,
}

/// Who is told of a target.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Told {
    /// In every notice.
    pub(crate) owner: String,
    /// In every notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) runbook: Option<String>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Event {
    /// When.
    pub(crate) at: Timestamp,
    /// Until when, for what took its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Timestamp>,
    /// Its sort.
    pub(crate) sort: Sort,
    /// In words.
    pub(crate) what: String,
}

/// The sorts of events, in the order in which they are told when they happened at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sort {
    /// A sign of trouble.
    Trouble,
    /// A decision.
    Decided,
    /// A step.
    Step,
    /// A step that did not end well.
    Failed,
    /// Something is well again.
    Recovery,
    /// The end.
    Ended,
    /// A notice.
    Told,
}

impl Sort {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Trouble => "trouble",
            Self::Decided => "decided",
            Self::Step => "step",
            Self::Failed => "failed",
            Self::Recovery => "recovery",
            Self::Ended => "ended",
            Self::Told => "told",
        }
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Todo {
    /// In words.
    pub(crate) what: String,
    /// The exact command, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<String>,
}

impl Report {
    /// Out of a crossover, all that are recorded of its target, and how that stands now.
    pub(crate) fn new(crossover: Crossover, all: &[Crossover], now: &TargetAnswer, told: Told, written: Timestamp) -> Self {
        let mut events = signs(&crossover);
        let first_sign = events.iter().map(|event| event.at).min();
        events.extend(deeds(&crossover));
        events.extend(recovery(&crossover, all, now, written));
        events.sort_by_key(|event| (event.at, event.sort));
        let ms = |from: Timestamp| {
            let span = crossover.ended?.duration_since(from);
            u64::try_from(span.as_millis()).ok()
        };
        let lost = match crossover.worst_loss() {
            None => "Nothing is known to be lost by it.".to_owned(),
            Some(loss) if loss.is_of_data() => format!("At worst: {loss}."),
            Some(loss) => format!("{}.", capital(&loss.to_string())),
        };
        let waiting = now.status.iter().flat_map(|status| &status.unsent_ids);
        let ours: BTreeSet<&String> = crossover.timeline.notices.iter().map(|told| &told.id).collect();
        Self {
            written,
            since_first_sign_ms: first_sign.and_then(ms),
            took_ms: ms(crossover.started),
            lost,
            unsent: waiting.filter(|id| ours.contains(id)).cloned().collect(),
            told,
            next: todo(&crossover, now),
            events,
            crossover,
        }
    }

    /// What happened in one line.
    pub(crate) fn headline(&self) -> String {
        let Crossover { target, direction, outcome, ended, reason, .. } = &self.crossover;
        let how = match (outcome, ended) {
            (Outcome::Completed, _) => "completed",
            (_, None) => "is not finished",
            (Outcome::Partial, _) => "was stopped halfway",
            (_, Some(_)) => "failed",
        };
        format!("{target}: {} {how}: {reason}", direction.as_str())
    }

    /// Who or what began it.
    pub(crate) fn began_by(&self) -> String {
        match &self.crossover.order {
            None => format!("by itself, because of {}", self.crossover.trigger),
            Some(order) => {
                let ways = [(order.force, " with --force"), (order.accept_data_loss, " with --accept-data-loss")];
                let ways: String = ways.into_iter().filter_map(|(set, text)| set.then_some(text)).collect();
                format!("by {}{ways}: {}", order.operator, order.reason)
            }
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn event(at: Timestamp, sort: Sort, what: impl Into<String>) -> Event {
    Event { at, until: None, sort, what: what.into() }
}

/// What was wrong before it was decided: the first bad sample, and the alarms that went off.
fn signs(crossover: &Crossover) -> Vec<Event> {
    let sides = crossover.timeline.sides.iter().filter(|side| side.health != State::Healthy);
    let alarms = sides.flat_map(|side| side.alarms.iter().map(move |alarm| (&side.side, alarm)));
    let mut events = Vec::new();
    for (side, alarm) in alarms.filter(|(_, alarm)| alarm.state != AlarmState::Ok) {
        if alarm.state == AlarmState::Alarm
            && let Some(at) = first_sample(&alarm.reason).filter(|at| alarm.since.is_none_or(|since| *at <= since))
        {
            events.push(event(at, Sort::Trouble, format!("the first bad sample of {}", alarm.name)));
        }
        if let Some(at) = alarm.since {
            events.push(event(at, Sort::Trouble, format!("{} of {side} is {}", alarm.name, alarm.state.as_str())));
        }
    }
    events
}

/// What was decided, done and told.
fn deeds(crossover: &Crossover) -> Vec<Event> {
    let verb = crossover.direction.as_str();
    let mut events = vec![event(crossover.started, Sort::Decided, format!("{verb} decided: {}", crossover.reason))];
    events.extend(crossover.steps.iter().filter_map(step));
    let told = crossover.timeline.notices.iter();
    events.extend(told.map(|told| event(told.at, Sort::Told, format!("told: {}", told.headline))));
    events.extend(crossover.ended.map(|at| event(at, Sort::Ended, format!("{verb} ended: {}", crossover.outcome))));
    events
}

fn step(step: &StepReport) -> Option<Event> {
    let card = &step.card;
    let sort = if step.result.is_good() { Sort::Step } else { Sort::Failed };
    let detail = step.detail.as_ref().map_or_else(String::new, |detail| format!(" ({detail})"));
    let what = format!("{} of {} to {}: {}{detail}", card.step, card.resource, card.to, step.result.as_str());
    Some(Event { until: step.ended, ..event(step.began?, sort, what) })
}

/// What was well again after it: work that went home since, and sides that are healthy now.
fn recovery(crossover: &Crossover, all: &[Crossover], now: &TargetAnswer, written: Timestamp) -> Vec<Event> {
    let mut events = Vec::new();
    if crossover.direction == Direction::Failback {
        return events;
    }
    let later = all.iter().filter(|other| other.direction == Direction::Failback && other.started > crossover.started);
    let home = later.min_by_key(|other| other.started);
    if let Some(home) = home {
        events.push(event(home.started, Sort::Recovery, format!("a failback began: {}", home.id)));
        events.extend(home.ended.map(|at| event(at, Sort::Recovery, format!("that failback ended: {}", home.outcome))));
    }
    let sick = crossover.timeline.sides.iter().filter(|side| side.health != State::Healthy);
    for side in sick {
        let well = home
            .and_then(|home| home.timeline.sides.iter().find(|found| found.side == side.side && found.health == State::Healthy));
        let since = well.and_then(|found| found.alarms.iter().filter_map(|alarm| alarm.since).max());
        if let Some(at) = since.filter(|at| *at > crossover.started) {
            events.push(event(at, Sort::Recovery, format!("{} is healthy again", side.side)));
        } else if now.sides.iter().any(|found| found.side == side.side && found.health == State::Healthy) && home.is_none() {
            events.push(event(written, Sort::Recovery, format!("{} is healthy now", side.side)));
        }
    }
    events
}

/// What to do next, as it stands now.
fn todo(crossover: &Crossover, now: &TargetAnswer) -> Vec<Todo> {
    let name = &crossover.target;
    let say = |what: &str, command: String| Todo { what: what.to_owned(), command: Some(command) };
    let Some(status) = &now.status else {
        return vec![say("How the target stands could not be read. To look again:", format!("crossover status {name}"))];
    };
    let mut next = Vec::new();
    if crossover.ended.is_none() {
        next.push(say(
            "Every further alarm or tick retries the remaining steps. To see which steps remain:",
            format!("crossover plan {name}"),
        ));
    }
    if status.reviews.contains_key(&crossover.id) {
        let due = status.reviews.get(&crossover.id).copied().map(short).unwrap_or_default();
        let what = format!("Nobody has acknowledged it yet, and people are reminded of that at {due}. After your review:");
        next.push(say(&what, format!("crossover ack {name} --reason 'reviewed'")));
    }
    if !status.away.is_empty() {
        next.push(say(
            "Work is away from home. To bring it back once home is healthy:",
            format!("crossover failback {name} --reason WHY"),
        ));
    }
    if status.intent.is_some() {
        next.push(say("An operator keeps it where it is. To end that wish:", format!("crossover release {name} --reason WHY")));
    }
    if crossover.steps.iter().any(|step| step.card.way == Way::InPlace && !step.result.is_good()) {
        next.push(Todo {
            what: "Steps that make something ready or keep it out did not end well: see what was done.".to_owned(),
            command: None,
        });
    }
    if next.is_empty() {
        next.push(Todo { what: "Nothing: everything is at home, and it has been looked at.".to_owned(), command: None });
    }
    next
}
