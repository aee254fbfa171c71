//! The runtime of every Crossover function: settings, logs, metrics, answers.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "aws")]
mod broken;
#[cfg(feature = "aws")]
mod function;
pub mod logs;
pub mod metrics;
#[cfg(feature = "aws")]
mod payload;
#[cfg(feature = "aws")]
mod serve;
pub mod settings;

#[cfg(feature = "aws")]
pub use function::{Handler, Made};
#[cfg(feature = "aws")]
pub use serve::{serve, serve_as, serve_kind};
