//! The file of a topology, parsed once for all of its readers.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Spanned, de::DeTable};

use super::{
    key::Section,
    policy::{DEFAULTS, Role, TARGET_KEYS},
    problem::Problems,
    reader::{Source, TableReader},
};

/// The keys of every target, whatever its kind.
pub(super) const ANY_TARGET: Section = Section { common: TARGET_KEYS, ..Section::tables("target", "", &[]) };

/// A section of the topology, declared by a kind or by another component.
#[derive(Debug, Clone, Copy)]
pub struct RootSection {
    /// Its declaration.
    pub section: &'static Section,
    /// Reads it for its problems only.
    pub check: Option<fn(&TableReader<'_, '_>)>,
}

impl RootSection {
    /// The section of a kind, whose targets are read with the kind.
    #[must_use]
    pub const fn of_kind(section: &'static Section) -> Self {
        Self { section, check: None }
    }

    /// A section that only one function uses; `check` reads it for its problems.
    #[must_use]
    pub const fn checked(section: &'static Section, check: fn(&TableReader<'_, '_>)) -> Self {
        Self { section, check: Some(check) }
    }

    /// Whether it is the section of a kind.
    #[must_use]
    pub fn is_of_kind(&self) -> bool {
        self.check.is_none()
    }
}

/// The parsed file of a topology.
#[derive(Debug)]
pub struct Document<'t> {
    text: &'t str,
    table: Spanned<DeTable<'t>>,
    errors: Vec<toml::de::Error>,
}

impl<'t> Document<'t> {
    /// Parses it; problems are reported when it is read.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        Self { text, table, errors }
    }

    /// The roles that it names, in every kind; problems with them are reported when targets are read.
    #[must_use]
    pub fn roles(&self) -> BTreeSet<Role> {
        let source = Source::new(self.text);
        let root = TableReader::root(&source, self.table.get_ref());
        let targets = root.arrays_but("", &ANY_TARGET);
        let of_targets = targets.iter().filter_map(|(_, target)| Role::read(target));
        of_targets.chain(root.table_of(&DEFAULTS).and_then(|defaults| Role::read(&defaults))).collect()
    }

    /// The names of all targets of every kind, each with its stack; `but` names a section that is of no kind.
    #[must_use]
    pub(super) fn target_names(&self, but: &str) -> BTreeMap<String, Option<String>> {
        let source = Source::new(self.text);
        let root = TableReader::root(&source, self.table.get_ref());
        let targets = root.arrays_but(but, &ANY_TARGET);
        let named = |(_, target): &(&str, TableReader<'_, '_>)| {
            Some((target.peek("name")?.to_owned(), target.peek("stack").map(str::to_owned)))
        };
        targets.iter().filter_map(named).collect()
    }

    /// Reads a section that appears at most once; none when it is missing.
    ///
    /// # Errors
    /// All problems of that section, or of the file's syntax.
    pub fn section<T>(
        &self,
        section: &'static Section,
        read: impl FnOnce(&TableReader<'_, '_>) -> Option<T>,
    ) -> Result<Option<T>, Problems> {
        self.read(|root| root.table_of(section).and_then(|reader| read(&reader)))
    }

    /// Reads from its root and collects all problems.
    pub(super) fn read<T>(&self, read: impl FnOnce(&TableReader<'_, '_>) -> T) -> Result<T, Problems> {
        let source = Source::new(self.text);
        for error in &self.errors {
            source.report(error.span().map_or(0, |span| span.start), "syntax", error.message());
        }
        let read = read(&TableReader::root(&source, self.table.get_ref()));
        source.finish(read)
    }

    /// Whether it is valid TOML.
    pub(super) fn is_toml(&self) -> bool {
        self.errors.is_empty()
    }
}
