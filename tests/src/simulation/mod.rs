//! Deterministic simulation: seeded histories of alarms that flap, events that are lost, late, doubled or not to be
//! understood, ticks, commands, outages, faults, deaths and freezes, with several invocations at the same time; then
//! everything heals, and what was promised must hold.

mod any;
mod database;
mod dns;
mod history;
mod nat;
mod told;
mod triggers;

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use any::AnyTargets;
use crossover_kinds::Registry;
use database::DatabaseTarget;
use dns::DnsTarget;
use fastrand::Rng;
use history::World;
use libtest_mimic::Trial;
use nat::Nat;

use crate::{
    examples::{Example, examples},
    harness::case,
    stage::Stage,
};

/// A few seconds' worth.
const SEEDS: u64 = 400;
/// The same of an example, which has several targets.
const SEEDS_OF_EXAMPLE: u64 = 100;
/// Broken seeds that are reported.
const REPORTED: usize = 10;

/// A number from the environment.
#[expect(clippy::disallowed_methods, reason = "make simulate sets it")]
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map_or(otherwise, |text| text.parse().expect("a whole number"))
}

/// The kinds, each in a world of its own.
#[must_use]
pub fn kinds() -> Vec<Trial> {
    vec![
        case("every_seed_of_nat_holds", || every_seed_holds("nat", SEEDS, Nat::new)),
        case("every_seed_of_dns_holds", || every_seed_holds("dns", SEEDS, DnsTarget::new)),
        case("every_seed_of_database_holds", || every_seed_holds("database", SEEDS, DatabaseTarget::new)),
    ]
}

/// What is broken in the histories of an example's targets, by nothing but their kinds' descriptions.
///
/// # Panics
/// When the topology of the example has mistakes.
#[must_use]
pub fn example_holds(registry: &Registry, example: &Example) -> Vec<String> {
    every_seed_holds(&example.name, SEEDS_OF_EXAMPLE, |_| AnyTargets::new(registry, example))
}

/// The example accounts.
#[must_use]
pub fn of_examples(registry: &Registry) -> Vec<Trial> {
    let of_example = |example: Example| {
        let registry = registry.clone();
        case(format!("every_seed_of_the_example_{}_holds", example.name), move || example_holds(&registry, &example))
    };
    examples(registry).into_iter().map(of_example).collect()
}

/// What is broken in the histories of all seeds, in worlds that are made like this.
fn every_seed_holds<W: World>(kind: &str, usual: u64, make: impl Fn(&mut Rng) -> (W, Stage, String) + Sync) -> Vec<String> {
    let (seeds, first) = (number("SEEDS", usual), number("FIRST_SEED", 1));
    let next = AtomicU64::new(first);
    let broken: Mutex<Vec<(u64, Vec<String>)>> = Mutex::default();
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + seeds {
                break;
            }
            let what = history::run(seed, seeds == 1, &make);
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
    broken.into_iter().take(REPORTED).map(lines).collect()
}
