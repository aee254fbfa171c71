//! Triggers of invocations.
//!
//! The types are tolerant: only the required fields are read, so that an unknown or missing field or a new version of an
//! event never prevents a crossover.

mod alarm;
mod command;
mod parsed;
mod record;
mod service;

pub use alarm::{AlarmEvent, Own};
pub use command::{Aim, COMMANDS, Command, Note, NoteVerb, Order, Question, target_of};
pub use parsed::{OWN_SOURCE, Parsed, Refusal, asks_only, lines};
pub use record::{RecordChange, RecordCommand};
pub use service::{Detail, EventSource, ServiceEvent};

/// A trigger. It says *reconcile this target now*; only an operator's command says what to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// An alarm changed state.
    Alarm(AlarmEvent),
    /// A service's event names what may have failed.
    Service(ServiceEvent),
    /// A scheduled tick: reconcile every target that is due.
    Tick,
    /// An operator's command.
    Manual(Command),
    /// One of our own notices, received through a topic that also triggers us.
    OwnNotice,
}

impl std::fmt::Display for Trigger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Alarm(event) => write!(f, "alarm {} {}", event.name, event.state.as_str()),
            Self::Service(event) => event.fmt(f),
            Self::Tick => f.write_str("tick"),
            Self::OwnNotice => f.write_str("a notice of Crossover itself"),
            Self::Manual(command) => command.fmt(f),
        }
    }
}
