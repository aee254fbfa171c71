//! The active monitor for egress: asks from inside a zone whether the outside can be reached, and tells
//! without needing the path that it watches.
//!
//! [`ask`] makes a round of questions, [`verdict`] makes of the rounds whether the outside can be reached,
//! [`beat`] says when to ask, [`watch`] does it for as long as an invocation lasts, [`line`] is what it tells.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod ask;
pub mod beat;
mod dns;
#[cfg(all(feature = "lambda", feature = "aws"))]
mod endpoints;
mod http;
pub mod line;
#[cfg(feature = "lambda")]
mod serve;
#[cfg(feature = "lambda")]
pub mod settings;
pub mod tell;
pub mod verdict;
pub mod watch;

#[cfg(feature = "lambda")]
pub use serve::serve;
