//! The binary of the command line `crossover`.

use std::process::ExitCode;

use crossover_kinds::registry;

fn main() -> ExitCode {
    crossover::run(&registry(), std::env::args_os())
}
