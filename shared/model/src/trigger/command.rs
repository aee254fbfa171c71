//! Commands of operators.

use std::{collections::BTreeMap, fmt, time::Duration};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    direction::Direction,
    later::Rest,
    text::{nearest, plain},
    trigger::record::{RecordChange, RecordCommand, pair},
};

/// An operator's command. Unlike an event it is refused when it has an unknown key, as a mistyped `dry_run` must not
/// become a real run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Moves work, or shows the move.
    Order(Order),
    /// Answers a question.
    Question(Question),
    /// Records something.
    Note(Note),
    /// Moves or ends what the journal has of names that the topology does not declare any more.
    Record(RecordCommand),
}

/// An order to move work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Failover, switchover, failback or unfence.
    #[serde(rename = "command")]
    pub direction: Direction,
    /// The target.
    pub target: String,
    /// The side to leave, to move to, to fail back to, or to unfence.
    pub aim: Aim,
    /// Whether sides of unknown health are valid destinations.
    #[serde(default)]
    pub force: bool,
    /// Whether the loss of the latest writes is accepted.
    #[serde(default)]
    pub accept_data_loss: bool,
    /// The reason.
    pub reason: String,
    /// The operator.
    pub operator: String,
    /// Whether it is a dry run.
    #[serde(default)]
    pub dry_run: bool,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

impl Order {
    /// Whether this version can execute it: an order of a later version in the journal may have an unknown meaning, also by a
    /// key that this version does not know.
    #[must_use]
    pub fn is_understood(&self) -> bool {
        self.rest.is_empty()
            && !matches!(self.direction, Direction::Other(_))
            && !matches!(self.aim, Aim::Other(_) | Aim::Undeclared(_))
    }
}

/// The aim of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// Leave this side.
    AwayFrom(String),
    /// Leave all sides but this one.
    To(String),
    /// Fail all work back.
    Home,
    /// Fail the work of this side back.
    HomeOf(String),
    /// An aim whose side the topology does not declare any more. It applies to no side, and is written as that aim.
    #[serde(untagged, skip_deserializing)]
    Undeclared(Box<Self>),
    /// An aim of a later version, kept unchanged; its side is not known.
    #[serde(untagged)]
    Other(Value),
}

impl Aim {
    /// Whether the aim is to leave `side`.
    #[must_use]
    pub fn leaves(&self, side: &str) -> bool {
        match self {
            Self::AwayFrom(left) => left == side,
            Self::To(only) => only != side,
            Self::Home | Self::HomeOf(_) | Self::Undeclared(_) | Self::Other(_) => false,
        }
    }

    /// Whether the aim is to fail back the work of `side`.
    #[must_use]
    pub fn calls_home(&self, side: &str) -> bool {
        match self {
            Self::Home => true,
            Self::HomeOf(only) => only == side,
            Self::AwayFrom(_) | Self::To(_) | Self::Undeclared(_) | Self::Other(_) => false,
        }
    }

    /// The key of a command and the side that it names.
    fn side(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::AwayFrom(side) => Some(("away_from", side)),
            Self::To(side) => Some(("to", side)),
            Self::Home | Self::Other(_) => None,
            Self::HomeOf(side) => Some(("side", side)),
            Self::Undeclared(aim) => aim.side(),
        }
    }

    /// The side that it names, declared or not.
    #[must_use]
    pub fn side_name(&self) -> Option<&str> {
        self.side().map(|(_, side)| side)
    }

    /// The same aim with another side.
    #[must_use]
    pub fn with_side(&self, side: String) -> Self {
        match self {
            Self::AwayFrom(_) => Self::AwayFrom(side),
            Self::To(_) => Self::To(side),
            Self::HomeOf(_) => Self::HomeOf(side),
            Self::Undeclared(aim) => aim.with_side(side),
            Self::Home | Self::Other(_) => self.clone(),
        }
    }
}

impl fmt::Display for Aim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AwayFrom(side) => write!(f, "away from {side}"),
            Self::To(side) => write!(f, "to {side}"),
            Self::Home => f.write_str("home"),
            Self::HomeOf(side) => write!(f, "home to {side}"),
            Self::Undeclared(aim) => write!(f, "{aim}, a side that the topology does not declare"),
            Self::Other(aim) => write!(f, "{aim}, an aim of a later version"),
        }
    }
}

/// A command that changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The forecast for a target, or for all of them: for now, or for leaving a side.
    Plan {
        /// The target; none only without an aim.
        target: Option<String>,
        /// The side to leave or to move to.
        aim: Option<Aim>,
    },
    /// The status of a target, or of all of them.
    Status {
        /// The target.
        target: Option<String>,
    },
    /// The crossovers of a target, or of all of them, the latest first.
    History {
        /// The target.
        target: Option<String>,
        /// The maximum number for each target.
        limit: usize,
    },
}

/// A command that changes only the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The fact to record.
    pub verb: NoteVerb,
    /// The target; none for all of them.
    pub target: Option<String>,
    /// Why.
    pub reason: String,
    /// The operator.
    pub operator: String,
}

/// The effect of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoteVerb {
    /// Pauses automatic crossovers, for this long or until they are resumed.
    Pause(Option<Duration>),
    /// Stops everything that is not forced, until it is resumed.
    Stop,
    /// Ends a crossover as it is: the one with this id, or the one that is open or under way.
    Abort(Option<String>),
    /// Ends a pause or a stop.
    Resume,
    /// Acknowledges the last crossovers, which ends the block.
    Ack,
    /// Ends an operator's intent.
    Release,
}

impl NoteVerb {
    /// The word of the command.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pause(_) => "pause",
            Self::Stop => "stop",
            Self::Abort(_) => "abort",
            Self::Resume => "resume",
            Self::Ack => "ack",
            Self::Release => "release",
        }
    }
}

/// The words of all commands.
pub const COMMANDS: [&str; 15] = [
    "failover",
    "switchover",
    "failback",
    "unfence",
    "abort",
    "plan",
    "status",
    "history",
    "pause",
    "stop",
    "resume",
    "ack",
    "release",
    "rename",
    "forget",
];

/// The target that is named in a crossover's id; none if this is no such id.
#[must_use]
pub fn target_of(id: &str) -> Option<&str> {
    let (target, stamp) = id.rsplit_once('-')?;
    let is_stamp = stamp.len() == STAMP.len()
        && stamp.bytes().zip(STAMP.bytes()).all(|(has, like)| match like {
            b'0' => has.is_ascii_digit(),
            _ => has == like,
        });
    is_stamp.then_some(target)
}

/// The form of the time in a crossover's id, with `0` for each digit.
const STAMP: &str = "00000000T000000.000Z";

/// The number of crossovers in a history by default.
const HISTORY: usize = 10;
/// The most crossovers that a history shows: the size of an answer is limited (6 MB).
const HISTORY_MAX: usize = 100;

impl Command {
    /// The name of the target; none for all targets.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        match self {
            Self::Order(order) => Some(&order.target),
            Self::Question(Question::Plan { target, .. } | Question::Status { target } | Question::History { target, .. }) => {
                target.as_deref()
            }
            Self::Note(note) => note.target.as_deref(),
            Self::Record(command) => Some(&command.target),
        }
    }

    /// The side that it names, with the key that names it.
    #[must_use]
    pub fn side(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Order(order) => order.aim.side(),
            Self::Question(Question::Plan { aim, .. }) => aim.as_ref()?.side(),
            Self::Question(_) | Self::Note(_) | Self::Record(_) => None,
        }
    }

    /// Parses a command.
    ///
    /// # Errors
    /// Names the key, the value and what was expected.
    pub fn parse(payload: &Map<String, Value>) -> Result<Self, String> {
        let keys = Keys(payload);
        let expected = || format!("expected one of {}", COMMANDS.join(", "));
        let word = keys.text("command")?.ok_or_else(|| format!("command: is missing; {}", expected()))?;
        match word.as_str() {
            "failover" => keys.order(Direction::Failover).map(Self::Order),
            "switchover" => keys.order(Direction::Switchover).map(Self::Order),
            "failback" => keys.order(Direction::Failback).map(Self::Order),
            "unfence" => keys.order(Direction::Unfence).map(Self::Order),
            "plan" => {
                keys.only(&["command", "target", "away_from", "to", "reason", "operator", "dry_run"])?;
                let aim = keys.aim()?;
                let target = if aim.is_some() { Some(keys.required("target")?) } else { keys.text("target")? };
                Ok(Self::Question(Question::Plan { target, aim }))
            }
            "status" => {
                keys.only(&["command", "target"])?;
                Ok(Self::Question(Question::Status { target: keys.text("target")? }))
            }
            "history" => {
                keys.only(&["command", "target", "limit"])?;
                let limit = keys.count("limit", HISTORY_MAX)?.unwrap_or(HISTORY);
                Ok(Self::Question(Question::History { target: keys.text("target")?, limit }))
            }
            "pause" => {
                keys.only(&["command", "target", "for", "reason", "operator"])?;
                keys.note(NoteVerb::Pause(keys.span("for")?))
            }
            "stop" => keys.short_note(NoteVerb::Stop),
            "abort" => keys.abort(),
            "resume" => keys.short_note(NoteVerb::Resume),
            "ack" => keys.short_note(NoteVerb::Ack),
            "release" => keys.short_note(NoteVerb::Release),
            "rename" => keys.rename().map(Self::Record),
            "forget" => keys.forget().map(Self::Record),
            other => Err(match nearest(other, COMMANDS.into_iter()) {
                Some(near) => format!("command: \"{other}\" is not known; did you mean {near}? {}", expected()),
                None => format!("command: \"{other}\" is not known; {}", expected()),
            }),
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.aim {
            Aim::Home => write!(f, "{} by {}", self.direction.as_str(), self.operator),
            Aim::HomeOf(side) => write!(f, "{} of {side} by {}", self.direction.as_str(), self.operator),
            aim => write!(f, "{} {aim} by {}", self.direction.as_str(), self.operator),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(order) => order.fmt(f),
            Self::Question(Question::Plan { aim: None, .. }) => f.write_str("plan"),
            Self::Question(Question::Plan { aim: Some(aim), .. }) => write!(f, "plan {aim}"),
            Self::Question(Question::Status { .. }) => f.write_str("status"),
            Self::Question(Question::History { .. }) => f.write_str("history"),
            Self::Note(note) => write!(f, "{} by {}", note.verb.as_str(), note.operator),
            Self::Record(command) => command.fmt(f),
        }
    }
}

/// The longest text of a command, in characters, as notices and the journal contain it.
const LONGEST: usize = 500;

/// The keys of a command, with errors that name the key, the value and what was expected.
struct Keys<'v>(&'v Map<String, Value>);

impl Keys<'_> {
    fn order(&self, direction: Direction) -> Result<Order, String> {
        let mut known = vec!["command", "target", "reason", "operator", "dry_run"];
        known.extend(match direction {
            Direction::Failover => &["away_from", "to", "force", "accept_data_loss"][..],
            Direction::Switchover => &["away_from", "to"],
            Direction::Failback => &["side"],
            Direction::Unfence => &["side", "force"],
            Direction::Other(_) => &[],
        });
        self.only(&known)?;
        let aim = match direction {
            Direction::Failback | Direction::Unfence => self.text("side")?.map_or(Aim::Home, Aim::HomeOf),
            Direction::Failover | Direction::Switchover | Direction::Other(_) => {
                self.aim()?.ok_or("away_from: is missing; expected the side to leave, or \"to\" with the side to move to")?
            }
        };
        Ok(Order {
            direction,
            target: self.required("target")?,
            aim,
            force: self.flag("force")?,
            accept_data_loss: self.flag("accept_data_loss")?,
            reason: self.required("reason")?,
            operator: self.required("operator")?,
            dry_run: self.flag("dry_run")?,
            rest: Rest::new(),
        })
    }

    fn aim(&self) -> Result<Option<Aim>, String> {
        match (self.text("away_from")?, self.text("to")?) {
            (Some(_), Some(_)) => Err("to: cannot be combined with away_from; keep one of the two".to_owned()),
            (away_from, to) => Ok(away_from.map(Aim::AwayFrom).or(to.map(Aim::To))),
        }
    }

    fn rename(&self) -> Result<RecordCommand, String> {
        self.only(&["command", "target", "to", "side", "reason", "operator"])?;
        let sides = self.texts("side")?.iter().map(|text| pair(text)).collect::<Result<BTreeMap<_, _>, _>>()?;
        let to = self.text("to")?;
        if to.is_none() && sides.is_empty() {
            return Err("to: is missing; expected the target's new name, or \"side\" with OLD=NEW".to_owned());
        }
        self.record(RecordChange::Rename { to, sides })
    }

    fn forget(&self) -> Result<RecordCommand, String> {
        self.only(&["command", "target", "side", "reason", "operator"])?;
        self.record(RecordChange::Forget { sides: self.texts("side")?.into_iter().collect() })
    }

    fn record(&self, change: RecordChange) -> Result<RecordCommand, String> {
        let (target, reason, operator) = (self.required("target")?, self.required("reason")?, self.required("operator")?);
        Ok(RecordCommand { change, target, reason, operator })
    }

    /// A text, or a list of texts.
    fn texts(&self, key: &str) -> Result<Vec<String>, String> {
        let Some(Value::Array(items)) = self.0.get(key) else { return Ok(self.text(key)?.into_iter().collect()) };
        let one = |item: &Value| match item {
            Value::String(text) if !text.trim().is_empty() && text.chars().count() <= LONGEST => Ok(plain(text.trim())),
            other => Err(format!("{key}: {other} is not a non-empty text of at most {LONGEST} characters")),
        };
        items.iter().map(one).collect()
    }

    fn short_note(&self, verb: NoteVerb) -> Result<Command, String> {
        self.only(&["command", "target", "reason", "operator"])?;
        self.note(verb)
    }

    /// A crossover's id names its target.
    fn abort(&self) -> Result<Command, String> {
        self.only(&["command", "target", "reason", "operator"])?;
        let named = self.required("target")?;
        let target = target_of(&named).map(str::to_owned);
        let verb = NoteVerb::Abort(target.is_some().then(|| named.clone()));
        let (reason, operator) = (self.required("reason")?, self.required("operator")?);
        Ok(Command::Note(Note { verb, target: Some(target.unwrap_or(named)), reason, operator }))
    }

    fn note(&self, verb: NoteVerb) -> Result<Command, String> {
        let target = match verb {
            NoteVerb::Pause(_) | NoteVerb::Stop | NoteVerb::Resume => self.text("target")?,
            NoteVerb::Abort(_) | NoteVerb::Ack | NoteVerb::Release => Some(self.required("target")?),
        };
        Ok(Command::Note(Note { verb, target, reason: self.required("reason")?, operator: self.required("operator")? }))
    }

    fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.0.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => Err(match nearest(key, known.iter().copied()) {
                Some(near) => format!("{key}: is not known; did you mean {near}?"),
                None => format!("{key}: is not known; expected {}", known.join(", ")),
            }),
        }
    }

    fn text(&self, key: &str) -> Result<Option<String>, String> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.chars().count() > LONGEST => {
                Err(format!("{key}: has {} characters; expected at most {LONGEST}", text.chars().count()))
            }
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(plain(text.trim()))),
            Some(other) => Err(format!("{key}: {other} is not a non-empty text")),
        }
    }

    fn required(&self, key: &str) -> Result<String, String> {
        self.text(key)?.ok_or_else(|| format!("{key}: is missing; expected a text"))
    }

    fn flag(&self, key: &str) -> Result<bool, String> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(format!("{key}: {other} is not true or false")),
        }
    }

    fn count(&self, key: &str, most: usize) -> Result<Option<usize>, String> {
        let Some(value) = self.0.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
        let count = value.as_u64().and_then(|count| usize::try_from(count).ok()).filter(|count| (1..=most).contains(count));
        count.map(Some).ok_or_else(|| format!("{key}: {value} is not a whole number from 1 to {most}"))
    }

    fn span(&self, key: &str) -> Result<Option<Duration>, String> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let span = text.parse::<SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok());
        let span = span.filter(|span| !span.is_zero() && *span <= LONGEST_PAUSE);
        span.map(Some)
            .ok_or_else(|| format!("{key}: \"{text}\" is not a span of time of at most 30 days, as in \"90m\" or \"2h\""))
    }
}

/// To pause a target for longer, remove it from the topology.
const LONGEST_PAUSE: Duration = Duration::from_hours(30 * 24);
