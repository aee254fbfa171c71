//! The output of a check in each format, accepted findings, and exit codes.

#![expect(clippy::expect_used, reason = "tests")]

mod workspace;

use std::{collections::BTreeSet, fs};

use crossover_posture::RULES;
use serde_json::Value;
use workspace::{Workspace, root, snapshot};

/// Acceptances for the account of two Regions: one that matches a finding, and some that match none.
const ACCEPT: &str = r#"
[[accept]]
finding = "long-ttl"
resource = "ledger.internal.example.com A"
target = "ledger"
reason = "only batch jobs use it"
until = "2026-12-31"

[[accept]]
finding = "control-plane"
resource = "zone Z0A1B2C3D4E5F6"
reason = "the beacons come next quarter"
until = "2026-03-14"

[[accept]]
finding = "accelerated-recovery"
resource = "zone Z0A1B2C3D4E5F6"
target = "www"
reason = "was ordered"
until = "2026-03-13"

[[accept]]
finding = "health-check-share"
resource = "mail.example.com A"
reason = "one is enough"
until = "2026-12-31"

[[accept]]
finding = "missing"
resource = "nothing.example.com A"
reason = "gone long ago"
until = "2026-12-31"
"#;

/// The account and the topology of two Regions, with more at the topology's end.
fn two_regions(name: &str, more: &str) -> Workspace {
    let workspace = Workspace::new(name);
    let read = |file: &str| fs::read_to_string(root().join("events/accounts").join(file)).expect("a file");
    fs::write(workspace.account(), read("two-regions.json")).expect("written");
    fs::write(workspace.0.join("topology.toml"), read("two-regions.toml") + more).expect("written");
    workspace
}

const CHECK: &str = "check topology.toml";

#[test]
fn accepted_findings_do_not_fail_the_check() {
    let workspace = two_regions("accept", ACCEPT);
    snapshot!("check_accepted", workspace.shown(CHECK));
    for columns in [80, 120] {
        snapshot!(format!("screen_check_{columns}"), workspace.at(columns, CHECK));
    }
    snapshot!("check_accepted_json", workspace.shown(&format!("{CHECK} --format json")));
    assert_eq!(
        workspace.shown(&format!("{CHECK} --json")).split_once('\n').map(|it| it.1.to_owned()),
        workspace.shown(&format!("{CHECK} --format json")).split_once('\n').map(|it| it.1.to_owned())
    );
}

#[test]
fn the_exit_code_depends_on_fail_on() {
    let workspace = two_regions("fail-on", "");
    assert_eq!(workspace.code(CHECK), Some(0));
    let strict = workspace.shown(&format!("{CHECK} --fail-on warning"));
    assert!(strict.contains("\nexit 1\ntopology.toml is valid.\n"), "{strict}");
    assert!(strict.ends_with("0 errors, 7 warnings; the exit code is 1: errors and warnings fail the check.\n"), "{strict}");
    for format in ["table", "json", "sarif", "junit"] {
        assert_eq!(workspace.code(&format!("{CHECK} --format {format} --fail-on warning")), Some(1), "{format}");
        assert_eq!(workspace.code(&format!("{CHECK} --format {format} --fail-on error")), Some(0), "{format}");
    }
    // A database whose replica is too far behind is an error.
    let read = |file: &str| fs::read_to_string(root().join("events/accounts").join(file)).expect("a file");
    fs::write(workspace.account(), read("databases.json")).expect("written");
    fs::write(workspace.0.join("topology.toml"), read("databases.toml")).expect("written");
    assert_eq!(workspace.code(CHECK), Some(1));
    let accept = "[[accept]]\nfinding = \"replica-behind\"\nresource = \"stock-usw2 in us-west-2\"\nreason = \"x\"\nuntil = \"2026-12-31\"\n";
    fs::write(workspace.0.join("topology.toml"), read("databases.toml") + accept).expect("written");
    assert_eq!(workspace.code(CHECK), Some(0));
    assert_eq!(workspace.code("check no-such.toml"), Some(1));
}

#[test]
fn empty_values_count_as_absent() {
    let workspace = two_regions("empty", "");
    let plain = workspace.run(&["check", "topology.toml", "--account", "account.json"]);
    let empty = ["check", "topology.toml", "--account", "account.json", "--table", "", "--topic-arn", ""];
    assert_eq!(workspace.run(&empty).stdout, plain.stdout);
    let mut command = workspace.command(&empty[..4]);
    command.env("CROSSOVER_TABLE", "").env("CROSSOVER_TOPIC_ARN", "");
    assert_eq!(command.output().expect("the command can be run").stdout, plain.stdout);
}

#[test]
fn a_role_of_an_unknown_kind_is_refused() {
    let workspace = two_regions("role", "");
    let role = "arn:aws:iam::111122223333:role/crossover-nat";
    let shown = workspace.shown(&format!("{CHECK} --role natt={role}"));
    assert!(shown.contains("\nexit 2\n") && shown.contains("\"natt\" is not one of the kinds: nat, dns, database"), "{shown}");
    assert_ne!(workspace.code(&format!("{CHECK} --role nat={role}")), Some(2));
}

#[test]
fn an_invalid_acceptance_is_a_topology_error() {
    let wrong = "\n[[accept]]\nfinding = \"long-ttl\"\nuntil = \"soon\"\nwhy = \"x\"\n";
    let workspace = two_regions("accept-wrong", wrong);
    snapshot!(
        "check_accept_wrong",
        workspace.transcript(&[
            CHECK,
            &format!("{CHECK} --format sarif"),
            &format!("{CHECK} --format junit"),
            &format!("{CHECK} --json")
        ])
    );
    assert_eq!(workspace.run(&["status", "--account", "account.json", "--topology", "topology.toml"]).status.code(), Some(1));
}

/// Alarms whose names would be markup, were they not escaped.
fn hostile(name: &str) -> Workspace {
    let alarm = r#"alarms = ["<b>&\"']]>\u0001", "#;
    let topology = fs::read_to_string(root().join("events/accounts/two-regions.toml")).expect("a file");
    let workspace = two_regions(name, "");
    let topology = topology.replacen("alarms = [", alarm, 1) + ACCEPT;
    fs::write(workspace.0.join("topology.toml"), topology).expect("written");
    workspace
}

#[test]
fn sarif_has_the_required_fields() {
    let workspace = hostile("sarif");
    let output = workspace.run(&["check", "topology.toml", "--account", "account.json", "--format", "sarif"]);
    snapshot!("check_sarif", String::from_utf8_lossy(&output.stdout));
    let log: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((log["version"].as_str(), log["runs"].as_array().map(Vec::len)), (Some("2.1.0"), Some(1)));
    let run = &log["runs"][0];
    let rules: Vec<&str> =
        run["tool"]["driver"]["rules"].as_array().expect("rules").iter().filter_map(|it| it["id"].as_str()).collect();
    assert_eq!(run["tool"]["driver"]["name"], "crossover");
    let lines = fs::read_to_string(workspace.0.join("topology.toml")).expect("a file").lines().count();
    let results = run["results"].as_array().expect("results");
    assert!(results.len() > 10);
    for result in results {
        assert!(rules.contains(&result["ruleId"].as_str().expect("a rule")), "{result}");
        assert!(["error", "warning"].contains(&result["level"].as_str().expect("a level")), "{result}");
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()), "{result}");
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "topology.toml");
        let line = location["region"]["startLine"].as_u64().and_then(|line| usize::try_from(line).ok()).expect("a line");
        assert!((1..=lines).contains(&line), "{result}");
    }
    let suppressed = results.iter().filter(|result| result["suppressions"][0]["kind"] == "inSource").count();
    assert!(suppressed >= 2, "{suppressed}");
}

#[test]
fn junit_is_valid_xml_for_any_text() {
    let workspace = hostile("junit");
    for strict in [&[][..], &["--fail-on", "warning"]] {
        let arguments = [&["check", "topology.toml", "--account", "account.json", "--format", "junit"], strict].concat();
        let text = String::from_utf8(workspace.run(&arguments).stdout).expect("text");
        let name = if strict.is_empty() { "check_junit" } else { "check_junit_strict" };
        snapshot!(name, &text);
        let xml = roxmltree::Document::parse(&text).expect("XML");
        let suite = xml.root_element().first_element_child().expect("a suite");
        let cases: Vec<_> = suite.children().filter(|node| node.has_tag_name("testcase")).collect();
        let with =
            |tag: &str| cases.iter().filter(|case| case.children().any(|child| child.has_tag_name(tag))).count().to_string();
        assert_eq!(suite.attribute("tests"), Some(&cases.len().to_string()[..]));
        assert_eq!(suite.attribute("failures"), Some(&with("failure")[..]));
        assert_eq!(suite.attribute("skipped"), Some(&with("skipped")[..]));
        assert!(cases.iter().any(|case| case.attribute("name").is_some_and(|name| name.contains("<b>&\"']]>"))));
        assert!(cases.iter().all(|case| case.attribute("classname").is_some()));
    }
}

/// An account with every finding about the account around the targets.
fn single_points(name: &str) -> Workspace {
    let workspace = Workspace::new(name);
    let read = |file: &str| fs::read_to_string(root().join("events/accounts").join(file)).expect("a file");
    fs::write(workspace.account(), read("single-points.json")).expect("written");
    fs::write(workspace.0.join("topology.toml"), read("single-points.toml")).expect("written");
    workspace
}

const WITH_TOPIC: &str = "check topology.toml --topic-arn arn:aws:sns:us-east-1:111122223333:crossover-notices";

#[test]
fn the_account_around_the_targets_is_checked() {
    let workspace = single_points("around");
    snapshot!("check_around", workspace.shown(WITH_TOPIC));
    snapshot!("screen_around_80", workspace.at(80, WITH_TOPIC));
    snapshot!("check_around_json", workspace.shown(&format!("{WITH_TOPIC} --json")));
    let of = |format: &str| workspace.shown(&format!("{WITH_TOPIC} --format {format}"));
    snapshot!("check_around_junit", of("junit"));
    let sarif = of("sarif");
    let log: Value = serde_json::from_str(sarif.splitn(3, '\n').nth(2).expect("a log")).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("results");
    let around = |result: &&Value| {
        let name = &result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"];
        name.as_str().is_some_and(|name| name.starts_with("the account/"))
    };
    let sorts: BTreeSet<&str> = results.iter().filter(around).filter_map(|result| result["ruleId"].as_str()).collect();
    let known = RULES.iter().map(|rule| rule.id).chain(["not-looked-at"]).collect();
    assert_eq!(sorts, known, "each is present");
    let accepted: Vec<&Value> = results.iter().filter(|result| result["suppressions"].is_array()).collect();
    assert_eq!(accepted.len(), 1, "{accepted:#?}");
    assert_eq!(accepted[0]["ruleId"], "cluster-alone");
}

#[test]
fn the_subscribers_of_a_given_topic_are_checked() {
    let workspace = single_points("topic");
    let about = "topic arn:aws:sns:us-east-1:111122223333:crossover-notices";
    assert!(workspace.shown(WITH_TOPIC).contains(about));
    assert!(!workspace.shown(CHECK).contains(about));
}

#[test]
fn an_account_file_without_posture_has_no_posture_findings() {
    assert!(single_points("said").shown(CHECK).contains("\nthe account:\n"));
    assert!(!two_regions("unsaid", "").shown(CHECK).contains("the account"));
}
