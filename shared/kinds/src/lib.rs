//! The registry of kinds: a line for each.

mod backend;
mod described;
mod order;
mod registry;

use crossover_database::Database;
use crossover_dns::Dns;
use crossover_nat::Nat;

pub use backend::{Backend, Clouds};
pub use described::Rehearsal;
pub use registry::Registry;

/// Every kind that there is.
#[must_use]
pub fn registry() -> Registry {
    Registry::new(vec![crossover_probe::declared::SECTION]).with::<Nat>().with::<Dns>().with::<Database>()
}
