//! Suppressions: findings that are accepted until a day.

use jiff::civil::Date;
use toml::de::DeTable;

use super::{
    key::{Key, Section, Shape},
    reader::{Source, TableReader},
};

/// Its keys.
pub const ACCEPT: Section = Section::tables(
    "accept",
    "A finding of a check that is known and accepted until a day. It is listed, and does not count.",
    &[
        Key::new("finding", Shape::Text, "The rule of the finding, as a check prints it in brackets.")
            .required()
            .example("\"long-ttl\""),
        Key::new("resource", Shape::Text, "The resource that the finding is about, as a check prints it.")
            .required()
            .example("\"www.example.com A\""),
        Key::new("target", Shape::Text, "The target that the finding is about, or `\"the account\"`.")
            .default("any target")
            .example("\"www\""),
        Key::new("reason", Shape::Text, "Why the finding is accepted.").required().example("\"why it is left as it is\""),
        Key::new("until", Shape::Date, "The last day on which it is accepted.").required().example("\"2027-01-31\""),
    ],
);

/// Accepted findings of one rule on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The id of its rule.
    pub finding: String,
    /// The resource, as the finding names it.
    pub resource: String,
    /// The target; any target when none.
    pub target: Option<String>,
    /// The reason.
    pub reason: String,
    /// The last day.
    pub until: Date,
    /// The line of its section.
    pub line: usize,
}

impl Accepted {
    pub(super) fn read(reader: &TableReader<'_, '_>) -> Option<Self> {
        let finding = reader.text("finding");
        let resource = reader.text("resource");
        let target = reader.text("target");
        let reason = reader.text("reason");
        let until = reader.date("until");
        reader.finish();
        let line = reader.line();
        Some(Self { finding: finding?, resource: resource?, target, reason: reason?, until: until?, line })
    }
}

/// The suppressions of a topology, as far as they can be read; their problems are reported with the targets.
#[must_use]
pub fn accepted(text: &str) -> Vec<Accepted> {
    let source = Source::new(text);
    let (document, _) = DeTable::parse_recoverable(text);
    TableReader::root(&source, document.get_ref()).tables_of(&ACCEPT).iter().filter_map(Accepted::read).collect()
}
