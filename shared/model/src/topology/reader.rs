//! Reads TOML tables key by key and collects every problem with its line, instead of stopping at the first as a derived
//! deserializer does. `toml` itself provides the spans of keys and values. `toml-span` would not save the custom messages.

use std::{borrow::Cow, cell::RefCell, collections::BTreeMap, ops::Range, time::Duration};

use jiff::{SignedDuration, civil::Date};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    key::{Form, Key, Only, Required, Section, Shape, inline},
    problem::{Problem, Problems},
};
use crate::text::nearest;

const LONGEST_SPAN: Duration = Duration::from_hours(366 * 24);

/// The section of the whole document, whose sections are declared separately.
const ROOT: Section = Section::table("", "", &[]);

/// The text and the problems found in it so far.
pub(super) struct Source<'t> {
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, problems: RefCell::default() }
    }

    pub(super) fn report(&self, at: usize, key: impl Into<String>, what: impl Into<String>) {
        let line = self.line_of(at);
        self.problems.borrow_mut().push(Problem { line, key: key.into(), what: what.into() });
    }

    /// The line of an offset in the text, from 1.
    fn line_of(&self, at: usize) -> usize {
        self.text[..at.min(self.text.len())].matches('\n').count() + 1
    }

    /// The result, unless there were problems.
    pub(super) fn finish<T>(self, read: T) -> Result<T, Problems> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.line);
        if problems.is_empty() { Ok(read) } else { Err(Problems(problems)) }
    }
}

/// A table that is read according to the declaration of its section. Call [`TableReader::finish`] once, after all reads: it
/// reports keys that are missing, unknown, or without effect.
pub struct TableReader<'s, 't> {
    source: &'s Source<'t>,
    table: &'s DeTable<'t>,
    section: &'static Section,
    path: String,
    at: usize,
    /// The words that this table and its enclosing tables have for keys that take words.
    words: Vec<(&'static str, &'static str)>,
}

impl<'s, 't> TableReader<'s, 't> {
    /// The whole document.
    pub(super) fn root(source: &'s Source<'t>, table: &'s DeTable<'t>) -> Self {
        Self { source, table, section: &ROOT, path: String::new(), at: 0, words: Vec::new() }
    }

    fn below(&self, name: &str, section: &'static Section, table: &'s DeTable<'t>, at: usize) -> Self {
        let mut words = self.words.clone();
        words.extend(section.all().filter_map(|key| {
            let word = table.get(key.name).filter(|_| !key.shape.words().is_empty())?.get_ref().as_str()?;
            Some((key.name, key.shape.words().iter().find(|known| known.name == word)?.name))
        }));
        Self { source: self.source, table, section, path: self.path_of(name), at, words }
    }

    /// Reports a problem with a key of this table, at the key's line or else the table's.
    pub fn report(&self, key: &str, what: impl Into<String>) {
        let at = self.table.get(key).map_or(self.at, |value| value.span().start);
        self.source.report(at, self.path_of(key), what);
    }

    /// Text, if the key is present.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<String> {
        let (declared, text) =
            self.read(key, |shape| matches!(shape, Shape::Text | Shape::AnyText), |value| value.as_str().map(str::to_owned))?;
        let empty = declared.shape == Shape::Text && text.trim().is_empty();
        if empty {
            self.report(key, format!("is empty; expected text, as in {key} = {}", declared.example));
        }
        (!empty).then_some(text)
    }

    /// A day, if the key is present.
    #[must_use]
    pub fn date(&self, key: &str) -> Option<Date> {
        self.value(key, |shape| shape == Shape::Date, |value| value.as_str()?.parse().ok())
    }

    /// A list of texts, if the key is present.
    #[must_use]
    pub fn texts(&self, key: &str) -> Option<Vec<String>> {
        self.value(
            key,
            |shape| shape == Shape::Texts,
            |value| value.as_array()?.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect(),
        )
    }

    /// A table of texts, if the key is present.
    #[must_use]
    pub fn text_table(&self, key: &str) -> Option<BTreeMap<String, String>> {
        let pair = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
            Some((AsRef::<str>::as_ref(key.get_ref()).to_owned(), value.get_ref().as_str()?.to_owned()))
        };
        self.value(key, |shape| shape == Shape::TextTable, |value| value.as_table()?.iter().map(pair).collect())
    }

    /// A whole number of at least 1, if the key is present.
    #[must_use]
    pub fn count(&self, key: &str) -> Option<usize> {
        self.value(
            key,
            |shape| shape == Shape::Count,
            |value| value.as_integer()?.to_string().parse().ok().filter(|count| *count >= 1),
        )
    }

    /// A share from 0 to 1, if the key is present.
    #[must_use]
    pub fn share(&self, key: &str) -> Option<f64> {
        self.value(
            key,
            |shape| shape == Shape::Share,
            |value| {
                let number = value.as_float().map(ToString::to_string).or_else(|| Some(value.as_integer()?.to_string()));
                number?.parse().ok().filter(|share| (0.0..=1.0).contains(share))
            },
        )
    }

    /// True or false, if the key is present.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.value(key, |shape| shape == Shape::Flag, DeValue::as_bool)
    }

    /// A whole number from 0, if the key is present.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<usize> {
        self.value(key, |shape| shape == Shape::Number, |value| value.as_integer()?.to_string().parse().ok())
    }

    /// A list of whole numbers, if the key is present.
    #[must_use]
    pub fn numbers(&self, key: &str) -> Option<Vec<usize>> {
        self.value(
            key,
            |shape| shape == Shape::Numbers,
            |value| value.as_array()?.iter().map(|item| item.get_ref().as_integer()?.to_string().parse().ok()).collect(),
        )
    }

    /// A span of time such as `"90s"`, `"15m"` or `"1h"`, if the key is present.
    #[must_use]
    pub fn span(&self, key: &str) -> Option<Duration> {
        self.value(
            key,
            |shape| shape == Shape::Span,
            |value| {
                let span = Duration::try_from(value.as_str()?.parse::<SignedDuration>().ok()?).ok()?;
                // The bound prevents overflow when the span is added to a time.
                Some(span).filter(|span| *span <= LONGEST_SPAN)
            },
        )
    }

    /// The value of one of the declared words, if the key is present.
    #[must_use]
    pub fn word<T: Clone>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        self.value(key, |shape| are_of(shape, words), |value| meaning(words, value.as_str()?))
    }

    /// The value of one of the declared words, or a table instead of a word, if the key is present.
    #[must_use]
    pub fn word_or_table<T: Clone>(&self, key: &str, words: &[(&str, T)]) -> Option<WordOrTable<'s, 't, T>> {
        let section = self.section.section(key)?;
        let at = self.table.get(key)?.span().start;
        self.value(
            key,
            |shape| are_of(shape, words),
            |value| match value {
                DeValue::Table(table) => Some(WordOrTable::Table(self.below(key, section, table, at))),
                other => meaning(words, other.as_str()?).map(WordOrTable::Word),
            },
        )
    }

    /// The table of this key, if it is present.
    #[must_use]
    pub fn table(&self, key: &str) -> Option<TableReader<'s, 't>> {
        let section = self.section.section(key)?;
        let at = self.table.get(key)?.span().start;
        let fits = |shape: Shape| shape.section().is_some_and(|section| section.form == Form::Table);
        self.value(key, fits, |value| Some(self.below(key, section, value.as_table()?, at)))
    }

    /// The tables of an array of tables; none when the key is missing.
    #[must_use]
    pub fn tables(&self, key: &str) -> Vec<TableReader<'s, 't>> {
        let Some(section) = self.section.section(key) else { return Vec::new() };
        let fits = |shape: Shape| shape.section().is_some_and(|section| section.form != Form::Table);
        self.value(key, fits, |value| self.items(key, section, value)).unwrap_or_default()
    }

    /// The table of a section that is not declared with this one.
    pub(super) fn table_of(&self, section: &'static Section) -> Option<TableReader<'s, 't>> {
        let value = self.table.get(section.name)?;
        let table = value.get_ref().as_table().map(|table| self.below(section.name, section, table, value.span().start));
        self.checked(section.name, Shape::Section(section), value, table)
    }

    /// The tables of a section that is not declared with this one.
    pub(super) fn tables_of(&self, section: &'static Section) -> Vec<TableReader<'s, 't>> {
        let Some(value) = self.table.get(section.name) else { return Vec::new() };
        let tables = self.items(section.name, section, value.get_ref());
        self.checked(section.name, Shape::Section(section), value, tables).unwrap_or_default()
    }

    /// The tables of all arrays of tables but the one of this name, with their keys, in the order of the text; read
    /// as such a section.
    pub(super) fn arrays_but(&self, but: &str, section: &'static Section) -> Vec<(&'s str, TableReader<'s, 't>)> {
        let arrays = self.table.iter().filter(|(key, _)| key.get_ref().as_ref() != but);
        let tables = arrays.flat_map(|(key, value)| {
            let name: &'s str = key.get_ref().as_ref();
            let tables = self.items(name, section, value.get_ref()).unwrap_or_default();
            tables.into_iter().map(move |table| (name, table))
        });
        let mut tables: Vec<_> = tables.collect();
        tables.sort_by_key(|(_, table)| table.at);
        tables
    }

    fn items(&self, key: &str, section: &'static Section, value: &'s DeValue<'t>) -> Option<Vec<TableReader<'s, 't>>> {
        let table =
            |item: &'s Spanned<DeValue<'t>>| Some(self.below(key, section, item.get_ref().as_table()?, item.span().start));
        value.as_array()?.iter().map(table).collect()
    }

    /// Reports a key that has no effect beside the others.
    pub fn refuse(&self, key: &str, why: &str) {
        if self.has(key) {
            self.report(key, format!("has no effect here: {why}"));
        }
    }

    /// Whether the key is present, whatever its value.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The value of a key if it is a text. Reports no problem otherwise.
    #[must_use]
    pub fn peek(&self, key: &str) -> Option<&'s str> {
        self.table.get(key)?.get_ref().as_str()
    }

    /// The line at which it begins.
    #[must_use]
    pub fn line(&self) -> usize {
        self.source.line_of(self.at)
    }

    /// Reports required keys that are missing, keys without effect, and undeclared keys with the nearest declared one.
    pub fn finish(&self) {
        for key in self.section.all() {
            match self.has_effect(key) {
                Some(true) if key.required == Required::Always && !self.has(key.name) => {
                    self.report(key.name, format!("is missing; {}", self.missing_advice(key)));
                }
                Some(false) => self.refuse(key.name, &key.only.as_ref().map(Only::why).unwrap_or_default()),
                _ => {}
            }
        }
        let known: Vec<&str> = self.section.all().filter(|key| self.has_effect(key) != Some(false)).map(|key| key.name).collect();
        let unknown = self.table.iter().filter(|(name, _)| self.section.key(name.get_ref().as_ref()).is_none());
        for (name, _) in unknown {
            self.report_unknown(name, &known);
        }
    }

    /// Reports keys that are not in `known`. Unless `all` is set, other sections may exist: they are ignored if their name
    /// is not similar to a known one.
    pub(super) fn finish_among(&self, known: &[&str], all: bool) {
        for (key, value) in self.table {
            let name: &str = key.get_ref().as_ref();
            let is_section = value.get_ref().is_table() || self.items(name, self.section, value.get_ref()).is_some();
            let is_others = || !all && is_section && nearest(name, known.iter().copied()).is_none();
            if !known.contains(&name) && !is_others() {
                self.report_unknown(key, known);
            }
        }
    }

    fn report_unknown<N: AsRef<str>>(&self, key: &Spanned<N>, known: &[&str]) {
        let name = key.get_ref().as_ref();
        let fix = nearest(name, known.iter().copied())
            .map_or_else(|| format!("known here: {}", known.join(", ")), |near| format!("did you mean {near}?"));
        self.source.report(key.span().start, self.path_of(name), format!("unknown key; {fix}"));
    }

    fn missing_advice(&self, key: &Key) -> String {
        let example = match key.shape {
            _ if !key.missing.is_empty() => return key.missing.to_owned(),
            Shape::Word(_) => key.shape.expected(""),
            _ if !key.example.is_empty() => key.example.to_owned(),
            Shape::Section(section) if section.form == Form::Table => {
                let needed = |key: &&Key| key.required == Required::Always && self.has_effect(key) == Some(true);
                inline(section.all().filter(needed))
            }
            Shape::Section(_) => return format!("add a [[{}]] section", self.path_of(key.name)),
            shape => shape.expected(&self.path_of(key.name)),
        };
        format!("add {} = {example}", key.name)
    }

    /// Whether a key has an effect with the words of other keys; none if such a word is unknown.
    fn has_effect(&self, key: &Key) -> Option<bool> {
        let Some(only) = &key.only else { return Some(true) };
        let (_, word) = self.words.iter().rev().find(|(of, _)| *of == only.key)?;
        Some(only.words.contains(word))
    }

    fn value<T>(&self, name: &str, fits: impl Fn(Shape) -> bool, read: impl FnOnce(&'s DeValue<'t>) -> Option<T>) -> Option<T> {
        self.read(name, fits, read).map(|(_, read)| read)
    }

    /// The value of a declared key that has an effect, if it is present and has the declared type.
    fn read<T>(
        &self,
        name: &str,
        fits: impl Fn(Shape) -> bool,
        read: impl FnOnce(&'s DeValue<'t>) -> Option<T>,
    ) -> Option<(&'static Key, T)> {
        let declared = self.section.key(name);
        debug_assert!(declared.is_some_and(|key| fits(key.shape)), "{} is read as it is not declared", self.path_of(name));
        let key = declared.filter(|key| self.has_effect(key) != Some(false))?;
        let value = self.table.get(name)?;
        let read = read(value.get_ref());
        Some((key, self.checked(name, key.shape, value, read)?))
    }

    /// The result of a read; reports a problem if there is none.
    fn checked<T>(&self, name: &str, shape: Shape, value: &Spanned<DeValue<'t>>, read: Option<T>) -> Option<T> {
        if read.is_none() {
            let expected = shape.expected(&self.path_of(name));
            self.report(name, format!("{} is not {expected}", shown(self.source.text, &value.span())));
        }
        read
    }

    fn path_of(&self, key: &str) -> String {
        let key = as_written(key);
        if self.path.is_empty() { key.into_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// A key as TOML has it: in quotes, unless it is bare.
fn as_written(key: &str) -> Cow<'_, str> {
    let is_bare = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_bare { key.into() } else { format!("{key:?}").into() }
}

/// The value of a key that takes words or a table.
pub enum WordOrTable<'s, 't, T> {
    /// The value of the word.
    Word(T),
    /// The table.
    Table(TableReader<'s, 't>),
}

/// Whether these are the declared words.
fn are_of<T>(shape: Shape, words: &[(&str, T)]) -> bool {
    words.iter().map(|(name, _)| *name).eq(shape.words().iter().map(|word| word.name))
}

fn meaning<T: Clone>(words: &[(&str, T)], text: &str) -> Option<T> {
    words.iter().find(|(name, _)| *name == text).map(|(_, meaning)| meaning.clone())
}

fn shown(text: &str, span: &Range<usize>) -> String {
    let value = text.get(span.clone()).unwrap_or_default();
    let mut short: String = value.chars().take(40).collect();
    if short.len() < value.len() {
        short.push('…');
    }
    short.replace('\n', " ")
}
