//! Deterministic simulation: seeded histories of alarms that flap, events that are lost, late, doubled
//! or not to be understood, ticks, commands, outages, faults, deaths and freezes, with several
//! invocations at the same time; then everything heals, and what was promised must hold.
//!
//! `make simulate SEEDS=3000 FIRST_SEED=7` runs others than `make test` does.

#![expect(clippy::expect_used, reason = "tests")]

mod database;
mod dns;
mod history;
mod nat;
mod told;
mod triggers;

use std::{
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use crossover_tests::harness;
use database::DatabaseTarget;
use dns::DnsTarget;
use history::World;
use nat::Nat;

/// A few seconds' worth.
const SEEDS: u64 = 400;
/// Broken seeds that are told of.
const TOLD: usize = 10;

/// A number from the environment.
#[expect(clippy::disallowed_methods, reason = "make simulate sets it")]
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map_or(otherwise, |text| text.parse().expect("a whole number"))
}

fn every_seed_holds<W: World>(kind: &str) -> Vec<String> {
    let (seeds, first) = (number("SEEDS", SEEDS), number("FIRST_SEED", 1));
    let next = AtomicU64::new(first);
    let broken: Mutex<Vec<(u64, Vec<String>)>> = Mutex::default();
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + seeds {
                break;
            }
            let what = history::run::<W>(seed, seeds == 1);
            if !what.is_empty() {
                broken.lock().expect("nobody panics here").push((seed, what));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let mut broken = broken.into_inner().expect("nobody panics here");
    broken.sort();
    println!("{kind}: {} of {seeds} seeds held", seeds - broken.len() as u64);
    let lines = |(seed, what): (u64, Vec<String>)| {
        format!("seed {seed}: {}\n  replay it: make simulate SEEDS=1 FIRST_SEED={seed}", what.join("\n  "))
    };
    broken.into_iter().take(TOLD).map(lines).collect()
}

fn main() -> ExitCode {
    harness::main(vec![
        harness::case("every_seed_of_nat_holds", || every_seed_holds::<Nat>("nat")),
        harness::case("every_seed_of_dns_holds", || every_seed_holds::<DnsTarget>("dns")),
        harness::case("every_seed_of_database_holds", || every_seed_holds::<DatabaseTarget>("database")),
    ])
}
