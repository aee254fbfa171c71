//! A topology's file, parsed once for all that is read from it.

use std::collections::BTreeSet;

use toml::{Spanned, de::DeTable};

use super::{
    key::Section,
    policy::{DEFAULTS, Role, TARGET_KEYS},
    problem::Problems,
    reader::{Source, TableReader},
};

/// What any target has, as far as it is known without its kind.
pub(super) const ANY_TARGET: Section = Section { common: TARGET_KEYS, ..Section::tables("target", "", &[]) };

/// A section of the topology, declared by a kind or by something beside the kinds.
#[derive(Debug, Clone, Copy)]
pub struct RootSection {
    /// Its declaration.
    pub section: &'static Section,
    /// Reads it for what is wrong with it alone.
    pub check: Option<fn(&TableReader<'_, '_>)>,
}

impl RootSection {
    /// That of a kind, whose targets are read with the kind.
    #[must_use]
    pub const fn of_kind(section: &'static Section) -> Self {
        Self { section, check: None }
    }

    /// One that nobody but a function of its own reads, which `check` reads for what is wrong with it.
    #[must_use]
    pub const fn checked(section: &'static Section, check: fn(&TableReader<'_, '_>)) -> Self {
        Self { section, check: Some(check) }
    }

    /// Whether it is that of a kind.
    #[must_use]
    pub fn is_of_kind(&self) -> bool {
        self.check.is_none()
    }
}

/// A topology's file, parsed.
#[derive(Debug)]
pub struct Document<'t> {
    text: &'t str,
    table: Spanned<DeTable<'t>>,
    errors: Vec<toml::de::Error>,
}

impl<'t> Document<'t> {
    /// Parses it; what is wrong with it is told when something is read from it.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        Self { text, table, errors }
    }

    /// The roles that it names, in every kind; what is wrong with them is told when targets are read from it.
    #[must_use]
    pub fn roles(&self) -> BTreeSet<Role> {
        let source = Source::new(self.text);
        let root = TableReader::root(&source, self.table.get_ref());
        let targets = root.arrays_but("", &ANY_TARGET);
        let of_targets = targets.iter().filter_map(|(_, target)| Role::read(target));
        of_targets.chain(root.table_of(&DEFAULTS).and_then(|defaults| Role::read(&defaults))).collect()
    }

    /// What a section holds that appears once, as `read` reads it; none when it is not there.
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

    /// What is read from its root, with every problem of that.
    pub(super) fn read<T>(&self, read: impl FnOnce(&TableReader<'_, '_>) -> T) -> Result<T, Problems> {
        let source = Source::new(self.text);
        for error in &self.errors {
            source.report(error.span().map_or(0, |span| span.start), "syntax", error.message());
        }
        let read = read(&TableReader::root(&source, self.table.get_ref()));
        source.finish(read)
    }

    /// Whether it is TOML.
    pub(super) fn is_toml(&self) -> bool {
        self.errors.is_empty()
    }
}
