//! One fault on one call of a scenario, for targets of any kind: with the next ticks everything ends as it does without
//! the fault. Of a failover that takes several minutes, each minute's invocation is tried, but of the examples the first one.

mod case;
mod ending;
mod scenario;
mod subject;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use case::Case;
use crossover_kinds::{Registry, Rehearsal};
use crossover_model::topology::Document;
use crossover_sandbox::{Call, Fault};
use libtest_mimic::Trial;

use crate::{
    examples::{Example, examples},
    harness,
};

pub use scenario::Scenario;
pub use subject::Subject;

/// Broken cases of a scenario that are reported.
const REPORTED: usize = 10;
/// Calls that only repeat an earlier one, as a wait does, meet a fault this often: the first and the last ones.
const OF_A_KIND: usize = 6;

/// How many cases there were in all trials.
#[derive(Clone, Default)]
pub struct Cases(Arc<AtomicUsize>);

impl Cases {
    /// The number so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A trial for each of these scenarios of a subject.
#[must_use]
pub fn trials(subject: Subject, scenarios: &[Scenario], cases: &Cases) -> Vec<Trial> {
    let subject = Arc::new(subject);
    let trial = |scenario: Scenario| {
        let (subject, cases) = (Arc::clone(&subject), cases.clone());
        let name = format!("every_fault_on_every_call_heals::{}::{scenario:?}", subject.name);
        harness::case(name, move || sweep(&subject, scenario, &cases))
    };
    scenarios.iter().copied().map(trial).collect()
}

/// A trial for each kind: an alarm in the example accounts on each of its targets that fails over without a fault. Some
/// don't, to show what a check finds.
#[must_use]
pub fn of_examples(registry: &Registry, cases: &Cases) -> Vec<Trial> {
    let trial = |kind: &'static str| {
        let (registry, cases) = (registry.clone(), cases.clone());
        harness::case(format!("every_fault_on_every_call_heals::{kind} of the examples"), move || {
            let subjects = subjects_of(kind, &registry).into_iter().filter(fails_over).collect::<Vec<_>>();
            if subjects.is_empty() {
                return vec![format!("no target of the kind {kind} in an example account fails over")];
            }
            subjects.iter().flat_map(|subject| sweep(subject, Scenario::Failover, &cases)).collect()
        })
    };
    registry.words().into_iter().map(trial).collect()
}

/// The targets of a kind in the example accounts.
fn subjects_of(kind: &str, registry: &Registry) -> Vec<Subject> {
    let of_example = |Example { name, account, topology }: Example| {
        let targets = registry.rehearsals(&Document::new(&topology)).expect("a good topology");
        let of_kind: Vec<Rehearsal> = targets.into_iter().filter(|target| target.kind == kind).collect();
        let subject = move |Rehearsal { target, .. }: Rehearsal| {
            Subject::new(format!("{target} of {name}"), registry, account.clone(), &topology).about(target)
        };
        of_kind.into_iter().map(subject).collect::<Vec<_>>()
    };
    examples(registry).into_iter().flat_map(of_example).collect()
}

fn fails_over(subject: &Subject) -> bool {
    let ending = crossover_sandbox::run(async {
        let set_up = Scenario::Failover.set_up(subject).await;
        Case::undisturbed(subject, &set_up).await.1
    });
    let ending = ending.expect("a runtime");
    Scenario::Failover.check(subject, &ending).is_ok()
}

/// What is broken by any fault on any call of one scenario.
///
/// # Panics
/// When the scenario does not even end well without a fault.
#[must_use]
pub fn sweep(subject: &Subject, scenario: Scenario, cases: &Cases) -> Vec<String> {
    crossover_sandbox::run(sweep_of(subject, scenario, cases)).expect("a runtime")
}

async fn sweep_of(subject: &Subject, scenario: Scenario, cases: &Cases) -> Vec<String> {
    let set_up = scenario.set_up(subject).await;
    let (calls, undisturbed) = Case::undisturbed(subject, &set_up).await;
    if let Err(what) = scenario.check(subject, &undisturbed) {
        return vec![format!("{}, {scenario:?}, without a fault: {what}", subject.name)];
    }
    let mut tried = 0;
    let mut broken = Vec::new();
    let minutes = if scenario == Scenario::Failover && subject.about.is_none() { calls.len() } else { 1 };
    let of_minute = |minute: usize| worth_a_fault(&calls[minute]).into_iter().map(move |skip| (minute, skip));
    for ((minute, skip), fault) in (0..minutes).flat_map(of_minute).flat_map(|call| Fault::ALL.map(|fault| (call, fault))) {
        tried += 1;
        let case = Case { subject, scenario, set_up: &set_up, minute, skip, fault };
        if let Err(what) = case.run(&undisturbed).await {
            broken.push(format!("{}, {scenario:?}, {fault:?} on call {skip} of minute {minute}: {what}", subject.name));
        }
    }
    println!("{}, {scenario:?}: {} of {tried} cases of one fault on one call healed", subject.name, tried - broken.len());
    cases.0.fetch_add(tried, Ordering::Relaxed);
    broken.truncate(REPORTED);
    broken
}

/// The indices of the calls that are to meet a fault: of those that repeat one another the first and the last ones.
fn worth_a_fault(calls: &[Call]) -> Vec<u32> {
    let mut alike: BTreeMap<(&str, &str), Vec<u32>> = BTreeMap::new();
    for (index, call) in (0..).zip(calls) {
        alike.entry((call.call, &call.resource)).or_default().push(index);
    }
    let ends = |all: Vec<u32>| {
        let middle = OF_A_KIND / 2..all.len().saturating_sub(OF_A_KIND / 2).max(OF_A_KIND / 2);
        all.into_iter().enumerate().filter(move |(at, _)| !middle.contains(at)).map(|(_, index)| index)
    };
    let mut indices: Vec<u32> = alike.into_values().flat_map(ends).collect();
    indices.sort_unstable();
    indices
}
