//! A later version of Crossover on the same journal, as during a rollout or after a rollback: its records have fields and
//! words that this version does not know.

use std::collections::BTreeMap;

use crossover_dynamodb::DynamoDbAccount;
use crossover_sandbox::Account;
use fastrand::Rng;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

/// How the fields begin that this version does not know.
const FIELD: &str = "later_field_";
/// How the words begin that it does not know.
const WORD: &str = "later-word-";
/// The keys whose values are words.
const WORDS: [&str; 4] = ["result", "direction", "held", "extent"];
/// Where a later version adds nothing: an order with an unknown key is left to it, and what is told is not written back.
const LEFT_ALONE: [&str; 4] = ["order", "story", "unsent", "intent"];

/// What a later version has written.
#[derive(Debug, Default)]
pub(crate) struct Later {
    /// How many fields of memories.
    fields: usize,
    /// Its words, each with the word that this version knows.
    words: BTreeMap<String, Value>,
}

impl Later {
    /// It writes the record of a target that has one: fields, and words if it has new ones. The target's name.
    pub(crate) fn write(&mut self, random: &mut Rng, account: &mut Account) -> Option<String> {
        let journal = &mut account.dynamodb_mut().journal;
        let names: Vec<String> = journal.keys().filter(|name| !name.starts_with('*')).cloned().collect();
        let name = random.choice(&names)?.clone();
        let has_words = random.bool();
        let record = journal.get_mut(&name)?;
        let mut memory = json_of(&record.memory);
        if let Value::Object(table) = &mut memory {
            self.write_table(table, has_words);
            table.insert(format!("{FIELD}{}", self.fields), json!(self.fields));
            self.fields += 1;
        }
        record.memory = of_json(memory);
        Some(name)
    }

    fn write_into(&mut self, json: &mut Value, has_words: bool) {
        match json {
            Value::Object(table) => {
                self.write_table(table, has_words);
                table.insert("later_part".to_owned(), json!({ "n": 1 }));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.write_into(item, has_words)),
            _ => {}
        }
    }

    fn write_table(&mut self, table: &mut Map<String, Value>, has_words: bool) {
        for (key, value) in table.iter_mut().filter(|(key, _)| !LEFT_ALONE.contains(&key.as_str())) {
            // A table with keys of its own has words or names for these: nothing is a field in it.
            let is_record = ["open", "pause", "steps", "episodes"].contains(&key.as_str());
            if is_record {
                self.write_into(value, has_words);
            } else if has_words && WORDS.contains(&key.as_str()) && value.is_string() {
                let word = format!("{WORD}{}", self.words.len());
                let known = std::mem::replace(value, json!(word));
                self.words.insert(word, known);
            }
        }
    }

    /// It has written words that this version knows in place of its own.
    pub(crate) fn take_words_back(&self, account: &mut Account) {
        if self.words.is_empty() {
            return;
        }
        let journal = account.dynamodb_mut();
        for record in journal.journal.values_mut() {
            record.memory = self.without_words(&record.memory);
        }
        for crossover in &mut journal.crossovers {
            *crossover = self.without_words(crossover);
        }
    }

    fn without_words<T: Serialize + DeserializeOwned>(&self, part: &T) -> T {
        let mut json = json_of(part);
        self.replace(&mut json);
        of_json(json)
    }

    fn replace(&self, json: &mut Value) {
        match json {
            Value::String(word) => {
                if let Some(known) = self.words.get(word) {
                    *json = known.clone();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.replace(item)),
            Value::Object(table) => table.values_mut().for_each(|value| self.replace(value)),
            _ => {}
        }
    }

    /// The fields that no memory has any more.
    pub(crate) fn lost(&self, account: &Account) -> Vec<String> {
        let is_kept = |field: &String| account.dynamodb().journal.values().any(|record| record.memory.rest.contains_key(field));
        let fields = (0..self.fields).map(|field| format!("{FIELD}{field}"));
        fields
            .filter(|field| !is_kept(field))
            .map(|field| format!("never lost in parsing: {field} of a later version is lost"))
            .collect()
    }
}

fn json_of<T: Serialize>(part: &T) -> Value {
    serde_json::to_value(part).expect("a part of the journal is JSON")
}

fn of_json<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).expect("a later version's record is read")
}
