//! A topology's targets of all kinds.

#![expect(clippy::expect_used, clippy::unwrap_in_result, reason = "tests")]

use std::collections::BTreeMap;

use crossover_kinds::{Backend, registry};
use crossover_model::topology::{Document, Problems};
use crossover_sandbox::{Account, Sandbox};

const ACCOUNT: &str = include_str!("../../../events/accounts/two-zones.json");
const TOPOLOGY: &str = include_str!("../../../topology/topology.toml");

/// The names of a topology's targets, with their kinds.
fn targets(topology: &str) -> Result<Vec<(String, &'static str)>, Problems> {
    let made = crossover_sandbox::run(async {
        let sandbox = Sandbox::new(Account::parse(ACCOUNT, &registry().sections()).expect("a good account"));
        registry().groups(|_| Backend::sandbox(&sandbox), &Document::new(topology))
    });
    let named = |kinds: Vec<Box<dyn crossover_engine::group::TargetGroup>>| {
        let of = |kind: &dyn crossover_engine::group::TargetGroup| {
            kind.target_refs().iter().map(|target| (target.policy.name.clone(), kind.kind())).collect::<Vec<_>>()
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
fn a_problem_is_reported_once_for_all_kinds() {
    let problems = targets(&TOPOLOGY.replace("owner =", "ownr =")).expect_err("a key that is not known");
    assert_eq!(problems.0.iter().filter(|problem| problem.what.contains("did you mean owner?")).count(), 1, "{problems}");
}

#[test]
fn a_section_that_no_kind_declares_is_reported() {
    for (name, fix) in
        [("databse", "did you mean database?"), ("probes", "did you mean probe?"), ("default", "did you mean defaults?")]
    {
        let problems = targets(&format!("{TOPOLOGY}\n[[{name}]]\nname = \"other\"\n")).expect_err("an unknown section");
        let told: Vec<&str> = problems.0.iter().filter(|one| one.key == name).map(|one| one.what.as_str()).collect();
        assert_eq!(told, [format!("unknown key; {fix}")], "{problems}");
    }
    let problems = targets(&format!("{TOPOLOGY}\n[[moon]]\nname = \"other\"\n")).expect_err("an unknown section");
    assert_eq!(problems.0[0].what, "unknown key; known here: nat, dns, database, probe, defaults, accept", "{problems}");
}

#[test]
fn a_problem_of_the_probe_section_is_reported_once() {
    let probe = "[probe]\nquorum = 1\n[[probe.target]]\ntcp = \"192.0.2.1:443\"\n";
    assert!(targets(&format!("{TOPOLOGY}\n{probe}")).is_ok());
    let problems = targets(&format!("{TOPOLOGY}\n{}", probe.replace("quorum = 1", "quorum = 2"))).expect_err("a mistake");
    assert_eq!(problems.0.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["probe.quorum"], "{problems}");
    assert!(problems.0[0].what.starts_with("2 of 1 targets"), "{problems}");
}

#[test]
fn a_lost_region_fails_once_whatever_is_declared_there() {
    let account = Account::parse(ACCOUNT, &registry().sections()).expect("a good account");
    let failures = |region| {
        let failures =
            registry().failures(&Document::new(TOPOLOGY), &BTreeMap::new(), region, &account).expect("a good topology");
        failures.iter().filter_map(|failure| failure.in_words()).collect::<Vec<_>>()
    };
    assert_eq!(failures(Some("us-east-1")), ["RDS in us-east-1 does not answer"]);
    assert_eq!(failures(None), Vec::<String>::new());
}
