//! The engine: from a payload to an answer, whatever the kind of target and whatever the cloud.
//!
//! ```text
//! payload -> trigger -> targets -> lease and observe (together) -> decide -> act -> verify -> journal -> notice
//! ```
//!
//! - [`ports`]: the ports to a cloud; [`environment`]: the environment of a process; [`told`]: what it told without the journal
//! - [`kind`]: the trait that a kind implements; [`group`]: the targets of a kind, as the engine sees them
//! - [`dispatch`]: the targets that a payload is about, each reconciled in `reconcile`; `sweep`: the targets that are due
//! - [`audit`], [`check`]: problems that would prevent a crossover, and the notices about them

mod act;
mod alarms;
pub mod audit;
mod audited;
pub mod check;
mod context;
pub mod controller;
pub mod dispatch;
pub mod environment;
mod gate;
pub mod group;
mod history;
mod journal_health;
pub mod kind;
pub mod kind_group;
mod note;
pub mod ports;
mod reconcile;
mod record_command;
pub mod retry;
mod simulated;
mod stop;
mod sweep;
pub mod told;
mod triggers;
mod undeclared;
mod unread_journal;
mod verify;
