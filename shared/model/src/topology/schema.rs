//! The JSON Schema of the topology, generated from the declarations of its keys.

use serde_json::{Map, Value, json};

use super::{
    accept::ACCEPT,
    document::RootSection,
    key::{Form, Key, Required, Section, Shape},
    policy::DEFAULTS,
};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The JSON Schema (2020-12) of a topology with these sections beside `[defaults]` and `[[accept]]`. It accepts everything
/// that the readers accept. The readers validate more and may reject a topology that it accepts.
#[must_use]
pub fn schema(sections: &[RootSection]) -> Value {
    let all = sections.iter().map(|root| root.section).chain([&DEFAULTS, &ACCEPT]);
    let properties: Map<String, Value> = all.map(|section| (section.name.to_owned(), value(&Key::section(section)))).collect();
    let kinds = sections.iter().map(|root| root.section).filter(|section| section.form == Form::Targets);
    json!({
        "$schema": DRAFT,
        "title": "A topology of Crossover",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "anyOf": kinds.map(|kind| json!({ "required": [kind.name] })).collect::<Vec<_>>(),
    })
}

fn value(key: &Key) -> Value {
    let mut value = match key.shape {
        Shape::Text | Shape::AnyText | Shape::Span => json!({ "type": "string" }),
        Shape::Date => json!({ "type": "string", "format": "date" }),
        Shape::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Shape::TextTable => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Shape::Count => json!({ "type": "integer", "minimum": 1 }),
        Shape::Share => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Number => json!({ "type": "integer", "minimum": 0 }),
        Shape::Numbers => json!({ "type": "array", "items": { "type": "integer", "minimum": 0 } }),
        Shape::Word(_) => words(key.shape),
        Shape::Section(section) if section.form == Form::Table => table(section),
        Shape::Section(section) => json!({ "type": "array", "items": table(section) }),
        Shape::WordOrTable(_, section) => json!({ "anyOf": [words(key.shape), table(section)] }),
    };
    value["description"] = key.doc.into();
    value
}

fn words(shape: Shape) -> Value {
    json!({ "enum": shape.words().iter().map(|word| word.name).collect::<Vec<_>>() })
}

/// The schema of a table of this section.
fn table(section: &'static Section) -> Value {
    let properties: Map<String, Value> = section.all().map(|key| (key.name.to_owned(), value(key))).collect();
    let mut table = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    let required: Vec<&str> =
        section.all().filter(|key| key.required == Required::Always && key.only.is_none()).map(|key| key.name).collect();
    if !required.is_empty() {
        table["required"] = json!(required);
    }
    let words = section.all().flat_map(|key| key.shape.words().iter().map(|word| (key.name, word.name)));
    let rules: Vec<Value> = words.filter_map(|(key, word)| rule(section, key, word)).collect();
    if !rules.is_empty() {
        table["allOf"] = json!(rules);
    }
    table
}

/// While a key has this word, other keys are required or forbidden, here and in nested tables.
fn rule(section: &'static Section, key: &str, word: &str) -> Option<Value> {
    let then = constraints(section, key, word);
    let when = json!({ "properties": { key: { "const": word } }, "required": [key] });
    (!then.is_empty()).then(|| json!({ "if": when, "then": then }))
}

fn constraints(section: &'static Section, key: &str, word: &str) -> Map<String, Value> {
    let mut required = Vec::new();
    let mut properties = Map::new();
    for one in section.all() {
        match one.only.as_ref().filter(|only| only.key == key) {
            Some(only) if !only.words.contains(&word) => _ = properties.insert(one.name.to_owned(), json!(false)),
            only => {
                // A key that a target may take from the defaults is required in the defaults if they have the word.
                let needed = one.required == Required::Always || (one.required == Required::OrByDefault && is_defaults(section));
                if needed && only.is_some() {
                    required.push(one.name);
                }
                let Some(below) = one.shape.section() else { continue };
                let inner = constraints(below, key, word);
                if !inner.is_empty() {
                    let inner = if below.form == Form::Table { json!(inner) } else { json!({ "items": inner }) };
                    properties.insert(one.name.to_owned(), inner);
                }
            }
        }
    }
    let mut said = Map::new();
    if !required.is_empty() {
        said.insert("required".to_owned(), json!(required));
    }
    if !properties.is_empty() {
        said.insert("properties".to_owned(), Value::Object(properties));
    }
    said
}

fn is_defaults(section: &Section) -> bool {
    section.name == DEFAULTS.name
}
