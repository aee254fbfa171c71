//! Texts of findings.

use std::{collections::BTreeSet, fmt::Display};

/// Joins words: `a`, `a and b`, `a, b and c`.
pub(crate) fn listed<T: Display>(all: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = all.into_iter().map(|one| one.to_string()).collect();
    match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// The words without duplicates, sorted.
pub(crate) fn distinct<'s>(all: impl IntoIterator<Item = &'s String>) -> BTreeSet<&'s str> {
    all.into_iter().map(String::as_str).collect()
}
