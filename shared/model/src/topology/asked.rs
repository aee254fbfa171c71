//! What the readers of a topology ask for: they are run on nothing, with every word that they know.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    Spec, read_targets,
    reader::{Source, TableReader},
};

/// The key of the tables that every target has.
const SIDES: &str = "side";

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    Text,
    Date,
    Texts,
    TextTable,
    Count,
    Share,
    Flag,
    Number,
    Numbers,
    Span,
    Word,
    Table,
    Tables,
}

/// A key of a table, by the table's path.
pub(super) type Key = (String, String);

/// A word that a probe gives where it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Forced {
    pub(super) key: Key,
    pub(super) word: String,
}

/// One run of the readers, on nothing: what it pretends to have, and what it was asked for.
#[derive(Debug, Default)]
pub(super) struct Probe {
    /// Whether the tables of a target are there.
    tables: bool,
    /// Whether it says of every key that it is there.
    has: bool,
    /// Whether it says so of texts too.
    has_text: bool,
    forced: Option<Forced>,
    noted: RefCell<Noted>,
}

/// What was asked for.
#[derive(Debug, Clone, Default)]
struct Noted {
    asked: BTreeMap<Key, BTreeSet<Shape>>,
    expected: BTreeMap<Key, String>,
    words: BTreeMap<Key, Vec<String>>,
    refused: BTreeSet<Key>,
    /// Keys of which it was said that they are missing.
    missing: BTreeSet<Key>,
}

impl Probe {
    pub(super) fn has(&self) -> bool {
        self.has
    }

    pub(super) fn has_text(&self) -> bool {
        self.has_text
    }

    /// Notes it, and says whether a table of this key is there.
    pub(super) fn asked(&self, path: &str, key: &str, shape: Shape, expected: &str) -> bool {
        let mut noted = self.noted.borrow_mut();
        let of = (path.to_owned(), key.to_owned());
        noted.asked.entry(of.clone()).or_default().insert(shape);
        if !expected.is_empty() {
            noted.expected.insert(of, expected.to_owned());
        }
        self.tables || path.is_empty() || key == SIDES
    }

    /// Notes it, and gives the word that is forced here.
    pub(super) fn word<'w>(&self, path: &str, key: &str, words: impl Iterator<Item = &'w str>) -> Option<&str> {
        self.asked(path, key, Shape::Word, "");
        let of = (path.to_owned(), key.to_owned());
        let forced = self.forced.as_ref().filter(|forced| forced.key == of).map(|forced| forced.word.as_str());
        self.noted.borrow_mut().words.insert(of, words.map(str::to_owned).collect());
        forced
    }

    pub(super) fn refused(&self, path: &str, key: &str) {
        self.noted.borrow_mut().refused.insert((path.to_owned(), key.to_owned()));
    }

    pub(super) fn reported(&self, path: &str, key: &str, what: &str) {
        if what.starts_with("is missing") {
            self.noted.borrow_mut().missing.insert((path.to_owned(), key.to_owned()));
        }
    }

    fn run<S: Spec>(tables: bool, has: bool, has_text: bool, forced: Option<&Forced>) -> Self {
        let probe = Self { tables, has, has_text, forced: forced.cloned(), noted: RefCell::default() };
        let source = Source::probing(&probe);
        read_targets::<S>(&TableReader::new(&source, source.nothing(), "", 0));
        drop(source);
        probe
    }

    fn runs<S: Spec>(forced: Option<&Forced>) -> Vec<Self> {
        let all = [(false, false, false), (true, false, false), (true, true, false), (true, true, true)];
        all.map(|(tables, has, has_text)| Self::run::<S>(tables, has, has_text, forced)).into()
    }
}

/// What the readers of some kinds ask for.
#[derive(Debug, Default)]
pub struct Asked {
    probes: Vec<Probe>,
}

impl Asked {
    /// What a kind's readers ask for.
    #[must_use]
    pub fn of<S: Spec>() -> Self {
        let mut probes = Probe::runs::<S>(None);
        let mut done: BTreeSet<Forced> = BTreeSet::new();
        // A word may lead to others.
        loop {
            let words = probes.iter().flat_map(|probe| probe.noted.borrow().words.clone());
            let every = words.flat_map(|(key, words)| words.into_iter().map(move |word| Forced { key: key.clone(), word }));
            let new: BTreeSet<Forced> = every.filter(|forced| !done.contains(forced)).collect();
            if new.is_empty() {
                return Self { probes };
            }
            for forced in &new {
                probes.extend(Probe::runs::<S>(Some(forced)));
            }
            done.extend(new);
        }
    }

    /// With what other kinds ask for.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.probes.extend(other.probes);
        self
    }

    /// The shapes of every key.
    pub(super) fn keys(&self) -> BTreeMap<Key, BTreeSet<Shape>> {
        let mut keys: BTreeMap<Key, BTreeSet<Shape>> = BTreeMap::new();
        for probe in &self.probes {
            for (key, shapes) in &probe.noted.borrow().asked {
                keys.entry(key.clone()).or_default().extend(shapes);
            }
        }
        keys
    }

    /// The words that a key may have.
    pub(super) fn words(&self) -> BTreeMap<Key, Vec<String>> {
        self.probes.iter().flat_map(|probe| probe.noted.borrow().words.clone()).collect()
    }

    /// What is expected of a key's value, in words.
    pub(super) fn expected(&self) -> BTreeMap<Key, String> {
        self.probes.iter().flat_map(|probe| probe.noted.borrow().expected.clone()).collect()
    }

    /// The keys that are said to be missing whenever they are, be it only with this word.
    pub(super) fn required(&self, with: Option<&Forced>) -> BTreeSet<Key> {
        let keys = self.keys();
        let of_word = |probe: &&Probe| with.is_none() || probe.forced.as_ref() == with;
        let is_required = |key: &Key| {
            let is_table = keys[key].iter().any(|shape| matches!(shape, Shape::Table | Shape::Tables));
            let speaks = |probe: &&Probe| {
                let noted = probe.noted.borrow();
                let reads_its_table = noted.asked.keys().any(|(path, _)| *path == key.0);
                // What it pretends to have can't be missing; nor is a kind read by the readers of another.
                let pretends = probe.has || (is_table && probe.tables);
                reads_its_table && !pretends && !is_foreign(&noted, &key.0)
            };
            let mut speaking = self.probes.iter().filter(of_word).filter(speaks).peekable();
            speaking.peek().is_some() && speaking.all(|probe| probe.noted.borrow().missing.contains(key))
        };
        keys.keys().filter(|key| is_required(key)).cloned().collect()
    }

    /// The keys that have no effect with this word, and so may not be there.
    pub(super) fn refused(&self, with: &Forced) -> BTreeSet<Key> {
        let of_word = || self.probes.iter().filter(|probe| probe.forced.as_ref() == Some(with));
        let asked: BTreeSet<Key> =
            of_word().flat_map(|probe| probe.noted.borrow().asked.keys().cloned().collect::<Vec<_>>()).collect();
        let refused = of_word().flat_map(|probe| probe.noted.borrow().refused.clone());
        refused.filter(|key| !asked.contains(key)).collect()
    }
}

/// Whether a table was only asked for its name, to tell it from others.
fn is_foreign(noted: &Noted, path: &str) -> bool {
    let mut keys = noted.asked.keys().filter(|(of, _)| of == path).map(|(_, key)| key.as_str());
    keys.next() == Some("name") && keys.next().is_none()
}
