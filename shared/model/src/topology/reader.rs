//! Reads TOML tables key by key and collects every problem with its line, instead of stopping at
//! the first as a derived deserializer does. `toml` itself gives the spans of keys and values; `toml-span` would give the
//! same, and the messages would be our own with it too.

use std::{cell::RefCell, collections::BTreeMap, ops::Range, time::Duration};

use jiff::{SignedDuration, civil::Date};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Problem,
    asked::{Probe, Shape},
};
use crate::text::nearest;

const LONGEST_SPAN: Duration = Duration::from_hours(366 * 24);

/// The text and the problems found in it so far.
pub(super) struct Source<'t> {
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
    /// What is asked for is noted rather than read.
    probe: Option<&'t Probe>,
    nothing: DeTable<'t>,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, problems: RefCell::default(), probe: None, nothing: DeTable::new() }
    }

    /// One of which nothing is read: what is asked for is noted.
    pub(super) fn probing(probe: &'t Probe) -> Self {
        Self { probe: Some(probe), ..Self::new("") }
    }

    /// The document of a probe.
    pub(super) fn nothing(&self) -> &DeTable<'t> {
        &self.nothing
    }

    pub(super) fn report(&self, at: usize, key: impl Into<String>, what: impl Into<String>) {
        let line = self.line_of(at);
        self.problems.borrow_mut().push(Problem { line, key: key.into(), what: what.into() });
    }

    /// The line of a place in the text, from 1.
    fn line_of(&self, at: usize) -> usize {
        self.text[..at.min(self.text.len())].matches('\n').count() + 1
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.line);
        problems
    }
}

/// A table being read: every key must be asked for once, and [`TableReader::finish`] reports the
/// keys that nobody asked for.
pub struct TableReader<'s, 't> {
    source: &'s Source<'t>,
    table: &'s DeTable<'t>,
    path: String,
    at: usize,
    known: RefCell<Vec<&'static str>>,
}

impl<'s, 't> TableReader<'s, 't> {
    pub(super) fn new(source: &'s Source<'t>, table: &'s DeTable<'t>, path: &str, at: usize) -> Self {
        Self { source, table, path: path.to_owned(), at, known: RefCell::default() }
    }

    /// Reports a problem with a key of this table, at the key's line or else the table's.
    pub fn report(&self, key: &str, what: impl Into<String>) {
        let what = what.into();
        if let Some(probe) = self.source.probe {
            probe.reported(&self.path, key, &what);
        }
        let at = self.table.get(key).map_or(self.at, |value| value.span().start);
        self.source.report(at, self.path_of(key), what);
    }

    /// Text, if the key is there.
    pub fn text(&self, key: &'static str) -> Option<String> {
        let probed = self.source.probe.map(|_| "probe".to_owned());
        self.get(key, Shape::Text, "text in quotes", |value| value.as_str().map(str::to_owned)).or(probed)
    }

    /// Text that must be there; `example` shows how it looks.
    pub fn required_text(&self, key: &'static str, example: &str) -> Option<String> {
        self.require(key, example);
        self.filled_text(key, example)
    }

    /// Text that says something, if the key is there.
    pub fn filled_text(&self, key: &'static str, example: &str) -> Option<String> {
        self.text(key).filter(|text| {
            let empty = text.trim().is_empty();
            if empty {
                self.report(key, format!("is empty; expected text, as in {key} = {example}"));
            }
            !empty
        })
    }

    /// A day that must be there, as in `"2027-01-31"`.
    pub fn required_date(&self, key: &'static str, example: &str) -> Option<Date> {
        self.require(key, example);
        self.get(key, Shape::Date, &format!("a day in quotes, as in {example}"), |value| value.as_str()?.parse().ok())
    }

    /// The line that it begins at.
    #[must_use]
    pub fn line(&self) -> usize {
        self.source.line_of(self.at)
    }

    /// A list of texts, if the key is there.
    pub fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        let probed = self.source.probe.map(|_| vec!["probe".to_owned()]);
        let read = self.get(key, Shape::Texts, "a list of texts, as in [\"a\", \"b\"]", |value| {
            value.as_array()?.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
        });
        read.or(probed)
    }

    /// A list of texts that must be there.
    pub fn required_texts(&self, key: &'static str, example: &str) -> Option<Vec<String>> {
        self.require(key, example);
        self.texts(key)
    }

    /// A table of texts, if the key is there.
    pub fn text_table(&self, key: &'static str) -> Option<BTreeMap<String, String>> {
        self.get(key, Shape::TextTable, "a table of texts, as in { tag = \"value\" }", |value| {
            let pair = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
                Some((AsRef::<str>::as_ref(key.get_ref()).to_owned(), value.get_ref().as_str()?.to_owned()))
            };
            value.as_table()?.iter().map(pair).collect()
        })
    }

    /// A whole number of at least 1, if the key is there.
    pub fn count(&self, key: &'static str) -> Option<usize> {
        self.get(key, Shape::Count, "a whole number of at least 1", |value| {
            value.as_integer()?.to_string().parse().ok().filter(|count| *count >= 1)
        })
    }

    /// A share from 0 to 1, if the key is there.
    pub fn share(&self, key: &'static str) -> Option<f64> {
        self.get(key, Shape::Share, "a share from 0 to 1, as in 0.5", |value| {
            let number = value.as_float().map(ToString::to_string).or_else(|| Some(value.as_integer()?.to_string()));
            number?.parse().ok().filter(|share| (0.0..=1.0).contains(share))
        })
    }

    /// True or false, if the key is there.
    pub fn flag(&self, key: &'static str) -> Option<bool> {
        self.get(key, Shape::Flag, "true or false", DeValue::as_bool)
    }

    /// A whole number from 0, if the key is there.
    pub fn number(&self, key: &'static str) -> Option<usize> {
        self.get(key, Shape::Number, "a whole number from 0", |value| value.as_integer()?.to_string().parse().ok())
    }

    /// A list of whole numbers, if the key is there.
    pub fn numbers(&self, key: &'static str) -> Option<Vec<usize>> {
        self.get(key, Shape::Numbers, "a list of whole numbers, as in [10, 50, 100]", |value| {
            value.as_array()?.iter().map(|item| item.get_ref().as_integer()?.to_string().parse().ok()).collect()
        })
    }

    /// Leaves a key unread, which is no mistake.
    pub fn skip(&self, key: &'static str) {
        self.known.borrow_mut().push(key);
    }

    /// Reports a key that is there although it means nothing beside the others.
    pub fn refuse(&self, key: &'static str, why: &str) {
        self.skip(key);
        if let Some(probe) = self.source.probe {
            probe.refused(&self.path, key);
        }
        if self.has(key) {
            self.report(key, format!("has no effect here: {why}"));
        }
    }

    /// Whether the key is there and holds text.
    #[must_use]
    pub fn has_text(&self, key: &str) -> bool {
        self.source.probe.is_some_and(Probe::has_text)
            || self.table.get(key).is_some_and(|value| value.get_ref().as_str().is_some())
    }

    /// Whether the key is there, whatever it holds.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.source.probe.is_some_and(Probe::has) || self.table.contains_key(key)
    }

    /// The table of this key, if it is there.
    pub fn table(&self, key: &'static str) -> Option<TableReader<'s, 't>> {
        let path = self.path_of(key);
        self.known.borrow_mut().push(key);
        if let Some(probe) = self.source.probe {
            let is_there = probe.asked(&self.path, key, Shape::Table, "");
            return is_there.then(|| self.probed(&path));
        }
        let value = self.table.get(key)?;
        let table = value.get_ref().as_table().map(|table| Self::new(self.source, table, &path, value.span().start));
        if table.is_none() {
            self.report(key, format!("{} is not a [{path}] section", shown(self.source.text, &value.span())));
        }
        table
    }

    /// A span of time such as `"90s"`, `"15m"` or `"1h"`, if the key is there.
    pub fn span(&self, key: &'static str) -> Option<Duration> {
        self.get(key, Shape::Span, "a span of time of at most a year, as in \"90s\", \"15m\" or \"1h\"", |value| {
            let span = Duration::try_from(value.as_str()?.parse::<SignedDuration>().ok()?).ok()?;
            // Times are added to it, and a time has its end.
            Some(span).filter(|span| *span <= LONGEST_SPAN)
        })
    }

    /// One of a few words, if the key is there.
    pub fn word<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let names: Vec<String> = words.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        if let Some(probe) = self.source.probe {
            let forced = probe.word(&self.path, key, words.iter().map(|(name, _)| *name));
            return forced.and_then(|forced| words.iter().find(|(name, _)| *name == forced)).map(|(_, word)| *word);
        }
        self.get(key, Shape::Word, &names.join(" or "), |value| {
            let text = value.as_str()?;
            words.iter().find(|(name, _)| *name == text).map(|(_, word)| *word)
        })
    }

    /// The tables of an array of tables; none when the key is missing.
    pub fn tables(&self, key: &'static str) -> Vec<TableReader<'s, 't>> {
        let expected = format!("one or more [[{}]] sections", self.path_of(key));
        let path = self.path_of(key);
        if let Some(probe) = self.source.probe {
            self.known.borrow_mut().push(key);
            let is_there = probe.asked(&self.path, key, Shape::Tables, "");
            // Two, as a target has two sides.
            return if is_there { vec![self.probed(&path), self.probed(&path)] } else { Vec::new() };
        }
        self.get(key, Shape::Tables, &expected, |value| {
            let table = |item: &'s Spanned<DeValue<'t>>| {
                Some(Self::new(self.source, item.get_ref().as_table()?, &path, item.span().start))
            };
            value.as_array()?.iter().map(table).collect()
        })
        .unwrap_or_default()
    }

    /// Reports the keys that nobody asked for, with the nearest one that is known.
    pub fn finish(&self) {
        let known = self.known.borrow();
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let fix = nearest(name, known.iter().copied())
                .map_or_else(|| format!("known here: {}", known.join(", ")), |near| format!("did you mean {near}?"));
            self.source.report(key.span().start, self.path_of(name), format!("unknown key; {fix}"));
        }
    }

    fn require(&self, key: &str, example: &str) {
        if !self.table.contains_key(key) {
            self.report(key, format!("is missing; add {key} = {example}"));
        }
    }

    fn probed(&self, path: &str) -> Self {
        Self::new(self.source, &self.source.nothing, path, 0)
    }

    fn get<T>(
        &self,
        key: &'static str,
        shape: Shape,
        expected: &str,
        read: impl FnOnce(&'s DeValue<'t>) -> Option<T>,
    ) -> Option<T> {
        self.known.borrow_mut().push(key);
        if let Some(probe) = self.source.probe {
            probe.asked(&self.path, key, shape, expected);
        }
        let value = self.table.get(key)?;
        let read = read(value.get_ref());
        if read.is_none() {
            self.report(key, format!("{} is not {expected}", shown(self.source.text, &value.span())));
        }
        read
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

fn shown(text: &str, span: &Range<usize>) -> String {
    let value = text.get(span.clone()).unwrap_or_default();
    let mut short: String = value.chars().take(40).collect();
    if short.len() < value.len() {
        short.push('…');
    }
    short.replace('\n', " ")
}
