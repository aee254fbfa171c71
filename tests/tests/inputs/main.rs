//! Whatever comes from outside is read or refused, on good inputs and on changed ones: `make test` checks as many as a few
//! seconds allow, always the same; `INPUTS` and `FIRST_SEED` choose others.

#![expect(clippy::expect_used, clippy::panic, reason = "tests")]

mod found;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crossover_tests::inputs::{Property, SORTS, changed, good};
use fastrand::Rng;

/// So many of each sort.
const INPUTS: u64 = 2000;

#[expect(clippy::disallowed_methods, reason = "somebody who looks for more sets it")]
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map_or(otherwise, |text| text.parse().expect("a whole number"))
}

/// What is broken on this input; a panic, too.
fn broken(property: Property, bytes: &[u8]) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(|| property(bytes))) {
        Ok(held) => held.err(),
        Err(_) => Some("it panics".to_owned()),
    }
}

fn every_input_holds(sort: &str) {
    let (_, property) = SORTS.into_iter().find(|(name, _)| *name == sort).expect("a sort");
    let good = good::of(sort);
    for bytes in &good {
        let broken = broken(property, bytes);
        assert!(broken.is_none(), "{}: {}", broken.unwrap_or_default(), String::from_utf8_lossy(bytes));
    }
    let first = number("FIRST_SEED", 1);
    for seed in first..first + number("INPUTS", INPUTS) {
        let bytes = changed::input(&mut Rng::with_seed(seed), &good);
        if let Some(broken) = broken(property, &bytes) {
            panic!("{sort}, INPUTS=1 FIRST_SEED={seed}: {broken}:\n{}", String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn what_was_found_once_holds_now() {
    for (name, sort, bytes) in found::FOUND {
        let (_, property) = SORTS.into_iter().find(|(name, _)| *name == sort).expect("a sort");
        assert_eq!(broken(property, bytes), None, "{name}");
    }
}

#[test]
fn a_payload_is_understood_or_refused() {
    every_input_holds("payload");
}

#[test]
fn a_topology_is_read_or_its_problems_are_named() {
    every_input_holds("topology");
}

#[test]
fn an_account_is_read_and_written_as_it_was() {
    every_input_holds("account");
}

#[test]
fn a_record_is_read_and_written_as_it_was() {
    every_input_holds("record");
}
