//! Drills: what they show, what they come to for every side that can fail, and that nothing is changed.

#![expect(clippy::expect_used, reason = "tests")]

mod desk;

use std::fs;

use desk::{Desk, snapshot, top};
use serde_json::{Value, json};

const TWO_REGIONS: &str = "events/accounts/two-regions";
const DATABASES: &str = "events/accounts/databases";

/// A desk with one of the accounts that come with events.
fn desk_of(name: &str, account: &str) -> Desk {
    let desk = Desk::new(name);
    fs::copy(top().join(format!("{account}.json")), desk.account()).expect("a copy");
    fs::copy(top().join(format!("{account}.toml")), desk.0.join("topology.toml")).expect("a copy");
    desk
}

/// A drill's screen at both widths, none of whose lines is longer.
fn screens(name: &str, desk: &Desk, lines: &[&str]) {
    for columns in [80, 120] {
        let shown = lines.iter().map(|line| desk.at(columns, line)).collect::<Vec<_>>().join("\n");
        assert!(!shown.contains('\u{1b}'), "colours where there is no terminal");
        let one_word = |line: &str| line.trim_start().split(' ').count() == 1;
        let room = usize::try_from(columns).expect("a width");
        let long = shown.lines().filter(|line| line.chars().count() > room && !line.starts_with("$ ") && !one_word(line));
        assert_eq!(long.collect::<Vec<_>>(), Vec::<&str>::new(), "at {columns}");
        snapshot!(format!("drill_{name}_{columns}"), shown);
    }
}

fn json_of(desk: &Desk, line: &str) -> (Option<i32>, Value) {
    let arguments: Vec<&str> = line.split(' ').chain(["--account", "account.json", "--json"]).collect();
    let output = desk.run(&arguments);
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        unreachable!("{line}: {error}: {said}")
    });
    (output.status.code(), value)
}

#[test]
fn a_zone_and_a_region() {
    screens("zone", &Desk::new("drill-zone"), &["drill --fail us-east-1a", "drill --fail us-east-1"]);
    screens("region", &desk_of("drill-region", TWO_REGIONS), &["drill --fail us-east-1"]);
}

#[test]
fn databases() {
    let desk = desk_of("drill-databases", DATABASES);
    screens("databases", &desk, &["drill --fail orders/orders-use1", "drill --fail stock/stock-use1", "drill --fail us-west-2"]);
}

#[test]
fn without_what_crossover_itself_needs() {
    screens("without", &Desk::new("drill-without"), &["drill --fail us-east-1a --without journal,sns,cloudwatch"]);
    let desk = desk_of("drill-without-dns", TWO_REGIONS);
    screens("without_route53", &desk, &["drill --fail www/use1 --without route53", "drill --fail portal/use1 --without route53"]);
    let desk = desk_of("drill-without-database", DATABASES);
    screens("without_journal", &desk, &["drill --fail orders/orders-use1 --without journal"]);
}

#[test]
fn what_goes_home_by_itself() {
    let desk = Desk::new("drill-automatic");
    let topology = fs::read_to_string(top().join("topology/topology.toml")).expect("the topology");
    let automatic = "failback = \"automatic\"\nstable_for = \"15m\"";
    for (block, minutes) in [("1h", 60..65), ("5m", 15..20)] {
        let topology = topology.replacen("failback = \"manual\"", automatic, 1);
        let topology = topology.replacen("block = \"1h\"", &format!("block = \"{block}\""), 1);
        fs::write(desk.0.join("topology.toml"), topology).expect("written");
        let (code, drill) = json_of(&desk, "drill --fail egress-prod/us-east-1a");
        assert_eq!((code, &drill["commands"]), (Some(0), &json!([])), "{drill:#}");
        let home = drill["targets"][0]["home_ms"].as_u64().expect("home") / 60_000;
        assert!(minutes.contains(&home), "{block}: {home}");
    }
    let (_, by_hand) = json_of(&Desk::new("drill-by-hand"), "drill --fail egress-prod/us-east-1a");
    assert_eq!(by_hand["commands"], json!(["crossover failback egress-prod --reason drill --account account.json"]));
}

#[test]
fn a_mode_that_only_tells_and_an_alarm_that_is_missing_are_seen() {
    let desk = Desk::new("drill-shadow");
    let topology = fs::read_to_string(top().join("topology/topology.toml")).expect("the topology");
    fs::write(desk.0.join("topology.toml"), topology.replacen("[[nat]]", "[[nat]]\nmode = \"shadow\"", 1)).expect("written");
    let (code, drill) = json_of(&desk, "drill --fail egress-prod/us-east-1a");
    assert_eq!(code, Some(1));
    assert!(drill["targets"][0]["held"].as_str().expect("held").contains("shadow"), "{drill:#}");

    fs::write(desk.0.join("topology.toml"), topology).expect("written");
    desk.change(|account| {
        account["alarms"].as_array_mut().expect("alarms").retain(|alarm| alarm["name"] != "nat-use1a-unreachable");
    });
    let (code, drill) = json_of(&desk, "drill --fail egress-prod/us-east-1a");
    assert_eq!((code, &drill["crossed_over"]), (Some(1), &json!(false)));
    let whats = drill["timeline"].as_array().expect("a timeline").iter().map(|moment| moment["what"].as_str().expect("words"));
    assert!(whats.clone().any(|what| what.contains("does not exist")), "{drill:#}");
}

/// Whatever serves where it fails crosses over, but for what its policy holds back; what is elsewhere stays.
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
    let desks = [TWO_REGIONS, DATABASES].map(|account| (account, desk_of(&account.replace('/', "-"), account)));
    for (target, [home, other], account) in sides {
        let desk = &desks.iter().find(|(name, _)| *name == account).expect("a desk").1;
        let before = fs::read(desk.account()).expect("the account");
        let verdict = if target == "stock" { (Some(1), "not crossed over") } else { (Some(0), "crossed over") };
        for (side, (expected_code, expected)) in [(home, verdict), (other, (Some(1), "was not there"))] {
            let (code, drill) = json_of(desk, &format!("drill --fail {target}/{side}"));
            let fate = &drill["targets"][0];
            assert_eq!((code, fate["verdict"].as_str()), (expected_code, Some(expected)), "{target}/{side}: {drill:#}");
            assert_eq!(fate["first_move_ms"].is_u64(), expected == "crossed over", "{drill:#}");
            assert!(expected != "not crossed over" || fate["held"].is_string(), "{drill:#}");
            // An instance that was the writer and is nobody's replica comes home by a person's hand alone.
            assert_eq!(fate["home_ms"].is_u64(), target != "orders" || side == other, "{drill:#}");
        }
        assert_eq!(fs::read(desk.account()).expect("the account"), before, "a drill changes nothing");
    }
}

#[test]
fn what_does_not_exist_is_named() {
    let desk = Desk::new("drill-unknown");
    snapshot!(
        "drill_unknown",
        desk.story(&[
            "drill --fail egress-prd/us-east-1a",
            "drill --fail egress-prod/us-east-1z",
            "drill --fail us-east-2a",
            "drill --fail nat"
        ])
    );
}

#[test]
fn on_a_snapshot_it_is_the_same_drill() {
    let desk = desk_of("drill-snapshot", TWO_REGIONS);
    let taken = desk.run(&["snapshot", "--account", "account.json", "--out", "snapshot.json"]);
    let said = String::from_utf8_lossy(&taken.stdout).into_owned() + &String::from_utf8_lossy(&taken.stderr);
    assert_eq!(
        (taken.status.code(), said.as_str()),
        (Some(0), "snapshot.json: written, with the resources that topology.toml names\n")
    );
    let (_, of_account) = json_of(&desk, "drill --fail us-east-1");
    fs::copy(desk.0.join("snapshot.json"), desk.account()).expect("a copy");
    let (_, of_snapshot) = json_of(&desk, "drill --fail us-east-1");
    let verdicts = |drill: &Value| -> Vec<(Value, Value)> {
        let targets = drill["targets"].as_array().expect("targets").iter();
        targets.map(|target| (target["target"].clone(), target["verdict"].clone())).collect()
    };
    assert_eq!(verdicts(&of_account), verdicts(&of_snapshot));
}

#[test]
fn a_snapshot_of_nothing_leaves_the_last_one() {
    let desk = desk_of("snapshot-nothing", DATABASES);
    let out = desk.0.join("snapshot.json");
    let take = || desk.run(&["snapshot", "--account", "account.json", "--out", "snapshot.json"]);
    assert_eq!(take().status.code(), Some(0));
    let good = fs::read(&out).expect("the snapshot");
    desk.change(|account| account["faults"] = json!([{ "call": "*", "fault": "refuse" }]));
    let refused = take();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1));
    let why = "crossover: no resource that topology.toml names was found or readable; no file is written\n";
    assert!(said.contains("not read: ") && said.ends_with(why), "{said}");
    assert_eq!(fs::read(&out).expect("the snapshot"), good);
    // Readable, and another account: nothing of it is there.
    fs::copy(top().join("events/accounts/two-zones.json"), desk.account()).expect("a copy");
    assert_eq!(take().status.code(), Some(1));
    assert_eq!(fs::read(&out).expect("the snapshot"), good);
    let piped = desk.run(&["snapshot", "--account", "account.json", "--out", "-"]);
    assert_eq!((piped.status.code(), piped.stdout.len()), (Some(1), 0));
    let nowhere = desk_of("snapshot-nowhere", DATABASES).shown("snapshot --out no/such/folder");
    assert!(nowhere.ends_with("expected a writable file\n"), "{nowhere}");
    let left = fs::read_dir(&desk.0)
        .expect("the folder")
        .filter(|file| file.as_ref().is_ok_and(|file| file.file_name().to_string_lossy().contains(".part")));
    assert_eq!(left.count(), 0);
}

#[test]
fn a_snapshot_goes_where_a_link_leads_to() {
    let desk = desk_of("snapshot-link", DATABASES);
    fs::write(desk.0.join("behind.json"), "{}").expect("written");
    std::os::unix::fs::symlink("behind.json", desk.0.join("link.json")).expect("a link");
    assert_eq!(desk.code("snapshot --out link.json"), Some(0));
    assert!(fs::symlink_metadata(desk.0.join("link.json")).expect("a link").is_symlink());
    assert!(fs::read_to_string(desk.0.join("behind.json")).expect("a file").contains("orders-use1"));
    assert!(desk.shown("snapshot --out /dev/stdout").contains("orders-use1"));
}

#[test]
fn what_a_snapshot_can_not_read_is_listed() {
    let desk = desk_of("snapshot-unread", DATABASES);
    desk.change(|account| account["faults"] = json!([{ "call": "rds:*", "resource": "us-west-2", "fault": "refuse" }]));
    let taken = desk.run(&["snapshot", "--account", "account.json", "--out", "-"]);
    assert_eq!(taken.status.code(), Some(1));
    let said = String::from_utf8_lossy(&taken.stderr);
    assert!(
        said.contains("crossover: not read: DB instances orders-usw2 in us-west-2: rds:DescribeDBInstances: refused"),
        "{said}"
    );
    let account: Value = serde_json::from_slice(&taken.stdout).expect("an account");
    assert!(account["rds"]["instances"].as_array().expect("instances").iter().any(|instance| instance["id"] == "orders-use1"));
}
