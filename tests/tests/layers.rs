//! A crate uses only crates of lower layers, as the table in `ARCHITECTURE.md` shows them.

#![expect(clippy::expect_used, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crossover_kinds::registry;
use toml::Table;

/// The crates that use another one of their own layer, each with the reason.
const PEERS: [(&str, &str, &str); 4] = [
    ("shared/services/rds", "shared/services/ec2", "in the sandbox, an instance takes no security group of another VPC"),
    ("shared/services/route53", "shared/services/arc", "in the sandbox, a health check follows a routing control"),
    ("shared/services/route53", "shared/services/cloudwatch", "in the sandbox, a health check follows the metric of an alarm"),
    ("shared/services/route53", "shared/services/s3", "in the sandbox, a health check asks for an object"),
];

/// The service crates that use the SDK of another one's service, each with the reason.
const SDKS: [(&str, &str, &str); 1] =
    [("shared/services/rds", "aws-sdk-cloudwatch", "RDS publishes the lag of a replica only as a metric")];

/// The crates that use a kind, each with the reason. The tests of a crate may use any.
const USERS_OF_KINDS: [(&str, &str); 1] = [("shared/kinds", "it lists them")];

/// The crates above the kinds that use a service of a kind, each with the reason.
const USERS_OF_SERVICES: [(&str, &str, &str); 1] =
    [("cli", "shared/services/ec2", "the demo shows the routes of its sandbox account")];

/// A crate of the workspace, by its folder.
struct Crate {
    folder: String,
    /// The folders of the crates that it uses.
    uses: BTreeSet<String>,
    /// Those that only its tests use.
    tests_use: BTreeSet<String>,
    /// AWS's SDKs.
    sdks: BTreeSet<String>,
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests is a folder of the checkout")
}

fn manifest(folder: &Path) -> Table {
    fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest").parse().expect("TOML")
}

/// All crates but those of the tests, which may use any.
fn crates() -> Vec<Crate> {
    let manifest_of_all = manifest(top());
    let shared = manifest_of_all["workspace"]["dependencies"].as_table().expect("the workspace's dependencies");
    let path = |name: &str| Some(shared.get(name)?.get("path")?.as_str()?.to_owned());
    let parents = ["", "functions", "shared", "shared/services"].map(|parent| top().join(parent));
    let folders = parents.iter().flat_map(|parent| fs::read_dir(parent).expect("a folder"));
    let folders = folders.map(|entry| entry.expect("an entry").path()).filter(|folder| folder.join("Cargo.toml").exists());
    let folders: BTreeSet<PathBuf> = folders.filter(|folder| *folder != top().join("tests")).collect();
    let one = |folder: &PathBuf| {
        let manifest = manifest(folder);
        let names = |table: &str| -> Vec<String> {
            manifest.get(table).and_then(toml::Value::as_table).map_or_else(Vec::new, |table| table.keys().cloned().collect())
        };
        let folder = folder.strip_prefix(top()).expect("a folder of the checkout").to_str().expect("a path").to_owned();
        let paths = |table: &str| -> BTreeSet<String> {
            names(table).iter().filter_map(|name| path(name)).filter(|used| *used != folder).collect()
        };
        let sdks = names("dependencies").into_iter().filter(|name| name.starts_with("aws-sdk-")).collect();
        Crate { uses: paths("dependencies"), tests_use: paths("dev-dependencies"), sdks, folder: folder.clone() }
    };
    folders.iter().map(one).collect()
}

/// The table of layers, the lowest first.
fn layers() -> Vec<Vec<String>> {
    let text = fs::read_to_string(top().join("ARCHITECTURE.md")).expect("the page");
    let section = text.split_once("\n## Layers\n").expect("the section").1;
    let table = section.split("```\n").nth(1).expect("its table");
    let row = |row: &str| row.split_once("  ").map(|(crates, _)| crates.split(", ").map(str::to_owned).collect::<Vec<String>>());
    table.lines().rev().filter(|line| !line.starts_with(' ')).map(|line| row(line).expect("crates and their purpose")).collect()
}

/// The layer of a folder, which a row names, or names all of its parent's folders.
fn layer(layers: &[Vec<String>], folder: &str) -> usize {
    let all = folder.rsplit_once('/').map(|(parent, _)| format!("{parent}/*"));
    let named = |name: &str| layers.iter().position(|layer| layer.iter().any(|crates| crates == name));
    named(folder).or_else(|| named(&all?)).unwrap_or_else(|| unreachable!("the table of layers does not have {folder}"))
}

#[test]
fn a_crate_uses_only_lower_layers() {
    let (crates, layers) = (crates(), layers());
    assert!(crates.len() > 20 && layers.len() > 5, "{} crates, {layers:?}", crates.len());
    let mut peers = BTreeSet::new();
    for one in &crates {
        for used in one.uses.iter().chain(&one.tests_use) {
            let (above, below) = (layer(&layers, &one.folder), layer(&layers, used));
            if above == below {
                peers.insert((one.folder.as_str(), used.as_str()));
            }
            assert!(above >= below, "{} is below {used}", one.folder);
        }
    }
    assert_eq!(peers, PEERS.iter().map(|(one, used, _)| (*one, *used)).collect(), "crates that use one of their own layer");
    for name in layers.iter().flatten() {
        let of_row = |one: &Crate| one.folder == *name || name.strip_suffix('*').is_some_and(|all| one.folder.starts_with(all));
        assert!(crates.iter().any(of_row), "the table of layers has {name}, which is no crate");
    }
}

/// The folders of the services that kinds use and the registry does not.
fn services_of_kinds<'c>(crates: &'c [Crate], kinds: &[String]) -> BTreeSet<&'c str> {
    let registry = crates.iter().find(|one| one.folder == "shared/kinds").expect("the registry");
    let used = crates.iter().filter(|one| kinds.contains(&one.folder)).flat_map(|kind| &kind.uses);
    used.filter(|used| used.starts_with("shared/services/") && !registry.uses.contains(*used)).map(String::as_str).collect()
}

#[test]
fn only_the_registry_knows_the_kinds_and_only_kinds_their_services() {
    let crates = crates();
    let kinds: Vec<String> = registry().words().into_iter().map(|word| format!("functions/{word}")).collect();
    let services = services_of_kinds(&crates, &kinds);
    assert!(kinds.iter().all(|kind| crates.iter().any(|one| one.folder == *kind)), "{kinds:?}");
    assert!(services.contains("shared/services/ec2"), "{services:?}");
    let (mut users_of_kinds, mut users_of_services) = (BTreeSet::new(), BTreeSet::new());
    for one in &crates {
        if one.uses.iter().any(|used| kinds.contains(used)) {
            users_of_kinds.insert(one.folder.as_str());
        }
        if kinds.contains(&one.folder) || one.folder.starts_with("shared/services/") {
            continue;
        }
        users_of_services.extend(
            one.uses.iter().filter(|used| services.contains(used.as_str())).map(|used| (one.folder.as_str(), used.as_str())),
        );
    }
    assert_eq!(users_of_kinds, USERS_OF_KINDS.iter().map(|(one, _)| *one).collect());
    assert_eq!(users_of_services, USERS_OF_SERVICES.iter().map(|(one, used, _)| (*one, *used)).collect());
}

#[test]
fn a_service_has_its_sdk_to_itself() {
    let crates = crates();
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in &crates {
        let is_an_adapter = one.folder.starts_with("shared/services/") || one.folder == "shared/posture";
        assert!(is_an_adapter || one.sdks.is_empty(), "{} uses {:?}", one.folder, one.sdks);
        // The posture reads many services, as plain data.
        if one.folder != "shared/posture" {
            one.sdks.iter().for_each(|sdk| users.entry(sdk).or_default().push(&one.folder));
        }
    }
    for (one, sdk, _) in SDKS {
        let users = users.get_mut(sdk).expect("an SDK");
        assert!(users.contains(&one), "{one} does not use {sdk}");
        users.retain(|user| *user != one);
    }
    users.retain(|_, users| users.len() > 1);
    assert!(users.is_empty(), "{users:?}");
}
