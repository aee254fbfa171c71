//! A drill: a failure, its crossovers and the recovery, on a copy of an account in memory.

mod failure;
mod play;
mod screen;
mod service;
mod timeline;

pub(crate) use service::with_services;

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use crossover_kinds::Registry;
use crossover_model::{
    evacuation::{Why, evacuate, is_location},
    notice::Sender,
    topology::Mode,
};
use crossover_sandbox::{Account, Sandbox};

use crate::{
    engine::Engine,
    failure::Failure,
    file::read,
    flags::flags,
    layout::Style,
    output::Output,
    progress::{AT_WORK, Progress},
    sandbox_controller::{ACCOUNT, SWEEP, TOPOLOGY, controller},
    topology::{Topology, of_environment},
};

/// The arguments of `drill`.
#[derive(Args)]
pub(crate) struct Options {
    /// What fails: a side of a target, such as egress-prod/us-east-1a, or a whole zone or Region.
    #[arg(long, value_name = "WHAT")]
    fail: String,
    /// Services that fail too, so that Crossover has to work without them.
    #[arg(long, value_name = "SERVICE", value_delimiter = ',')]
    without: Vec<String>,
    /// A sandbox account file, as written by `snapshot`; it is not changed. The default is a small example.
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// The topology file; the default is `CROSSOVER_TOPOLOGY`, or the example topology for the example account.
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// Print the timeline and the verdict as JSON.
    #[arg(long)]
    json: bool,
}

impl Options {
    /// The flags with which a suggested command works on the same account file.
    fn flags(&self) -> String {
        let Some(account) = &self.account else { return String::new() };
        let topology = self.topology.as_ref().map(|path| path.display().to_string());
        let account = Some(account.display().to_string());
        flags([("--account", account, None), ("--topology", topology, Some("CROSSOVER_TOPOLOGY"))])
    }
}

pub(crate) fn run(registry: &Registry, options: &Options, style: Style) -> Result<Output, Failure> {
    let _progress = Progress::of(AT_WORK);
    let (path, text) = match &options.account {
        Some(path) => (path.display().to_string(), read(path)?),
        None => ("the example account".to_owned(), ACCOUNT.to_owned()),
    };
    let account = Account::parse(&text, &registry.sections()).map_err(|error| Failure::Account { path: path.clone(), error })?;
    let topology = options.topology.clone().or_else(|| of_environment(options.account.is_some()));
    let topology = Topology::named(topology.as_deref(), "the example topology", TOPOLOGY)?;
    let without = service::named(registry, &options.without);
    let mut timeline = crossover_sandbox::run(async {
        let sandbox = Sandbox::new(account);
        let controller = controller(registry, &sandbox, &topology.text, Mode::Armed, Sender::Function(SWEEP.to_owned()))
            .map_err(|problems| topology.failure(problems))?;
        let engine = Engine::new(registry, controller, Some(sandbox.clone()));
        let lost = failure::lost(&engine, &options.fail).map_err(Failure::Refused)?;
        let breaks = sandbox.inspect(|account| failure::Breaks::of(registry, account, &topology.text, &lost, &options.fail));
        let breaks = breaks.map_err(|problems| topology.failure(problems))?;
        let mut timeline = Box::pin(play::play(&engine, &sandbox, &breaks, &without)).await?;
        let stays = evacuate(engine.targets(), &options.fail, |kind| registry.rank(kind)).stays.into_iter();
        timeline.without_location =
            stays.filter(|stay| is_location(&options.fail) && stay.why == Why::NoLocation).map(|stay| stay.target).collect();
        Ok::<_, Failure>(timeline)
    })??;
    for command in &mut timeline.commands {
        *command += &options.flags();
    }
    let code = if timeline.crossed_over() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if options.json {
        return Ok((serde_json::to_string_pretty(&timeline.as_json())? + "\n", code));
    }
    Ok((screen::write(&timeline, &format!("{} fails, on {path}", options.fail), style), code))
}
