//! The simulation of each kind, and of every example account.
//!
//! `make simulate SEEDS=3000 FIRST_SEED=7` runs others than `make test` does.

use std::process::ExitCode;

use crossover_kinds::registry;
use crossover_tests::{harness, simulation};

fn main() -> ExitCode {
    harness::main([simulation::kinds(), simulation::of_examples(&registry())].into_iter().flatten().collect())
}
