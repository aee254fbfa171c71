//! The active monitor for egress: asks from inside a zone whether the outside can be reached, and reports
//! without needing the path that it watches.
//!
//! [`ask`] makes a round of questions, [`verdict`] makes of the rounds whether the outside can be reached,
//! [`schedule`] says when to ask, [`watch`] does it for as long as an invocation lasts, [`line`] is the metric that it
//! writes, [`notify`] invokes the controller.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod ask;
mod dns;
#[cfg(all(feature = "lambda", feature = "aws"))]
mod endpoints;
pub mod failure;
mod http;
pub mod line;
pub mod notify;
pub mod schedule;
#[cfg(feature = "lambda")]
mod serve;
#[cfg(feature = "lambda")]
pub mod settings;

pub mod verdict;
pub mod watch;

#[cfg(feature = "lambda")]
pub use serve::serve;
