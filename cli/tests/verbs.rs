//! The verbs on a copy of the example account: what they print, and how they exit.

#![expect(clippy::expect_used, reason = "tests")]

mod desk;

use std::fs;

use crossover_model::answer::Answer;
use desk::{Desk, snapshot, words};
use serde_json::{Value, json};

#[test]
fn failover_and_failback() {
    let desk = Desk::new("failover");
    snapshot!(
        "verb_failover",
        desk.story(&[
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
    let desk = Desk::new("force");
    desk.alarm(1, "INSUFFICIENT_DATA");
    snapshot!(
        "verb_force",
        desk.story(&[
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
    let desk = Desk::new("switchover");
    desk.alarm(1, "ALARM");
    let held = desk.shown("switchover egress-prod --to us-east-1a --reason drill");
    desk.alarm(1, "OK");
    let done = desk.shown("switchover egress-prod --to us-east-1a --reason drill");
    snapshot!("verb_switchover", format!("{held}\n{done}"));
}

#[test]
fn a_target_is_at_home_only_where_it_is_known_to_be() {
    let desk = Desk::of_two_regions("at-home");
    let named = |it: &Value, key: &str, start: &str| it[key].as_str().is_some_and(|name| name.starts_with(start));
    desk.change(|account| {
        account["rds"]["instances"].as_array_mut().expect("instances").retain(|it| !named(it, "id", "orders"));
        for zone in account["hosted_zones"].as_array_mut().expect("zones") {
            zone["record_sets"].as_array_mut().expect("sets").retain(|set| !named(set, "name", "shop"));
        }
    });
    let shown = desk.shown("status");
    let state = |name: &str| shown.lines().find(|line| line.trim_start().starts_with(name)).map(|line| line.rsplit("   ").next());
    assert_eq!(state("shop "), Some(Some("nobody serves")), "{shown}");
    assert_eq!(state("orders "), Some(Some("unknown")), "{shown}");
    assert_eq!(state("stock "), Some(Some("at home")), "{shown}");
}

#[test]
fn pause_and_resume() {
    let desk = Desk::new("pause");
    snapshot!(
        "verb_pause",
        desk.story(&[
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
    let desk = Desk::new("ack");
    desk.change(|account| {
        account["journal"]["egress-prod"] = json!({ "epoch": 1, "memory": {
            "last_automatic": { "crossover_id": "egress-prod-20260314T030000.000Z", "at": "2026-03-14T03:00:00Z", "left": ["us-east-1a"] },
            "reviews": { "egress-prod-20260314T030000.000Z": "2026-03-15T03:00:00Z" },
        } });
    });
    snapshot!("verb_ack", desk.story(&["status", "ack egress-prod --reason seen", "ack egress-prod --reason seen", "status"]));
}

#[test]
fn answers_in_json() {
    let desk = Desk::new("json");
    snapshot!(
        "verbs_json",
        desk.story(&[
            "failover egress-prod --away-from us-east-1a --reason packet-loss --json",
            "pause egress-prod --for 2h --reason maintenance --json",
            "status egress-prod --json",
            "history egress-prod --limit 1 --json",
            "ack egress-prod --reason seen --json",
        ])
    );
}

#[test]
fn what_is_wrong_is_said_in_one_line() {
    let desk = Desk::new("errors");
    snapshot!(
        "verb_errors",
        desk.story(&[
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
fn the_exit_code_says_how_it_ended() {
    let desk = Desk::new("exit");
    let failover = "failover egress-prod --away-from us-east-1a --reason x";
    assert_eq!(desk.code("status"), Some(0));
    assert_eq!(desk.code("plan egress-prod"), Some(0));
    assert_eq!(desk.code("pause egress-prod --reason x"), Some(0));
    assert_eq!(desk.code("resume egress-prod --reason x"), Some(0));
    assert_eq!(desk.code("failover nothing --away-from us-east-1a --reason x"), Some(1));
    assert_eq!(desk.code("failover egress-prod --reason x"), Some(2));
    assert_eq!(desk.code("nothing"), Some(2));

    desk.alarm(1, "ALARM");
    assert_eq!(desk.code(failover), Some(3));
    assert_eq!(desk.code(&format!("{failover} --dry-run")), Some(0));
    desk.alarm(1, "OK");
    assert_eq!(desk.code(&format!("{failover} --mode shadow")), Some(3));
    desk.change(|account| {
        account["faults"] = json!([{ "call": "ec2:ReplaceRoute", "resource": "rtb-0a1b2c3d4e5f6a100", "fault": "refuse" }]);
    });
    assert_eq!(desk.code(failover), Some(4));
    desk.change(|account| account["faults"] = json!([{ "call": "ec2:*", "fault": "refuse" }]));
    assert_eq!(desk.code(failover), Some(1));
    desk.change(|account| account["faults"] = json!([{ "call": "dynamodb:*", "fault": "refuse" }]));
    assert_eq!(desk.code("pause egress-prod --reason x"), Some(1));
    assert_eq!(desk.code("history egress-prod"), Some(1));
}

/// These commands run without a terminal.
#[test]
fn without_a_terminal_no_loss_is_accepted() {
    let desk = Desk::of_two_regions("unasked");
    let order = "failover profiles --away-from arn:aws:rds:us-east-1:111122223333:cluster:profiles-use1 --reason fire";
    desk.change(|account| {
        for alarm in account["alarms"].as_array_mut().expect("alarms") {
            if alarm["name"] == "profiles-use1-down" {
                alarm["state"] = json!("ALARM");
            }
        }
    });
    for line in [order.to_owned(), format!("{order} --yes"), format!("{order} --wait 10m")] {
        let shown = desk.shown(&line);
        assert!(shown.contains("\nexit 1\ncrossover: profiles can lose data; nothing was changed."), "{shown}");
    }
    assert!(desk.shown("history").contains("No crossover is recorded."));
    assert_eq!(desk.code(&format!("{order} --dry-run")), Some(0));
    assert_eq!(desk.code(&format!("{order} --accept-data-loss --wait 10m")), Some(0));
}

#[test]
fn a_file_that_is_not_there_or_is_no_account_is_named() {
    let desk = Desk::new("files");
    fs::write(desk.0.join("bad.json"), "{}").expect("written");
    fs::write(desk.0.join("bad.toml"), "[[nat]]\nname = 3\n").expect("written");
    let lines = [
        "status --account no-such.json",
        "status --account bad.json",
        "status --account account.json --topology no-such.toml",
        "status --account account.json --topology bad.toml",
    ];
    let shown = |line: &&str| {
        let output = desk.run(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(1), "{line}");
        format!("$ crossover {line}\n{}", String::from_utf8_lossy(&output.stderr))
    };
    snapshot!("verb_files", lines.iter().map(shown).collect::<Vec<_>>().join("\n"));
    // An account is left as it was when nothing came of it.
    assert_eq!(fs::read(desk.0.join("bad.json")).expect("the file"), b"{}");
}

/// Without what only a build with the AWS SDK knows.
fn without_aws(help: &str) -> String {
    let mut of_aws = false;
    let mut kept = |line: &&str| {
        let start = line.trim_start();
        // What follows an option, further to the right, belongs to it.
        if start.starts_with('-') {
            of_aws = ["--table", "--topic-arn", "--function", "--local", "--aws"].iter().any(|flag| start.starts_with(flag));
        }
        !of_aws
    };
    help.lines().filter(|line| kept(line)).collect::<Vec<_>>().join("\n")
}

/// An answer comes from a function of another version, too: what is read of it is what was written.
#[test]
fn answers_are_read_as_they_were_written() {
    let desk = Desk::of_two_regions("round-trip");
    desk.alarm(0, "ALARM");
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
        let written: Value = serde_json::from_slice(&desk.run(&arguments).stdout).expect("JSON");
        let read: Answer = serde_json::from_value(written.clone()).expect("an answer");
        assert_eq!(serde_json::to_value(read).expect("JSON"), written, "{line}");
    }
}

#[test]
fn the_help_says_what_can_be_typed() {
    let desk = Desk::new("help");
    snapshot!("help", desk.shown("--help"));
    let verbs = [
        "failover",
        "switchover",
        "failback",
        "plan",
        "status",
        "history",
        "report",
        "pause",
        "resume",
        "ack",
        "release",
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
        let help = without_aws(&desk.shown(&format!("{verb} --help")));
        assert!(help.contains("Examples:\n  crossover "), "{verb} teaches nothing");
        let name = format!("help_{}", verb.replace('-', "_"));
        snapshot!(name, help);
    }
}

#[test]
fn every_example_can_be_parsed() {
    let desk = Desk::new("examples");
    let mut seen = 0;
    let all = String::from_utf8(desk.run(&["--help"]).stdout).expect("text");
    let verbs = all.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for verb in verbs.filter_map(|line| line.split_whitespace().next()).filter(|verb| *verb != "help") {
        let help = String::from_utf8(desk.run(&[verb, "--help"]).stdout).expect("text");
        for line in help.lines().filter(|line| line.starts_with("  crossover ")) {
            let line = line.trim_start().split("  ").next().unwrap_or_default();
            let line = line.split(" | ").next().unwrap_or_default().split(" > ").next().unwrap_or_default();
            let words = words(line);
            // It ends at the first thing that is not there, and not at a word that is not known.
            let arguments: Vec<&str> = words[1..].iter().map(String::as_str).filter(|word| *word != "--aws").collect();
            let output = desk.run(&arguments);
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_ne!(output.status.code(), Some(2), "{line}: {text}");
            seen += 1;
        }
    }
    assert!(seen >= 30, "{seen} examples");
}

#[test]
fn shells_complete_it_and_man_shows_it() {
    let desk = Desk::new("manual");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = desk.run(&["completions", shell]);
        let script = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success() && script.contains("failover") && script.contains("--accept-data-loss"), "{shell}");
    }
    let page = String::from_utf8(desk.run(&["man"]).stdout).expect("text");
    assert!(page.contains(".TH crossover 1") && page.contains("failover") && page.contains("Exit codes"), "{page}");
    let page = String::from_utf8(desk.run(&["man", "failover"]).stdout).expect("text");
    assert!(page.contains("accept\\-data\\-loss") && page.contains("Examples:"), "{page}");
    snapshot!("man_errors", desk.shown("man fly --help") + &String::from_utf8_lossy(&desk.run(&["man", "fly"]).stderr));
}

#[test]
fn the_demo_can_be_read_by_a_program() {
    let output = Desk::new("demo").run(&["demo", "--json"]);
    assert!(output.status.success() && output.stderr.is_empty());
    let demo: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let outcomes: Vec<&str> =
        demo["answers"].as_array().expect("answers").iter().filter_map(|it| it["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["completed", "settled", "settled", "completed"]);
    let told: Vec<&str> = demo["notices"].as_array().expect("notices").iter().filter_map(|it| it["headline"].as_str()).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[1].contains("ready to fail back") && told[2].contains("failback completed"), "{told:?}");
}
