//! Deterministic simulation: seeded histories of alarms that flap, events that are lost, late, doubled or not to be
//! understood, ticks, commands, outages, faults, deaths and freezes, with several invocations at the same time; then
//! everything heals, and what was promised must hold.

mod any;
mod database;
mod declared;
mod dns;
mod history;
mod nat;
mod run;
mod told;
mod triggers;
mod trouble;
mod versions;

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
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
/// Seeds that no run before has drawn, besides these.
const FRESH_SEEDS: u64 = 50;
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

/// The seeds to run: those that are given, or the usual ones and as many as `FRESH_SEEDS` from anywhere.
fn seeds(usual: u64) -> Vec<u64> {
    let (count, first) = (number("SEEDS", 0), number("FIRST_SEED", 1));
    if count > 0 {
        return (first..first + count).collect();
    }
    let fresh = fastrand::u64(1_000_000_000..1_000_000_000_000);
    println!("fresh seeds from {fresh}");
    (1..=usual).chain(fresh..fresh + FRESH_SEEDS.min(usual)).collect()
}

/// What is broken in the histories of all seeds, in worlds that are made like this.
fn every_seed_holds<W: World>(kind: &str, usual: u64, make: impl Fn(&mut Rng) -> (W, Stage, String) + Sync) -> Vec<String> {
    let seeds = seeds(usual);
    let next = AtomicUsize::new(0);
    let broken: Mutex<Vec<(u64, Vec<String>)>> = Mutex::default();
    let work = || {
        while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
            let what = history::run(seed, seeds.len() == 1, &make);
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
    println!("{kind}: {} of {} seeds held", seeds.len() - broken.len(), seeds.len());
    let lines = |(seed, what): (u64, Vec<String>)| {
        format!("seed {seed}: {}\n  replay it: make simulate SEEDS=1 FIRST_SEED={seed}", what.join("\n  "))
    };
    broken.into_iter().take(REPORTED).map(lines).collect()
}
