//! The samples of the documentation are valid topologies, without warnings.

#![expect(clippy::expect_used, clippy::panic, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use crossover_kinds::{Backend, registry};
use crossover_model::topology::Document;
use crossover_sandbox::{Account, Sandbox};

const ACCOUNT: &str = include_str!("../../../events/accounts/two-zones.json");

/// The pages in a folder and its folders.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the docs").map(|entry| entry.expect("an entry").path());
    let of = |path: PathBuf| if path.is_dir() { pages(&path) } else { vec![path] };
    entries.flat_map(of).filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// The samples of topologies that have whole targets, with the names of their pages.
fn samples() -> Vec<(String, String)> {
    let docs = Path::new("../../docs");
    let of_page = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a page");
        let blocks = text.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block.to_owned());
        blocks.map(|block| (path.display().to_string(), block)).collect::<Vec<_>>()
    };
    pages(docs).into_iter().flat_map(of_page).filter(|(_, block)| block.starts_with("[[") && block.contains(".side]]")).collect()
}

#[test]
fn every_sample_of_a_target_is_valid_and_has_no_warning() {
    let samples = samples();
    assert!(samples.len() >= 3, "{samples:?}");
    for (page, sample) in samples {
        let groups = crossover_sandbox::run(async {
            let sandbox = Sandbox::new(Account::parse(ACCOUNT, &registry().sections()).expect("a good account"));
            registry().groups(|_| Backend::sandbox(&sandbox), &Document::new(&sample))
        });
        let groups = groups.expect("a runtime").unwrap_or_else(|problems| panic!("{page}: {problems}\n{sample}"));
        for group in groups {
            assert_eq!(group.warnings(), Vec::new(), "{page}");
        }
    }
}
