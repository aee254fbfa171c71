//! Good inputs with changes of their structure and of their bytes.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// The most changes of one input.
const CHANGES: usize = 4;

/// One of these inputs, changed.
pub fn input(random: &mut Rng, good: &[Vec<u8>]) -> Vec<u8> {
    let one = random.choice(good).cloned().unwrap_or_default();
    let mut bytes = match serde_json::from_slice::<Value>(&one) {
        Ok(mut json) => {
            for _ in 0..random.usize(1..=CHANGES) {
                change(random, &mut json);
            }
            json.to_string().into_bytes()
        }
        Err(_) => lines(random, &String::from_utf8_lossy(&one)),
    };
    if random.u8(0..5) == 0 {
        damage(random, &mut bytes);
    }
    bytes
}

/// A value that somebody did not think of.
fn hostile(random: &mut Rng) -> Value {
    let texts = [
        "",
        " ",
        "\u{202e}a\u{0}",
        "💥",
        "a",
        "arn:aws:rds:us-east-1:111122223333:db:orders",
        "arn:aws:::::::",
        "2026-02-30T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "-009999-01-01T00:00:00Z",
        "ALARM",
        "pending",
        "{\"a\":1}",
    ];
    match random.u8(0..12) {
        0 => Value::Null,
        1 => json!(random.bool()),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!(i64::MIN),
        5 => json!(1e308),
        6 => json!([]),
        7 => json!({}),
        8 => (0..100).fold(json!(0), |inner, _| json!([inner])),
        9 => json!("a".repeat(random.usize(1..5000))),
        _ => json!(random.choice(texts).unwrap_or_default()),
    }
}

/// Changes one place of a value, however deep.
fn change(random: &mut Rng, json: &mut Value) {
    let go_on = random.u8(0..4) != 0;
    match json {
        Value::Object(object) if !object.is_empty() && go_on => {
            let at = random.usize(0..object.len());
            if let Some(inner) = object.values_mut().nth(at) {
                change(random, inner);
            }
        }
        Value::Array(items) if !items.is_empty() && go_on => {
            let at = random.usize(0..items.len());
            change(random, &mut items[at]);
        }
        Value::Object(object) => change_keys(random, object),
        Value::Array(items) => match random.u8(0..3) {
            0 => items.push(hostile(random)),
            1 => {
                let again = items.clone();
                items.extend(again);
            }
            _ => items.truncate(random.usize(0..=items.len())),
        },
        // JSON within a text, as SNS has it.
        Value::String(text) if text.starts_with('{') => {
            if let Ok(mut inner) = serde_json::from_str::<Value>(text) {
                change(random, &mut inner);
                *text = inner.to_string();
            }
        }
        other => *other = hostile(random),
    }
}

fn change_keys(random: &mut Rng, object: &mut Map<String, Value>) {
    let key = (!object.is_empty()).then(|| object.keys().nth(random.usize(0..object.len())).cloned()).flatten();
    match (random.u8(0..4), key) {
        (0, Some(key)) => _ = object.remove(&key),
        (1, Some(key)) => {
            let value = object.remove(&key).unwrap_or_default();
            object.insert(format!("{key}x"), value);
        }
        (2, Some(key)) => _ = object.insert(key, hostile(random)),
        _ => _ = object.insert("unknown".to_owned(), hostile(random)),
    }
}

/// Changes lines, and the values of keys.
fn lines(random: &mut Rng, text: &str) -> Vec<u8> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..random.usize(1..=CHANGES) {
        if lines.is_empty() {
            break;
        }
        let at = random.usize(0..lines.len());
        match random.u8(0..5) {
            0 => _ = lines.remove(at),
            1 => lines.insert(at, lines[at].clone()),
            2 => {
                let other = random.usize(0..lines.len());
                lines.swap(at, other);
            }
            _ => {
                if let Some((key, _)) = lines[at].split_once('=') {
                    lines[at] = format!("{key}= {}", hostile(random));
                }
            }
        }
    }
    lines.join("\n").into_bytes()
}

/// Changes bytes.
fn damage(random: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..random.usize(1..=CHANGES) {
        if bytes.is_empty() {
            return;
        }
        let at = random.usize(0..bytes.len());
        match random.u8(0..4) {
            0 => bytes[at] = random.u8(..),
            1 => _ = bytes.remove(at),
            2 => bytes.insert(at, random.u8(..)),
            _ => bytes.truncate(at),
        }
    }
}
