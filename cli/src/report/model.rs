//! The contents of a report, independent of its format. Pure.

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

use crate::tone::Tone;

/// A crossover with the events before and after it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    /// The crossover as recorded in the journal.
    pub(crate) crossover: Crossover,
    /// When the report was written.
    pub(crate) written: Timestamp,
    /// The events in order of time.
    pub(crate) events: Vec<Event>,
    /// From the first sign of trouble to the end, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since_first_sign_ms: Option<u64>,
    /// From the decision to the end, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) took_ms: Option<u64>,
    /// The possible data loss.
    pub(crate) lost: String,
    /// The ids of its notices that could not be sent yet.
    pub(crate) unsent: Vec<String>,
    /// The owner and the runbook of the target.
    #[serde(rename = "told")]
    pub(crate) contact: Contact,
    /// The recommended actions.
    pub(crate) next: Vec<Todo>,
}

/// The owner and the runbook of a target, as in its notices.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Contact {
    pub(crate) owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) runbook: Option<String>,
}

/// An event of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Event {
    /// When it happened or began.
    pub(crate) at: Timestamp,
    /// When it ended, if it took time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Timestamp>,
    /// The kind of the event.
    #[serde(rename = "sort")]
    pub(crate) kind: EventKind,
    /// A description.
    pub(crate) what: String,
}

/// The kinds of events, in the order in which simultaneous events are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EventKind {
    /// A sign of trouble.
    Trouble,
    /// A decision.
    Decided,
    /// A step.
    Step,
    /// A step that failed.
    Failed,
    /// A side is healthy again, or work is home.
    Recovery,
    /// The end.
    Ended,
    /// A notice.
    #[serde(rename = "told")]
    Notice,
}

impl EventKind {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Trouble => "trouble",
            Self::Decided => "decided",
            Self::Step => "step",
            Self::Failed => "failed",
            Self::Recovery => "recovery",
            Self::Ended => "ended",
            Self::Notice => "notice",
        }
    }
}

impl From<EventKind> for Tone {
    fn from(kind: EventKind) -> Self {
        if kind == EventKind::Failed { Self::Bad } else { Self::Plain }
    }
}

/// A recommended action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Todo {
    /// A description.
    pub(crate) what: String,
    /// The exact command, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<String>,
}

impl Report {
    /// A report from a crossover, all recorded crossovers of its target, and the target's status.
    pub(crate) fn new(crossover: Crossover, all: &[Crossover], now: &TargetAnswer, contact: Contact, written: Timestamp) -> Self {
        let mut events = signs(&crossover);
        let first_sign = events.iter().map(|event| event.at).min();
        events.extend(actions(&crossover));
        events.extend(recovery(&crossover, all, now, written));
        events.sort_by_key(|event| (event.at, event.kind));
        let ms = |from: Timestamp| {
            let span = crossover.ended?.duration_since(from);
            u64::try_from(span.as_millis()).ok()
        };
        let lost = match crossover.worst_loss() {
            None => "No known loss.".to_owned(),
            Some(loss) if loss.is_of_data() => format!("At worst: {loss}."),
            Some(loss) => format!("{}.", capital(&loss.to_string())),
        };
        let unsent = now.status.iter().flat_map(|status| &status.unsent_ids);
        let ours: BTreeSet<&String> = crossover.timeline.notices.iter().map(|notice| &notice.id).collect();
        Self {
            written,
            since_first_sign_ms: first_sign.and_then(ms),
            took_ms: ms(crossover.started),
            lost,
            unsent: unsent.filter(|id| ours.contains(id)).cloned().collect(),
            contact,
            next: todo(&crossover, now),
            events,
            crossover,
        }
    }

    /// A summary in one line.
    pub(crate) fn headline(&self) -> String {
        let Crossover { target, direction, outcome, ended, reason, .. } = &self.crossover;
        let how = match (outcome, ended) {
            (Outcome::Completed, _) => "completed",
            (_, None) => "is not finished",
            (Outcome::Partial, _) => "was stopped partway",
            (_, Some(_)) => "failed",
        };
        format!("{target}: {} {how}: {reason}", direction.as_str())
    }

    /// The trigger, or the operator who ordered it.
    pub(crate) fn cause(&self) -> String {
        match &self.crossover.order {
            None => format!("automatically, triggered by {}", self.crossover.trigger),
            Some(order) => {
                let ways = [(order.force, " with --force"), (order.accept_data_loss, " with --accept-data-loss")];
                let ways: String = ways.into_iter().filter_map(|(set, text)| set.then_some(text)).collect();
                format!("ordered by {}{ways}: {}", order.operator, order.reason)
            }
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn event(at: Timestamp, kind: EventKind, what: impl Into<String>) -> Event {
    Event { at, until: None, kind, what: what.into() }
}

/// The signs of trouble before the decision: the first bad sample, and the alarms that fired.
fn signs(crossover: &Crossover) -> Vec<Event> {
    let sides = crossover.timeline.sides.iter().filter(|side| side.health != State::Healthy);
    let alarms = sides.flat_map(|side| side.alarms.iter().map(move |alarm| (&side.side, alarm)));
    let mut events = Vec::new();
    for (side, alarm) in alarms.filter(|(_, alarm)| alarm.state != AlarmState::Ok) {
        if alarm.state == AlarmState::Alarm
            && let Some(at) = first_sample(&alarm.reason).filter(|at| alarm.since.is_none_or(|since| *at <= since))
        {
            events.push(event(at, EventKind::Trouble, format!("the first bad sample of {}", alarm.name)));
        }
        if let Some(at) = alarm.since {
            events.push(event(at, EventKind::Trouble, format!("{} of {side} is {}", alarm.name, alarm.state.as_str())));
        }
    }
    events
}

/// The decision, the steps and the notices.
fn actions(crossover: &Crossover) -> Vec<Event> {
    let verb = crossover.direction.as_str();
    let mut events = vec![event(crossover.started, EventKind::Decided, format!("{verb} decided: {}", crossover.reason))];
    events.extend(crossover.steps.iter().filter_map(step));
    let notices = crossover.timeline.notices.iter();
    events.extend(notices.map(|notice| event(notice.at, EventKind::Notice, notice.headline.clone())));
    events.extend(crossover.ended.map(|at| event(at, EventKind::Ended, format!("{verb} ended: {}", crossover.outcome))));
    events
}

fn step(step: &StepReport) -> Option<Event> {
    let card = &step.card;
    let kind = if step.result.is_good() { EventKind::Step } else { EventKind::Failed };
    let detail = step.detail.as_ref().map_or_else(String::new, |detail| format!(" ({detail})"));
    let what = format!("{} of {} to {}: {}{detail}", card.step, card.resource, card.to, step.result.as_str());
    Some(Event { until: step.ended, ..event(step.began?, kind, what) })
}

/// The recovery: the failback since then, and the sides that are healthy again.
fn recovery(crossover: &Crossover, all: &[Crossover], now: &TargetAnswer, written: Timestamp) -> Vec<Event> {
    let mut events = Vec::new();
    if crossover.direction == Direction::Failback {
        return events;
    }
    let later = all.iter().filter(|other| other.direction == Direction::Failback && other.started > crossover.started);
    let home = later.min_by_key(|other| other.started);
    if let Some(home) = home {
        events.push(event(home.started, EventKind::Recovery, format!("a failback began: {}", home.id)));
        events.extend(home.ended.map(|at| event(at, EventKind::Recovery, format!("that failback ended: {}", home.outcome))));
    }
    let unhealthy = crossover.timeline.sides.iter().filter(|side| side.health != State::Healthy);
    for side in unhealthy {
        let healthy = home
            .and_then(|home| home.timeline.sides.iter().find(|found| found.side == side.side && found.health == State::Healthy));
        let since = healthy.and_then(|found| found.alarms.iter().filter_map(|alarm| alarm.since).max());
        if let Some(at) = since.filter(|at| *at > crossover.started) {
            events.push(event(at, EventKind::Recovery, format!("{} is healthy again", side.side)));
        } else if now.sides.iter().any(|found| found.side == side.side && found.health == State::Healthy) && home.is_none() {
            events.push(event(written, EventKind::Recovery, format!("{} is healthy now", side.side)));
        }
    }
    events
}

/// The recommended actions.
fn todo(crossover: &Crossover, now: &TargetAnswer) -> Vec<Todo> {
    let name = &crossover.target;
    let say = |what: &str, command: String| Todo { what: what.to_owned(), command: Some(command) };
    let Some(status) = &now.status else {
        return vec![say("The target's status could not be read. To read it again:", format!("crossover status {name}"))];
    };
    let mut next = Vec::new();
    if crossover.ended.is_none() {
        next.push(say(
            "It is not finished: the next alarm or tick continues it. To see the remaining steps:",
            format!("crossover plan {name}"),
        ));
    }
    if status.reviews.contains_key(&crossover.id) {
        let due = status.reviews.get(&crossover.id).copied().map(short).unwrap_or_default();
        let what = format!("It is not acknowledged yet; a reminder follows at {due}. After your review:");
        next.push(say(&what, format!("crossover ack {name} --reason 'reviewed'")));
    }
    if !status.away.is_empty() {
        next.push(say(
            "Work is away from home. To move it back once home is healthy:",
            format!("crossover failback {name} --reason WHY"),
        ));
    }
    if status.intent.is_some() {
        next.push(say(
            "An operator's intent keeps it where it is. To end the intent:",
            format!("crossover release {name} --reason WHY"),
        ));
    }
    if crossover.steps.iter().any(|step| step.card.way == Way::InPlace && !step.result.is_good()) {
        next.push(Todo { what: "Steps that prepare or fence a resource failed: see the steps.".to_owned(), command: None });
    }
    if next.is_empty() {
        next.push(Todo { what: "Nothing: all work is at home, and the crossover is acknowledged.".to_owned(), command: None });
    }
    next
}
