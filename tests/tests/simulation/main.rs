//! The simulation of each kind, and of every example account.
//!
//! `make simulate SEEDS=3000 FIRST_SEED=7` runs others than `make test` does.

use std::process::ExitCode;

use crossover_kinds::registry;
use crossover_tests::{examples::examples, harness, simulation};

fn main() -> ExitCode {
    let of_examples = examples(&registry()).into_iter().map(|example| simulation::example(&registry(), example));
    harness::main(simulation::kinds().into_iter().chain(of_examples).collect())
}
