//! The declarations of the topology's keys are consistent.

#![expect(clippy::expect_used, reason = "tests")]

use std::collections::BTreeSet;

use crossover_kinds::registry;
use crossover_model::topology::{
    ACCEPT, DEFAULTS,
    key::{Form, Key, Section, Shape},
};
use serde_json::Value;

/// Every section with its path in the schema, and its enclosing sections.
fn every() -> Vec<(String, Vec<&'static Section>)> {
    let mut todo: Vec<(String, Vec<&'static Section>)> = Vec::new();
    for root in registry().root_sections().iter().map(|root| root.section).chain([&DEFAULTS, &ACCEPT]) {
        todo.push((format!("/properties/{}", root.name), vec![root]));
    }
    let mut done = Vec::new();
    while let Some((path, around)) = todo.pop() {
        let section = around[around.len() - 1];
        let path = if section.form == Form::Table { path } else { format!("{path}/items") };
        for key in section.all() {
            let Shape::Section(below) = key.shape else { continue };
            todo.push((format!("{path}/properties/{}", key.name), [around.clone(), vec![below]].concat()));
        }
        done.push((path, around));
    }
    done
}

fn example(key: &Key) -> Option<Value> {
    let text = if key.example.is_empty() { return None } else { format!("{} = {}", key.name, key.example) };
    let value: Value = toml::from_str(&text).expect("TOML");
    Some(value[key.name].clone())
}

#[test]
fn each_key_is_declared_once_and_described() {
    for (path, around) in every() {
        let section = around[around.len() - 1];
        let mut names = BTreeSet::new();
        for key in section.all() {
            assert!(names.insert(key.name), "{path}: {} twice", key.name);
            assert!(key.doc.ends_with('.'), "{path}: {}: {}", key.name, key.doc);
            assert!(key.doc.len() < 400, "{path}: {}", key.name);
        }
    }
}

#[test]
fn each_example_and_each_default_is_a_value_of_its_key() {
    let whole = registry().schema();
    for (path, around) in every() {
        for key in around[around.len() - 1].all() {
            let of = whole.pointer(&format!("{path}/properties/{}", key.name)).expect("the schema of the key");
            let of = jsonschema::validator_for(of).expect("a schema");
            let Some(example) = example(key) else {
                assert!(matches!(key.shape, Shape::Section(_)), "{path}: {} has no example", key.name);
                continue;
            };
            assert!(of.is_valid(&example), "{path}: {} = {example}", key.name);
            // A default may be in words.
            if let Some(default) = example_of_default(key) {
                assert!(of.is_valid(&default), "{path}: {} = {default}", key.name);
            }
        }
    }
}

fn example_of_default(key: &Key) -> Option<Value> {
    toml::from_str::<Value>(&format!("value = {}", key.default)).ok().map(|table| table["value"].clone())
}

#[test]
fn each_condition_is_on_words_of_a_key_here_or_around() {
    let mut conditions = 0;
    for (path, around) in every() {
        for key in around[around.len() - 1].all() {
            let Some(only) = &key.only else { continue };
            let of = around.iter().rev().find_map(|section| section.key(only.key));
            let words: Vec<&str> = of.expect("the other key").shape.words().iter().map(|word| word.name).collect();
            assert!(only.words.iter().all(|word| words.contains(word)), "{path}: {}: {:?} of {words:?}", key.name, only.words);
            conditions += 1;
        }
    }
    assert!(conditions > 20, "{conditions}");
}
