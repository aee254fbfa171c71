//! How findings are put.

use std::{collections::BTreeSet, fmt::Display};

/// As in `a`, `a and b`, `a, b and c`.
pub(crate) fn listed<T: Display>(all: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = all.into_iter().map(|one| one.to_string()).collect();
    match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Each once, in order.
pub(crate) fn distinct<'s>(all: impl IntoIterator<Item = &'s String>) -> BTreeSet<&'s str> {
    all.into_iter().map(String::as_str).collect()
}
