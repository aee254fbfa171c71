//! The verbs on a copy of the example account: their output and exit codes.

#![expect(clippy::expect_used, reason = "tests")]

mod workspace;

use std::fs;

use crossover_model::{answer::Answer, outcome::Outcome};
use serde_json::{Value, json};
use workspace::{Workspace, snapshot, words};

#[test]
fn failover_and_failback() {
    let workspace = Workspace::new("failover");
    snapshot!(
        "verb_failover",
        workspace.transcript(&[
            "plan egress-prod --away-from us-east-1a",
            "failover egress-prod --away-from us-east-1a --reason packet-loss --dry-run",
            "failover egress-prod --away-from us-east-1a --reason packet-loss",
            "failover egress-prod --away-from us-east-1a --reason packet-loss",
            "status egress-prod",
            "failback egress-prod --reason mended --operator bob",
            "history egress-prod",
            "status",
        ])
    );
}

#[test]
fn failover_by_force() {
    let workspace = Workspace::new("force");
    workspace.alarm(1, "INSUFFICIENT_DATA");
    snapshot!(
        "verb_force",
        workspace.transcript(&[
            "failover egress-prod --to us-east-1b --reason must",
            "failover egress-prod --to us-east-1b --reason must --force --accept-data-loss",
            "status egress-prod",
            "release egress-prod --reason over",
            "release egress-prod --reason over",
        ])
    );
}

#[test]
fn switchover() {
    let workspace = Workspace::new("switchover");
    workspace.alarm(1, "ALARM");
    let held = workspace.shown("switchover egress-prod --to us-east-1a --reason drill");
    workspace.alarm(1, "OK");
    let done = workspace.shown("switchover egress-prod --to us-east-1a --reason drill");
    snapshot!("verb_switchover", format!("{held}\n{done}"));
}

#[test]
fn a_target_is_at_home_only_where_it_is_known_to_be() {
    let workspace = Workspace::of_two_regions("at-home");
    let named = |it: &Value, key: &str, start: &str| it[key].as_str().is_some_and(|name| name.starts_with(start));
    workspace.change(|account| {
        account["rds"]["instances"].as_array_mut().expect("instances").retain(|it| !named(it, "id", "orders"));
        for zone in account["hosted_zones"].as_array_mut().expect("zones") {
            zone["record_sets"].as_array_mut().expect("sets").retain(|set| !named(set, "name", "shop"));
        }
    });
    let shown = workspace.shown("status");
    let state = |name: &str| shown.lines().find(|line| line.trim_start().starts_with(name)).map(|line| line.rsplit("   ").next());
    assert_eq!(state("shop "), Some(Some("nobody serves")), "{shown}");
    assert_eq!(state("orders "), Some(Some("unknown")), "{shown}");
    assert_eq!(state("stock "), Some(Some("at home")), "{shown}");
}

#[test]
fn pause_and_resume() {
    let workspace = Workspace::new("pause");
    snapshot!(
        "verb_pause",
        workspace.transcript(&[
            "pause egress-prod --for 2h --reason maintenance",
            "pause --reason storm --operator bob",
            "status",
            "plan egress-prod",
            "resume egress-prod --reason done",
            "resume egress-prod --reason done",
            "resume --reason over",
            "status",
        ])
    );
}

#[test]
fn ack_after_an_automatic_failover() {
    let workspace = Workspace::new("ack");
    workspace.change(|account| {
        account["journal"]["egress-prod"] = json!({ "epoch": 1, "memory": {
            "last_automatic": { "crossover_id": "egress-prod-20260314T030000.000Z", "at": "2026-03-14T03:00:00Z", "left": ["us-east-1a"] },
            "reviews": { "egress-prod-20260314T030000.000Z": "2026-03-15T03:00:00Z" },
        } });
    });
    snapshot!(
        "verb_ack",
        workspace.transcript(&["status", "ack egress-prod --reason seen", "ack egress-prod --reason seen", "status"])
    );
}

#[test]
fn answers_in_json() {
    let workspace = Workspace::new("json");
    snapshot!(
        "verbs_json",
        workspace.transcript(&[
            "failover egress-prod --away-from us-east-1a --reason packet-loss --json",
            "pause egress-prod --for 2h --reason maintenance --json",
            "status egress-prod --json",
            "history egress-prod --limit 1 --json",
            "ack egress-prod --reason seen --json",
        ])
    );
}

#[test]
fn errors_are_one_line() {
    let workspace = Workspace::new("errors");
    snapshot!(
        "verb_errors",
        workspace.transcript(&[
            "failover egress-prd --away-from us-east-1a --reason x",
            "failover egress-prod --away-from us-east-1f --reason x",
            "failback egress-prod --side moon --reason x",
            "pause egress-prod --for soon --reason x",
            "pause egress-prod --for 0s --reason x",
            "pause egress-prod --for 900h --reason x",
            "history egress-prod --limit 0",
            "pause egress-prod --reason ",
            "pause egress-prod --reason x --operator ",
            "status nothing",
            "status nothing --json",
            "failover egress-prod --reason x",
            "failover egress-prod --away-from a --to b --reason x",
            "switchover egress-prod --to us-east-1b --force --reason x",
            "ack --reason x",
        ])
    );
}

#[test]
fn the_exit_code_is_that_of_the_outcome() {
    let workspace = Workspace::new("exit");
    let failover = "failover egress-prod --away-from us-east-1a --reason x";
    assert_eq!(workspace.code("status"), Some(0));
    assert_eq!(workspace.code("plan egress-prod"), Some(0));
    assert_eq!(workspace.code("pause egress-prod --reason x"), Some(0));
    assert_eq!(workspace.code("resume egress-prod --reason x"), Some(0));
    assert_eq!(workspace.code("failover nothing --away-from us-east-1a --reason x"), Some(1));
    assert_eq!(workspace.code("failover egress-prod --reason x"), Some(2));
    assert_eq!(workspace.code("nothing"), Some(2));

    workspace.alarm(1, "ALARM");
    assert_eq!(workspace.code(failover), Some(3));
    assert_eq!(workspace.code(&format!("{failover} --dry-run")), Some(0));
    workspace.alarm(1, "OK");
    assert_eq!(workspace.code(&format!("{failover} --mode shadow")), Some(3));
    workspace.change(|account| {
        account["faults"] = json!([{ "call": "ec2:ReplaceRoute", "resource": "rtb-0a1b2c3d4e5f6a100", "fault": "refuse" }]);
    });
    assert_eq!(workspace.code(failover), Some(4));
    workspace.change(|account| account["faults"] = json!([{ "call": "ec2:*", "fault": "refuse" }]));
    assert_eq!(workspace.code(failover), Some(1));
    workspace.change(|account| account["faults"] = json!([{ "call": "dynamodb:*", "fault": "refuse" }]));
    assert_eq!(workspace.code("pause egress-prod --reason x"), Some(1));
    assert_eq!(workspace.code("history egress-prod"), Some(1));
}

/// These commands run without a terminal.
#[test]
fn without_a_terminal_no_loss_is_accepted() {
    let workspace = Workspace::of_two_regions("unasked");
    let order = "failover profiles --away-from arn:aws:rds:us-east-1:111122223333:cluster:profiles-use1 --reason fire";
    workspace.change(|account| {
        for alarm in account["alarms"].as_array_mut().expect("alarms") {
            if alarm["name"] == "profiles-use1-down" {
                alarm["state"] = json!("ALARM");
            }
        }
    });
    for line in [order.to_owned(), format!("{order} --yes"), format!("{order} --wait 10m")] {
        let shown = workspace.shown(&line);
        assert!(shown.contains("\nexit 1\ncrossover: profiles can lose data; nothing was changed."), "{shown}");
    }
    assert!(workspace.shown("history").contains("No crossover is recorded."));
    assert_eq!(workspace.code(&format!("{order} --dry-run")), Some(0));
    assert_eq!(workspace.code(&format!("{order} --accept-data-loss --wait 10m")), Some(0));
}

#[test]
fn missing_and_invalid_files_are_named() {
    let workspace = Workspace::new("files");
    fs::write(workspace.0.join("bad.json"), "{}").expect("written");
    fs::write(workspace.0.join("bad.toml"), "[[nat]]\nname = 3\n").expect("written");
    let lines = [
        "status --account no-such.json",
        "status --account bad.json",
        "status --account account.json --topology no-such.toml",
        "status --account account.json --topology bad.toml",
    ];
    let shown = |line: &&str| {
        let output = workspace.run(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(1), "{line}");
        format!("$ crossover {line}\n{}", String::from_utf8_lossy(&output.stderr))
    };
    snapshot!("verb_files", lines.iter().map(shown).collect::<Vec<_>>().join("\n"));
    // A refused command does not change the account.
    assert_eq!(fs::read(workspace.0.join("bad.json")).expect("the file"), b"{}");
}

/// A help text without the options that only a build with the AWS SDK has.
fn without_aws(help: &str) -> String {
    let mut of_aws = false;
    let mut kept = |line: &&str| {
        let start = line.trim_start();
        // Lines that are indented further than an option belong to it.
        if start.starts_with('-') {
            of_aws = ["--table", "--topic-arn", "--function", "--local", "--aws"].iter().any(|flag| start.starts_with(flag));
        }
        !of_aws
    };
    help.lines().filter(|line| kept(line)).collect::<Vec<_>>().join("\n")
}

/// An answer may come from a function of another version, so reading and writing it must not change it.
#[test]
fn answers_survive_a_round_trip() {
    let workspace = Workspace::of_two_regions("round-trip");
    workspace.alarm(0, "ALARM");
    let lines = [
        "failover egress-prod --away-from us-east-1a --reason r",
        "failover orders --away-from orders-use1 --accept-data-loss --reason r",
        "pause www --for 2h --reason r",
        "plan shop --away-from blue",
        "ack nobody --reason r",
        "status",
        "history",
    ];
    for line in lines {
        let arguments: Vec<&str> = line.split(' ').chain(["--account", "account.json", "--json"]).collect();
        let written: Value = serde_json::from_slice(&workspace.run(&arguments).stdout).expect("JSON");
        let read: Answer = serde_json::from_value(written.clone()).expect("an answer");
        assert_eq!(serde_json::to_value(read).expect("JSON"), written, "{line}");
    }
}

#[test]
fn the_help_of_every_verb() {
    let workspace = Workspace::new("help");
    snapshot!("help", workspace.shown("--help"));
    let verbs = [
        "failover",
        "switchover",
        "failback",
        "unfence",
        "plan",
        "status",
        "history",
        "report",
        "pause",
        "stop",
        "abort",
        "resume",
        "ack",
        "release",
        "rename",
        "forget",
        "verify",
        "dry-run",
        "check",
        "snapshot",
        "drill",
        "demo",
        "schema",
        "completions",
        "man",
    ];
    for verb in verbs {
        let help = without_aws(&workspace.shown(&format!("{verb} --help")));
        assert!(help.contains("Examples:\n  crossover "), "{verb} teaches nothing");
        let name = format!("help_{}", verb.replace('-', "_"));
        snapshot!(name, help);
    }
}

#[test]
fn every_example_can_be_parsed() {
    let workspace = Workspace::new("examples");
    let mut seen = 0;
    let all = String::from_utf8(workspace.run(&["--help"]).stdout).expect("text");
    let verbs = all.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for verb in verbs.filter_map(|line| line.split_whitespace().next()).filter(|verb| *verb != "help") {
        let help = String::from_utf8(workspace.run(&[verb, "--help"]).stdout).expect("text");
        for line in help.lines().filter(|line| line.starts_with("  crossover ")) {
            let line = line.trim_start().split("  ").next().unwrap_or_default();
            let line = line.split(" | ").next().unwrap_or_default().split(" > ").next().unwrap_or_default();
            let words = words(line);
            // It fails at the first missing file, not at an unknown word.
            let arguments: Vec<&str> = words[1..].iter().map(String::as_str).filter(|word| *word != "--aws").collect();
            let output = workspace.run(&arguments);
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_ne!(output.status.code(), Some(2), "{line}: {text}");
            seen += 1;
        }
    }
    assert!(seen >= 30, "{seen} examples");
}

#[test]
fn completions_and_manual_pages() {
    let workspace = Workspace::new("manual");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = workspace.run(&["completions", shell]);
        let script = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success() && script.contains("failover") && script.contains("--accept-data-loss"), "{shell}");
    }
    let page = String::from_utf8(workspace.run(&["man"]).stdout).expect("text");
    assert!(page.contains(".TH crossover 1") && page.contains("failover") && page.contains("Exit codes"), "{page}");
    let page = String::from_utf8(workspace.run(&["man", "failover"]).stdout).expect("text");
    assert!(page.contains("accept\\-data\\-loss") && page.contains("Examples:"), "{page}");
    snapshot!("man_errors", workspace.shown("man fly --help") + &String::from_utf8_lossy(&workspace.run(&["man", "fly"]).stderr));
}

#[test]
fn the_demo_as_json() {
    let output = Workspace::new("demo").run(&["demo", "--json"]);
    assert!(output.status.success() && output.stderr.is_empty());
    let demo: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let outcomes: Vec<&str> =
        demo["answers"].as_array().expect("answers").iter().filter_map(|it| it["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["completed", "settled", "settled", "completed"]);
    let headlines: Vec<&str> =
        demo["notices"].as_array().expect("notices").iter().filter_map(|it| it["headline"].as_str()).collect();
    assert_eq!(headlines.len(), 3, "{headlines:?}");
    assert!(headlines[1].contains("ready to fail back") && headlines[2].contains("failback completed"), "{headlines:?}");
}

#[test]
fn the_commands_of_a_notice_work_as_they_are_pasted() {
    let workspace = Workspace::new("pasted");
    workspace.shown("failover egress-prod --away-from us-east-1a --reason packet-loss");
    let account: Value = serde_json::from_slice(&fs::read(workspace.account()).expect("the account")).expect("JSON");
    let notice = account["published"][0]["bodies"]["sqs"].as_str().expect("a notice");
    let notice: Value = serde_json::from_str(notice).expect("JSON");
    let typed: Vec<&str> = notice["next"].as_array().expect("actions").iter().filter_map(|next| next["typed"].as_str()).collect();
    assert!(typed.iter().any(|command| command.contains("failback")), "{notice}");
    assert!(!notice.to_string().contains("aws lambda"), "no function is deployed: {notice}");
    for command in typed {
        let pasted = words(command).into_iter().skip(1).collect::<Vec<_>>();
        let output = workspace.run(&pasted.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_plan_without_a_target_is_of_all_targets() {
    let workspace = Workspace::of_two_regions("plans");
    let output = workspace.run(&["plan", "--account", "account.json", "--json"]);
    let answer: Answer = serde_json::from_slice(&output.stdout).expect("JSON");
    let status = workspace.run(&["status", "--account", "account.json", "--json"]);
    let all: Answer = serde_json::from_slice(&status.stdout).expect("JSON");
    let names = |answer: &Answer| answer.targets.iter().map(|target| target.target.clone()).collect::<Vec<_>>();
    assert_eq!((names(&answer), answer.outcome), (names(&all), Outcome::DryRun), "{answer:?}");
    assert!(answer.targets.len() > 3 && answer.targets.iter().all(|target| target.forecast.is_some()), "{answer:?}");
}

#[test]
fn a_history_that_can_not_be_read_is_not_called_empty() {
    let workspace = Workspace::new("unread");
    assert!(workspace.shown("history egress-prod").contains("No crossover is recorded"));
    workspace.change(|account| account["faults"] = json!([{ "call": "dynamodb:*", "fault": "server_error" }]));
    let shown = workspace.shown("history egress-prod");
    assert!(shown.contains("the history could not be read") && !shown.contains("No crossover is recorded"), "{shown}");
}

#[test]
fn a_command_without_a_name_asks_for_it() {
    let workspace = Workspace::new("nameless");
    let pause = ["pause", "egress-prod", "--reason", "work", "--account", "account.json"];
    let output = workspace.command(&pause).env("USER", "").output().expect("the command can be run");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("--operator is missing; pass your name, or set USER"), "{error}");
}
