//! What an event would lead to, and not one write.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use crossover_kinds::Registry;
use crossover_model::{answer::Answer, outcome::Outcome, topology::Mode};
use crossover_sandbox::{Account, Call};
use serde_json::Value;

use crate::{
    failure::Failure,
    file::read,
    layout::Style,
    output::{Output, outln},
    progress::{AT_WORK, Progress},
    sandbox_controller::{ACCOUNT, SandboxController, TOPOLOGY},
    screen,
    topology::{Topology, of_environment},
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
    /// The topology; when not given what `CROSSOVER_TOPOLOGY` names, or the example's for the example account.
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// Use the real account, with the AWS SDK's own settings and credentials.
    #[cfg(feature = "aws")]
    #[arg(long, conflicts_with = "account")]
    aws: bool,
    /// The journal's table in the real account, for what is remembered of the target; of no use without --aws.
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NAME", env = "CROSSOVER_TABLE")]
    table: Option<String>,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

impl Options {
    fn names_account(&self) -> bool {
        #[cfg(feature = "aws")]
        if self.aws {
            return true;
        }
        self.account.is_some()
    }
}

pub(crate) fn run(registry: &Registry, options: &Options, style: Style) -> Result<Output, Failure> {
    let text = read(&options.event)?;
    let _progress = Progress::of(AT_WORK);
    let event = serde_json::from_str(&text).unwrap_or(Value::String(text));
    let path = options.topology.clone().or_else(|| of_environment(options.names_account()));
    let topology = Topology::named(path.as_deref(), "the example topology", TOPOLOGY)?;
    #[cfg(feature = "aws")]
    if options.aws {
        if path.is_none() {
            return Err(Failure::Usage("--topology is missing; name it, or set CROSSOVER_TOPOLOGY".to_owned()));
        }
        let answer =
            crate::account::rehearse(registry, &topology, &event, crate::flags::named(options.table.as_ref()), Mode::Armed)?;
        return show(options, &answer, "the real account", "", style);
    }

    let (name, account) = account(registry, options)?;
    let (answer, taken, calls) = crossover_sandbox::run(rehearse(registry, account, &topology, &event))??;
    let place = if taken.is_empty() { name } else { format!("{name}, where {}", taken.join(" and ")) };
    show(options, &answer, &place, &screen::counts(&calls), style)
}

/// The answer, the alarms that had to be changed for the event to be true, and the calls made.
async fn rehearse(
    registry: &Registry,
    account: Account,
    topology: &Topology,
    event: &Value,
) -> Result<(Answer, Vec<String>, Vec<Call>), Failure> {
    let mut controller =
        SandboxController::new(registry, account, &topology.text, Mode::Armed).map_err(|problems| topology.failure(problems))?;
    let taken = controller.make_true(event);
    let answer = controller.invoke(event, true).await?;
    Ok((answer, taken, controller.sandbox.calls()))
}

fn account(registry: &Registry, options: &Options) -> Result<(String, Account), Failure> {
    let (path, text) = match &options.account {
        Some(path) => (path.display().to_string(), read(path)?),
        None => ("the example account".to_owned(), ACCOUNT.to_owned()),
    };
    let account = Account::parse(&text, &registry.sections()).map_err(|error| Failure::Account { path: path.clone(), error })?;
    Ok((path, account))
}

fn show(options: &Options, answer: &Answer, place: &str, calls: &str, style: Style) -> Result<Output, Failure> {
    let mut out = String::new();
    if options.json {
        outln!(out, "{}", serde_json::to_string_pretty(answer)?);
    } else {
        outln!(out, "Dry run of {} on {place}. Nothing is changed.\n", options.event.display());
        screen::answer(&mut out, answer, style);
        if !calls.is_empty() {
            outln!(out, "{calls}.");
        }
    }
    Ok((out, if answer.outcome == Outcome::Failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }))
}
