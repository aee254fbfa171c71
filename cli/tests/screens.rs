//! Every screen at the usual widths, without colours.

#![expect(clippy::expect_used, reason = "tests")]

mod workspace;

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use serde_json::json;
use workspace::{Workspace, snapshot};

const WIDTHS: [u32; 2] = [80, 120];

fn too_long(screen: &str, columns: u32) -> Vec<&str> {
    let columns = usize::try_from(columns).expect("a width");
    let whole_words = |line: &str| line.trim_start().split(' ').count() == 1;
    screen.lines().filter(|line| line.chars().count() > columns && !line.starts_with("$ ") && !whole_words(line)).collect()
}

fn screens(name: &str, workspace: &Workspace, lines: &[&str]) {
    for columns in WIDTHS {
        let shown: Vec<String> = lines.iter().map(|line| workspace.at(columns, line)).collect();
        for screen in &shown {
            assert_eq!(too_long(screen, columns), Vec::<&str>::new(), "at {columns}");
            assert!(!screen.contains('\u{1b}'), "colours where there is no terminal");
        }
        snapshot!(format!("screen_{name}_{columns}"), shown.join("\n"));
    }
}

/// An account in trouble: a failover by an alarm, an operator's intent, a pause, an unknown side, an unsent notice.
fn in_trouble(name: &str) -> Workspace {
    let workspace = Workspace::of_two_regions(name);
    assert_eq!(workspace.code("failover egress-prod --away-from us-east-1a --reason packet-loss"), Some(0));
    assert_eq!(workspace.code("pause www --for 2h --reason maintenance-of-the-load-balancers"), Some(0));
    workspace.change(|account| {
        account["faults"] = json!([
            { "call": "rds:PromoteReadReplica", "fault": "refuse" },
            { "call": "sns:*", "fault": "server_error" },
        ]);
    });
    assert_eq!(workspace.code("failover orders --away-from orders-use1 --reason fire --accept-data-loss"), Some(4));
    workspace.change(|account| {
        account["faults"] = json!([]);
        for alarm in account["alarms"].as_array_mut().expect("alarms") {
            if alarm["name"] == "mail-usw2-5xx" {
                alarm["state"] = json!("INSUFFICIENT_DATA");
            }
        }
    });
    workspace
}

#[test]
fn status_of_an_account_in_trouble() {
    screens("status", &in_trouble("screen-status"), &["status"]);
}

#[test]
fn one_target() {
    let lines = ["status orders", "plan orders --to orders-use1", "history", "plan egress-prod", "status nothing"];
    screens("target", &in_trouble("screen-target"), &lines);
}

#[test]
fn many_targets() {
    let leave = "failover --away-from us-east-1 --reason fire";
    let plans = [&format!("{leave} --dry-run")[..], "failback --all --reason over --dry-run"];
    screens("plans", &in_trouble("screen-plans"), &plans);
    for columns in WIDTHS {
        let workspace = Workspace::of_two_regions(&format!("screen-many-{columns}"));
        let shown = workspace.at(columns, &format!("{leave} --yes --accept-data-loss"));
        assert_eq!(too_long(&shown, columns), Vec::<&str>::new());
        snapshot!(format!("screen_many_{columns}"), shown);
    }
}

#[test]
fn the_smallest_terminal() {
    let workspace = Workspace::of_two_regions("screen-small");
    let shown = ["status egress-prod", "plan egress-prod --away-from us-east-1a"].map(|line| workspace.at(20, line));
    snapshot!("screen_small", shown.join("\n"));
}

#[test]
fn watch_prints_one_screen_after_the_other() {
    let workspace = Workspace::new("watch");
    let line = ["status", "--watch", "--interval", "1s", "--account", "account.json"];
    let mut child = workspace.command(&line).stdout(Stdio::piped()).spawn().expect("the command can be run");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let seen: Vec<String> = lines.map(|line| line.expect("text")).filter(|line| line.starts_with("Every")).take(3).collect();
    child.kill().expect("alive");
    child.wait().expect("an end");
    assert_eq!(seen, ["Every 1 s, last read at 2026-03-14T03:12:40Z; Ctrl-C to stop."; 3]);
}

#[test]
fn invalid_watches_are_errors() {
    let workspace = Workspace::new("watch-errors");
    snapshot!(
        "watch_errors",
        workspace.transcript(&["status nothing --watch --json", "status --watch --interval 1ms", "status --interval 5s"])
    );
    assert_eq!(workspace.run(&["status", "--watch", "--account", "no-such.json"]).status.code(), Some(1));
}
