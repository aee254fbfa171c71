//! `crossover`: the runbook button.

#[cfg(feature = "aws")]
mod account;
mod check;
mod demo;
mod dry_run;
mod screen;
mod stage;

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// Moves the work of a failed NAT gateway, zone or Region to where it can go on, and says what it did.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  crossover demo
  crossover dry-run events/cloudwatch/nat-alarm-eventbridge.json
  crossover check topology/topology.toml

Exit codes: 0 done, 1 refused or failed (the reason is printed), 2 the command line was not understood.";

#[derive(Subcommand)]
enum Command {
    /// Show a NAT gateway's failure and recovery, from alarm to failback, on a sandbox account.
    Demo,
    /// Say what an event would lead to, and change nothing.
    DryRun(dry_run::Options),
    /// Check a topology file; every problem is shown with its line.
    Check {
        /// The topology file.
        topology: PathBuf,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Demo => demo::run(),
        Command::DryRun(options) => dry_run::run(&options),
        Command::Check { topology } => check::run(&topology),
    };
    let written = done.and_then(|(text, code)| {
        std::io::stdout().write_all(text.as_bytes())?;
        Ok(code)
    });
    match written {
        Ok(code) => code,
        // Whoever reads has seen enough, as in `crossover … | head`.
        Err(Failure::Machine(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("crossover: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What a command prints, and its exit code.
type Output = (String, ExitCode);

/// A line of what a command prints.
macro_rules! outln {
    ($out:expr, $($line:tt)*) => {{
        use std::fmt::Write;
        // Writing to a String does not fail.
        let _ = writeln!($out, $($line)*);
    }};
}
use outln;

/// Why a command could not do its work, in words for the person who gave it.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{path}: {error}; expected a file that can be read")]
    File { path: String, error: std::io::Error },
    #[error("{path}: {error}")]
    Account { path: String, error: crossover_sandbox::BadAccount },
    #[error("{path}: {problems}")]
    Topology { path: String, problems: crossover_controller::topology::Problems },
    #[error("{0}")]
    Machine(#[from] std::io::Error),
    #[error("{0}")]
    Print(#[from] serde_json::Error),
    #[error("{0}")]
    Usage(String),
}

fn read(path: &std::path::Path) -> Result<String, Failure> {
    let failure = |error| Failure::File { path: path.display().to_string(), error };
    if path.as_os_str() == "-" {
        return std::io::read_to_string(std::io::stdin()).map_err(failure);
    }
    // Lossy, so that a broken event is refused for what it says and not for its encoding.
    std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(failure)
}
