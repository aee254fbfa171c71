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
//! - [`cloud`]: what all this asks of a cloud

mod act;
pub mod answer;
pub mod cloud;
pub mod controller;
pub mod crossover;
pub mod decision;
pub mod guard;
pub mod health;
pub mod journal;
pub mod kind;
mod look;
pub mod notice;
pub mod pace;
pub mod retry;
pub mod step;
pub mod topology;
pub mod trigger;
