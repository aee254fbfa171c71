//! What a check finds follows from what a crossover would do: in generated accounts, a side that could not be left is found, and
//! where nothing is found, a side is left.

use std::collections::BTreeMap;

use crossover_kinds::registry;
use crossover_model::{
    alarm::AlarmState,
    finding::Severity,
    outcome::Outcome,
    topology::{Document, Side},
};
use crossover_rds::RdsAccount;
use crossover_sandbox::Account;
use crossover_tests::{
    database::{Kind, instance},
    stage::{Stage, tick},
};
use fastrand::Rng;
use serde_json::Value;

use super::{declared::worlds, found, looked, placed};

const SEEDS: u64 = 300;
/// The most changes of one account.
const CHANGES: usize = 2;
/// What is no state of a resource that a crossover moves or moves to; and ARC's safety rules, which only its control plane can read.
const UNCHANGED: [&str; 9] =
    ["account_id", "region", "time", "call_ms", "alarms", "estate", "control_plane", "coming", "safety_rules"];
/// A zone has no record sets of other names than its own.
const NAME_OF_A_ZONE: (&str, &str) = ("hosted_zones", "name");

/// No two resources have the same id.
const ID: &str = "id";

/// Changes one place of an account: a flag, a text for another one that the account has at the same key, a list by one item.
fn change(random: &mut Rng, account: &mut Value) {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    collect("", account, &mut texts);
    let Value::Object(fields) = account else { return };
    let keys: Vec<String> = fields.keys().filter(|key| !UNCHANGED.contains(&key.as_str())).cloned().collect();
    let Some(key) = random.choice(&keys) else { return };
    if let Some(value) = fields.get_mut(key) {
        change_in(random, key, value, &texts);
    }
}

fn collect(key: &str, value: &Value, texts: &mut BTreeMap<String, Vec<String>>) {
    match value {
        Value::String(text) => texts.entry(key.to_owned()).or_default().push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(key, item, texts)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| collect(key, value, texts)),
        _ => {}
    }
}

fn change_in(random: &mut Rng, key: &str, value: &mut Value, texts: &BTreeMap<String, Vec<String>>) {
    match value {
        Value::Bool(flag) => *flag = !*flag,
        Value::String(text) => {
            let others = texts.get(key).filter(|_| key != ID).map(Vec::as_slice).unwrap_or_default();
            let other = random.choice(others).filter(|_| random.u8(0..3) > 0);
            *text = other.cloned().unwrap_or_else(|| format!("other-{}", random.u32(..)));
        }
        Value::Array(items) if !items.is_empty() => {
            let at = random.usize(0..items.len());
            if random.u8(0..4) == 0 {
                items.remove(at);
            } else {
                change_in(random, key, &mut items[at], texts);
            }
        }
        Value::Object(fields) => {
            let at = random.usize(0..fields.len().max(1));
            if let Some((inner, value)) = fields.iter_mut().nth(at).filter(|(inner, _)| (key, inner.as_str()) != NAME_OF_A_ZONE) {
                let inner = inner.clone();
                change_in(random, &inner, value, texts);
            }
        }
        _ => {}
    }
}

/// What an alarm of each side makes of each target, one side after the other, each in an account of its own.
async fn left(account: &Account, topology: &str) -> Vec<(String, Outcome, String)> {
    let rehearsals = registry().rehearsals(&Document::new(topology)).expect("a good topology");
    let mut outcomes = Vec::new();
    for target in &rehearsals {
        for side in &target.sides {
            let mut stage = Stage::with(account.clone(), topology);
            let of_side = |of: &Side| of.alarms.iter().map(|alarm| (alarm.clone(), of.name == side.name)).collect::<Vec<_>>();
            let alarms = rehearsals.iter().flat_map(|other| {
                let own = other.target == target.target;
                other.sides.iter().flat_map(of_side).map(move |(alarm, fires)| (alarm, fires && own))
            });
            let mut states: BTreeMap<String, bool> = BTreeMap::new();
            for (alarm, fires) in alarms {
                *states.entry(alarm).or_default() |= fires;
            }
            for (alarm, fires) in states {
                stage.set_alarm(&alarm, if fires { AlarmState::Alarm } else { AlarmState::Ok });
            }
            let answer = stage.invoke(&tick()).await.expect("nobody is killed");
            let of_target = answer.targets.into_iter().find(|answer| answer.target == target.target);
            if let Some(answer) = of_target {
                outcomes.push((format!("{} from {}", target.target, side.name), answer.outcome, format!("{answer:?}")));
            }
        }
    }
    outcomes
}

#[test]
fn a_side_that_could_not_be_left_is_found_and_where_nothing_is_found_it_is_left() {
    let worlds = worlds();
    let mut broken = Vec::new();
    let mut in_order = 0;
    for seed in 0..SEEDS {
        let mut random = Rng::with_seed(seed);
        let (name, account, topology) = &worlds[random.usize(0..worlds.len())];
        let mut printed: Value = serde_json::from_str(&account.print().expect("an account file")).expect("JSON");
        for _ in 0..random.usize(1..=CHANGES) {
            change(&mut random, &mut printed);
        }
        let Ok(account) = Account::parse(&printed.to_string(), &registry().sections()) else { continue };
        let (findings, estimates) = looked(account.clone(), topology, &Vec::new(), None);
        let has_error = findings.iter().any(|finding| finding.severity == Severity::Error);
        if has_error {
            continue;
        }
        if let Some(held) = estimates.values().flatten().find(|estimate| estimate.held.is_some()) {
            broken.push(format!("seed {seed}, {name}: nothing to mend, and {}", held.in_words()));
        }
        in_order += 1;
        let left = crossover_sandbox::run(left(&account, topology)).expect("a runtime");
        let stuck =
            left.into_iter().filter(|(_, outcome, _)| matches!(outcome, Outcome::Held | Outcome::Failed | Outcome::Partial));
        broken.extend(stuck.map(|(what, _, answer)| format!("seed {seed}, {name}: nothing to mend, and {what}: {answer}")));
    }
    assert!(in_order > 50, "only {in_order} accounts were in order");
    assert!(broken.is_empty(), "{} of {SEEDS}:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn a_replica_of_another_source_two_writers_and_a_writer_outside_are_found() {
    let held = |kind: Kind, change: &dyn Fn(&mut Account)| {
        let mut account = kind.account();
        change(&mut account);
        let lines = found(account, &placed(kind));
        assert!(lines.iter().any(|line| line.starts_with("error would-be-held: leaving ")), "{kind:?}: {lines:#?}");
    };
    let other = "arn:aws:rds:us-east-1:111122223333:db:reports";
    held(Kind::Replica, &|account| account.rds_mut().instances[1].source = Some(other.to_owned()));
    held(Kind::Replica, &|account| account.rds_mut().instances[1].source = None);
    held(Kind::Replica, &|account| {
        account.rds_mut().instances.push(instance("us-east-1", "reports", None));
        account.rds_mut().instances[..2].iter_mut().for_each(|instance| instance.source = Some(other.to_owned()));
    });
    held(Kind::Aurora, &|account| account.rds_mut().clusters[0].members.iter_mut().for_each(|member| member.writer = false));
}
