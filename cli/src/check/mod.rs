//! Whether a topology is in order, and whether a crossover would work.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, sync::Arc};

use clap::Args;
use crossover_controller::{
    audit::{Finding, Severity, audit},
    declared::Targets,
    survey::Outline,
    topology::{Failback, Problems},
};
use crossover_sandbox::{Account, Sandbox};
use crossover_sweep::{Clouds, kinds};
use serde_json::{Value, json};

use crate::{
    Failure, Output, Topology,
    layout::{Style, prose, table},
    outln,
    place::AT_WORK,
    progress::Progress,
    read, stage,
};

/// What `check` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// The topology file.
    topology: PathBuf,
    /// Also look at what it names in a sandbox account file: whether a crossover would work now, and
    /// what could be better.
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// The same in the real account, with the AWS SDK's own settings and credentials; nothing is changed.
    #[cfg(feature = "aws")]
    #[arg(long, conflicts_with = "account")]
    aws: bool,
    /// Print the targets, the problems and the findings as JSON.
    #[arg(long)]
    json: bool,
}

type Kinds = Vec<Box<dyn Targets>>;
/// What was found of each target; none when no account was looked at.
type Findings = Option<BTreeMap<String, Vec<Finding>>>;

pub(crate) fn run(options: &Options, style: Style) -> Result<Output, Failure> {
    let topology = Topology::named(Some(&options.topology), "", "")?;
    let progress = Progress::of(AT_WORK);
    let checked = checked(options, &topology.text)?;
    drop(progress);
    match checked {
        Ok((kinds, findings)) if options.json => {
            let targets = rows(&kinds)
                .into_iter()
                .map(|row| json!({ "target": row[0], "kind": row[1], "sides": row[2], "failback": row[3], "owner": row[4] }));
            let mut out = json!({ "targets": targets.collect::<Vec<Value>>(), "problems": [], "warnings": warnings(&kinds) });
            if let Some(findings) = &findings {
                out["findings"] = serde_json::to_value(findings)?;
            }
            Ok((serde_json::to_string_pretty(&out)? + "\n", exit_code(&findings)))
        }
        Ok((kinds, findings)) => {
            let targets = table(&["TARGET", "KIND", "SIDES", "FAILBACK", "OWNER"], rows(&kinds), style);
            let mut out = String::new();
            outln!(out, "{} is in order.\n\n{targets}", options.topology.display());
            for warning in warnings(&kinds) {
                out += &prose("warning: ", &warning, style);
            }
            show(&mut out, &findings, style);
            Ok((out, exit_code(&findings)))
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

fn checked(options: &Options, topology: &str) -> Result<Result<(Kinds, Findings), Problems>, Failure> {
    #[cfg(feature = "aws")]
    if options.aws {
        return Ok(crate::account::audit(topology)?.map(|(kinds, findings)| (kinds, Some(findings))));
    }
    let (path, text) = match &options.account {
        Some(path) => (path.display().to_string(), read(path)?),
        None => ("the example account".to_owned(), stage::ACCOUNT.to_owned()),
    };
    let account = Account::parse(&text).map_err(|error| Failure::Account { path, error })?;
    let looked = async {
        let sandbox = Sandbox::new(account);
        let kinds = kinds(|_| Clouds::of(Arc::new(sandbox.clone())), topology)?;
        let findings = match &options.account {
            Some(_) => Some(audit(&kinds, &sandbox, &sandbox).await),
            None => None,
        };
        Ok((kinds, findings))
    };
    Ok(crossover_sandbox::run(looked)?)
}

/// Nothing that would keep a crossover from working may pass for success.
fn exit_code(findings: &Findings) -> ExitCode {
    let is_error = |finding: &Finding| finding.severity == Severity::Error;
    let broken = findings.iter().flat_map(BTreeMap::values).flatten().any(is_error);
    if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn show(out: &mut String, findings: &Findings, style: Style) {
    let Some(findings) = findings else { return };
    for (target, findings) in findings {
        if findings.is_empty() {
            outln!(out, "{target}: nothing to mend.\n");
            continue;
        }
        outln!(out, "{target}:");
        for Finding { severity, resource, what, fix, link } in findings {
            *out += &prose(&format!("  {:<8} ", severity.as_str()), &format!("{resource} {what}"), style);
            *out += &prose("           To mend it: ", fix, style);
            if !link.is_empty() {
                outln!(out, "           {link}");
            }
        }
        outln!(out, "");
    }
}

/// What is allowed, and may be regretted.
fn warnings(kinds: &[Box<dyn Targets>]) -> Vec<String> {
    let all = kinds.iter().flat_map(|targets| targets.warnings());
    all.map(|(target, warning)| format!("{target}: {warning}")).collect()
}

fn rows(kinds: &[Box<dyn Targets>]) -> Vec<Vec<String>> {
    let row = |kind: &str, target: Outline<'_>| {
        let sides: Vec<&str> = target.sides.iter().map(|side| side.name.as_str()).collect();
        let failback = match target.policy.failback {
            Failback::Manual => "manual".to_owned(),
            Failback::Automatic { stable_for } => {
                let hours = target.policy.window.map_or_else(String::new, |window| format!(", {window}"));
                format!("after {} s{hours}", stable_for.as_secs())
            }
        };
        vec![target.policy.name.clone(), kind.to_owned(), sides.join(" "), failback, target.policy.owner.clone()]
    };
    kinds
        .iter()
        .flat_map(|targets| targets.outlines().into_iter().map(|target| row(targets.kind(), target)).collect::<Vec<_>>())
        .collect()
}
