//! A kind in one folder: a whole kind, with a service that nothing else knows, takes part in everything by its line in the
//! registry.

#![expect(clippy::expect_used, reason = "tests")]

mod lamp;

use std::{fs, path::PathBuf, process::ExitCode};

use crossover_dynamodb::DynamoDbAccount;
use crossover_kinds::Registry;
use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_sandbox::Account;
use crossover_tests::{
    examples::Example,
    simulation,
    stage::{Stage, account, tick, topology},
    sweep::{Cases, Scenario, Subject, sweep},
    top,
};
use lamp::Lamp;
use serde_json::Value;

/// The registry with one more line.
fn registry() -> Registry {
    crossover_kinds::registry().with::<Lamp>()
}

fn file(name: &str) -> PathBuf {
    top().join("tests/tests/new_kind/lamp").join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(file(name)).expect("a file of the kind")
}

fn lighthouse() -> Account {
    Account::parse(&read("account.json"), &registry().sections()).expect("a good account")
}

fn example() -> Example {
    Example { name: "lamp".to_owned(), account: lighthouse(), topology: read("topology.toml") }
}

/// An account and a topology with a NAT target and the lamp.
fn both() -> (Value, String) {
    let mut account: Value = serde_json::from_str(&account().print().expect("an account")).expect("JSON");
    let lamp: Value = serde_json::from_str(&read("account.json")).expect("JSON");
    account["lighthouses"] = lamp["lighthouses"].clone();
    let alarms = lamp["alarms"].as_array().expect("alarms").clone();
    account["alarms"].as_array_mut().expect("alarms").extend(alarms);
    let targets = read("topology.toml").replace("[defaults]\nowner = \"harbour on-call\"\n", "");
    let owned = targets.replace("[[lamp]]", "[[lamp]]\nowner = \"harbour on-call\"");
    (account, topology() + &owned)
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("new-kind-{name}"));
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// What a command line prints, and its exit code.
fn answer(line: &str) -> (String, ExitCode) {
    let words = ["crossover"].into_iter().chain(line.split_whitespace());
    crossover::answer(&registry(), words).unwrap_or_else(|error| (error, ExitCode::FAILURE))
}

/// The same on the lighthouse.
fn on_lighthouse(line: &str) -> String {
    let (topology, account) = (file("topology.toml"), file("account.json"));
    answer(&format!("{line} --topology {} --account {}", topology.display(), account.display())).0
}

fn shown(text: &str) -> String {
    text.replace(env!("CARGO_TARGET_TMPDIR"), "").replace(&*top().to_string_lossy(), "")
}

#[test]
fn the_errors_of_its_topology_name_its_keys() {
    let path = folder("errors").join("topology.toml");
    let broken = read("topology.toml").replace("house = \"fastnet\"", "hose = \"fastnet\"").replace("bulb-2", "tube-2");
    fs::write(&path, broken).expect("a topology");
    insta::assert_snapshot!(shown(&answer(&format!("check {}", path.display())).0));
    let (text, _) = answer(&format!("check {}", file("topology.toml").display()));
    assert!(text.contains("fastnet"), "{text}");
}

#[test]
fn the_schema_describes_its_keys() {
    let schema: Value = serde_json::from_str(&answer("schema").0).expect("JSON");
    let lamp = &schema["properties"]["lamp"];
    insta::assert_snapshot!(serde_json::to_string_pretty(&lamp["items"]["properties"]["house"]).expect("JSON"));
    assert_eq!(lamp["type"], "array", "{lamp}");
}

#[test]
fn an_event_of_its_service_is_understood_and_rehearsed() {
    insta::assert_snapshot!(shown(&on_lighthouse(&format!("dry-run {}", file("event.json").display()))));
}

#[test]
fn a_check_finds_by_its_rules() {
    let path = folder("check").join("account.json");
    fs::write(&path, read("account.json").replace("\"bulb-2\": true", "\"bulb-2\": false")).expect("an account");
    let line = format!("check {} --account {}", file("topology.toml").display(), path.display());
    insta::assert_snapshot!(shown(&answer(&line).0));
}

#[test]
fn a_drill_breaks_its_side() {
    insta::assert_snapshot!(shown(&on_lighthouse("drill --fail fastnet/us-east-1a")));
}

#[test]
fn a_snapshot_takes_its_service() {
    let taken = Account::parse(&on_lighthouse("snapshot --out -"), &registry().sections()).expect("a good account");
    assert_eq!(taken.section::<lamp::Lamps>(), lighthouse().section::<lamp::Lamps>());
}

#[test]
fn an_evacuation_takes_it_in_its_order() {
    let (account, topology) = both();
    let folder = folder("evacuation");
    fs::write(folder.join("account.json"), account.to_string()).expect("an account");
    fs::write(folder.join("topology.toml"), topology).expect("a topology");
    let files = format!("--account {0}/account.json --topology {0}/topology.toml", folder.display());
    insta::assert_snapshot!(shown(&answer(&format!("plan --away-from us-east-1a {files}")).0));
    let order = format!("failover --away-from us-east-1a --yes --reason game-day --operator tester {files}");
    let (text, code) = answer(&order);
    assert_eq!(code, ExitCode::SUCCESS, "{text}");
    let left = Account::parse(&fs::read_to_string(folder.join("account.json")).expect("the account"), &registry().sections());
    let left = left.expect("a good account");
    assert_eq!(left.section::<lamp::Lamps>().lighthouses["fastnet"].lit, "bulb-2");
    let recorded: Vec<&str> = left.dynamodb().crossovers.iter().map(|crossover| crossover.target.as_str()).collect();
    assert_eq!(recorded, ["egress-prod", "fastnet"], "the gateways first, by their rank");
}

#[test]
fn a_sweep_finds_its_alarm_whose_event_was_lost() {
    crossover_sandbox::run(async {
        let (account, topology) = both();
        let account = Account::parse(&account.to_string(), &registry().sections()).expect("a good account");
        let mut stage = Stage::of(&registry(), account, &topology);
        stage.set_alarm("fastnet-1-dark", AlarmState::Alarm);
        let answer = stage.invoke(&tick()).await.expect("no faults");
        let outcomes: Vec<(&str, Outcome)> =
            answer.targets.iter().map(|target| (target.target.as_str(), target.outcome)).collect();
        assert_eq!(outcomes, [("egress-prod", Outcome::Settled), ("fastnet", Outcome::Completed)]);
    })
    .expect("a runtime");
}

#[test]
fn every_fault_on_every_call_of_it_heals() {
    let subject = || Subject::new("lamp", &registry(), lighthouse(), read("topology.toml"));
    let cases = Cases::default();
    for scenario in Scenario::ALL {
        assert_eq!(sweep(&subject(), scenario, &cases), Vec::<String>::new(), "{scenario:?}");
    }
    let automatic =
        read("topology.toml").replace("house =", "failback = \"automatic\"\nstable_for = \"5m\"\nblock = \"10m\"\nhouse =");
    let subject = Subject::new("lamp", &registry(), lighthouse(), automatic);
    assert_eq!(sweep(&subject, Scenario::AutomaticFailback, &cases), Vec::<String>::new());
}

#[test]
fn every_history_of_it_heals() {
    assert_eq!(simulation::example_holds(&registry(), &example()), Vec::<String>::new());
}

#[test]
fn nothing_outside_of_its_folder_knows_it() {
    let mut found = Vec::new();
    for part in ["cli/src", "functions", "shared"] {
        search(&top().join(part), &mut found);
    }
    assert_eq!(found, Vec::<PathBuf>::new());
}

/// Adds the sources below a folder that name the kind, its service or its resources.
fn search(folder: &std::path::Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            search(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source").to_lowercase();
            if ["\"lamp", "lamps", "lighthouse", "bulb"].iter().any(|word| text.contains(word)) {
                found.push(path);
            }
        }
    }
}
