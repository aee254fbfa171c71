//! Whether a topology is in order.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::Args;
use crossover_controller::{declared::Targets, survey::Outline, topology::Failback};
use crossover_sandbox::Sandbox;
use crossover_sweep::{Clouds, kinds};
use serde_json::{Value, json};

use crate::{Failure, Output, Topology, outln, screen, stage};

/// What `check` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// The topology file.
    topology: PathBuf,
    /// Print the targets, or the problems, as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<Output, Failure> {
    let topology = Topology::named(Some(&options.topology), "", "")?;
    // Nothing of the account is looked at.
    let account = crossover_sandbox::Account::parse(stage::ACCOUNT);
    let account = account.map_err(|error| Failure::Account { path: "the example account".to_owned(), error })?;
    let checked = crossover_sandbox::run(async { kinds(Clouds::of(Arc::new(Sandbox::new(account))), &topology.text) })?;
    match checked {
        Ok(kinds) if options.json => {
            let targets: Vec<Value> = rows(&kinds)
                .into_iter()
                .map(|row| {
                    json!({
                        "target": row[0], "kind": row[1], "sides": row[2], "failback": row[3], "owner": row[4]
                    })
                })
                .collect();
            Ok((serde_json::to_string_pretty(&json!({ "targets": targets, "problems": [] }))? + "\n", ExitCode::SUCCESS))
        }
        Ok(kinds) => {
            let targets = screen::table(&["TARGET", "KIND", "SIDES", "FAILBACK", "OWNER"], rows(&kinds));
            let mut out = String::new();
            outln!(out, "{} is in order.\n\n{targets}", options.topology.display());
            Ok((out, ExitCode::SUCCESS))
        }
        Err(problems) if options.json => {
            let problems: Vec<Value> = problems
                .0
                .iter()
                .map(|problem| json!({ "line": problem.line, "key": problem.key, "what": problem.what }))
                .collect();
            Ok((serde_json::to_string_pretty(&json!({ "targets": [], "problems": problems }))? + "\n", ExitCode::FAILURE))
        }
        Err(problems) => Err(topology.failure(problems)),
    }
}

fn rows(kinds: &[Box<dyn Targets>]) -> Vec<Vec<String>> {
    let row = |kind: &str, target: Outline<'_>| {
        let sides: Vec<&str> = target.sides.iter().map(|side| side.name.as_str()).collect();
        let failback = match target.policy.failback {
            Failback::Manual => "manual".to_owned(),
            Failback::Automatic { stable_for } => format!("after {} s", stable_for.as_secs()),
        };
        vec![target.policy.name.clone(), kind.to_owned(), sides.join(" "), failback, target.policy.owner.clone()]
    };
    kinds
        .iter()
        .flat_map(|targets| targets.outlines().into_iter().map(|target| row(targets.kind(), target)).collect::<Vec<_>>())
        .collect()
}
