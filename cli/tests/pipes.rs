//! The command with a closed pipe: it completes its work and keeps its exit code.

#![expect(clippy::expect_used, reason = "tests")]

mod workspace;

use std::{fs, process::Stdio};

use serde_json::{Value, json};
use workspace::{Workspace, root};

/// The closed end of a pipe.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

/// The exit code with a closed standard output; standard error is open only if `heard`.
fn code(workspace: &Workspace, line: &str, heard: bool) -> Option<i32> {
    let arguments: Vec<&str> = line.split(' ').chain(["--account", "account.json"]).collect();
    let mut command = workspace.command(&arguments);
    command.stdin(Stdio::null()).stdout(unread()).stderr(if heard { Stdio::null() } else { unread() });
    command.status().expect("the command can be run").code()
}

fn crossovers(workspace: &Workspace) -> usize {
    let account: Value = serde_json::from_slice(&fs::read(workspace.account()).expect("the account")).expect("JSON");
    account["crossovers"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_region_is_evacuated_with_a_closed_pipe() {
    // Held: two of the targets are of unknown location.
    for heard in [true, false] {
        let workspace = Workspace::of_two_regions(&format!("pipe-region-{heard}"));
        let leave = "failover --away-from us-east-1 --reason fire --yes --accept-data-loss";
        assert_eq!((code(&workspace, leave, heard), crossovers(&workspace)), (Some(3), 8), "heard: {heard}");
    }
}

#[test]
fn one_target_is_moved_and_awaited_with_a_closed_pipe() {
    let workspace = Workspace::of_two_regions("pipe-one");
    let order = "failover orders --away-from orders-use1 --reason fire --accept-data-loss --yes --wait 10m";
    assert_eq!((code(&workspace, order, false), crossovers(&workspace)), (Some(0), 1));
}

#[test]
fn a_failed_check_fails_with_a_closed_pipe() {
    let workspace = Workspace::new("pipe-check");
    fs::copy(root().join("events/accounts/databases.json"), workspace.account()).expect("a copy");
    fs::copy(root().join("events/accounts/databases.toml"), workspace.0.join("topology.toml")).expect("a copy");
    assert_eq!(code(&workspace, "check topology.toml", true), Some(1));
    assert_eq!(code(&workspace, "status nothing", false), Some(1));
    assert_eq!(code(&workspace, "drill --fail nowhere", false), Some(1));
    workspace.change(|account| account["faults"] = json!([{ "call": "rds:*", "resource": "us-west-2", "fault": "refuse" }]));
    assert_eq!(code(&workspace, "snapshot --out -", false), Some(1));
}

#[test]
fn watch_ends_with_a_closed_pipe() {
    let workspace = Workspace::new("pipe-watch");
    assert_eq!(code(&workspace, "status --watch --interval 1s", true), Some(0));
}
