//! `crossover`: the runbook button.

// They panic when their reader has left; `terminal` prints.
#![deny(clippy::print_stdout, clippy::print_stderr)]

#[cfg(feature = "aws")]
mod account;
mod check;
mod confirm;
mod demo;
mod drill;
mod dry_run;
mod examples;
mod file;
mod flags;
mod function;
mod layout;
mod manual;
mod many;
mod place;
mod progress;
mod report;
mod screen;
mod snapshot;
mod stack;
mod stage;
mod status;
mod terminal;
mod verbs;

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand};
use crossover_model::topology::Problems;
use file::read;
use terminal::Terminal;

/// Moves the work of a failed NAT gateway, zone or Region to where it can go on, and says what it did.
#[derive(Parser)]
#[command(version, after_help = examples::CROSSOVER)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show a NAT gateway's failure and recovery, from alarm to failback, on a sandbox account.
    #[command(after_help = examples::DEMO)]
    Demo {
        /// Print the answers and the notices as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say what an event would lead to, and change nothing.
    #[command(after_help = examples::DRY_RUN)]
    DryRun(dry_run::Options),
    /// Check a topology file, every problem with its line, and the account: would a crossover work now?
    #[command(after_help = examples::CHECK)]
    Check(check::Options),
    /// Tell the story of one crossover: what was found, done, told and lost, and what to do next.
    #[command(after_help = examples::REPORT)]
    Report(report::Options),
    /// Write the account's shape, as far as the topology names it, into an account file to rehearse on.
    #[command(after_help = examples::SNAPSHOT)]
    Snapshot(snapshot::Options),
    /// Rehearse a failure on a copy of an account in memory: what would happen, in which time, and what is left to people.
    #[command(after_help = examples::DRILL)]
    Drill(drill::Options),
    #[command(flatten)]
    Verb(verbs::Verb),
    /// Print the JSON Schema of a topology, by which an editor or a program checks one.
    #[command(after_help = examples::SCHEMA)]
    Schema,
    /// Print what lets a shell complete this command.
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of the whole or of one verb.
    #[command(after_help = examples::MAN)]
    Man {
        /// The verb.
        verb: Option<String>,
    },
}

fn main() -> ExitCode {
    let terminal = Terminal::of_this_process();
    let done = match &Arguments::parse().command {
        Command::Demo { json } => demo::run(*json, terminal.style),
        Command::DryRun(options) => dry_run::run(options, terminal.style),
        Command::Check(options) => check::run(options, terminal.style),
        Command::Schema => manual::schema(),
        Command::Completions { shell } => Ok(manual::completions(*shell, &mut Arguments::command())),
        Command::Man { verb } => manual::page(verb.as_deref(), &Arguments::command()),
        Command::Report(options) => report::run(options, &terminal),
        Command::Snapshot(options) => snapshot::run(options),
        Command::Drill(options) => drill::run(options, terminal.style),
        Command::Verb(verb) => verbs::run(verb, &terminal),
    };
    let written = done.and_then(|(text, code)| match terminal::print(&text) {
        // Whoever reads has seen enough, as in `crossover … | head`; what was done is what it was.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(code),
    });
    written.unwrap_or_else(|error| {
        terminal::say_line(&format!("crossover: {error}"));
        ExitCode::FAILURE
    })
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
    Unread { path: String, error: std::io::Error },
    #[error("{path}: {error}; expected a file that can be written")]
    Unwritten { path: String, error: std::io::Error },
    #[error("{path}: {error}")]
    Account { path: String, error: crossover_sandbox::BadAccount },
    #[error("{path}: {problems}")]
    Topology { path: String, problems: Problems },
    #[error("{0}")]
    Machine(#[from] std::io::Error),
    #[error("{0}")]
    Print(#[from] serde_json::Error),
    #[error("{0}")]
    Killed(#[from] stage::Killed),
    #[error("{0}")]
    Unanswered(#[from] function::Unanswered),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Refused(String),
}

/// The topology that the environment names, for an account that was named: the example account has one of its own.
fn of_environment(names_account: bool) -> Option<PathBuf> {
    let named = std::env::var_os("CROSSOVER_TOPOLOGY").filter(|path| !path.is_empty());
    named.filter(|_| names_account).map(PathBuf::from)
}

/// A topology's text, and where it is from.
struct Topology {
    path: String,
    text: String,
}

impl Topology {
    /// The file, or else what stands in for it.
    fn named(path: Option<&Path>, otherwise: &str, text: &str) -> Result<Self, Failure> {
        match path {
            Some(path) => Ok(Self { path: path.display().to_string(), text: read(path)? }),
            None => Ok(Self { path: otherwise.to_owned(), text: text.to_owned() }),
        }
    }

    fn failure(&self, problems: Problems) -> Failure {
        Failure::Topology { path: self.path.clone(), problems }
    }
}
