//! The topology's errors: all at once, each with its line, its key and the fix.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_model::topology::{Document, Failback, Mode, Role, Topology};
use crossover_nat::NatSpec;

fn problems(text: &str) -> Vec<String> {
    Topology::<NatSpec>::parse(text).expect_err("a bad topology").0.iter().map(ToString::to_string).collect()
}

const GOOD: &str = r#"
[[nat]]
name = "egress"
owner = "on-call"
vpc = "vpc-1"

[[nat.side]]
zone = "a"
gateway = "nat-1"
alarms = ["alarm-a"]

[[nat.side]]
zone = "b"
gateway = "i-2"
alarms = ["alarm-b"]
"#;

#[test]
fn the_defaults_are_those_of_the_readme() {
    let topology = Topology::<NatSpec>::parse(GOOD).expect("a good topology");
    let target = &topology.targets()[topology.named("egress").expect("the target")];
    assert_eq!(target.policy.quorum, 1);
    assert_eq!(target.policy.block.as_secs(), 3600);
    assert!(target.spec.destinations.iter().eq(["0.0.0.0/0"]));
    assert_eq!(topology.owning(["alarm-b"]).len(), 1);
    assert_eq!(topology.owning(["nat-1"]).len(), 1);
    assert_eq!(topology.owning(["alarm-c"]).len(), 0);
}

#[test]
fn a_mistake_in_one_key_hides_no_other_and_makes_none_of_its_neighbours() {
    let bad = GOOD.replace(
        "alarms = [\"alarm-a\"]",
        "alarms = \"alarm-a\"\ntables = [\"rtb-1\"]\ntables_tagged = { a = \"b\" }\nprobe_table = \"rtb-2\"",
    );
    let bad = bad.replace("gateway = \"i-2\"", "gateway = \"igw-2\"");
    let problems = problems(&bad);
    assert_eq!(problems.len(), 3, "{problems:#?}");
    for key in ["nat.side.alarms", "nat.side.tables_tagged", "nat.side.gateway"] {
        assert!(problems.iter().any(|problem| problem.contains(key)), "{key}: {problems:#?}");
    }
}

#[test]
fn every_problem_is_reported_at_once_with_its_line() {
    let bad = r#"
[[nat]]
name = "egress"
ownr = "on-call"
vpc = "subnet-1"
quorum = 0
failback = "sometimes"
block = "soon"
destinations = ["everywhere"]

[[nat.side]]
zone = "a"
gateway = "igw-1"
alarms = []

[[nat.side]]
zone = "a"
gateway = "nat-1"
alarms = ["x", "x"]
table = ["rtb-1"]

[[nta]]
name = "other"
"#;
    insta::assert_snapshot!(problems(bad).join("\n"));
}

#[test]
fn sides_with_the_same_gateway_or_table_are_refused() {
    let bad =
        GOOD.replace("i-2", "nat-1").replace("alarm-b", "alarm-a").replace("name = \"egress\"", "name = \"egress\"\nquorum = 2");
    insta::assert_snapshot!(problems(&bad).join("\n"));
}

#[test]
fn one_side_is_not_enough() {
    let one = GOOD.split("\n[[nat.side]]\nzone = \"b\"").next().expect("the first part");
    insta::assert_snapshot!(problems(one).join("\n"));
}

#[test]
fn two_targets_need_two_names() {
    insta::assert_snapshot!(problems(&GOOD.repeat(2)).join("\n"));
}

#[test]
fn automatic_failback_needs_to_know_when() {
    let bad = GOOD.replace("vpc =", "failback = \"automatic\"\nvpc =");
    insta::assert_snapshot!(problems(&bad).join("\n"));
}

#[test]
fn tables_have_one_home() {
    let bad = GOOD
        .replace("gateway = \"nat-1\"", "gateway = \"nat-1\"\ntables = [\"rtb-1\", \"subnet-1\"]")
        .replace("gateway = \"i-2\"", "gateway = \"i-2\"\ntables = [\"rtb-1\"]\ntables_tagged = { egress = 1 }");
    insta::assert_snapshot!(problems(&bad).join("\n"));
}

#[test]
fn broken_syntax_names_its_line() {
    insta::assert_snapshot!(problems("[[nat]]\nname = \"x\nowner = 3\n").join("\n"));
}

#[test]
fn a_file_without_targets_is_a_mistake() {
    assert_eq!(problems("# nothing"), ["line 1: nat: no target is declared; add a [[nat]] section"]);
}

#[test]
fn sections_of_kinds_that_are_not_known_are_left_alone() {
    let others = "[[moon]]\nname = \"luna\"\nphase = 3\n\n[probe]\nquorum = \"all\"\n\n[[dns]]\nname = \"www\"\n";
    let topology = Topology::<NatSpec>::parse(&format!("{GOOD}\n{others}")).expect("a good topology");
    assert_eq!(topology.targets().len(), 1);
    assert_eq!(problems(&format!("quorum = 1\n{GOOD}"))[0], "line 1: quorum: unknown key; known here: nat, defaults, accept");
    let same = format!("{GOOD}\n{}", others.replace("luna", "egress"));
    assert_eq!(problems(&same), ["line 18: moon.name: \"egress\" is already a nat target; give each target its own name"]);
    let divided = format!("{GOOD}\n{}", others.replace("phase = 3", "stack = \"other\""));
    assert!(problems(&divided)[0].contains("nat.stack: is missing; other targets name their stack"));
}

#[test]
fn two_targets_over_the_same_routes_are_a_mistake() {
    let second = GOOD.replace("\"egress\"", "\"other\"");
    insta::assert_snapshot!(problems(&(GOOD.to_owned() + &second)).join("\n"));
}

#[test]
fn an_alarm_by_name_and_by_arn_is_one_alarm() {
    let bad = GOOD.replace("alarm-b", "arn:aws:cloudwatch:us-east-1:111122223333:alarm:alarm-a");
    insta::assert_snapshot!(problems(&bad).join("\n"));
}

#[test]
fn settings_that_never_act_or_never_settle_are_refused() {
    let target = "owner = \"on-call\"\nmin_healthy = 2\nreview = \"0s\"\nstale_after = \"99999999h\"\nmax_sick_share = 1.5\n\
                  window = \"at night\"";
    insta::assert_snapshot!(problems(&GOOD.replace("owner = \"on-call\"", target)).join("\n"));
}

#[test]
fn defaults_are_validated_like_the_keys_of_a_target() {
    let defaults = "[defaults]\nowner = \"on-call\"\nmode = \"on\"\nmin_healthy = 2\nreviews = \"1d\"\nstable_for = \"15m\"\n\
                    window = \"02:00-05:00\"\n";
    insta::assert_snapshot!(problems(&format!("{defaults}{GOOD}")).join("\n"));
}

#[test]
fn all_targets_declare_a_stack_or_none_does() {
    let west = "name = \"west\"\nvpc = \"vpc-2\"\nstack = \"crossover-west\"\n";
    let other = GOOD
        .replace("name = \"egress\"\n", west)
        .replace("vpc = \"vpc-1\"\n", "")
        .replace("nat-1", "nat-3")
        .replace("i-2", "i-4");
    let both = format!("{GOOD}\n{other}");
    let found = problems(&both);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("nat.stack: is missing; other targets name their stack"), "{found:#?}");

    let topology = Topology::<NatSpec>::parse(&format!("[defaults]\nstack = \"crossover\"\n{both}")).expect("good");
    for (stack, own, others) in [("crossover", "egress", "west"), ("crossover-west", "west", "egress")] {
        let topology = topology.clone().of_stack(stack);
        let names: Vec<&str> = topology.targets().iter().map(|target| target.policy.name.as_str()).collect();
        assert_eq!(names, [own]);
        assert_eq!((topology.named(own), topology.named(others)), (Some(0), None));
        assert_eq!(topology.elsewhere(own), None);
        assert!(topology.elsewhere(others).is_some_and(|other| other != stack));
    }
    let undivided = Topology::<NatSpec>::parse(GOOD).expect("good").of_stack("any");
    assert_eq!(undivided.targets().len(), 1);
}

#[test]
fn targets_of_another_account_are_reached_through_its_role() {
    let role = "role = { arn = \"arn:aws:iam::444455556666:role/crossover\", external_id = \"e-1\" }\n";
    let there = format!("name = \"there\"\nvpc = \"vpc-2\"\n{role}");
    let other = GOOD.replace("name = \"egress\"\n", &there).replace("vpc = \"vpc-1\"\n", "").replace("nat-1", "nat-3");
    let both = format!("{GOOD}\n{}", other.replace("i-2", "i-4"));
    let found: Vec<Role> = Document::new(&both).roles().into_iter().collect();
    assert_eq!(found.iter().map(Role::account).collect::<Vec<_>>(), ["444455556666"]);
    let groups = Topology::<NatSpec>::parse(&both).expect("good").by_role();
    let names = |role: Option<&Role>| -> Vec<String> {
        groups[&role.cloned()].targets().iter().map(|target| target.policy.name.clone()).collect()
    };
    assert_eq!((names(None), names(found.first())), (vec!["egress".to_owned()], vec!["there".to_owned()]));
    assert_eq!(Topology::<NatSpec>::parse(&other).expect("good").by_role().len(), 2, "our own account is always there");

    let bad = both.replace("arn:aws:iam::444455556666:role/crossover", "crossover").replace("external_id", "id");
    let all = problems(&bad);
    assert!(all.iter().any(|problem| problem.contains("nat.role.arn: \"crossover\" is not a role's ARN")), "{all:#?}");
    assert!(all.iter().any(|problem| problem.contains("nat.role.external_id: is missing")), "{all:#?}");
    assert!(Document::new(&bad).roles().is_empty() && Document::new("[[nat").roles().is_empty());
}

#[test]
fn a_target_uses_the_defaults_that_it_does_not_override() {
    let defaults = "[defaults]\nowner = \"all\"\nrunbook = \"https://all\"\nmode = \"shadow\"\nquorum = 1\nmax_sick_share = 0.25\n\
                    stale_after = \"5m\"\nfailback = \"automatic\"\nstable_for = \"15m\"\nwindow = \"Sat 23:00-02:00\"\nblock = \"2h\"\nreview = \"8h\"\n";
    let own = "name = \"egress\"\nmode = \"armed\"\nblock = \"3h\"\nfailback = \"manual\"\n";
    for (text, own) in [(GOOD.to_owned(), false), (GOOD.replace("name = \"egress\"\n", own), true)] {
        let topology = Topology::<NatSpec>::parse(&format!("{defaults}{text}")).expect("a good topology");
        let policy = &topology.targets()[0].policy;
        assert_eq!((policy.owner.as_str(), policy.runbook.as_deref()), ("on-call", Some("https://all")));
        assert_eq!((policy.stale_after.as_secs(), policy.review.as_secs()), (300, 8 * 3600));
        assert!((policy.max_sick_share - 0.25).abs() < f64::EPSILON);
        assert_eq!(policy.mode, Some(if own { Mode::Armed } else { Mode::Shadow }));
        assert_eq!(policy.block.as_secs(), if own { 3 * 3600 } else { 2 * 3600 });
        let stable_for = Duration::from_mins(15);
        assert_eq!(policy.window.map(|window| window.to_string()).as_deref(), (!own).then_some("Sat 23:00-02:00 UTC"));
        assert_eq!(policy.failback, if own { Failback::Manual } else { Failback::Automatic { stable_for } });
    }
}
