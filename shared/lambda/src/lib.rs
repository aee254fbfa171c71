//! What every Crossover function does around the controller: settings, logs, metrics, answers.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod broken;
mod function;
pub mod logs;
pub mod metrics;
mod payload;
mod serve;
pub mod settings;

pub use function::{Handler, Made};
pub use serve::{serve, serve_as};
