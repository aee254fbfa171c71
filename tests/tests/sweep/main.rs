//! Every fault on every call of a scenario, then the next tick: the desired state is reached, one
//! crossover is recorded, and it is told.

#![expect(clippy::expect_used, reason = "tests")]

mod case;
mod scenario;

use std::process::ExitCode;

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

fn every_fault_on_every_call_heals_with_the_next_tick() -> Vec<String> {
    let mut cases = 0;
    let mut broken = Vec::new();
    for scenario in Scenario::ALL {
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
    }
    println!("{} of {cases} cases of one fault on one call healed", cases - broken.len());
    broken
}

fn main() -> ExitCode {
    harness::main(&[("every_fault_on_every_call_heals_with_the_next_tick", every_fault_on_every_call_heals_with_the_next_tick)])
}
