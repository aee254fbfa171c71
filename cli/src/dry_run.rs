//! Shows the effects of an event without any write.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use crossover_kinds::Registry;
use crossover_model::{answer::Answer, notice::Sender, outcome::Outcome, topology::Mode};
use crossover_sandbox::{Account, Call};
use serde_json::Value;

use crate::{
    failure::Failure,
    file::read,
    layout::Style,
    output::{Output, outln},
    progress::{AT_WORK, Progress},
    sandbox_controller::{ACCOUNT, SWEEP, SandboxController, TOPOLOGY},
    screen,
    topology::{Topology, of_environment},
};

/// The arguments of `dry-run`.
#[derive(Args)]
pub(crate) struct Options {
    /// The event file, or - for standard input.
    event: PathBuf,
    /// A sandbox account file; the default is a small example. The account's alarms are first set to
    /// the states that the event reports.
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// The topology file; the default is `CROSSOVER_TOPOLOGY`, or the example topology for the example account.
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// Use the real account, with the AWS SDK's own settings and credentials.
    #[cfg(feature = "aws")]
    #[arg(long, conflicts_with = "account")]
    aws: bool,
    /// The journal table in the real account, for the target's memory; used only with --aws.
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
            return Err(Failure::Usage("--topology is missing; pass it, or set CROSSOVER_TOPOLOGY".to_owned()));
        }
        let answer =
            crate::account::rehearse(registry, &topology, &event, crate::flags::named(options.table.as_ref()), Mode::Armed)?;
        return show(options, &answer, "the real account", "", style);
    }

    let (name, account) = account(registry, options)?;
    let (answer, changes, calls) = crossover_sandbox::run(rehearse(registry, account, &topology, &event))??;
    let account = if changes.is_empty() { name } else { format!("{name}, where {}", changes.join(" and ")) };
    show(options, &answer, &account, &screen::counts(&calls), style)
}

/// The answer, the changes to alarms that make the event true, and the calls made.
async fn rehearse(
    registry: &Registry,
    account: Account,
    topology: &Topology,
    event: &Value,
) -> Result<(Answer, Vec<String>, Vec<Call>), Failure> {
    let mut controller =
        SandboxController::new(registry, account, &topology.text, Mode::Armed, Sender::Function(SWEEP.to_owned()))
            .map_err(|problems| topology.failure(problems))?;
    let changes = controller.make_true(event);
    let answer = controller.invoke(event, true).await?;
    Ok((answer, changes, controller.sandbox.calls()))
}

fn account(registry: &Registry, options: &Options) -> Result<(String, Account), Failure> {
    let (path, text) = match &options.account {
        Some(path) => (path.display().to_string(), read(path)?),
        None => ("the example account".to_owned(), ACCOUNT.to_owned()),
    };
    let account = Account::parse(&text, &registry.sections()).map_err(|error| Failure::Account { path: path.clone(), error })?;
    Ok((path, account))
}

fn show(options: &Options, answer: &Answer, account: &str, calls: &str, style: Style) -> Result<Output, Failure> {
    let mut out = String::new();
    if options.json {
        outln!(out, "{}", serde_json::to_string_pretty(answer)?);
    } else {
        outln!(out, "Dry run of {} on {account}. Nothing is changed.\n", options.event.display());
        screen::answer(&mut out, answer, style);
        if !calls.is_empty() {
            outln!(out, "{calls}.");
        }
    }
    Ok((out, if answer.outcome == Outcome::Failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }))
}
