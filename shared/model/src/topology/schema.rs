//! A JSON Schema of the topology, made of what its readers ask for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    KINDS,
    asked::{Asked, Forced, Key, Shape},
};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
/// What says for all targets what one leaves out.
const DEFAULTS: &str = "defaults";

/// The JSON Schema (2020-12) of a topology whose kinds ask for this. What it takes may still be refused by the
/// readers, which know more of the values; what these take, it takes too.
#[must_use]
pub fn schema(asked: &Asked) -> Value {
    let maker = Maker {
        keys: asked.keys(),
        words: asked.words(),
        expected: asked.expected(),
        required: asked.required(None),
        rules: rules(asked),
    };
    let mut schema = maker.table("");
    schema.insert("$schema".to_owned(), json!(DRAFT));
    schema.insert("title".to_owned(), json!("A topology of Crossover"));
    let kinds = KINDS.iter().filter(|kind| maker.keys.contains_key(&(String::new(), (**kind).to_owned())));
    schema.insert("anyOf".to_owned(), kinds.map(|kind| json!({ "required": [kind] })).collect());
    Value::Object(schema)
}

/// What holds while a key has a word.
struct Rule {
    when: Forced,
    required: BTreeSet<Key>,
    refused: BTreeSet<Key>,
}

fn rules(asked: &Asked) -> Vec<Rule> {
    let always = asked.required(None);
    let by_default: BTreeSet<String> =
        asked.keys().into_keys().filter(|(path, _)| path == DEFAULTS).map(|(_, key)| key).collect();
    let mut rules = Vec::new();
    for (key, words) in asked.words() {
        for word in words {
            let when = Forced { key: key.clone(), word };
            let inside = |(path, _): &Key| *path == key.0 || path.starts_with(&format!("{}.", key.0));
            // What one leaves out may stand in the defaults.
            let inherited = |(path, name): &Key| path != DEFAULTS && by_default.contains(name);
            let required = asked.required(Some(&when)).into_iter();
            let required: BTreeSet<Key> =
                required.filter(|key| inside(key) && !always.contains(key) && !inherited(key)).collect();
            let refused: BTreeSet<Key> = asked.refused(&when).into_iter().filter(inside).collect();
            if !required.is_empty() || !refused.is_empty() {
                rules.push(Rule { when, required, refused });
            }
        }
    }
    rules
}

struct Maker {
    keys: BTreeMap<Key, BTreeSet<Shape>>,
    words: BTreeMap<Key, Vec<String>>,
    expected: BTreeMap<Key, String>,
    required: BTreeSet<Key>,
    rules: Vec<Rule>,
}

impl Maker {
    /// The schema of the table at this path.
    fn table(&self, path: &str) -> Map<String, Value> {
        let own = self.keys.iter().filter(|((of, _), _)| of == path);
        let properties: Map<String, Value> = own.map(|(key, shapes)| (key.1.clone(), self.value(key, shapes))).collect();
        let required: Vec<&str> = self.required.iter().filter(|(of, _)| of == path).map(|(_, key)| key.as_str()).collect();
        let mut table = object(json!({ "type": "object", "additionalProperties": false, "properties": properties }));
        if !required.is_empty() {
            table.insert("required".to_owned(), json!(required));
        }
        let rules: Vec<Value> = self.rules.iter().filter(|rule| rule.when.key.0 == path).map(|rule| self.rule(rule)).collect();
        if !rules.is_empty() {
            table.insert("allOf".to_owned(), json!(rules));
        }
        table
    }

    fn value(&self, key: &Key, shapes: &BTreeSet<Shape>) -> Value {
        let mut any: Vec<Value> = shapes.iter().map(|shape| self.shape(key, *shape)).collect();
        let mut value = if any.len() == 1 { object(any.remove(0)) } else { object(json!({ "anyOf": any })) };
        if let Some(expected) = self.expected.get(key) {
            value.insert("description".to_owned(), json!(expected));
        }
        Value::Object(value)
    }

    fn shape(&self, key: &Key, shape: Shape) -> Value {
        match shape {
            Shape::Text | Shape::Span => json!({ "type": "string" }),
            Shape::Date => json!({ "type": "string", "format": "date" }),
            Shape::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Shape::TextTable => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            Shape::Count => json!({ "type": "integer", "minimum": 1 }),
            Shape::Share => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
            Shape::Flag => json!({ "type": "boolean" }),
            Shape::Number => json!({ "type": "integer", "minimum": 0 }),
            Shape::Numbers => json!({ "type": "array", "items": { "type": "integer", "minimum": 0 } }),
            Shape::Word => json!({ "enum": self.words.get(key) }),
            Shape::Table => Value::Object(self.table(&below(key))),
            Shape::Tables => json!({ "type": "array", "items": self.table(&below(key)) }),
        }
    }

    /// As long as a key has its word, others must be there, or must not, here and in the tables below.
    fn rule(&self, rule: &Rule) -> Value {
        let (path, key) = &rule.when.key;
        let mut then = constraints(rule, path);
        let tables = self.keys.iter().filter(|((of, _), _)| of == path);
        for (below_here, shapes) in tables {
            let below = constraints(rule, &below(below_here));
            if below.is_empty() {
                continue;
            }
            let inner = if shapes.contains(&Shape::Tables) { json!({ "items": below }) } else { Value::Object(below) };
            let properties = then.entry("properties").or_insert_with(|| json!({}));
            if let Some(properties) = properties.as_object_mut() {
                properties.entry(below_here.1.clone()).or_insert(inner);
            }
        }
        let word = &rule.when.word;
        let when = json!({ "properties": { key.as_str(): { "const": word } }, "required": [key] });
        json!({ "if": when, "then": then })
    }
}

/// What a rule says of the table at this path.
fn constraints(rule: &Rule, path: &str) -> Map<String, Value> {
    let mut said = Map::new();
    let of = |keys: &BTreeSet<Key>| keys.iter().filter(|(of, _)| of == path).map(|(_, key)| key.clone()).collect::<Vec<_>>();
    let (required, refused) = (of(&rule.required), of(&rule.refused));
    if !required.is_empty() {
        said.insert("required".to_owned(), json!(required));
    }
    if !refused.is_empty() {
        said.insert("properties".to_owned(), refused.into_iter().map(|key| (key, json!(false))).collect());
    }
    said
}

fn below((path, key): &Key) -> String {
    if path.is_empty() { key.clone() } else { format!("{path}.{key}") }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => Map::from_iter([("const".to_owned(), other)]),
    }
}
