//! `make bench`: measures, in counts and ratios of one run, writes `target/bench/report.json` and prints a table.
//!
//! `docs/performance.md` says what each figure is.

#![expect(clippy::expect_used, clippy::disallowed_methods, reason = "a benchmark, which goes by the real time")]

mod cold;
mod growth;
mod size;
mod wire;

use crossover_bench::{
    figure::{self, Figure},
    modelled, money,
    parts::PARTS,
};
use crossover_tests::top;
use serde_json::json;
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

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [part, name, number] = &arguments[..]
        && part == "part"
    {
        return one_part(name, number.parse().expect("a number"));
    }
    let asked = |section: &str| arguments.is_empty() || arguments.iter().any(|name| name == section);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut figures = Vec::new();
    for (section, measure) in SECTIONS.into_iter().filter(|(section, _)| asked(section)) {
        eprintln!("measuring: {section}");
        figures.extend(measure(&runtime));
    }
    figures.sort_by_key(|figure| figure.number);
    print!("{}", figure::table(&figures));
    let folder = top().join("target/bench");
    std::fs::create_dir_all(&folder).expect("a folder");
    let report = json!({ "figures": figures.iter().map(Figure::json).collect::<Vec<_>>() });
    let text = serde_json::to_string_pretty(&report).expect("JSON");
    std::fs::write(folder.join("report.json"), text).expect("the report");
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
