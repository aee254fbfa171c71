//! The binary of the command line `crossover`.

use std::process::ExitCode;

fn main() -> ExitCode {
    crossover::run(std::env::args_os())
}
