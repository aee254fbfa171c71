//! A report on one crossover, for its review.

mod html;
mod model;
mod text;

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use crossover_kinds::Registry;
use crossover_model::{
    answer::{Answer, TargetAnswer},
    crossover::Crossover,
};
use model::{Contact, Report};
use serde_json::json;

use crate::{
    backend::Backend,
    engine::Engine,
    failure::Failure,
    file,
    output::{Output, outln},
    progress::{AT_WORK, Progress},
    terminal::Terminal,
};

/// The arguments of `report`.
#[derive(Args)]
pub(crate) struct Options {
    /// The crossover's id, as in notices and in the history; or a target's name, for its latest crossover that nobody has
    /// reviewed, or else its latest.
    crossover: String,
    /// Write a self-contained HTML page, to read, send or print; - for standard output.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    html: Option<PathBuf>,
    #[command(flatten)]
    backend: Backend,
}

/// The most crossovers that the engine returns for one target.
const HISTORY: u32 = 100;

pub(crate) fn run(registry: &Registry, options: &Options, terminal: &Terminal) -> Result<Output, Failure> {
    let progress = Progress::of(AT_WORK);
    let flags = options.backend.flags();
    let report = options.backend.work(registry, async |engine| report(engine, &options.crossover, &flags).await)?;
    drop(progress);
    let mut out = String::new();
    if options.backend.json {
        outln!(out, "{}", serde_json::to_string_pretty(&report)?);
    } else if options.html.as_ref().is_some_and(|path| path.as_os_str() == "-") {
        out = html::page(&report);
    } else if let Some(path) = &options.html {
        file::write(path, &html::page(&report))?;
        outln!(out, "The report on {} is in {}.", report.crossover.id, path.display());
    } else {
        text::write(&mut out, &report, terminal.style);
    }
    Ok((out, ExitCode::SUCCESS))
}

/// Reads a crossover and its target, and appends these flags to the suggested commands.
async fn report(engine: &Engine, wanted: &str, flags: &str) -> Result<Report, Failure> {
    let names = names(engine).await?;
    let began = |name: &&String| wanted.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('-'));
    let target = names.iter().find(|name| *name == wanted).or_else(|| names.iter().filter(began).max_by_key(|name| name.len()));
    let Some(target) = target else {
        let what = format!("\"{wanted}\" is neither a crossover nor a target; targets: {}", names.join(", "));
        return Err(Failure::Refused(format!("{what}; crossover history{flags} lists the crossovers")));
    };
    let history = of(engine.ask(&json!({ "command": "history", "target": target, "limit": HISTORY })).await?)?;
    let status = of(engine.ask(&json!({ "command": "status", "target": target })).await?)?;
    let Some(ended) = history.crossovers else { return Err(Failure::Refused(history.reason)) };
    let open = status.status.iter().filter_map(|status| status.open.clone());
    let all: Vec<Crossover> = open.chain(ended).collect();
    // The failover rather than the failback after it, until somebody has reviewed it.
    let reviewed = |crossover: &&Crossover| status.status.iter().all(|status| !status.reviews.contains_key(&crossover.id));
    let latest = || all.iter().find(|crossover| !reviewed(crossover)).or_else(|| all.first());
    let found = if wanted == target { latest() } else { all.iter().find(|crossover| crossover.id == wanted) };
    let Some(crossover) = found.cloned() else { return Err(Failure::Refused(not_found(wanted, target, &all))) };
    let target_ref = engine.targets().find(|(_, target_ref)| target_ref.policy.name == *target);
    let contact = Contact {
        owner: target_ref.as_ref().map(|(_, target_ref)| target_ref.policy.owner.clone()).unwrap_or_default(),
        runbook: target_ref.and_then(|(_, target_ref)| target_ref.policy.runbook.clone()),
    };
    let mut report = Report::new(crossover, &all, &status, contact, engine.now());
    for command in report.next.iter_mut().filter_map(|todo| todo.command.as_mut()) {
        *command += flags;
    }
    Ok(report)
}

/// The names of all targets, from the topology, or from the function if no topology is given.
async fn names(engine: &Engine) -> Result<Vec<String>, Failure> {
    if engine.has_topology() {
        return Ok(engine.targets().map(|(_, target_ref)| target_ref.policy.name.clone()).collect());
    }
    let answer = engine.ask(&json!({ "command": "status" })).await?;
    Ok(answer.targets.into_iter().map(|target| target.target).collect())
}

fn of(mut answer: Answer) -> Result<TargetAnswer, Failure> {
    answer.targets.pop().ok_or_else(|| Failure::Refused(answer.reason.unwrap_or_default()))
}

fn not_found(wanted: &str, target: &str, all: &[Crossover]) -> String {
    if all.is_empty() {
        return format!("no crossover of {target} is recorded");
    }
    let latest: Vec<&str> = all.iter().take(5).map(|crossover| crossover.id.as_str()).collect();
    format!("{target} has no crossover \"{wanted}\"; its latest are {}", latest.join(", "))
}
