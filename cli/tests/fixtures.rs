//! Every fixture in events/ as a dry run, with the answer as a snapshot.

#![expect(clippy::expect_used, reason = "tests")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("cli is a folder of the checkout")
}

fn crossover(arguments: &[&str]) -> Output {
    let command = Command::new(env!("CARGO_BIN_EXE_crossover")).args(arguments).current_dir(root()).output();
    command.expect("the command can be run")
}

fn fixtures() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for source in std::fs::read_dir(root().join("events")).expect("events/") {
        let source = source.expect("a folder").path();
        if source.ends_with("accounts") {
            continue;
        }
        files.extend(std::fs::read_dir(source).expect("a folder").map(|file| file.expect("a file").path()));
    }
    files.sort();
    files
}

/// The account of a fixture: the one in its folder, or the example account.
fn backend(fixture: &str) -> &'static [&'static str] {
    if fixture.starts_with("events/dns/") {
        return &["--account", "events/accounts/two-regions.json", "--topology", "events/accounts/two-regions.toml"];
    }
    if fixture.starts_with("events/database/") {
        return &["--account", "events/accounts/databases.json", "--topology", "events/accounts/databases.toml"];
    }
    &[]
}

fn shown(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("exit {}\n{}{}", output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// The result of a fixture that concerns no target, as a row of the table of all of these.
fn ignored(name: &str, json: &serde_json::Value, shown: &str) -> String {
    let reason = json["reason"].as_str().expect("a reason");
    assert_eq!(json["targets"], serde_json::json!([]), "{name}");
    // The output has only the account, the reason, and that no call was made.
    assert!(shown.starts_with(&format!("exit 0\nDry run of {name} on ")), "{shown}");
    assert!(shown.ends_with(&format!(". Nothing is changed.\n\nignored: {reason}\n\n0 reads and 0 writes.\n")), "{shown}");
    assert_eq!(shown.lines().count(), 6, "{shown}");
    format!("{name}  ignored  {reason}\n")
}

#[test]
fn every_fixture_is_a_dry_run() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 190, "only {} fixtures", fixtures.len());
    let mut table = String::new();
    for path in fixtures {
        let name = path.strip_prefix(root()).expect("below the top").display().to_string();
        let dry_run = [&["dry-run", &name], backend(&name)].concat();
        let shown = shown(&crossover(&dry_run));
        let json: serde_json::Value =
            serde_json::from_slice(&crossover(&[&dry_run[..], &["--json"]].concat()).stdout).expect("an answer in JSON");
        assert!(
            ["dry_run", "ignored", "settled", "failed"].contains(&json["outcome"].as_str().expect("an outcome")),
            "{name}: {json}"
        );
        assert!(json["targets"].is_array(), "{name}: {json}");
        if json["outcome"] == "ignored" {
            table += &ignored(&name, &json, &shown);
            continue;
        }
        let snapshot = name.trim_start_matches("events/").trim_end_matches(".json").replace('/', "__");
        insta::with_settings!({ prepend_module_to_snapshot => false, description => name.clone(), omit_expression => true }, {
            insta::assert_snapshot!(snapshot, shown);
        });
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("ignored_events", table);
    });
}

/// The commands in the README work whatever the environment variables of the account are set to.
#[test]
fn a_dry_run_uses_the_environment_topology_only_with_an_account() {
    let dry_run = |arguments: &[&str], topology: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossover"));
        command.arg("dry-run").args(arguments).current_dir(root());
        command.env("CROSSOVER_TOPOLOGY", topology).env("CROSSOVER_TABLE", "crossover-journal");
        shown(&command.output().expect("the command can be run"))
    };
    let nat = "events/cloudwatch/nat-alarm-eventbridge.json";
    for topology in ["", "events/accounts/two-regions.toml"] {
        let shown = dry_run(&[nat], topology);
        assert!(shown.starts_with("exit 0\n") && shown.contains("egress-prod (nat): would cross over"), "{shown}");
    }
    let dns = ["events/dns/failover-alarm-eventbridge.json", "--account", "events/accounts/two-regions.json"];
    let of_dns = dry_run(&dns, "events/accounts/two-regions.toml");
    assert!(of_dns.contains("www (dns): would cross over"), "{of_dns}");
    let named = [&dns[..], &["--topology", "topology/topology.toml"]].concat();
    assert!(dry_run(&named, "events/accounts/two-regions.toml").contains("ignored"), "the flag has precedence");
}

#[test]
fn a_drill_on_the_example_account_uses_its_topology() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossover"));
    command.args(["drill", "--fail", "egress-prod/us-east-1a"]).current_dir(root());
    command.env("CROSSOVER_TOPOLOGY", "events/accounts/databases.toml").env("CROSSOVER_STACK", "");
    let shown = shown(&command.output().expect("the command can be run"));
    assert!(shown.starts_with("exit 0\n") && shown.contains("egress-prod"), "{shown}");
}

#[test]
fn the_demo_prints_its_screen() {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("demo", shown(&crossover(&["demo"])));
    });
}

#[test]
fn a_json_answer_has_the_documented_fields() {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("dry_run_json", shown(&crossover(&["dry-run", "--json", "events/cloudwatch/nat-alarm-eventbridge.json"])));
    });
}

#[test]
fn the_topology_is_checked() {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("check", shown(&crossover(&["check", "topology/topology.toml"])));
        let with_account = ["check", "events/accounts/two-regions.toml", "--account", "events/accounts/two-regions.json"];
        insta::assert_snapshot!("check_with_account", shown(&crossover(&with_account)));
        insta::assert_snapshot!("check_with_account_json", shown(&crossover(&[&with_account[..], &["--json"]].concat())));
        let databases = ["check", "events/accounts/databases.toml", "--account", "events/accounts/databases.json"];
        insta::assert_snapshot!("check_of_databases", shown(&crossover(&databases)));
        insta::assert_snapshot!("check_of_another_file", shown(&crossover(&["check", "rustfmt.toml"])));
        insta::assert_snapshot!("check_of_no_file", shown(&crossover(&["check", "no-such-file.toml"])));
    });
}

#[test]
fn an_invalid_account_file_is_refused_with_its_line() {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        let arguments = ["dry-run", "events/schedule/tick-rule.json", "--account", "events/manual/plan.json"];
        insta::assert_snapshot!("bad_account", shown(&crossover(&arguments)));
    });
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossover"));
    let mut child = command.arg("demo").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command can be run");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
