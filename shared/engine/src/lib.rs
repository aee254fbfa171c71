//! The engine: from a payload to an answer, whatever the kind of target and whatever the cloud.
//!
//! ```text
//! payload -> trigger -> targets -> lease and observe (together) -> decide -> act -> verify -> journal -> notice
//! ```
//!
//! - [`ports`]: what it asks of a cloud; [`environment`]: with what a process works
//! - [`kind`]: what is particular to a kind; [`group`]: a kind's targets, without naming the kind
//! - [`dispatch`]: the targets that a payload is about, each reconciled in `reconcile`; `sweep`: those that are due
//! - [`audit`], [`check`]: what a check finds before a crossover is needed, and what is told of that

mod act;
mod alarms;
pub mod audit;
mod audited;
pub mod check;
mod context;
pub mod controller;
pub mod dispatch;
pub mod environment;
pub mod group;
mod history;
pub mod kind;
pub mod kind_group;
mod note;
pub mod ports;
mod reconcile;
pub mod retry;
mod sweep;
mod triggers;
