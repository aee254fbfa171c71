//! Each way in which a function's definition of a target can differ, and none.

use crossover_model::{
    health::{SideAnswer, State},
    topology::{Policy, Side},
};

use super::*;

const FUNCTION: &str = "crossover-sweep:live";

fn leaving(target: &str) -> Leaving {
    Leaving { target: target.to_owned(), kind: "nat".to_owned(), away_from: Some("a".to_owned()), to: None }
}

/// The function's answer about a target.
fn deployed(target: &str, kind: &str, sides: &[&str]) -> TargetAnswer {
    let side = |side: &&str| SideAnswer { side: (*side).to_owned(), health: State::Healthy, evidence: String::new() };
    TargetAnswer { sides: sides.iter().map(side).collect(), ..TargetAnswer::failed(target, kind, "why".to_owned()) }
}

/// Why `egress`, a nat of this stack with the sides a and b, is left out if the function answers this.
fn why(stack: Option<&str>, targets: &[TargetAnswer]) -> Option<String> {
    let policy = Policy { name: "egress".to_owned(), stack: stack.map(str::to_owned), ..Policy::everything() };
    let sides = ["b", "a"].map(|name| Side { name: name.to_owned(), location: "us-east-1a".to_owned(), alarms: Vec::new() });
    let local = LocalTargets::from([("egress", ("nat", TargetRef { policy: &policy, sides: &sides }))]);
    let mut waves = vec![vec![leaving("egress")]];
    let left_out = DeployedTargets { function: FUNCTION, targets }.leave_out(&mut waves, &local);
    assert_eq!((waves.len(), left_out.len()), if left_out.is_empty() { (1, 0) } else { (0, 1) });
    left_out.into_iter().next().map(|left| left.why)
}

#[test]
fn a_target_is_left_out_if_the_function_defines_it_differently() {
    let advice = "see crossover status egress --function crossover-sweep:live, and move it separately";
    let cases = [
        ("the same", None, vec![deployed("egress", "nat", &["a", "b"])], None),
        ("the same of a stack", Some("west"), vec![deployed("egress", "nat", &["a", "b"])], None),
        ("no sides reported", None, vec![deployed("egress", "nat", &[])], None),
        (
            "unknown",
            None,
            vec![deployed("other", "nat", &["a", "b"])],
            Some(format!("{FUNCTION} does not have it: pass the function that does, or move it with --local")),
        ),
        (
            "of another stack",
            Some("west"),
            vec![],
            Some(format!(
                "{FUNCTION} does not have it, and the local topology assigns it to the stack \"west\": pass that stack's function"
            )),
        ),
        (
            "an additional side",
            None,
            vec![deployed("egress", "nat", &["a", "b", "c"])],
            Some(format!("its sides are a, b, c in {FUNCTION}, and a, b in the local topology: {advice}")),
        ),
        (
            "a missing side",
            None,
            vec![deployed("egress", "nat", &["a"])],
            Some(format!("its sides are a in {FUNCTION}, and a, b in the local topology: {advice}")),
        ),
        (
            "another side",
            None,
            vec![deployed("egress", "nat", &["a", "c"])],
            Some(format!("its sides are a, c in {FUNCTION}, and a, b in the local topology: {advice}")),
        ),
        (
            "another kind",
            None,
            vec![deployed("egress", "dns", &["a", "b"])],
            Some(format!("its kind is dns in {FUNCTION}, and nat in the local topology: {advice}")),
        ),
    ];
    for (case, stack, targets, expected) in cases {
        assert_eq!(why(stack, &targets), expected, "{case}");
    }
}

#[test]
fn the_other_targets_of_its_wave_continue() {
    let policies = ["x", "y", "z"].map(|name| Policy { name: name.to_owned(), ..Policy::everything() });
    let sides = [Side { name: "a".to_owned(), location: "us-east-1a".to_owned(), alarms: Vec::new() }];
    let local = policies.iter().map(|policy| (policy.name.as_str(), ("nat", TargetRef { policy, sides: &sides }))).collect();
    let mut waves = vec![vec![leaving("x"), leaving("y")], vec![leaving("z")]];
    let left_out = DeployedTargets { function: FUNCTION, targets: &[deployed("y", "nat", &["a"])] }.leave_out(&mut waves, &local);
    assert_eq!(waves, [vec![leaving("y")]]);
    assert_eq!(left_out.iter().map(|left| left.target.as_str()).collect::<Vec<_>>(), ["x", "z"]);
}

#[test]
fn targets_that_only_the_function_has_are_listed() {
    let cases = [
        (vec![], vec!["x"], None),
        (vec!["x"], vec!["x", "y"], None),
        (vec!["x", "y"], vec!["x"], Some("also has y, not declared in the local topology: it is not moved".to_owned())),
        (vec!["z", "y"], vec![], Some("also has y, z, not declared in the local topology: they are not moved".to_owned())),
    ];
    for (theirs, local, expected) in cases {
        let targets: Vec<TargetAnswer> = theirs.iter().map(|name| deployed(name, "nat", &[])).collect();
        let warning = DeployedTargets { function: FUNCTION, targets: &targets }.more(&local.iter().copied().collect());
        assert_eq!(warning, expected.map(|what| format!("{FUNCTION} {what}")), "{theirs:?} and {local:?}");
    }
}

#[test]
fn a_long_list_of_names_is_cut() {
    let targets: Vec<TargetAnswer> = (0..25).map(|number| deployed(&format!("t{number:02}"), "nat", &[])).collect();
    let warning = DeployedTargets { function: FUNCTION, targets: &targets }.more(&BTreeSet::new()).unwrap_or_default();
    assert!(warning.contains("t19, and 5 more, not") && !warning.contains("t20"), "{warning}");
}
