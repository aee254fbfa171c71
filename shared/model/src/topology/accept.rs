//! Findings that are accepted: known, and to be left as they are until a day.

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

/// Findings of one rule on one resource that are left as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The id of its rule.
    pub finding: String,
    /// What it is about, in the words of the finding.
    pub resource: String,
    /// The target; any when not given.
    pub target: Option<String>,
    /// Why it is left so.
    pub reason: String,
    /// The last day of that.
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

/// What a topology accepts, as far as it can be read: what is wrong with it is reported with the targets.
#[must_use]
pub fn accepted(text: &str) -> Vec<Accepted> {
    let source = Source::new(text);
    let (document, _) = DeTable::parse_recoverable(text);
    TableReader::root(&source, document.get_ref()).tables_of(&ACCEPT).iter().filter_map(Accepted::read).collect()
}
