//! The failover controller: the whole way of an event, without any AWS type.
//!
//! ```text
//! payload -> trigger -> targets -> lease and reads together -> decide -> act -> verify -> journal -> notice
//! ```
//!
//! - [`trigger`]: what woke us, out of a payload
//! - [`topology`]: the declared targets
//! - [`controller`]: the payload's targets, each looked at in `look`, one after the other of the steps above
//! - [`health`], [`decision`], [`guard`]: the pure middle
//! - [`kind`]: what is particular to a kind; [`step`]: its steps; `act` runs them
//! - [`journal`], [`crossover`], [`notice`], [`answer`]: what is remembered, recorded, told and answered
//! - [`audit`]: what a check finds before a crossover is needed; [`check`]: what is told of that
//! - [`cloud`]: what all this asks of a cloud

mod act;
pub mod answer;
pub mod audit;
mod case;
pub mod check;
pub mod cloud;
pub mod controller;
pub mod crossover;
pub mod decision;
pub mod declared;
pub mod evacuation;
pub mod guard;
pub mod health;
mod history;
pub mod journal;
pub mod judge;
pub mod kind;
mod look;
pub mod note;
pub mod notice;
pub mod pace;
pub mod retry;
pub mod rule;
pub mod status;
pub mod step;
pub mod story;
pub mod survey;
mod sweep;
pub mod topology;
pub mod triage;
pub mod trigger;
