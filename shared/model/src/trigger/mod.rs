//! From a payload to what woke us.
//!
//! The types are tolerant: only what is needed is read, so that an unknown field, a missing one or
//! a new version of an event never stops a crossover.

mod alarm;
mod command;
mod parsed;
mod service;

pub use alarm::{AlarmEvent, Own};
pub use command::{Aim, COMMANDS, Command, Note, NoteVerb, Order, Question};
pub use parsed::{OWN_SOURCE, Parsed, Refusal, asks_only, lines};
pub use service::{EventSource, ServiceEvent};

/// What woke a function. It says *look at this target now*, and, apart from a manual command,
/// nothing of what to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// An alarm changed its state.
    Alarm(AlarmEvent),
    /// A service's event names what may have failed.
    Service(ServiceEvent),
    /// A schedule's tick: look at every target that is due.
    Tick,
    /// A person's command.
    Manual(Command),
    /// One of our own notices, come back by a topic that also triggers us.
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
