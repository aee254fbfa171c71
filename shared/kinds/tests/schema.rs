//! The JSON Schema of the topology agrees with the readers.

#![expect(clippy::expect_used, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use crossover_kinds::{Backend, registry};
use crossover_model::topology::Document;
use crossover_sandbox::{Account, Sandbox};
use jsonschema::Validator;
use serde_json::{Value, json};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every topology in the checkout, by its name; the example of each kind's page is one too.
fn topologies() -> Vec<(String, String)> {
    let read = |path: PathBuf| (path.display().to_string(), fs::read_to_string(&path).expect("a file"));
    let accounts = fs::read_dir(top().join("events/accounts")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = accounts.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.push(top().join("topology/topology.toml"));
    assert!(files.len() >= 3, "{files:?}");
    let mut all: Vec<(String, String)> = files.into_iter().map(read).collect();
    let pages = fs::read_dir(top().join("docs/kinds")).expect("a folder").map(|entry| entry.expect("an entry").path());
    for (name, page) in pages.map(read) {
        let examples = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
        assert!(examples.clone().count() > 0 || name.ends_with("README.md"), "{name} has no example");
        all.extend(examples.map(|example| (name.clone(), example.to_owned())));
    }
    all.push(("everything".to_owned(), EVERYTHING.to_owned()));
    all
}

/// The keys that only one of the sections has.
const EVERYTHING: &str = r#"
[defaults]
owner = "on-call"
mode = "shadow"
failback = "automatic"
stable_for = "15m"
window = "Sat Sun 02:00-05:00"
role = { arn = "arn:aws:iam::111122223333:role/crossover", external_id = "x" }

[[nat]]
name = "egress"
vpc = "vpc-1"
failback = "automatic"

[[nat.side]]
zone = "us-east-1a"
gateway = "nat-1"
alarms = ["a"]
tables = ["rtb-1"]

[[nat.side]]
zone = "us-east-1b"
gateway = "i-2"
alarms = ["b"]
tables_tagged = { egress = "b" }

[[dns]]
name = "alias"
hosted_zone = "Z1"
records = [{ name = "www.example.com", type = "A" }]
switch = "simple"
max_sick_share = 1

[[dns.side]]
id = "one"
alarms = ["c"]
alias = { zone = "Z2", name = "lb-1.example.net" }

[[dns.side]]
id = "two"
alarms = ["d"]
alias = { zone = "Z2", name = "lb-2.example.net" }

[[database]]
name = "orders"
engine = "rds-replica"
max_lag = "30s"
max_sample_age = "2m"
promote_timeout = "30m"
fence = "stop"

[[database.side]]
member = "orders-1"
region = "us-east-1"
alarms = ["e"]
replica = { kms_key = "alias/orders", parameter_group = "orders", subnet_group = "orders", security_groups = ["sg-1"] }

[[database.side]]
member = "orders-2"
region = "us-west-2"
alarms = ["f"]

[[accept]]
finding = "long-ttl"
resource = "www.example.com A"
target = "alias"
reason = "known"
until = "2027-01-31"
"#;

struct Judges {
    schema: Validator,
    sandbox: Sandbox,
}

impl Judges {
    fn new() -> Self {
        let schema = registry().schema();
        assert!(jsonschema::meta::is_valid(&schema), "no JSON Schema: {schema:#}");
        let account = fs::read_to_string(top().join("events/accounts/two-zones.json")).expect("the example");
        let account = Account::parse(&account, &registry().sections()).expect("the example");
        Self { schema: jsonschema::validator_for(&schema).expect("a schema"), sandbox: Sandbox::new(account) }
    }

    fn readers_take(&self, topology: &str) -> bool {
        registry().groups(|_| Backend::sandbox(&self.sandbox), &Document::new(topology)).is_ok()
    }

    fn refuses(&self, topology: &Value) -> Vec<String> {
        self.schema.iter_errors(topology).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }
}

fn parsed(topology: &str) -> Value {
    toml::from_str(topology).expect("TOML")
}

/// The paths of every key of a document, including those in arrays of tables.
fn keys(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
                keys(value, &path, found);
                found.push(path);
            }
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| keys(item, &format!("{path}/{index}"), found)),
        _ => {}
    }
}

/// The document without the value at this path, and the path of its table.
fn without(document: &Value, path: &str) -> (Value, String, String, Value) {
    let mut document = document.clone();
    let (table, key) = path.rsplit_once('/').expect("a path");
    let key = key.replace("~1", "/").replace("~0", "~");
    let object = document.pointer_mut(table).and_then(Value::as_object_mut).expect("a table");
    let value = object.remove(&key).expect("the key");
    (document, table.to_owned(), key, value)
}

fn with(mut document: Value, table: &str, key: &str, value: Value) -> Value {
    document.pointer_mut(table).and_then(Value::as_object_mut).expect("a table").insert(key.to_owned(), value);
    document
}

#[test]
fn every_topology_of_the_checkout_is_taken() {
    let judges = Judges::new();
    for (name, topology) in topologies() {
        assert!(judges.readers_take(&topology), "{name}");
        assert_eq!(judges.refuses(&parsed(&topology)), Vec::<String>::new(), "{name}");
    }
}

/// Tables with user-defined keys.
fn is_free(table: &str) -> bool {
    table.ends_with("/tables_tagged") || table.ends_with("/endpoints")
}

#[test]
fn a_misspelt_key_is_refused_wherever_it_is() {
    let judges = Judges::new();
    let mut tried = 0;
    for (name, topology) in topologies() {
        let document = parsed(&topology);
        let mut paths = Vec::new();
        keys(&document, "", &mut paths);
        for path in paths {
            let (rest, table, key, value) = without(&document, &path);
            if is_free(&table) {
                continue;
            }
            let misspelt = with(rest, &table, &format!("{key}x"), value);
            assert!(!judges.refuses(&misspelt).is_empty(), "{name}: {path}x is taken");
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
}

/// The schema must accept everything that the readers accept: a stricter one would report errors in valid files.
#[test]
fn it_accepts_everything_that_the_readers_accept() {
    let judges = Judges::new();
    let others = [json!("text"), json!(3), json!(0.5), json!(true), json!(["text"]), json!({ "a": "b" }), json!("10m")];
    let (mut both, mut readers_alone) = (0, 0);
    for (name, topology) in topologies() {
        let document = parsed(&topology);
        let mut paths = Vec::new();
        keys(&document, "", &mut paths);
        for path in paths {
            let (rest, table, key, _) = without(&document, &path);
            let changed = others.iter().map(|other| with(rest.clone(), &table, &key, other.clone()));
            for document in [rest.clone()].into_iter().chain(changed) {
                let text = toml::to_string(&document).expect("TOML");
                let refused = judges.refuses(&document);
                if judges.readers_take(&text) {
                    assert_eq!(refused, Vec::<String>::new(), "{name}: {path} in\n{text}");
                } else if refused.is_empty() {
                    readers_alone += 1;
                } else {
                    both += 1;
                }
            }
        }
    }
    // The schema must reject most invalid documents, but not all.
    assert!(both > 4 * readers_alone, "{both} are refused by both, {readers_alone} by the readers alone");
}

#[test]
fn keys_required_or_forbidden_by_another_are_in_the_schema() {
    let judges = Judges::new();
    let databases = fs::read_to_string(top().join("events/accounts/databases.toml")).expect("a file");
    let document = parsed(&databases);
    for (path, value) in [
        ("/database/0/engine", None),
        ("/database/0/fence", None),
        ("/database/2/instance", None),
        ("/database/2/fence", Some(json!("none"))),
        ("/database/0/cluster", Some(json!("orders"))),
        ("/database/2/side/0/replica", Some(json!({}))),
        ("/database/0/engine", Some(json!("aurora-globl"))),
    ] {
        let (table, key) = path.rsplit_once('/').expect("a path");
        let mut changed = document.clone();
        let object = changed.pointer_mut(table).and_then(Value::as_object_mut).expect("a table");
        match value {
            Some(value) => _ = object.insert(key.to_owned(), value),
            None => _ = object.remove(key),
        }
        assert!(!judges.refuses(&changed).is_empty(), "{path}");
    }
}

#[test]
fn the_schema_is_unchanged() {
    insta::assert_json_snapshot!("schema", registry().schema());
}
