//! The example accounts, each with the topology of its targets.

use std::fs;

use crossover_kinds::Registry;
use crossover_sandbox::Account;

use crate::{fixture, top};

/// An account with everything healthy and at home, and the topology of its targets.
#[derive(Clone)]
pub struct Example {
    /// Its name.
    pub name: String,
    /// The account.
    pub account: Account,
    /// The topology.
    pub topology: String,
}

/// Every account in `events/accounts`. Without a topology beside it, it is that of the example topology.
///
/// # Panics
/// When one can't be read.
#[must_use]
pub fn examples(registry: &Registry) -> Vec<Example> {
    let files = fs::read_dir(fixture("accounts")).expect("the example accounts");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let example = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).expect("an account");
        let beside = fs::read_to_string(path.with_extension("toml"));
        let topology = || fs::read_to_string(top().join("topology/topology.toml")).expect("the example topology");
        Example {
            name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
            account: Account::parse(&text, &registry.sections()).expect("a good account"),
            topology: beside.unwrap_or_else(|_| topology()),
        }
    };
    paths.into_iter().map(example).collect()
}
