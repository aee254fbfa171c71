//! Good inputs to begin with: the fixtures and the examples.

use std::{fs, path::Path};

use crate::{fixture, top};

/// The good inputs of a sort, or those that are refused for a known reason.
///
/// # Panics
/// When there are none.
#[must_use]
pub fn of(sort: &str) -> Vec<Vec<u8>> {
    let found = match sort {
        "payload" => files(&fixture(""), "json", &|path| !path.contains("accounts")),
        "topology" => {
            let ours = files(&top().join("topology"), "toml", &|_| true);
            [ours, files(&fixture("accounts"), "toml", &|_| true)].concat()
        }
        "account" => files(&fixture("accounts"), "json", &|_| true),
        _ => files(&top().join("tests/fixtures/journal"), "json", &|_| true),
    };
    assert!(!found.is_empty(), "no good {sort}");
    found
}

/// The files below a folder, in the order of their paths.
fn files(folder: &Path, extension: &str, which: &dyn Fn(&str) -> bool) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(files(&path, extension, which));
        } else if path.extension().is_some_and(|of| of == extension) && which(&path.to_string_lossy()) {
            found.push(fs::read(&path).expect("a file"));
        }
    }
    found
}
