//! Drills: their screens, their results for every side that can fail, and that they change nothing.

#![expect(clippy::expect_used, reason = "tests")]

mod workspace;

use std::fs;

use serde_json::{Value, json};
use workspace::{Workspace, root, snapshot};

const TWO_REGIONS: &str = "events/accounts/two-regions";
const DATABASES: &str = "events/accounts/databases";

/// A workspace with one of the accounts that come with events.
fn workspace_of(name: &str, account: &str) -> Workspace {
    let workspace = Workspace::new(name);
    fs::copy(root().join(format!("{account}.json")), workspace.account()).expect("a copy");
    fs::copy(root().join(format!("{account}.toml")), workspace.0.join("topology.toml")).expect("a copy");
    workspace
}

/// A drill's screen at both widths, none of whose lines is longer.
fn screens(name: &str, workspace: &Workspace, lines: &[&str]) {
    for columns in [80, 120] {
        let shown = lines.iter().map(|line| workspace.at(columns, line)).collect::<Vec<_>>().join("\n");
        assert!(!shown.contains('\u{1b}'), "colours where there is no terminal");
        let one_word = |line: &str| line.trim_start().split(' ').count() == 1;
        let room = usize::try_from(columns).expect("a width");
        let long = shown.lines().filter(|line| line.chars().count() > room && !line.starts_with("$ ") && !one_word(line));
        assert_eq!(long.collect::<Vec<_>>(), Vec::<&str>::new(), "at {columns}");
        snapshot!(format!("drill_{name}_{columns}"), shown);
    }
}

fn json_of(workspace: &Workspace, line: &str) -> (Option<i32>, Value) {
    let arguments: Vec<&str> = line.split(' ').chain(["--account", "account.json", "--json"]).collect();
    let output = workspace.run(&arguments);
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        unreachable!("{line}: {error}: {said}")
    });
    (output.status.code(), value)
}

#[test]
fn a_zone_and_a_region() {
    screens("zone", &Workspace::new("drill-zone"), &["drill --fail us-east-1a", "drill --fail us-east-1"]);
    screens("region", &workspace_of("drill-region", TWO_REGIONS), &["drill --fail us-east-1"]);
}

#[test]
fn databases() {
    let workspace = workspace_of("drill-databases", DATABASES);
    screens(
        "databases",
        &workspace,
        &["drill --fail orders/orders-use1", "drill --fail stock/stock-use1", "drill --fail us-west-2"],
    );
}

#[test]
fn without_services_that_crossover_needs() {
    screens("without", &Workspace::new("drill-without"), &["drill --fail us-east-1a --without journal,sns,cloudwatch"]);
    let workspace = workspace_of("drill-without-dns", TWO_REGIONS);
    screens(
        "without_route53",
        &workspace,
        &["drill --fail www/use1 --without route53", "drill --fail portal/use1 --without route53"],
    );
    let workspace = workspace_of("drill-without-database", DATABASES);
    screens("without_journal", &workspace, &["drill --fail orders/orders-use1 --without journal"]);
}

#[test]
fn automatic_failbacks() {
    let workspace = Workspace::new("drill-automatic");
    let topology = fs::read_to_string(root().join("topology/topology.toml")).expect("the topology");
    let automatic = "failback = \"automatic\"\nstable_for = \"15m\"";
    for (block, minutes) in [("1h", 60..65), ("5m", 15..20)] {
        let topology = topology.replacen("failback = \"manual\"", automatic, 1);
        let topology = topology.replacen("block = \"1h\"", &format!("block = \"{block}\""), 1);
        fs::write(workspace.0.join("topology.toml"), topology).expect("written");
        let (code, drill) = json_of(&workspace, "drill --fail egress-prod/us-east-1a");
        assert_eq!((code, &drill["commands"]), (Some(0), &json!([])), "{drill:#}");
        let home = drill["targets"][0]["home_ms"].as_u64().expect("home") / 60_000;
        assert!(minutes.contains(&home), "{block}: {home}");
    }
    let (_, by_hand) = json_of(&Workspace::new("drill-by-hand"), "drill --fail egress-prod/us-east-1a");
    assert_eq!(by_hand["commands"], json!(["crossover failback egress-prod --reason drill --account account.json"]));
}

#[test]
fn shadow_mode_and_a_missing_alarm_are_visible() {
    let workspace = Workspace::new("drill-shadow");
    let topology = fs::read_to_string(root().join("topology/topology.toml")).expect("the topology");
    fs::write(workspace.0.join("topology.toml"), topology.replacen("[[nat]]", "[[nat]]\nmode = \"shadow\"", 1)).expect("written");
    let (code, drill) = json_of(&workspace, "drill --fail egress-prod/us-east-1a");
    assert_eq!(code, Some(1));
    assert!(drill["targets"][0]["held"].as_str().expect("held").contains("shadow"), "{drill:#}");

    fs::write(workspace.0.join("topology.toml"), topology).expect("written");
    workspace.change(|account| {
        account["alarms"].as_array_mut().expect("alarms").retain(|alarm| alarm["name"] != "nat-use1a-unreachable");
    });
    let (code, drill) = json_of(&workspace, "drill --fail egress-prod/us-east-1a");
    assert_eq!((code, &drill["crossed_over"]), (Some(1), &json!(false)));
    let whats = drill["timeline"].as_array().expect("a timeline").iter().map(|moment| moment["what"].as_str().expect("words"));
    assert!(whats.clone().any(|what| what.contains("does not exist")), "{drill:#}");
}

/// Every target that serves where the failure is crosses over, except for those that a guard holds; the others stay.
#[test]
fn every_side_of_every_target_can_fail() {
    let sides = [
        ("www", ["use1", "usw2"], TWO_REGIONS),
        ("shop", ["blue", "green"], TWO_REGIONS),
        ("ledger", ["use1", "usw2"], TWO_REGIONS),
        ("portal", ["use1", "usw2"], TWO_REGIONS),
        ("mail", ["use1", "usw2"], TWO_REGIONS),
        ("bank", ["use1", "usw2"], TWO_REGIONS),
        ("orders", ["orders-use1", "arn:aws:rds:us-west-2:111122223333:db:orders-usw2"], DATABASES),
        ("stock", ["stock-use1", "arn:aws:rds:us-west-2:111122223333:db:stock-usw2"], DATABASES),
        ("ledger", ["us-east-1a", "us-east-1b"], DATABASES),
        ("shop", ["shop-1", "shop-2"], DATABASES),
        (
            "profiles",
            [
                "arn:aws:rds:us-east-1:111122223333:cluster:profiles-use1",
                "arn:aws:rds:us-west-2:111122223333:cluster:profiles-usw2",
            ],
            DATABASES,
        ),
    ];
    let desks = [TWO_REGIONS, DATABASES].map(|account| (account, workspace_of(&account.replace('/', "-"), account)));
    for (target, [home, other], account) in sides {
        let workspace = &desks.iter().find(|(name, _)| *name == account).expect("a workspace").1;
        let before = fs::read(workspace.account()).expect("the account");
        let verdict = if target == "stock" { (Some(1), "not crossed over") } else { (Some(0), "crossed over") };
        for (side, (expected_code, expected)) in [(home, verdict), (other, (Some(1), "was not there"))] {
            let (code, drill) = json_of(workspace, &format!("drill --fail {target}/{side}"));
            let fate = &drill["targets"][0];
            assert_eq!((code, fate["verdict"].as_str()), (expected_code, Some(expected)), "{target}/{side}: {drill:#}");
            assert_eq!(fate["first_move_ms"].is_u64(), expected == "crossed over", "{drill:#}");
            assert!(expected != "not crossed over" || fate["held"].is_string(), "{drill:#}");
            // An instance that was the writer and is no replica can only be moved home by an operator.
            assert_eq!(fate["home_ms"].is_u64(), target != "orders" || side == other, "{drill:#}");
        }
        assert_eq!(fs::read(workspace.account()).expect("the account"), before, "a drill changes nothing");
    }
}

#[test]
fn unknown_sides_and_places_are_errors() {
    let workspace = Workspace::new("drill-unknown");
    snapshot!(
        "drill_unknown",
        workspace.transcript(&[
            "drill --fail egress-prd/us-east-1a",
            "drill --fail egress-prod/us-east-1z",
            "drill --fail us-east-2a",
            "drill --fail nat"
        ])
    );
}

#[test]
fn a_drill_on_a_snapshot_has_the_same_result() {
    let workspace = workspace_of("drill-snapshot", TWO_REGIONS);
    let taken = workspace.run(&["snapshot", "--account", "account.json", "--out", "snapshot.json"]);
    let said = String::from_utf8_lossy(&taken.stdout).into_owned() + &String::from_utf8_lossy(&taken.stderr);
    assert_eq!(
        (taken.status.code(), said.as_str()),
        (Some(0), "snapshot.json: written, with the resources that topology.toml names\n")
    );
    let (_, of_account) = json_of(&workspace, "drill --fail us-east-1");
    fs::copy(workspace.0.join("snapshot.json"), workspace.account()).expect("a copy");
    let (_, of_snapshot) = json_of(&workspace, "drill --fail us-east-1");
    let verdicts = |drill: &Value| -> Vec<(Value, Value)> {
        let targets = drill["targets"].as_array().expect("targets").iter();
        targets.map(|target| (target["target"].clone(), target["verdict"].clone())).collect()
    };
    assert_eq!(verdicts(&of_account), verdicts(&of_snapshot));
}

#[test]
fn an_empty_snapshot_does_not_replace_the_last_one() {
    let workspace = workspace_of("snapshot-nothing", DATABASES);
    let out = workspace.0.join("snapshot.json");
    let take = || workspace.run(&["snapshot", "--account", "account.json", "--out", "snapshot.json"]);
    assert_eq!(take().status.code(), Some(0));
    let good = fs::read(&out).expect("the snapshot");
    workspace.change(|account| account["faults"] = json!([{ "call": "*", "fault": "refuse" }]));
    let refused = take();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1));
    let why = "crossover: no resource that topology.toml names was found or readable; no file is written\n";
    assert!(said.contains("not read: ") && said.ends_with(why), "{said}");
    assert_eq!(fs::read(&out).expect("the snapshot"), good);
    // A readable account, but another one: it has none of the resources.
    fs::copy(root().join("events/accounts/two-zones.json"), workspace.account()).expect("a copy");
    assert_eq!(take().status.code(), Some(1));
    assert_eq!(fs::read(&out).expect("the snapshot"), good);
    let piped = workspace.run(&["snapshot", "--account", "account.json", "--out", "-"]);
    assert_eq!((piped.status.code(), piped.stdout.len()), (Some(1), 0));
    let nowhere = workspace_of("snapshot-nowhere", DATABASES).shown("snapshot --out no/such/folder");
    assert!(nowhere.ends_with("expected a writable file\n"), "{nowhere}");
    let left = fs::read_dir(&workspace.0)
        .expect("the folder")
        .filter(|file| file.as_ref().is_ok_and(|file| file.file_name().to_string_lossy().contains(".part")));
    assert_eq!(left.count(), 0);
}

#[test]
fn a_snapshot_follows_a_symbolic_link() {
    let workspace = workspace_of("snapshot-link", DATABASES);
    fs::write(workspace.0.join("behind.json"), "{}").expect("written");
    std::os::unix::fs::symlink("behind.json", workspace.0.join("link.json")).expect("a link");
    assert_eq!(workspace.code("snapshot --out link.json"), Some(0));
    assert!(fs::symlink_metadata(workspace.0.join("link.json")).expect("a link").is_symlink());
    assert!(fs::read_to_string(workspace.0.join("behind.json")).expect("a file").contains("orders-use1"));
    assert!(workspace.shown("snapshot --out /dev/stdout").contains("orders-use1"));
}

#[test]
fn unreadable_resources_of_a_snapshot_are_listed() {
    let workspace = workspace_of("snapshot-unread", DATABASES);
    workspace.change(|account| account["faults"] = json!([{ "call": "rds:*", "resource": "us-west-2", "fault": "refuse" }]));
    let taken = workspace.run(&["snapshot", "--account", "account.json", "--out", "-"]);
    assert_eq!(taken.status.code(), Some(1));
    let said = String::from_utf8_lossy(&taken.stderr);
    assert!(
        said.contains("crossover: not read: DB instances orders-usw2 in us-west-2: rds:DescribeDBInstances: refused"),
        "{said}"
    );
    let account: Value = serde_json::from_slice(&taken.stdout).expect("an account");
    assert!(account["rds"]["instances"].as_array().expect("instances").iter().any(|instance| instance["id"] == "orders-use1"));
}

/// A drill can do without each service whose calls the account answers, and says which there are.
#[test]
fn every_service_can_fail_too() {
    let workspace = Workspace::new("drill-services");
    let sections = crossover_kinds::registry().sections();
    let services: Vec<_> = sections.services().collect();
    assert!(["journal", "sns", "cloudwatch", "route53"].iter().all(|word| services.iter().any(|service| service.word == *word)));
    for service in &services {
        let (_, drill) = json_of(&workspace, &format!("drill --fail us-east-1a --without {}", service.word));
        let says = format!("{} does not respond", service.title);
        let whats = drill["timeline"].as_array().expect("a timeline").iter().map(|moment| &moment["what"]);
        assert_eq!(whats.filter(|what| **what == json!(says)).count(), 1, "{drill:#}");
    }
    let refused = workspace.run(&["drill", "--fail", "us-east-1a", "--without", "postbox"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && services.iter().all(|service| said.contains(service.word)), "{said}");
}
