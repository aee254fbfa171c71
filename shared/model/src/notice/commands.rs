//! The commands of recommended actions.

use serde_json::Value;

use super::{about::About, sender::Sender};
use crate::{
    findings_diff::CHECK,
    reserved::{CHECKS, EVERYTHING, TARGETS},
    text::quoted,
};

/// A key of a command, and its value; one without a value is set.
type Key<'a> = (&'a str, Option<&'a str>);

/// What a person has to fill in.
const PERSON: [Key<'static>; 2] = [("reason", Some("WHY")), ("operator", Some("YOU"))];

impl About<'_> {
    /// The same for a command that a person gives, with the reason and the name.
    pub(super) fn order(&self, command: &str, keys: &[Key<'_>]) -> (Option<String>, Option<String>) {
        self.invoke(command, &[keys, &PERSON].concat())
    }

    /// The `crossover` command, and the command that invokes the function, if there is one.
    pub(super) fn invoke(&self, command: &str, keys: &[Key<'_>]) -> (Option<String>, Option<String>) {
        let target = Some(self.name).filter(|name| ![EVERYTHING, CHECKS, TARGETS].contains(name));
        let named = target.map(|name| ("target", Some(name)));
        let all = [("command", Some(command))].into_iter().chain(named).chain(keys.iter().copied());
        let pairs = all.map(|(key, value)| format!("\"{key}\":{}", value.map_or(Value::Bool(true), Value::from)));
        let payload = format!("{{{}}}", pairs.collect::<Vec<_>>().join(","));
        // `check` needs the file of the topology, whose name is not known here.
        ((command != CHECK).then(|| typed(command, target, keys, self.sender)), self.sender.invoke(&payload))
    }
}

/// The `crossover` command that does the same by the same function, with its mode and its journal.
fn typed(command: &str, target: Option<&str>, keys: &[Key<'_>], sender: &Sender) -> String {
    let mut flags = keys.to_vec();
    flags.sort_unstable();
    let flag = |(key, value): Key<'_>| {
        let value = value.map_or_else(String::new, |value| format!(" {}", quoted(value)));
        format!("--{}{value}", key.replace('_', "-"))
    };
    let target = target.map(quoted);
    let words = ["crossover".to_owned(), command.to_owned()].into_iter().chain(target).chain(flags.into_iter().map(flag));
    let words: Vec<String> = words.chain([sender.flags()]).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}
