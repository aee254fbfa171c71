//! A topology's targets of all kinds.

#![expect(clippy::expect_used, clippy::unwrap_in_result, reason = "tests")]

use std::sync::Arc;

use crossover_kinds::{Clouds, kinds, sections};
use crossover_model::topology::{Document, Problems};
use crossover_sandbox::{Account, Sandbox};

const ACCOUNT: &str = include_str!("../../../events/accounts/two-zones.json");
const TOPOLOGY: &str = include_str!("../../../topology/topology.toml");

/// The names of a topology's targets, with their kinds.
fn targets(topology: &str) -> Result<Vec<(String, &'static str)>, Problems> {
    let made = crossover_sandbox::run(async {
        let sandbox = Sandbox::new(Account::parse(ACCOUNT, &sections()).expect("a good account"));
        let sandbox = Arc::new(sandbox);
        kinds(|_| Clouds::of(sandbox.clone()), &Document::new(topology))
    });
    let named = |kinds: Vec<Box<dyn crossover_engine::group::Targets>>| {
        let of = |kind: &dyn crossover_engine::group::Targets| {
            kind.outlines().iter().map(|target| (target.policy.name.clone(), kind.kind())).collect::<Vec<_>>()
        };
        kinds.iter().flat_map(|kind| of(kind.as_ref())).collect()
    };
    made.expect("a runtime").map(named)
}

#[test]
fn the_targets_of_every_kind_are_swept() {
    assert_eq!(targets(TOPOLOGY).expect("a good topology"), [("egress-prod".to_owned(), "nat")]);
}

#[test]
fn a_problem_is_told_once_however_many_kinds_read_the_topology() {
    let problems = targets(&TOPOLOGY.replace("owner =", "ownr =")).expect_err("a key that is not known");
    assert_eq!(problems.0.iter().filter(|problem| problem.what.contains("did you mean owner?")).count(), 1, "{problems}");
}
