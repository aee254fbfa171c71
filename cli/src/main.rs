//! `crossover`: the runbook button.

use std::process::ExitCode;

fn main() -> ExitCode {
    crossover::run(std::env::args_os())
}
