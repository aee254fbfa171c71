//! Tests whether the Internet can be reached from a zone, and writes a metric for an alarm. It doesn't use the engine.
//!
//! [`declared`] reads its section of the topology. The feature `ask` adds the rest: a round of tests (`ask`), the verdict
//! from the rounds (`verdict`), the schedule of the rounds (`schedule`), one invocation (`watch`), the metric (`line`), and
//! the invocation of the function that moves routes (`notify`).

#[cfg(feature = "ask")]
pub mod ask;
pub mod declared;
#[cfg(feature = "ask")]
mod dns;
#[cfg(all(feature = "lambda", feature = "aws"))]
mod endpoints;
#[cfg(feature = "ask")]
pub mod failure;
#[cfg(feature = "ask")]
mod http;
#[cfg(feature = "ask")]
pub mod line;
#[cfg(feature = "ask")]
pub mod notify;
mod outside;
#[cfg(feature = "ask")]
pub mod schedule;
#[cfg(feature = "lambda")]
mod serve;
#[cfg(feature = "lambda")]
pub mod settings;
#[cfg(feature = "ask")]
pub mod verdict;
#[cfg(feature = "ask")]
pub mod watch;

#[cfg(feature = "lambda")]
pub use serve::serve;
