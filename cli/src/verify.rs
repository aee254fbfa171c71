//! Verifies the journal: whether the promises were kept.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use crossover_kinds::Registry;
use crossover_model::verify::{Call, Limits, Verified};

use crate::{
    backend::Backend,
    failure::Failure,
    file,
    layout::{Style, prose},
    output::{Output, outln},
    progress::{AT_WORK, Progress},
    terminal::Terminal,
};

/// The arguments of `verify`.
#[derive(Args)]
pub(crate) struct Options {
    /// The target; the default is all targets.
    target: Option<String>,
    /// A trail of calls, one JSON object a line, with at, call, resource, and optionally target and refused.
    #[arg(long, value_name = "FILE")]
    calls: Option<PathBuf>,
    #[command(flatten)]
    backend: Backend,
}

pub(crate) fn run(registry: &Registry, options: &Options, terminal: &Terminal) -> Result<Output, Failure> {
    if let Some(function) = options.backend.function() {
        let what =
            format!("verify reads the journal itself and not through {function}; add --local, with --topology and --table");
        return Err(Failure::Usage(what));
    }
    let calls = match &options.calls {
        Some(path) => trail(path, &registry.irreversible_calls())?,
        None => Vec::new(),
    };
    let progress = Progress::of(AT_WORK);
    let verified = options.backend.work(registry, async |engine| {
        let asked = engine.verify(options.target.as_deref(), &calls, Limits::default()).await;
        asked.map_err(|error| Failure::Refused(format!("the journal could not be read: {error}")))
    });
    drop(progress);
    let verified = verified?;
    let mut out = String::new();
    if options.backend.json {
        outln!(out, "{}", serde_json::to_string_pretty(&verified)?);
    } else {
        screen(&mut out, &verified, terminal.style);
    }
    Ok((out, if verified.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }))
}

fn screen(out: &mut String, verified: &Verified, style: Style) {
    let counted = |count: usize, word: &str| if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") };
    let examined =
        [counted(verified.targets, "target"), counted(verified.crossovers, "crossover"), counted(verified.calls, "call")];
    let result = match verified.violations.len() {
        0 => "every promise is kept".to_owned(),
        1 => "1 promise is BROKEN".to_owned(),
        many => format!("promises are BROKEN {many} times"),
    };
    *out += &prose("", &format!("{}: {result}", examined.join(", ")), style);
    for violation in &verified.violations {
        *out += &prose("  ", &violation.to_string(), style);
    }
}

/// The calls in a file, one JSON object a line.
fn trail(path: &Path, irreversible: &[&str]) -> Result<Vec<Call>, Failure> {
    let text = file::read(path)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let one = |(number, line): (usize, &str)| {
        let call: Call = serde_json::from_str(line).map_err(|error| {
            let expected = "expected {\"at\":TIME,\"call\":\"SERVICE:OPERATION\",\"resource\":TEXT}";
            Failure::Refused(format!("{}, line {}: {error}; {expected}", path.display(), number + 1))
        })?;
        let is_known = irreversible.contains(&call.call.as_str());
        Ok(Call { irreversible: call.irreversible || is_known, ..call })
    };
    lines.map(one).collect()
}
