//! A snapshot of an account, as an account file to rehearse on.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use crossover_engine::ports::Ports;
use crossover_kinds::{Backend, Registry};
use crossover_sandbox::{Account, Sandbox};
use crossover_snapshot::{Origin, Snapshot, snapshot};

use crate::{
    failure::Failure,
    file::{self, read},
    output::Output,
    progress::{AT_WORK, Progress},
    terminal,
    topology::Topology,
};

/// The arguments of `snapshot`.
#[derive(Args)]
pub(crate) struct Options {
    /// The topology file: only resources that it names are read.
    #[arg(long, value_name = "FILE", env = "CROSSOVER_TOPOLOGY")]
    topology: PathBuf,
    /// Read this sandbox account file instead of the real account.
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// The journal table in the real account, for the memory of the targets.
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NAME", env = "CROSSOVER_TABLE")]
    table: Option<String>,
    /// The account file to write; - for standard output.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn run(registry: &Registry, options: &Options) -> Result<Output, Failure> {
    let topology = Topology::named(Some(&options.topology), "", "")?;
    let progress = Progress::of(AT_WORK);
    let Snapshot { account, unread } = match &options.account {
        Some(path) => of_sandbox(registry, path, &topology)?,
        None => of_aws(registry, options, &topology)?,
    };
    drop(progress);
    let name = options.out.display().to_string();
    let text = account.print().map_err(|error| Failure::Account { path: name.clone(), error })? + "\n";
    for what in &unread {
        terminal::say_line(&format!("crossover: not read: {what}"));
    }
    if !account.holds_resources() {
        let topology = options.topology.display();
        let what = format!("no resource that {topology} names was found or readable; no file is written");
        return Err(Failure::Refused(what));
    }
    let code = if unread.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if name == "-" {
        return Ok((text, code));
    }
    file::replace(&options.out, &text)?;
    let missing = match unread.len() {
        0 => String::new(),
        1 => "; 1 resource could not be read, and is missing".to_owned(),
        count => format!("; {count} resources could not be read, and are missing"),
    };
    Ok((format!("{name}: written, with the resources that {} names{missing}\n", options.topology.display()), code))
}

fn of_sandbox(registry: &Registry, path: &std::path::Path, topology: &Topology) -> Result<Snapshot, Failure> {
    let account = Account::parse(&read(path)?, &registry.sections())
        .map_err(|error| Failure::Account { path: path.display().to_string(), error })?;
    crossover_sandbox::run(async {
        let (account_id, region) = (Some(account.account_id.clone()), account.region.clone());
        let sandbox = Sandbox::new(account);
        let Ports { alarms, journal, clock, .. } = registry.ports(&sandbox);
        let backend = Backend::sandbox(&sandbox);
        let origin = Origin { backend, alarms, journal: Some(journal), clock, account_id, region };
        snapshot(registry, &origin, &topology.text).await.map_err(|problems| topology.failure(problems))
    })?
}

#[cfg(feature = "aws")]
fn of_aws(registry: &Registry, options: &Options, topology: &Topology) -> Result<Snapshot, Failure> {
    crate::account::snapshot(registry, topology, crate::flags::named(options.table.as_ref()))
}

#[cfg(not(feature = "aws"))]
fn of_aws(_: &Registry, _: &Options, _: &Topology) -> Result<Snapshot, Failure> {
    Err(Failure::Usage("this build has no AWS support; name a sandbox account with --account".to_owned()))
}
