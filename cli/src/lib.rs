//! The command line `crossover`, as a library: the binary is only its `main`.

// They panic when their reader has left; `terminal` prints.
#![deny(clippy::print_stdout, clippy::print_stderr)]

#[cfg(feature = "aws")]
mod account;
mod backend;
mod check;
mod confirm;
mod demo;
mod drill;
mod dry_run;
mod engine;
mod examples;
mod failure;
mod file;
mod flags;
mod function;
mod layout;
mod manual;
mod many;
mod output;
mod progress;
mod report;
mod sandbox_controller;
mod screen;
mod snapshot;
mod stack;
mod status;
mod terminal;
mod topology;
mod verbs;

use std::{ffi::OsString, io::ErrorKind, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};
use crossover_kinds::Registry;
use failure::Failure;
use output::Output;
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

/// Parses a command line, whose first word is the command's name, does its work, prints what comes of it, and gives
/// the exit code. A command line that can't be understood ends the process, as does `--help`.
pub fn run(registry: &Registry, arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let terminal = Terminal::of_this_process();
    let done = output(registry, &parsed(registry, arguments).command, &terminal);
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

/// Parses a command line; one that can't be understood ends the process.
fn parsed(registry: &Registry, arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Arguments {
    let arguments = Arguments::parse_from(arguments);
    if let Err(what) = understood(registry, &arguments.command) {
        Arguments::command().error(clap::error::ErrorKind::ValueValidation, what).exit();
    }
    arguments
}

/// What depends on which kinds there are.
fn understood(registry: &Registry, command: &Command) -> Result<(), String> {
    match command {
        Command::Check(options) => options.understood(&registry.words()).map_err(|error| error.to_string()),
        _ => Ok(()),
    }
}

/// Does the work of a command line where nobody is at a terminal, and gives what it would print, and its exit code.
///
/// # Errors
/// The command line can't be understood, or the command could not do its work: why, in words.
pub fn answer(
    registry: &Registry,
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<(String, ExitCode), String> {
    let arguments = Arguments::try_parse_from(arguments).map_err(|error| error.to_string())?;
    understood(registry, &arguments.command)?;
    output(registry, &arguments.command, &Terminal::default()).map_err(|error| error.to_string())
}

fn output(registry: &Registry, command: &Command, terminal: &Terminal) -> Result<Output, Failure> {
    match command {
        Command::Demo { json } => demo::run(registry, *json, terminal.style),
        Command::DryRun(options) => dry_run::run(registry, options, terminal.style),
        Command::Check(options) => check::run(registry, options, terminal.style),
        Command::Schema => manual::schema(registry),
        Command::Completions { shell } => Ok(manual::completions(*shell, &mut Arguments::command())),
        Command::Man { verb } => manual::page(verb.as_deref(), &Arguments::command()),
        Command::Report(options) => report::run(registry, options, terminal),
        Command::Snapshot(options) => snapshot::run(registry, options),
        Command::Drill(options) => drill::run(registry, options, terminal.style),
        Command::Verb(verb) => verbs::run(registry, verb, terminal),
    }
}
