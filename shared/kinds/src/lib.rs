//! The registry of kinds, with one line for each kind.

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

/// The registry of all kinds.
#[must_use]
pub fn registry() -> Registry {
    Registry::new(vec![crossover_probe::declared::SECTION]).with::<Nat>().with::<Dns>().with::<Database>()
}
