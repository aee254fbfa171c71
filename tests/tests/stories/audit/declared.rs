//! A declared thing without its counterpart in the account is found, for every kind.

use std::collections::BTreeSet;

use crossover_kinds::registry;
use crossover_route53::{AliasTarget, RecordAnswer, RecordSet, Route53Account};
use crossover_sandbox::Account;
use crossover_tests::{
    database::{Kind, three_replicas},
    dns::{Way, ZONE},
    examples::examples,
    stage,
};
use serde_json::{Map, Value};

use super::{findings, found, line, placed};

/// Accounts in order, each with the topology of its targets.
pub(crate) fn worlds() -> Vec<(String, Account, String)> {
    let of_examples = examples(&registry()).into_iter().map(|example| (example.name, example.account, example.topology));
    let of_ways = Way::ALL.map(|way| (format!("{way:?}"), way.account(), way.topology()));
    let of_kinds = Kind::ALL.map(|kind| (format!("{kind:?}"), kind.account(), placed(kind)));
    let (account, topology) = three_replicas("");
    let tables = stage::topology().replacen("[[nat.side]]", "[[nat.side]]\ntables = [\"rtb-0a1b2c3d4e5f6a100\"]", 1);
    let more = [("three replicas".to_owned(), account, topology), ("tables".to_owned(), stage::account(), tables)];
    of_examples.chain(of_ways).chain(of_kinds).chain(more).collect()
}

/// The keys whose texts name nothing that has to be there: a Region is no resource of the account, and the object or the metric of a
/// beacon exists only once it was set.
const NO_RESOURCE: [&str; 4] = ["region", "key", "namespace", "metric"];

/// The texts of a topology that may name something.
fn texts(topology: &str) -> BTreeSet<&str> {
    let is_of_none = |line: &&str| ["#", "name ="].iter().any(|start| line.trim_start().starts_with(start));
    topology.lines().filter(|line| !is_of_none(line)).flat_map(of_line).collect()
}

fn of_line(line: &str) -> Vec<&str> {
    let mut key = "";
    let mut texts = Vec::new();
    for (index, part) in line.split('"').enumerate() {
        if index % 2 == 1 {
            texts.extend((!NO_RESOURCE.contains(&key)).then_some(part));
        } else if let Some((before, _)) = part.rsplit_once('=') {
            key = before.trim_end().rsplit([' ', '{', ',']).next().unwrap_or_default();
        }
    }
    texts
}

/// Whether the account means the declared text by this one: itself, the last part of its ARN, a name as Route 53 writes it.
fn means(text: &str, declared: &str) -> bool {
    let last = |text: &'_ str| if text.starts_with("arn:") { text.rsplit([':', '/']).next().map(str::to_owned) } else { None };
    let is_arn_of_it = last(text).as_deref() == Some(declared);
    is_arn_of_it
        || text == declared
        || last(declared).as_deref() == Some(text)
        || text == crossover_route53::as_route53_writes(declared)
}

/// The account with everything of this name under another one; `None` if it has nothing of this name.
fn without(account: &Value, declared: &str) -> Option<Value> {
    let renamed = |text: &str| means(text, declared).then(|| format!("{}gone-{}", &text[..start(text)], &text[start(text)..]));
    let mut found = false;
    let account = changed(account, &mut |text| {
        let new = renamed(text);
        found |= new.is_some();
        new.unwrap_or_else(|| text.to_owned())
    });
    found.then_some(account)
}

/// Where the last part of an ARN begins.
fn start(text: &str) -> usize {
    text.rfind([':', '/']).filter(|_| text.starts_with("arn:")).map_or(0, |at| at + 1)
}

fn changed(value: &Value, change: &mut impl FnMut(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(text)),
        Value::Array(items) => items.iter().map(|item| changed(item, change)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (change(key), changed(value, change))).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn told(account: &Account, topology: &str) -> BTreeSet<String> {
    findings(account.clone(), topology).iter().map(|finding| format!("{}: {}", line(finding), finding.what)).collect()
}

#[test]
fn an_alias_of_a_name_that_the_zone_does_not_have_is_found() {
    let mut account = Way::Simple.account();
    let alias = |name: &str| format!("alias = {{ zone = \"{ZONE}\", name = \"{name}\" }}");
    let topology = Way::Simple.topology().replace("values = [\"192.0.2.2\"]", &alias("west.example.com"));
    let topology = topology.replace("values = [\"192.0.2.1\"]", &alias("other.example.com"));
    let zone = &mut account.route53_mut().hosted_zones[0];
    let other = AliasTarget { zone: ZONE.to_owned(), name: "other.example.com.".to_owned(), evaluate_target_health: false };
    zone.record_sets[0].answer = RecordAnswer::Alias(other);
    let expected = "error missing: west.example.com A for us west 2";
    assert!(found(account.clone(), &topology).iter().any(|line| line == expected));
    let west = RecordSet { name: "west.example.com.".to_owned(), ..account.route53().hosted_zones[0].record_sets[1].clone() };
    account.route53_mut().hosted_zones[0].record_sets.push(west);
    assert!(!found(account, &topology).iter().any(|line| line == expected));
}

#[test]
fn a_declared_thing_without_its_counterpart_is_found() {
    let mut missed = Vec::new();
    for (name, account, topology) in worlds() {
        let before = told(&account, &topology);
        let printed: Value = serde_json::from_str(&account.print().expect("an account file")).expect("JSON");
        for declared in texts(&topology) {
            let Some(gone) = without(&printed, declared) else { continue };
            let Ok(gone) = Account::parse(&gone.to_string(), &registry().sections()) else { continue };
            if told(&gone, &topology).is_subset(&before) {
                missed.push(format!("{name}: {declared}"));
            }
        }
    }
    assert!(missed.is_empty(), "nothing is found without these:\n{}", missed.join("\n"));
}
