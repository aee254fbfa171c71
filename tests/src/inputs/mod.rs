//! What must hold of every input that comes from outside: payloads, the topology, account files, and records of the journal. They
//! hold on arbitrary bytes; a test changes good inputs.

pub mod changed;
pub mod good;

use std::cell::OnceCell;

use crossover_engine::ports::Payloads;
use crossover_kinds::{Backend, Registry, registry};
use crossover_model::{
    crossover::Crossover,
    journal::{Lease, TargetRecord},
    topology::Document,
    trigger::{Parsed, lines},
};
use crossover_sandbox::{Account, Sandbox};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// A key that no version of Crossover knows.
const UNKNOWN: &str = "x_of_a_later_version";

/// A property of one sort of input; an error says what is broken.
pub type Property = fn(&[u8]) -> Result<(), String>;

/// Every sort of input, by name.
pub const SORTS: [(&str, Property); 4] = [("payload", payload), ("topology", topology), ("account", account), ("record", record)];

thread_local! {
    static REGISTRY: OnceCell<(Registry, Sandbox)> = const { OnceCell::new() };
}

fn with_registry<T>(use_it: impl FnOnce(&Registry, &Sandbox) -> T) -> T {
    let make = || {
        let registry = registry();
        let empty = r#"{"account_id":"111122223333","region":"us-east-1","time":"2026-03-14T03:12:00Z"}"#;
        let account = Account::parse(empty, &registry.sections()).expect("an empty account");
        (registry, Sandbox::new(account))
    };
    REGISTRY.with(|cell| {
        let (registry, sandbox) = cell.get_or_init(make);
        use_it(registry, sandbox)
    })
}

fn must(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// A payload is understood or refused, and a refusal says why. What a later version adds to an event changes nothing; what is
/// unknown in a command is refused by its name.
///
/// # Errors
/// What is broken.
pub fn payload(bytes: &[u8]) -> Result<(), String> {
    let Ok(payload) = serde_json::from_slice::<Value>(bytes) else { return Ok(()) };
    let parsed = parse(&payload);
    must(!parsed.triggers.is_empty() || !parsed.refused.is_empty(), || "it is neither understood nor refused".to_owned())?;
    must(parsed.refused.iter().all(|refusal| !refusal.why.is_empty()), || "it is refused without a reason".to_owned())?;
    must(!parsed.refused.is_empty() || lines(&parsed.refused).is_empty(), || "nothing is refused, with a line".to_owned())?;
    let Value::Object(object) = &payload else { return Ok(()) };
    let mut later = object.clone();
    later.insert(UNKNOWN.to_owned(), json!({ "a": [1] }));
    let of_later = parse(&Value::Object(later));
    if !parsed.refused.is_empty() {
        return Ok(());
    }
    if parsed.triggers.iter().any(|trigger| matches!(trigger, crossover_model::trigger::Trigger::Manual(_))) {
        let named = lines(&of_later.refused).iter().any(|line| line.contains(UNKNOWN));
        return must(named, || format!("a command's unknown key is not named: {of_later:?}"));
    }
    must(of_later == parsed, || format!("an unknown field changes it: {parsed:?} to {of_later:?}"))
}

fn parse(payload: &Value) -> Parsed {
    with_registry(|registry, _| registry.events().parse(payload, None))
}

/// A topology is read, or all of its problems are in lines of it and say what they are. An unknown section is one of them.
///
/// # Errors
/// What is broken.
pub fn topology(bytes: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    let read = |text: &str| {
        let document = Document::new(text);
        let _ = document.roles();
        with_registry(|registry, sandbox| registry.groups(|_| Backend::sandbox(sandbox), &document).map(|groups| groups.len()))
    };
    let lines = text.lines().count() + 1;
    match read(&text) {
        Err(problems) => {
            must(!problems.0.is_empty(), || "it is refused without a problem".to_owned())?;
            let is_good = |line: usize, key: &str, what: &str| {
                (1..=lines).contains(&line) && !key.is_empty() && !key.contains('\n') && !what.is_empty()
            };
            let bad = problems.0.iter().find(|problem| !is_good(problem.line, &problem.key, &problem.what));
            must(bad.is_none(), || format!("a problem without its place, key or text: {bad:?}"))
        }
        // A byte order mark is one only at the beginning.
        Ok(_) => match read(&format!("{UNKNOWN} = 1\n{}", text.trim_start_matches('\u{feff}'))) {
            Err(problems) if problems.to_string().contains(UNKNOWN) => Ok(()),
            other => Err(format!("an unknown key is not named: {other:?}")),
        },
    }
}

/// An account file is read and written again as it was read, or refused with a reason. An unknown key is refused by its name.
///
/// # Errors
/// What is broken.
pub fn account(bytes: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    let sections = with_registry(|registry, _| registry.sections());
    let read = match Account::parse(&text, &sections) {
        Ok(account) => account,
        Err(error) => return must(!error.to_string().is_empty(), || "it is refused without a reason".to_owned()),
    };
    let printed = read.print().map_err(|error| format!("what was read can't be written: {error}"))?;
    let again = Account::parse(&printed, &sections).map_err(|error| format!("what was written can't be read: {error}"))?;
    let twice = again.print().map_err(|error| format!("what was read can't be written: {error}"))?;
    must(twice == printed, || format!("it is not written as it was read: {printed}\n{twice}"))?;
    let later = text.replacen('{', &format!("{{\"{UNKNOWN}\": 1, "), 1);
    match Account::parse(&later, &sections) {
        Err(error) if error.to_string().contains(UNKNOWN) => Ok(()),
        other => Err(format!("an unknown key is not named: {:?}", other.err().map(|error| error.to_string()))),
    }
}

/// A record of the journal that is read is written again with the same meaning, and so is what a later version added to it.
///
/// # Errors
/// What is broken.
pub fn record(bytes: &[u8]) -> Result<(), String> {
    let Ok(record) = serde_json::from_slice::<Value>(bytes) else { return Ok(()) };
    round_trip::<TargetRecord>(&record, "/memory")?;
    round_trip::<Crossover>(&record, "")?;
    round_trip::<Lease>(&record, "")
}

/// `open` is the place of the object that keeps the fields of later versions.
fn round_trip<T: Serialize + DeserializeOwned>(record: &Value, open: &str) -> Result<(), String> {
    let Ok(read) = serde_json::from_value::<T>(record.clone()) else { return Ok(()) };
    let write = |value: &T| serde_json::to_value(value).map_err(|error| format!("what was read can't be written: {error}"));
    let written = write(&read)?;
    let again: T = serde_json::from_value(written.clone()).map_err(|error| format!("what was written can't be read: {error}"))?;
    let twice = write(&again)?;
    must(twice == written, || format!("it is not written as it was read: {written}\n{twice}"))?;
    let mut later = written.clone();
    let Some(Value::Object(object)) = later.pointer_mut(open) else { return Ok(()) };
    object.insert(UNKNOWN.to_owned(), json!({ "a": [1] }));
    let of_later: T = serde_json::from_value(later.clone()).map_err(|error| format!("a later field can't be read: {error}"))?;
    let kept = write(&of_later)?;
    must(kept == later, || format!("a later field is not kept: {later}\n{kept}"))
}
