//! What an event would lead to, and not one write.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use crossover_controller::{answer::Answer, crossover::Outcome, topology::Topology};
use crossover_nat::NatSpec;
use crossover_sandbox::{Account, Call};
use serde_json::Value;

use crate::{
    Failure, Output, outln, read, screen,
    stage::{ACCOUNT, Stage, TOPOLOGY},
};

/// What `dry-run` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// The event's file, or - for the standard input.
    event: PathBuf,
    /// A sandbox account file; a small example when not given. The event is taken to be true: the
    /// account's alarms are first put into the states that it tells of.
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// The topology; the example's when not given.
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// Use the real account, with the AWS SDK's own settings and credentials.
    #[cfg(feature = "aws")]
    #[arg(long, conflicts_with = "account", requires = "topology")]
    aws: bool,
    /// The journal's table in the real account, for what is remembered of the target.
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NAME", env = "CROSSOVER_TABLE", requires = "aws")]
    table: Option<String>,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<Output, Failure> {
    let text = read(&options.event)?;
    let event = serde_json::from_str(&text).unwrap_or(Value::String(text));
    let topology = topology(options)?;
    #[cfg(feature = "aws")]
    if options.aws {
        let answer = crate::account::dry_run(topology, &event, options.table.as_deref())?;
        return show(options, &answer, "the real account", "");
    }

    let (name, account) = account(options)?;
    let (answer, taken, calls) = crossover_sandbox::run(rehearse(account, topology, &event))?;
    let place = if taken.is_empty() { name } else { format!("{name}, where {}", taken.join(" and ")) };
    show(options, &answer, &place, &screen::counts(&calls))
}

/// The answer, the alarms that had to be changed for the event to be true, and the calls made.
async fn rehearse(account: Account, topology: Topology<NatSpec>, event: &Value) -> (Answer, Vec<String>, Vec<Call>) {
    let mut stage = Stage::new(account, topology);
    let taken = stage.make_true(event);
    let answer = stage.invoke(event, true).await;
    (answer, taken, stage.sandbox.calls())
}

fn topology(options: &Options) -> Result<Topology<NatSpec>, Failure> {
    let (path, text) = match &options.topology {
        Some(path) => (path.display().to_string(), read(path)?),
        None => ("the example topology".to_owned(), TOPOLOGY.to_owned()),
    };
    Topology::parse(&text).map_err(|problems| Failure::Topology { path, problems })
}

fn account(options: &Options) -> Result<(String, Account), Failure> {
    let (path, text) = match &options.account {
        Some(path) => (path.display().to_string(), read(path)?),
        None => ("the example account".to_owned(), ACCOUNT.to_owned()),
    };
    let account = Account::parse(&text).map_err(|error| Failure::Account { path: path.clone(), error })?;
    Ok((path, account))
}

fn show(options: &Options, answer: &Answer, place: &str, calls: &str) -> Result<Output, Failure> {
    let mut out = String::new();
    if options.json {
        outln!(out, "{}", serde_json::to_string_pretty(answer)?);
    } else {
        print(&mut out, options, answer, place, calls);
    }
    Ok((out, if answer.outcome == Outcome::Failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }))
}

fn print(out: &mut String, options: &Options, answer: &Answer, place: &str, calls: &str) {
    outln!(out, "Dry run of {} on {place}. Nothing is changed.\n", options.event.display());
    if let Some(reason) = &answer.reason {
        outln!(out, "{}: {reason}\n", answer.outcome);
    }
    for target in &answer.targets {
        outln!(out, "{} ({}): {}\n", target.target, target.kind, target.reason);
        if !target.sides.is_empty() {
            outln!(out, "{}", screen::sides(target));
        }
        if !target.steps.is_empty() {
            outln!(out, "{}", screen::steps(target));
        }
        target.remarks.iter().for_each(|remark| outln!(out, "  Note: {remark}"));
    }
    if !calls.is_empty() {
        outln!(out, "{calls}.");
    }
}
