//! Orders for many targets: plans, refusals, order, failures, and the failback.

#![expect(clippy::expect_used, reason = "tests")]

mod workspace;

use serde_json::{Value, json};
use workspace::{Workspace, root, snapshot};

const LEAVE: &str = "failover --away-from us-east-1 --reason fire";

#[test]
fn a_region_is_evacuated_and_failed_back() {
    let workspace = Workspace::of_two_regions("region");
    snapshot!(
        "many_region",
        workspace.transcript(&[
            &format!("{LEAVE} --dry-run"),
            LEAVE,
            &format!("{LEAVE} --yes"),
            &format!("{LEAVE} --yes --accept-data-loss"),
            &format!("{LEAVE} --yes --accept-data-loss"),
            "failback --all --reason mended --yes",
        ])
    );
}

#[test]
fn a_zone_is_evacuated_by_a_switchover() {
    let workspace = Workspace::of_two_regions("zone");
    snapshot!(
        "many_zone",
        workspace.transcript(&[
            "plan --away-from us-east-1a",
            "switchover --away-from us-east-1a --reason drill --yes",
            "failback --all --reason over --yes",
            "failback --all --reason over --yes",
        ])
    );
}

#[test]
fn a_target_of_unknown_location_counts_as_held() {
    let workspace = Workspace::of_two_regions("unplaced");
    let topology = std::fs::read_to_string(root().join("events/accounts/two-regions.toml")).expect("a topology");
    std::fs::write(workspace.0.join("topology.toml"), &topology).expect("written");
    let leave = "failover --away-from us-east-1 --reason x --yes";
    let shown = workspace.shown(leave);
    assert!(
        shown.contains("\nexit 3\n") && shown.contains("Not moved: shop.\n5 of 6 targets are where they should be"),
        "{shown}"
    );
    assert_eq!(workspace.code("plan --away-from us-east-1"), Some(0));
    let placed = ["blue", "green"].iter().fold(topology, |topology, side| {
        let id = format!("id = \"{side}\"");
        topology.replace(&id, &format!("{id}\nregion = \"us-west-2\""))
    });
    std::fs::write(workspace.0.join("topology.toml"), placed).expect("written");
    let shown = workspace.shown(leave);
    assert!(
        shown.contains("\nexit 0\n")
            && shown.contains("5 of 5 targets are where they should be; the worst outcome is settled.\n"),
        "{shown}"
    );
}

#[test]
fn a_failure_does_not_stop_the_other_targets() {
    let workspace = Workspace::of_two_regions("fails");
    workspace.change(|account| {
        account["faults"] = json!([
            { "call": "rds:PromoteReadReplica", "resource": "stock-usw2", "fault": "refuse" },
            { "call": "route53:ChangeResourceRecordSets", "resource": "Z0A1B2C3D4E5F7", "fault": "refuse" },
        ]);
    });
    snapshot!("many_fails", workspace.shown(&format!("{LEAVE} --yes --accept-data-loss")));
}

#[test]
fn a_killed_invocation_does_not_stop_the_other_targets() {
    let workspace = Workspace::of_two_regions("killed");
    workspace.change(|account| account["faults"] = json!([{ "call": "s3:PutObject", "fault": "kill_before" }]));
    let shown = workspace.shown(&format!("{LEAVE} --yes --accept-data-loss"));
    assert!(shown.starts_with(&format!("$ crossover {LEAVE} --yes --accept-data-loss\nexit 1\n")), "{shown}");
    assert!(shown.contains("7 of 10 targets are where they should be; the worst outcome is failed"), "{shown}");
}

#[test]
fn invalid_orders_are_refused() {
    let workspace = Workspace::of_two_regions("refused");
    snapshot!(
        "many_refused",
        workspace.transcript(&[
            "failover --away-from us-east-2 --reason x --yes",
            "failover --away-from us-east-1a --reason x",
            "failover --to us-west-2 --reason x",
            "failback --reason x",
            "failback egress-prod --all --reason x",
            "failback --all --side us-east-1a --reason x",
            "failover --away-from us-east-1 --reason x --wait long",
            "plan",
        ])
    );
}

#[test]
fn the_json_has_the_result_of_each_target() {
    let workspace = Workspace::of_two_regions("many-json");
    let json = |line: &str| -> Value {
        let arguments: Vec<&str> = line.split(' ').chain(["--account", "account.json", "--json"]).collect();
        serde_json::from_slice(&workspace.run(&arguments).stdout).expect("JSON")
    };
    let plan = json("plan --away-from us-east-1");
    let waves: Vec<Vec<&str>> = plan["waves"]
        .as_array()
        .expect("waves")
        .iter()
        .map(|wave| wave.as_array().expect("a wave").iter().filter_map(|target| target["target"].as_str()).collect())
        .collect();
    assert_eq!(waves, [vec!["orders", "profiles", "stock"], vec!["bank", "ledger", "mail", "portal", "www"]]);
    assert_eq!(plan["left_alone"][0]["target"], "egress-prod");
    let done = json(&format!("{LEAVE} --yes --accept-data-loss"));
    assert_eq!(done["outcome"], "held", "the location of two is unknown");
    let outcomes = done["targets"].as_array().expect("targets").iter().map(|target| target["outcome"].as_str());
    assert_eq!(outcomes.collect::<Vec<_>>(), [Some("completed"); 8]);
}

#[test]
fn one_order_is_repeated_until_it_has_ended() {
    let workspace = Workspace::of_two_regions("wait");
    let order = "failover orders --away-from orders-use1 --reason fire --accept-data-loss";
    let done = workspace.shown(&format!("{order} --wait 10m"));
    assert!(done.contains("\nexit 0\n") && done.contains("  Worst loss: what was written in"), "{done}");
    assert!(!done.contains("Next:"), "{done}");
    let other = Workspace::of_two_regions("no-wait");
    let begun = other.shown(order);
    let next = "  Next: not finished: repeat the order to continue it, or add --wait 20m to continue until it has ended; \
                to see the progress: crossover status orders --account account.json\n";
    assert!(begun.contains("\nexit 4\n") && begun.contains(next), "{begun}");
    assert_eq!(other.code(&format!("{order} --wait 20m")), Some(0));
}

#[test]
fn an_order_for_a_busy_target_is_repeated() {
    let workspace = Workspace::of_two_regions("busy");
    workspace.change(|account| {
        let lease = json!({
            "holder": "crossover-database/1", "taken": "2026-03-14T03:12:00Z", "until": "2026-03-14T03:13:00Z",
            "crossover_id": "profiles-1", "trigger": "an alarm",
        });
        account["journal"] = json!({ "profiles": { "epoch": 1, "lease": lease, "memory": {} } });
    });
    let shown = workspace.shown(&format!("{LEAVE} --yes --accept-data-loss"));
    let busy = shown.lines().find(|line| line.contains("profiles  held, ")).expect("the busy target");
    assert!(busy.ends_with("; repeated until 2026-03-14T03:27:40Z"), "{shown}");
    assert!(shown.contains("8 of 10 targets are where they should be"), "{shown}");
}

#[test]
fn targets_of_other_stacks_are_not_moved() {
    let workspace = Workspace::of_two_regions("stacks");
    let topology = std::fs::read_to_string(workspace.0.join("topology.toml")).expect("the topology");
    let divided = format!("[defaults]\nstack = \"crossover\"\n{topology}")
        .replace("name = \"www\"\n", "name = \"www\"\nstack = \"crossover-west\"\n");
    std::fs::write(workspace.0.join("topology.toml"), divided).expect("written");
    let refused = workspace.shown(&format!("{LEAVE} --yes --accept-data-loss"));
    assert!(refused.contains("--stack is missing: the topology assigns its targets to stacks"), "{refused}");
    let shown = workspace.shown(&format!("{LEAVE} --yes --accept-data-loss --stack crossover"));
    assert!(shown.contains("another stack acts on it: run the command with --stack"), "{shown}");
    assert!(shown.contains("7 of 9 targets are where they should be"), "{shown}");
    let wrong = workspace.shown("failover www --to us-west-2 --reason fire --stack crossover");
    assert!(wrong.contains("the stack \"crossover-west\" acts on \"www\""), "{wrong}");
}
