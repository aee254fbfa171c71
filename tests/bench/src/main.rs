//! `make bench`: measures, in counts and ratios of one run, writes `target/bench/report.json` and prints a table.
//!
//! `docs/performance.md` says what each figure is.

#![expect(clippy::expect_used, clippy::disallowed_methods, reason = "a benchmark, which goes by the real time")]

mod cold;
mod folder;
mod growth;
mod report;
mod size;
mod wire;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

use crossover_bench::{
    figure::{self, Figure},
    modelled, money,
    parts::PARTS,
};
use folder::folder;
use report::Report;
use tokio::runtime::Runtime;

type Measure = fn(&Runtime) -> Vec<Figure>;

/// What is measured, by the names that can be given as arguments.
const SECTIONS: [(&str, Measure); 6] = [
    ("modelled", |_| modelled::figures()),
    ("wire", |runtime| runtime.block_on(wire::figures())),
    ("cold", |runtime| runtime.block_on(cold::figures())),
    ("size", |_| size::figures()),
    ("growth", |_| growth::figures()),
    ("money", |_| money::figures()),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [part, name, number] = &arguments[..]
        && part == "part"
    {
        one_part(name, number.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    if let Some(unknown) = arguments.iter().find(|name| !SECTIONS.iter().any(|(section, _)| section == name)) {
        eprintln!("there is no section {unknown}; there are {}", SECTIONS.map(|(section, _)| section).join(", "));
        return ExitCode::from(2);
    }
    let asked = |section: &str| arguments.is_empty() || arguments.iter().any(|name| name == section);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut report = Report::of_this_machine();
    for (section, measure) in SECTIONS.into_iter().filter(|(section, _)| asked(section)) {
        eprintln!("measuring: {section}");
        // What one section can't measure must not lose what the others did.
        match catch_unwind(AssertUnwindSafe(|| measure(&runtime))) {
            Ok(figures) => report.figures.extend(figures),
            Err(_) => report.failed.push(section),
        }
        report.write(&folder().join("report.json"));
    }
    print!("{}\n{}", figure::table(&report.figures), report.summary());
    if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Makes a part ready, and runs it if there is one of this name: for those who count a process's instructions.
fn one_part(name: &str, number: usize) {
    let (name, run) = name.strip_prefix("ready-").map_or((name, true), |name| (name, false));
    let (_, ready) = PARTS.into_iter().find(|(part, _)| *part == name).expect("a part of this name");
    let mut part = ready(number);
    if run {
        part();
    }
}
