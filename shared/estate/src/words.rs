//! How findings are put.

use std::{collections::BTreeSet, fmt::Display};

use crossover_model::finding::{Finding, Severity};

pub(crate) fn warning(
    resource: impl Into<String>,
    what: impl Into<String>,
    fix: impl Into<String>,
    link: &'static str,
) -> Finding {
    Finding { severity: Severity::Warning, resource: resource.into(), what: what.into(), fix: fix.into(), link }
}

pub(crate) fn error(resource: impl Into<String>, what: impl Into<String>, fix: impl Into<String>, link: &'static str) -> Finding {
    Finding { severity: Severity::Error, ..warning(resource, what, fix, link) }
}

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
