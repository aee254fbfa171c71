//! Where the benchmark writes.

use std::path::PathBuf;

use crossover_tests::top;

/// Where the report goes, and what it is made with.
pub(crate) fn folder() -> PathBuf {
    let folder = top().join("target/bench");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}
