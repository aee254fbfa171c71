//! How the pure parts grow: in allocations, bytes and instructions, and in the time that Criterion took.

use std::{collections::BTreeMap, process::Command};

use crossover_bench::{
    figure::{Figure, ratio},
    parts::{PARTS, Ready},
};
use crossover_tests::top;
use serde_json::{Value, json};

/// A tenth more than ten times as much for ten times as many.
const MOST: f64 = 11.0;
/// A list that doubles keeps 10,000 in 16,384 places, and 1,000 in 1,024.
const MOST_MEMORY: f64 = 17.0;
const NUMBERS: [usize; 3] = [100, 1_000, 10_000];

pub(crate) fn figures() -> Vec<Figure> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("valgrind is not installed, so no instructions are counted");
    }
    PARTS.into_iter().flat_map(|(name, ready)| part(name, ready)).collect()
}

fn part(name: &str, ready: Ready) -> Vec<Figure> {
    let counted = NUMBERS.map(|number| {
        let mut part = ready(number);
        let info = allocation_counter::measure(&mut part);
        json!({ "of": number, "allocations": info.count_total, "bytes_max": info.bytes_max, "ns": time(name, number) })
    });
    let count = |index: usize, key: &str| counted[index][key].as_u64().unwrap_or_default();
    let grown = |key: &str| ratio(count(2, key), count(1, key));
    let detail = Value::from(counted.to_vec());
    let mut figures = vec![
        Figure::at_most(6, format!("{name}: allocations, 10,000 to 1,000"), grown("allocations"), MOST, "times").of(detail),
        Figure::at_most(6, format!("{name}: memory, 10,000 to 1,000"), grown("bytes_max"), MOST_MEMORY, "times"),
    ];
    if let [Some(few), Some(many)] = [NUMBERS[1], NUMBERS[2]].map(|number| instructions(name, number)) {
        let detail = json!({ "1000": few, "10000": many });
        let what = format!("{name}: instructions, 10,000 to 1,000");
        // A sorted tree takes a third more steps for ten times as many.
        figures.push(Figure::at_most(6, what, ratio(many, few), 14.0, "times").of(detail));
    }
    figures
}

/// What Criterion found, if it was run before.
fn time(name: &str, number: usize) -> Option<f64> {
    let path = top().join("target/criterion").join(name).join(number.to_string()).join("new/estimates.json");
    let estimates: Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}

/// The instructions of one run, by callgrind, without those that make it ready; none where there is no valgrind.
fn instructions(name: &str, number: usize) -> Option<u64> {
    let own = std::env::current_exe().ok()?;
    let count = |part: String| {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(&own)
            .args(["part", &part, &number.to_string()])
            .output()
            .ok()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = said.lines().find_map(|line| line.split("Collected : ").nth(1))?.trim().parse::<u64>().ok()?;
        Some(line)
    };
    let counts: BTreeMap<bool, u64> =
        [(false, count(format!("ready-{name}"))?), (true, count(name.to_owned())?)].into_iter().collect();
    counts[&true].checked_sub(counts[&false])
}
