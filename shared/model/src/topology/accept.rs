//! Findings that are accepted: known, and to be left as they are until a day.

use jiff::civil::Date;
use toml::de::DeTable;

use super::reader::{Source, TableReader};

/// The name of its sections.
pub(super) const ACCEPT: &str = "accept";

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
        let finding = reader.required_text("finding", "\"long-ttl\"");
        let resource = reader.required_text("resource", "\"www.example.com A\"");
        let target = reader.filled_text("target", "\"www\"");
        let reason = reader.required_text("reason", "\"why it is left as it is\"");
        let until = reader.required_date("until", "\"2027-01-31\"");
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
    let root = TableReader::new(&source, document.get_ref(), "", 0);
    root.tables(ACCEPT).iter().filter_map(Accepted::read).collect()
}
