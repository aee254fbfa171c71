//! What other versions wrote is read: the records of each release, and any of them with fields and words that this
//! version does not know.
//!
//! A release adds its records to `tests/fixtures/journal/VERSION`, and its answers to `tests/fixtures/answers/VERSION`.

#![expect(clippy::expect_used, clippy::panic, reason = "tests")]

use std::{fs, path::PathBuf};

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{
    alarm::AlarmState,
    answer::Answer,
    crossover::Crossover,
    direction::Direction,
    finding,
    health::State,
    hold::Held,
    journal::{Lease, TargetRecord},
    later::{Format, Rest},
    loss::{Fenced, Loss},
    notice::{FindingState, Severity},
    outcome::Outcome,
    step::{StepResult, Undo, Way},
    topology::Mode,
    trigger::{Aim, Order},
};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::{
    database, dns,
    stage::{self, Stage, alarm_event},
    top,
};
use serde_json::{Value, json};

/// A word that this version does not know.
const LATER: &str = "later-version";

/// The keys whose values are words of an enum, wherever they stand.
const WORDS: [&str; 15] = [
    "outcome",
    "direction",
    "command",
    "way",
    "result",
    "health",
    "state",
    "severity",
    "mode",
    "aim",
    "class",
    "fenced",
    "how",
    "would",
    "held",
];

/// What a file or a part of the journal holds.
#[derive(Debug, Clone, Copy)]
enum Sort {
    Record,
    Crossover,
    Lease,
    Answer,
}

impl Sort {
    fn is_written_back(self) -> bool {
        !matches!(self, Self::Answer)
    }

    /// Reads it, and writes what was read.
    fn read(self, json: &Value) -> Result<Value, String> {
        let text = json.to_string();
        let error = |error: serde_json::Error| format!("{error}\n{text}");
        match self {
            Self::Record => serde_json::to_value(serde_json::from_str::<TargetRecord>(&text).map_err(error)?),
            Self::Crossover => serde_json::to_value(serde_json::from_str::<Crossover>(&text).map_err(error)?),
            Self::Lease => serde_json::to_value(serde_json::from_str::<Lease>(&text).map_err(error)?),
            Self::Answer => serde_json::to_value(serde_json::from_str::<Answer>(&text).map_err(error)?),
        }
        .map_err(|error| error.to_string())
    }
}

/// The fixtures below a folder, each with its name.
fn fixtures(folder: &str) -> Vec<(String, Sort, Value)> {
    let mut found = Vec::new();
    let mut folders = vec![top().join("tests/fixtures").join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of fixtures") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
            let sort = match name.as_str() {
                "crossover" => Sort::Crossover,
                "lease" => Sort::Lease,
                "plan" | "status" => Sort::Answer,
                _ => Sort::Record,
            };
            let text = fs::read_to_string(&path).expect("a fixture");
            found.push((path.display().to_string(), sort, serde_json::from_str(&text).expect("JSON")));
        }
    }
    found
}

/// What this version writes for a crossover of each kind: while it is open, and once it has ended.
fn written_now() -> Vec<(String, Sort, Value)> {
    let played = async |mut stage: Stage, target: &str, alarm: &str| {
        stage.faults([FaultRule::every("sns:*", Fault::ServerError)]);
        stage.set_alarm(alarm, AlarmState::Alarm);
        let event = alarm_event(alarm, AlarmState::Alarm, stage.sandbox.now());
        let answer = stage.invoke(&event).await.expect("nobody is killed");
        let plan = stage.invoke(&json!({ "command": "plan", "target": target })).await.expect("nobody is killed");
        let open = stage.sandbox.account().dynamodb().journal[target].clone();
        stage.faults([]);
        stage.ticks(15).await;
        let account = stage.sandbox.account();
        let value = |value: Result<Value, serde_json::Error>| value.expect("JSON");
        [
            (format!("{target}, answered"), Sort::Answer, value(serde_json::to_value(answer))),
            (format!("{target}, planned"), Sort::Answer, value(serde_json::to_value(plan))),
            (format!("{target}, open"), Sort::Record, value(serde_json::to_value(open))),
            (format!("{target}, closed"), Sort::Record, value(serde_json::to_value(&account.dynamodb().journal[target]))),
            (format!("{target}, ended"), Sort::Crossover, value(serde_json::to_value(&account.dynamodb().crossovers[0]))),
        ]
    };
    let all = async {
        let nat = played(Stage::new(), stage::TARGET, stage::ALARM_A).await;
        let dns = played(dns::Way::Failover.stage(), dns::TARGET, dns::ALARM_HOME).await;
        let database = played(database::Kind::Replica.stage(), database::TARGET, database::ALARM_HOME).await;
        nat.into_iter().chain(dns).chain(database).collect()
    };
    crossover_sandbox::run(all).expect("a runtime")
}

fn all() -> Vec<(String, Sort, Value)> {
    [fixtures("journal"), fixtures("answers"), written_now()].concat()
}

/// The same value once for each word of an enum in it, with that one in the place of the word.
fn with_later_words(json: &Value) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    find(json, "", false, &mut places);
    places
        .into_iter()
        .map(|place| {
            let mut changed = json.clone();
            match place.strip_suffix("/*") {
                // A word that is a key.
                Some(of) => {
                    let of = changed.pointer_mut(of).and_then(Value::as_object_mut).expect("a table");
                    let key = of.keys().next().expect("a key").clone();
                    let value = of.remove(&key).expect("its value");
                    of.insert(LATER.to_owned(), value);
                }
                None => *changed.pointer_mut(&place).expect("a place") = json!(LATER),
            }
            (place, changed)
        })
        .collect()
}

fn find(json: &Value, path: &str, is_word: bool, places: &mut Vec<String>) {
    match json {
        Value::String(_) if is_word => places.push(path.to_owned()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                // Of a crossover the outcome that was last told, with its time.
                let is_told = path.ends_with("/told") && index == 0 && item.is_string();
                find(item, &format!("{path}/{index}"), is_told, places);
            }
        }
        Value::Object(keys) => {
            if is_word {
                places.push(format!("{path}/*"));
            }
            for (key, value) in keys {
                let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
                // A table of this name has words for its keys: those of an aim, or the classes of what was held back.
                find(value, &path, WORDS.contains(&key.as_str()) && !names_a_side(keys), places);
            }
        }
        _ => {}
    }
}

/// Whether this is no word, but a side that an aim names.
fn names_a_side(keys: &serde_json::Map<String, Value>) -> bool {
    keys.len() == 1 && ["away_from", "to", "home_of"].iter().any(|aim| keys.contains_key(*aim))
}

/// With a field that this version does not know in every table, but for those of these keys.
fn with_later_fields(json: &Value, but: &[&str]) -> Value {
    match json {
        Value::Array(items) => items.iter().map(|item| with_later_fields(item, but)).collect(),
        Value::Object(keys) => {
            let is_aim =
                |key: &str| ["aim", "held", "away", "reviews", "turns", "ready", "serving", "unhealthy_since"].contains(&key);
            let as_it_is = |key: &str| is_aim(key) || but.contains(&key);
            let own = keys
                .iter()
                .map(|(key, value)| (key.clone(), if as_it_is(key) { value.clone() } else { with_later_fields(value, but) }));
            own.chain([(LATER.to_owned(), json!({ LATER: [1, null, LATER] }))]).collect()
        }
        other => other.clone(),
    }
}

fn without_later_fields(json: &Value) -> Value {
    match json {
        Value::Array(items) => items.iter().map(without_later_fields).collect(),
        Value::Object(keys) => {
            let own = keys.iter().filter(|(key, _)| *key != LATER);
            own.map(|(key, value)| (key.clone(), without_later_fields(value))).collect()
        }
        other => other.clone(),
    }
}

/// The place of the first difference; none where both are the same.
fn first_difference(one: &Value, other: &Value) -> Option<String> {
    let of = |json: &Value| match json {
        Value::Object(keys) => keys.clone(),
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item.clone())).collect(),
        _ => serde_json::Map::new(),
    };
    let (ours, theirs) = (of(one), of(other));
    if one == other || ours.is_empty() || theirs.is_empty() {
        return (one != other).then(String::new);
    }
    let mut keys = ours.keys().chain(theirs.keys());
    keys.find_map(|key| {
        let inner = first_difference(ours.get(key).unwrap_or(&Value::Null), theirs.get(key).unwrap_or(&Value::Null))?;
        Some(format!("/{key}{inner}"))
    })
}

/// What is only reported: no decision depends on it, and its words and fields are not kept.
const DETAILS: [&str; 3] = ["story", "checked", "unsent"];

fn is_detail(place: &str) -> bool {
    DETAILS.iter().any(|key| place.contains(&format!("/{key}/")))
}

#[test]
fn what_each_version_wrote_is_read_and_kept() {
    for (name, sort, json) in all() {
        let once = sort.read(&json).unwrap_or_else(|error| panic!("{name}: {error}"));
        let again = sort.read(&once).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(once, again, "{name}: what was read is written as it was read");
    }
}

#[test]
fn a_later_word_at_any_place_keeps_nothing_from_being_read() {
    let mut tried = 0;
    for (name, sort, json) in all() {
        for (place, changed) in with_later_words(&json) {
            let read = sort.read(&changed).unwrap_or_else(|error| panic!("{name} with a later word at {place}: {error}"));
            sort.read(&read).unwrap_or_else(|error| panic!("{name} after a later word at {place}: {error}"));
            tried += 1;
        }
    }
    assert!(tried > 300, "only {tried} words");
}

#[test]
fn later_fields_keep_nothing_from_being_read() {
    for (name, sort, json) in all() {
        let read = sort.read(&with_later_fields(&json, &[])).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(without_later_fields(&read), sort.read(&json).expect("it is read"), "{name}");
    }
}

#[test]
fn a_later_word_was_written_back_as_another_one() {
    let mut tried = 0;
    for (name, sort, json) in all().into_iter().filter(|(_, sort, _)| sort.is_written_back()) {
        let json = sort.read(&json).expect("it is read");
        for (place, changed) in with_later_words(&json) {
            if is_detail(&place) {
                continue;
            }
            let read = sort.read(&changed).unwrap_or_else(|error| panic!("{name} with a later word at {place}: {error}"));
            assert_eq!(read, changed, "{name} with a later word at {place}");
            tried += 1;
        }
    }
    assert!(tried > 100, "only {tried} words");
}

#[test]
fn later_fields_were_lost_when_the_record_was_written() {
    for (name, sort, json) in all().into_iter().filter(|(_, sort, _)| sort.is_written_back()) {
        let mut changed = with_later_fields(&sort.read(&json).expect("it is read"), &DETAILS);
        if let (Sort::Record, Some(attributes)) = (sort, changed.as_object_mut()) {
            // The table keeps the attributes of an item that an update does not name.
            attributes.remove(LATER);
        }
        let read = sort.read(&changed).expect("it is read");
        if let Some(place) = first_difference(&read, &changed) {
            panic!("{name}: {place}");
        }
    }
}

/// What a later version may have in the place of each part of a record, and in the place of none.
fn of_a_later_version(record: &TargetRecord) -> Value {
    let mut json = serde_json::to_value(record).expect("JSON");
    let memory = &mut json["memory"];
    memory["held"] = json!({ "yy": "2026-03-14T03:12:00Z", "zz": "2026-03-14T03:13:00Z" });
    memory["intent"] = json!({
        "aim": { "spread": ["a", "b"] }, "operator": "o", "reason": "r", "since": "2026-03-14T03:12:00Z", "until": "dawn",
    });
    memory["quorum"] = json!([1, { "of": 2 }]);
    let open = &mut memory["open"];
    open["order"] = json!({
        "command": "relocate", "target": stage::TARGET, "aim": { "to": "us-east-1b" }, "reason": "r", "operator": "o",
        "force": false, "accept_data_loss": false, "dry_run": false, "at": "midnight",
    });
    open["direction"] = json!("relocate");
    open["could_lose"] = json!({ "class": "reordered", "within": 3 });
    open["outcome"] = json!({ "waits": { "for": "approval" } });
    open["budget"] = json!({ "spent": 1.5 });
    let step = &mut open["steps"][0];
    step["undo"] = json!({ "how": "reattach", "groups": ["sg-1", "sg-2"] });
    step["way"] = json!("sideways");
    step["result"] = json!("rehearsed");
    step["attempts"] = json!(3);
    json
}

#[test]
fn a_pause_destroyed_what_a_later_version_had_written() {
    let story = async {
        let mut stage = Stage::new();
        stage.set_alarm(stage::ALARM_A, AlarmState::Alarm);
        stage.faults([FaultRule::every("ec2:ReplaceRoute", Fault::ServerError)]);
        stage.invoke(&alarm_event(stage::ALARM_A, AlarmState::Alarm, stage.sandbox.now())).await.expect("nobody is killed");
        let later = of_a_later_version(&stage.sandbox.account().dynamodb().journal[stage::TARGET]);
        let record: TargetRecord = serde_json::from_value(later.clone()).expect("a record");
        stage.sandbox.change(|account, _| account.dynamodb_mut().journal.insert(stage::TARGET.to_owned(), record));
        for verb in ["pause", "resume"] {
            let answer = stage.reconcile(&stage::command(verb, &json!({}))).await;
            assert_eq!(answer.outcome, Outcome::Recorded, "{answer:?}");
        }
        let mut now = serde_json::to_value(&stage.sandbox.account().dynamodb().journal[stage::TARGET]).expect("JSON");
        // What a note writes itself.
        now["memory"]["finished"] = later["memory"]["finished"].clone();
        now["memory"].as_object_mut().expect("an object").remove("stopped");
        assert_eq!(now["memory"], later["memory"]);
    };
    crossover_sandbox::run(story).expect("a runtime");
}

#[test]
fn the_order_of_a_later_version_that_died_was_forgotten_by_the_next_tick() {
    let story = async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, Fault::KillBefore)]);
        let order = stage::command("failover", &json!({ "away_from": "us-east-1a" }));
        assert!(stage.invoke(&order).await.is_none(), "killed");
        stage.faults([]);
        stage.sandbox.change(|account, _| {
            let record = account.dynamodb_mut().journal.get_mut(stage::TARGET).expect("its record");
            let order = record.lease.as_mut().and_then(|lease| lease.order.as_mut()).expect("its order");
            order.rest.insert("not_before".to_owned(), json!("2026-03-14T04:00:00Z"));
            record.memory.intent = None;
            record.memory.open = None;
        });
        for _ in 0..2 {
            stage.ticks(1).await;
            let memory = stage.memory();
            let order = memory.died.and_then(|lease| lease.order).expect("it is left to the later version");
            assert_eq!(order.rest["not_before"], json!("2026-03-14T04:00:00Z"));
            assert!(memory.open.is_none() && memory.intent.is_none());
        }
        let mut superseded = Stage::with(stage.sandbox.account(), &stage::topology());
        superseded.reconcile(&stage::command("failback", &json!({}))).await;
        assert_eq!(superseded.memory().died, None, "there is a newer order");
        stage.ticks(16).await;
        assert_eq!(stage.memory().died, None, "it is outdated");
    };
    crossover_sandbox::run(story).expect("a runtime");
}

#[test]
fn an_order_with_a_later_key_was_taken_for_one_without_it() {
    let mut tried = 0;
    for (name, _, json) in fixtures("journal") {
        for place in ["/order", "/lease/order", "/earlier/order", "/memory/open/order", "/memory/died/order"] {
            let Some(order) = json.pointer(place).filter(|order| order.is_object()) else { continue };
            let read = |order: &Value| serde_json::from_value::<Order>(order.clone()).expect("an order");
            assert!(read(order).is_understood(), "{name}{place}");
            let mut later = order.clone();
            later["not_before"] = json!("2026-03-14T03:12:00Z");
            assert!(!read(&later).is_understood(), "{name}{place}");
            assert_eq!(serde_json::to_value(read(&later)).expect("JSON"), later);
            tried += 1;
        }
    }
    assert!(tried > 3, "only {tried} orders");
}

#[test]
fn a_version_that_is_no_number_made_the_record_unreadable() {
    let (_, sort, json) =
        fixtures("journal").into_iter().find(|(name, ..)| name.ends_with("every-field/record.json")).expect("it");
    for v in [json!(null), json!("2"), json!(-1), json!(1.5), json!(5_000_000_000_u64), json!({ "major": 2 }), json!(2)] {
        let mut changed = json.clone();
        changed["memory"]["v"] = v.clone();
        changed["memory"]["open"]["v"] = v.clone();
        let read = sort.read(&changed).unwrap_or_else(|error| panic!("{v}: {error}"));
        assert_eq!(read, sort.read(&json).expect("it is read"), "{v}");
        let format: Format = serde_json::from_value(v.clone()).expect("a version");
        assert_eq!(format == Format::BEFORE, v != json!(2), "{v}");
    }
}

#[test]
fn a_later_word_is_read_as_the_most_careful_one() {
    let read = |of: &Value| serde_json::from_value::<TargetRecord>(of.clone()).unwrap_or_else(|error| panic!("{error}: {of}"));
    let (_, _, json) = fixtures("journal").into_iter().find(|(name, ..)| name.ends_with("every-field/record.json")).expect("it");
    let mut later = json;
    for place in [
        "/lease/order/command",
        "/memory/intent/aim",
        "/memory/open/outcome",
        "/memory/open/direction",
        "/memory/open/steps/1/result",
        "/memory/open/steps/1/way",
        "/memory/open/story/sides/0/health",
        "/memory/open/story/sides/0/alarms/0/state",
        "/memory/checked/known/1/severity",
        "/memory/unsent/0/severity",
        "/memory/unsent/0/mode",
        "/memory/unsent/0/found/2/state",
    ] {
        *later.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = json!(LATER);
    }
    later["memory"]["held"] = json!({ LATER: "2026-03-14T03:12:00Z" });
    later["memory"]["open"]["could_lose"] = json!({ "class": LATER, "within_ms": "some" });
    later["memory"]["open"]["steps"][1]["undo"] = json!({ "how": LATER, "ids": 3 });
    later["memory"]["open"]["steps"][2]["undo"] = json!(LATER);
    let record = read(&later);
    let memory = &record.memory;
    assert!(record.lease.and_then(|lease| lease.order).is_some_and(|order| !order.is_understood()));
    assert_eq!(memory.intent.as_ref().map(|intent| &intent.aim), Some(&Aim::Other(json!(LATER))), "as it was written");
    let open = memory.open.as_ref().expect("it is open");
    assert!(matches!((open.outcome, open.direction), (Outcome::Other(_), Direction::Other(_))));
    assert!(Outcome::Failed < open.outcome && open.outcome < Outcome::Partial && open.outcome.exit_code() == 1);
    let step = &open.steps[1];
    assert!(matches!((step.result, step.card.way), (StepResult::Other(_), Way::Other(_))));
    assert!(!step.result.is_good() && step.card.way.is_homeless());
    assert_eq!(step.card.undo, Some(Undo::Other(json!({ "how": LATER, "ids": 3 }))));
    assert_eq!(open.steps[2].card.undo, Some(Undo::Other(json!(LATER))));
    assert!(open.worst_loss().is_some_and(|loss| loss.is_of_data()), "its words are kept, and count as risky");
    let side = &open.timeline.sides[0];
    assert_eq!((side.health, side.alarms[0].state), (State::Unknown, AlarmState::InsufficientData));
    assert_eq!(memory.checked.as_ref().map(|checked| checked.known[1].severity), Some(finding::Severity::Error));
    let notice = &memory.unsent[0];
    assert_eq!((notice.severity, notice.mode, notice.found[2].state), (Severity::Critical, Mode::Shadow, FindingState::New));
    assert!(memory.held.keys().all(|held| matches!(held, Held::Other(_))) && memory.held.len() == 1);
}

#[test]
fn what_is_written_says_its_version_and_its_facts() {
    for (name, sort, json) in written_now() {
        let open = match sort {
            Sort::Record => {
                assert_eq!(json["memory"]["v"], json!(Format::NOW), "{name}");
                json["memory"]["open"].clone()
            }
            Sort::Crossover => json,
            Sort::Lease | Sort::Answer => continue,
        };
        if open.is_null() {
            continue;
        }
        assert_eq!(open["v"], json!(Format::NOW), "{name}");
        let crossover: Crossover = serde_json::from_value(open).expect("a crossover");
        let loss = crossover.could_lose.as_ref().unwrap_or_else(|| panic!("{name} says what it could lose"));
        assert_eq!(loss.to_string(), crossover.loss, "{name}: the words are those of the fact");
        match crossover.kind.as_str() {
            "database" => {
                assert!(
                    matches!(loss, Loss::Data(data) if data.fenced == Fenced::Yes && data.within_ms == Some(102_030)),
                    "{loss:?}"
                );
                let ids = ["sg-clients", "sg-people"].map(str::to_owned).into();
                assert_eq!(crossover.steps[0].card.undo, Some(Undo::Restore { ids, rest: Rest::new() }));
            }
            _ => assert!(matches!(loss, Loss::NoData { .. }), "{loss:?}"),
        }
    }
}

#[test]
fn an_answer_of_0_1_says_nothing_that_a_program_may_rely_on() {
    let (_, _, json) = fixtures("answers/0.1.0").into_iter().find(|(name, ..)| name.ends_with("plan.json")).expect("it");
    let answer: Answer = serde_json::from_value(json).expect("an answer");
    let target = &answer.targets[0];
    assert_eq!((&target.forecast, &target.could_lose, target.held), (&None, &None, None));
    assert!(target.worst_loss.is_some());
}
