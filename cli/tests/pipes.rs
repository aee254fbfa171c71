//! The command when whoever reads it has left: its work is done all the same, and its exit code stands.

#![expect(clippy::expect_used, reason = "tests")]

mod desk;

use std::{fs, process::Stdio};

use desk::{Desk, top};
use serde_json::{Value, json};

/// A stream that nobody reads.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

/// The exit code when nobody reads what is printed, and what is said beside it only when `heard`.
fn code(desk: &Desk, line: &str, heard: bool) -> Option<i32> {
    let arguments: Vec<&str> = line.split(' ').chain(["--account", "account.json"]).collect();
    let mut command = desk.command(&arguments);
    command.stdin(Stdio::null()).stdout(unread()).stderr(if heard { Stdio::null() } else { unread() });
    command.status().expect("the command can be run").code()
}

fn crossovers(desk: &Desk) -> usize {
    let account: Value = serde_json::from_slice(&fs::read(desk.account()).expect("the account")).expect("JSON");
    account["crossovers"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_region_is_left_though_nobody_reads_how() {
    // Held: two of the targets are of unknown place.
    for heard in [true, false] {
        let desk = Desk::of_two_regions(&format!("pipe-region-{heard}"));
        let leave = "failover --away-from us-east-1 --reason fire --yes --accept-data-loss";
        assert_eq!((code(&desk, leave, heard), crossovers(&desk)), (Some(3), 8), "heard: {heard}");
    }
}

#[test]
fn one_target_is_moved_and_waited_for_though_nobody_reads_how() {
    let desk = Desk::of_two_regions("pipe-one");
    let order = "failover orders --away-from orders-use1 --reason fire --accept-data-loss --yes --wait 10m";
    assert_eq!((code(&desk, order, false), crossovers(&desk)), (Some(0), 1));
}

#[test]
fn what_is_not_in_order_is_no_success_though_nobody_reads_it() {
    let desk = Desk::new("pipe-check");
    fs::copy(top().join("events/accounts/databases.json"), desk.account()).expect("a copy");
    fs::copy(top().join("events/accounts/databases.toml"), desk.0.join("topology.toml")).expect("a copy");
    assert_eq!(code(&desk, "check topology.toml", true), Some(1));
    assert_eq!(code(&desk, "status nothing", false), Some(1));
    assert_eq!(code(&desk, "drill --fail nowhere", false), Some(1));
    desk.change(|account| account["faults"] = json!([{ "call": "rds:*", "resource": "us-west-2", "fault": "refuse" }]));
    assert_eq!(code(&desk, "snapshot --out -", false), Some(1));
}

#[test]
fn what_is_watched_by_nobody_ends() {
    let desk = Desk::new("pipe-watch");
    assert_eq!(code(&desk, "status --watch --interval 1s", true), Some(0));
}
