//! The report of a run: the figures, what could not be measured, and on what it ran.

use std::{fmt::Write, path::Path, process::Command};

use crossover_bench::figure::Figure;
use serde_json::{Value, json};

/// What a run measured.
pub(crate) struct Report {
    /// What was measured.
    pub(crate) figures: Vec<Figure>,
    /// The sections that could not be measured.
    pub(crate) failed: Vec<&'static str>,
    machine: Value,
}

impl Report {
    /// An empty one.
    pub(crate) fn of_this_machine() -> Self {
        let load = std::fs::read_to_string("/proc/loadavg").ok();
        let load = load.as_ref().and_then(|load| load.split(' ').next());
        let machine = json!({
            "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            "architecture": std::env::consts::ARCH,
            "load_at_the_start": load,
            "commit": said_by("git", &["rev-parse", "--short", "HEAD"]),
            "rustc": said_by("rustc", &["--version"]),
            "python": std::env::var("BENCH_PYTHON").ok().and_then(|python| said_by(&python, &["--version"])),
        });
        Self { figures: Vec::new(), failed: Vec::new(), machine }
    }

    pub(crate) fn write(&mut self, file: &Path) {
        self.figures.sort_by_key(|figure| figure.number);
        let figures: Vec<Value> = self.figures.iter().map(Figure::json).collect();
        let report = json!({ "machine": self.machine, "figures": figures, "failed": self.failed });
        std::fs::write(file, serde_json::to_string_pretty(&report).expect("JSON")).expect("the report");
    }

    /// How many of the figures are within their limits, and which are not.
    pub(crate) fn summary(&self) -> String {
        let held: Vec<bool> = self.figures.iter().filter_map(Figure::holds).collect();
        let within = held.iter().filter(|holds| **holds).count();
        let mut summary = format!("{within} of {} figures are within their limits", held.len());
        for figure in self.figures.iter().filter(|figure| figure.holds() == Some(false)) {
            write!(summary, "\n  beyond: {}", figure.what).expect("a String takes all");
        }
        for section in &self.failed {
            write!(summary, "\n  not measured, for what is said above: {section}").expect("a String takes all");
        }
        summary.push('\n');
        summary
    }
}

fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
