//! What an operator has said about pausing a target. It is beside the lease and the memory, so that it is recorded while
//! another invocation holds the lease, and is read between two stages.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    crossover::Aborted,
    later::{Rest, Word},
    pause::{Extent, PAUSE_REMINDER, Pause},
    text::short,
    trigger::{Note, NoteVerb},
};

/// The last command of an operator about pausing a target, or everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The command.
    pub verb: StopVerb,
    /// Its place among the commands of the record: when it was given, or just after the one before it if that has a later
    /// time, which a clock that is ahead wrote.
    pub at: Timestamp,
    /// When it was given.
    pub given: Timestamp,
    /// The operator.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// When a pause expires; none when it lasts until it is resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The crossover to abort; none for the one that is open or under way, whichever it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crossover: Option<String>,
    /// The crossovers that commands before it have aborted and that no invocation has ended yet: a record keeps the last command.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aborted: BTreeMap<String, Aborted>,
    /// Whether its notice has been sent.
    #[serde(default)]
    pub notified: bool,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

/// The commands about pausing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopVerb {
    /// No crossover begins automatically.
    Pause,
    /// Nothing is begun without `--force`.
    Stop,
    /// A crossover ends as it is, and nothing further is begun automatically.
    Abort,
    /// Ends all of these.
    Resume,
    /// A command of a later version; it counts as a stop.
    #[serde(untagged)]
    Other(Word),
}

/// The time between two commands whose clocks do not tell which is later.
const TICK: SignedDuration = SignedDuration::from_millis(1);

impl Stop {
    /// The command of this note; none for a note that is not about pausing.
    #[must_use]
    pub fn of(note: &Note, now: Timestamp) -> Option<Self> {
        let (verb, span) = match &note.verb {
            NoteVerb::Pause(span) => (StopVerb::Pause, *span),
            NoteVerb::Stop => (StopVerb::Stop, None),
            NoteVerb::Abort(_) => (StopVerb::Abort, None),
            NoteVerb::Resume => (StopVerb::Resume, None),
            NoteVerb::Ack | NoteVerb::Release => return None,
        };
        let crossover = if let NoteVerb::Abort(crossover) = &note.verb { crossover.clone() } else { None };
        let (operator, reason) = (note.operator.clone(), note.reason.clone());
        Some(Self {
            verb,
            at: now,
            given: now,
            operator,
            reason,
            until: until(span, now),
            crossover,
            aborted: BTreeMap::new(),
            notified: false,
            rest: Rest::new(),
        })
    }

    /// The same command, given after `other`.
    #[must_use]
    pub fn after(self, other: Timestamp) -> Self {
        Self { at: self.at.max(other.checked_add(TICK).unwrap_or(other)), ..self }
    }

    /// The pause that it begins; none when it ends one.
    #[must_use]
    pub fn pause(&self) -> Option<Pause> {
        let extent = match self.verb {
            StopVerb::Resume => return None,
            StopVerb::Pause => Extent::Beginning,
            StopVerb::Abort => Extent::Automatic,
            StopVerb::Stop | StopVerb::Other(_) => Extent::Orders,
        };
        Some(Pause {
            operator: self.operator.clone(),
            reason: self.reason.clone(),
            since: self.given,
            until: self.until,
            remind: self.given.checked_add(PAUSE_REMINDER).unwrap_or(self.given),
            extent,
            rest: Rest::new(),
        })
    }

    /// The same command in the place of `last`, which no invocation has taken over: what that aborts of what is under way stays
    /// aborted.
    #[must_use]
    pub fn instead_of<'i>(mut self, last: &Self, under_way: impl IntoIterator<Item = &'i str>) -> Self {
        self.aborted = under_way.into_iter().filter_map(|id| Some((id.to_owned(), last.abort_of(id)?))).collect();
        self
    }

    /// Whether it aborts the crossover with this id.
    #[must_use]
    pub fn aborts(&self, crossover: &str) -> bool {
        self.abort_of(crossover).is_some()
    }

    /// The command that aborts the crossover with this id: this one, or one before it.
    #[must_use]
    pub fn abort_of(&self, crossover: &str) -> Option<Aborted> {
        let is_it = self.verb == StopVerb::Abort && self.crossover.as_deref().is_none_or(|only| only == crossover);
        let own = || {
            let (operator, reason) = (self.operator.clone(), self.reason.clone());
            Aborted { operator, reason, at: self.given, rest: Rest::new() }
        };
        self.aborted.get(crossover).cloned().or_else(|| is_it.then(own))
    }

    /// What was recorded, for people. `before` is the pause that it replaces.
    #[must_use]
    pub fn recorded(&self, before: Option<&Pause>) -> String {
        let Self { operator, reason, .. } = self;
        let until = self.until.map_or_else(|| "it is resumed".to_owned(), short);
        match self.verb {
            StopVerb::Pause => format!("paused by {operator} until {until}: {reason}"),
            StopVerb::Stop => {
                format!("stopped by {operator} until {until}: {reason}; nothing is begun, and an order only with --force")
            }
            StopVerb::Abort => {
                let what = self.crossover.as_deref().unwrap_or("what is under way");
                format!("{what} aborted by {operator}: {reason}; nothing further is begun automatically until {until}")
            }
            StopVerb::Resume => {
                let paused =
                    before.map(|pause| format!("; it had been paused since {} by {}", short(pause.since), pause.operator));
                format!("resumed by {operator}: {reason}{}", paused.unwrap_or_default())
            }
            StopVerb::Other(_) => format!("stopped by {operator} with a command of a later version: {reason}"),
        }
    }
}

fn until(span: Option<Duration>, now: Timestamp) -> Option<Timestamp> {
    span.and_then(|span| now.checked_add(span).ok())
}
