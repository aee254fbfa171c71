//! Each way in which a function can know a target otherwise, and none.

use crossover_model::{
    health::{SideAnswer, State},
    topology::{Policy, Side},
};

use super::*;

const FUNCTION: &str = "crossover-sweep:live";

fn leaving(target: &str) -> Leaving {
    Leaving { target: target.to_owned(), kind: "nat".to_owned(), away_from: Some("a".to_owned()), to: None }
}

/// What the function answers of a target.
fn there(target: &str, kind: &str, sides: &[&str]) -> TargetAnswer {
    let side = |side: &&str| SideAnswer { side: (*side).to_owned(), health: State::Healthy, evidence: String::new() };
    TargetAnswer { sides: sides.iter().map(side).collect(), ..TargetAnswer::failed(target, kind, "why".to_owned()) }
}

/// Why `egress`, a nat with the sides a and b of this stack, is left out when the function answers this.
fn why(stack: Option<&str>, targets: &[TargetAnswer]) -> Option<String> {
    let policy = Policy { name: "egress".to_owned(), stack: stack.map(str::to_owned), ..Policy::everything() };
    let sides = ["b", "a"].map(|name| Side { name: name.to_owned(), place: "us-east-1a".to_owned(), alarms: Vec::new() });
    let here = Here::from([("egress", ("nat", TargetRef { policy: &policy, sides: &sides }))]);
    let mut waves = vec![vec![leaving("egress")]];
    let left_out = Known { function: FUNCTION, targets }.leave_out(&mut waves, &here);
    assert_eq!((waves.len(), left_out.len()), if left_out.is_empty() { (1, 0) } else { (0, 1) });
    left_out.into_iter().next().map(|left| left.why)
}

#[test]
fn a_target_is_left_out_when_the_function_knows_it_otherwise() {
    let by_itself = "see crossover status egress --function crossover-sweep:live, and move it by itself";
    let cases = [
        ("the same", None, vec![there("egress", "nat", &["a", "b"])], None),
        ("the same of a stack", Some("west"), vec![there("egress", "nat", &["a", "b"])], None),
        ("no sides told", None, vec![there("egress", "nat", &[])], None),
        (
            "unknown",
            None,
            vec![there("other", "nat", &["a", "b"])],
            Some(format!("{FUNCTION} does not know it: name the function that does, or move it with --local")),
        ),
        (
            "of another stack",
            Some("west"),
            vec![],
            Some(format!(
                "{FUNCTION} does not know it, and the topology here gives it to the stack \"west\": name that one's function"
            )),
        ),
        (
            "a side more",
            None,
            vec![there("egress", "nat", &["a", "b", "c"])],
            Some(format!("{FUNCTION} knows it with the sides a, b, c, and the topology here with a, b: {by_itself}")),
        ),
        (
            "a side less",
            None,
            vec![there("egress", "nat", &["a"])],
            Some(format!("{FUNCTION} knows it with the sides a, and the topology here with a, b: {by_itself}")),
        ),
        (
            "another side",
            None,
            vec![there("egress", "nat", &["a", "c"])],
            Some(format!("{FUNCTION} knows it with the sides a, c, and the topology here with a, b: {by_itself}")),
        ),
        (
            "another kind",
            None,
            vec![there("egress", "dns", &["a", "b"])],
            Some(format!("{FUNCTION} knows it as dns, and the topology here as nat: {by_itself}")),
        ),
    ];
    for (case, stack, targets, expected) in cases {
        assert_eq!(why(stack, &targets), expected, "{case}");
    }
}

#[test]
fn the_others_of_its_wave_go_on() {
    let policies = ["x", "y", "z"].map(|name| Policy { name: name.to_owned(), ..Policy::everything() });
    let sides = [Side { name: "a".to_owned(), place: "us-east-1a".to_owned(), alarms: Vec::new() }];
    let here = policies.iter().map(|policy| (policy.name.as_str(), ("nat", TargetRef { policy, sides: &sides }))).collect();
    let mut waves = vec![vec![leaving("x"), leaving("y")], vec![leaving("z")]];
    let left_out = Known { function: FUNCTION, targets: &[there("y", "nat", &["a"])] }.leave_out(&mut waves, &here);
    assert_eq!(waves, [vec![leaving("y")]]);
    assert_eq!(left_out.iter().map(|left| left.target.as_str()).collect::<Vec<_>>(), ["x", "z"]);
}

#[test]
fn what_only_the_function_knows_is_named() {
    let cases = [
        (vec![], vec!["x"], None),
        (vec!["x"], vec!["x", "y"], None),
        (
            vec!["x", "y"],
            vec!["x"],
            Some("knows also y, which the topology here does not name: it is not moved by this".to_owned()),
        ),
        (
            vec!["z", "y"],
            vec![],
            Some("knows also y, z, which the topology here does not name: they are not moved by this".to_owned()),
        ),
    ];
    for (theirs, here, expected) in cases {
        let targets: Vec<TargetAnswer> = theirs.iter().map(|name| there(name, "nat", &[])).collect();
        let said = Known { function: FUNCTION, targets: &targets }.more(&here.iter().copied().collect());
        assert_eq!(said, expected.map(|what| format!("{FUNCTION} {what}")), "{theirs:?} beside {here:?}");
    }
}

#[test]
fn many_names_are_counted() {
    let targets: Vec<TargetAnswer> = (0..25).map(|number| there(&format!("t{number:02}"), "nat", &[])).collect();
    let said = Known { function: FUNCTION, targets: &targets }.more(&BTreeSet::new()).unwrap_or_default();
    assert!(said.contains("t19, and 5 more, which") && !said.contains("t20"), "{said}");
}
