//! Every fault on every call of a scenario, then the next tick: the desired state is reached, one
//! crossover is recorded, and it is told.

#![expect(clippy::expect_used, reason = "tests")]

mod case;
mod scenario;

use std::{
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
};

use case::Case;
use crossover_sandbox::Fault;
use crossover_tests::harness;
use scenario::Scenario;

/// How many calls a scenario's trigger makes when nothing goes wrong.
fn calls(scenario: Scenario) -> u32 {
    let calls = crossover_sandbox::run(async {
        let (mut stage, trigger) = scenario.set_up().await;
        stage.faults(scenario.lasting());
        let before = stage.sandbox.calls().len();
        stage.invoke(&trigger).await.expect("no faults");
        stage.sandbox.calls().len() - before
    });
    u32::try_from(calls.expect("a runtime")).expect("few calls")
}

/// Every fault on every call of one scenario.
fn sweep(scenario: Scenario) -> Vec<String> {
    let mut cases = 0;
    let mut broken = Vec::new();
    let calls = calls(scenario);
    assert!(calls >= if scenario.is_a_note() { 2 } else { 10 }, "{scenario:?} makes only {calls} calls");
    for skip in 0..calls {
        for fault in Fault::ALL {
            cases += 1;
            if let Err(what) = crossover_sandbox::run(Case { scenario, skip, fault }.run()).expect("a runtime") {
                broken.push(format!("{scenario:?}, {fault:?} on call {skip}: {what}"));
            }
        }
    }
    println!("{scenario:?}: {} of {cases} cases of one fault on one call healed", cases - broken.len());
    CASES.fetch_add(cases, Ordering::Relaxed);
    broken
}

/// How many cases there were, in all scenarios.
static CASES: AtomicUsize = AtomicUsize::new(0);

fn main() -> ExitCode {
    let name = |scenario| format!("every_fault_on_every_call_heals_with_the_next_tick::{scenario:?}");
    let code = harness::main(Scenario::ALL.map(|scenario| harness::case(name(scenario), move || sweep(scenario))).into());
    let cases = CASES.load(Ordering::Relaxed);
    if cases > 0 {
        println!("{cases} cases of one fault on one call in all\n");
    }
    code
}
