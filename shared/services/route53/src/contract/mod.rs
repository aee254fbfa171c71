//! The behavior of Route 53 that kinds rely on.

mod backend;
mod health_checks;
mod records;

use crossover_sandbox::contract::Cases;

pub use backend::Backend;

/// What holds of Route 53 on every backend.
#[must_use]
pub fn cases<B: Backend>() -> Cases<B> {
    [records::cases(), health_checks::cases()].concat()
}
