//! The command line `crossover` as a library; the binary is only its `main`.

// These macros panic when the reader has closed the pipe, so only `terminal` prints.
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
mod safe;
mod sandbox_controller;
mod screen;
mod snapshot;
mod stack;
mod status;
mod terminal;
mod tone;
mod topology;
mod verbs;
mod verify;

use std::{ffi::OsString, io::ErrorKind, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use crossover_kinds::Registry;
use failure::Failure;
use output::Output;
use terminal::Terminal;

/// Fails over from a failed side, zone or Region to a healthy one, and reports the result.
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
    /// Show what an event would cause, without changing anything.
    #[command(after_help = examples::DRY_RUN)]
    DryRun(dry_run::Options),
    /// Check a topology file, and whether a crossover would work now in the account.
    #[command(after_help = examples::CHECK)]
    Check(check::Options),
    /// Report on one crossover: what was observed, done, notified and lost, and what to do next.
    #[command(after_help = examples::REPORT)]
    Report(report::Options),
    /// Verify that what the journal records kept the promises of Crossover.
    #[command(after_help = examples::VERIFY)]
    Verify(verify::Options),
    /// Write the resources that the topology names to an account file, to rehearse on.
    #[command(after_help = examples::SNAPSHOT)]
    Snapshot(snapshot::Options),
    /// Rehearse a failure on a copy of an account in memory, and show its effects, its duration and the manual steps.
    #[command(after_help = examples::DRILL)]
    Drill(drill::Options),
    #[command(flatten)]
    Verb(verbs::Verb),
    /// Print the JSON Schema of topology files, for editors and validators.
    #[command(after_help = examples::SCHEMA)]
    Schema,
    /// Print a shell completion script.
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the command, or of one verb.
    #[command(after_help = examples::MAN)]
    Man {
        /// The verb.
        verb: Option<String>,
    },
}

/// Parses a command line, whose first word is the command's name, runs it, prints its output and returns the exit
/// code. An invalid command line ends the process, as does `--help`.
pub fn run(registry: &Registry, arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let terminal = Terminal::of_this_process();
    let arguments = parsed(registry, arguments).unwrap_or_else(|error| error.exit());
    let done = output(registry, &arguments.command, &terminal);
    let written = done.and_then(|(text, code)| match terminal::print(&text) {
        // The reader stopped early, as in `crossover … | head`; the command itself has not failed.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(code),
    });
    written.unwrap_or_else(|error| {
        terminal::say_line(&format!("crossover: {error}"));
        ExitCode::FAILURE
    })
}

/// The command line, with the values that depend on the registered kinds and their services.
fn command_line(registry: &Registry) -> clap::Command {
    // `mut_subcommand` would put it last.
    Arguments::command().mut_subcommands(|verb| match verb.get_name() {
        "drill" => drill::with_services(verb, registry),
        _ => verb,
    })
}

/// Parses a command line.
fn parsed(
    registry: &Registry,
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<Arguments, clap::Error> {
    let mut command = command_line(registry);
    let matches = command.try_get_matches_from_mut(arguments)?;
    let parsed = Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    understood(registry, &parsed.command).map_err(|what| command.error(clap::error::ErrorKind::ValueValidation, what))?;
    Ok(parsed)
}

/// Validates what depends on the registered kinds and no list of values expresses.
fn understood(registry: &Registry, command: &Command) -> Result<(), String> {
    match command {
        Command::Check(options) => options.understood(&registry.words()).map_err(|error| error.to_string()),
        _ => Ok(()),
    }
}

/// Runs a command line without a terminal, and returns what it would print and its exit code.
///
/// # Errors
/// The command line is invalid, or the command failed: the message for the user.
pub fn answer(
    registry: &Registry,
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<(String, ExitCode), String> {
    let arguments = parsed(registry, arguments).map_err(|error| error.to_string())?;
    output(registry, &arguments.command, &Terminal::default()).map_err(|error| error.to_string())
}

fn output(registry: &Registry, command: &Command, terminal: &Terminal) -> Result<Output, Failure> {
    let (text, code) = raw_output(registry, command, terminal)?;
    Ok((safe::output(&text), code))
}

fn raw_output(registry: &Registry, command: &Command, terminal: &Terminal) -> Result<Output, Failure> {
    match command {
        Command::Demo { json } => demo::run(registry, *json, terminal.style),
        Command::DryRun(options) => dry_run::run(registry, options, terminal.style),
        Command::Check(options) => check::run(registry, options, terminal.style),
        Command::Schema => manual::schema(registry),
        Command::Completions { shell } => Ok(manual::completions(*shell, &mut command_line(registry))),
        Command::Man { verb } => manual::page(verb.as_deref(), &command_line(registry)),
        Command::Report(options) => report::run(registry, options, terminal),
        Command::Verify(options) => verify::run(registry, options, terminal),
        Command::Snapshot(options) => snapshot::run(registry, options),
        Command::Drill(options) => drill::run(registry, options, terminal.style),
        Command::Verb(verb) => verbs::run(registry, verb, terminal),
    }
}
