//! A service's own event.

use std::{collections::BTreeSet, fmt};

use jiff::Timestamp;

use crate::{
    arn::id_in,
    text::{excerpt, list},
};

/// Names that a trigger's text has, before the rest is only counted.
const LISTED: usize = 3;

/// A service's event: it names resources or places, and says nothing that is believed before it is read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceEvent {
    /// The source, as the service names itself in its events.
    pub source: String,
    /// What happened, in the service's own short words.
    pub what: String,
    /// The resources and places that it is about: ids, names, and ARNs both whole and by their last part.
    pub names: BTreeSet<String>,
    /// Whether it may be about more than the resources that it names: a place, or nothing that has a name.
    pub about_a_place: bool,
    /// When, if it says so in a way that can be read.
    pub at: Option<Timestamp>,
}

impl fmt::Display for ServiceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.source, self.what)?;
        let short: BTreeSet<&str> = self.names.iter().map(|name| id_in(name).unwrap_or(name)).collect();
        let said = |name: &&str| self.what.split(' ').any(|word| word == *name);
        let more: Vec<String> = short.into_iter().filter(|name| !said(name)).map(excerpt).collect();
        if more.is_empty() { Ok(()) } else { write!(f, " on {}", list(more.iter().map(String::as_str), LISTED)) }
    }
}

/// The events of one service: which these are, and what in them is read.
#[derive(Debug)]
pub struct EventSource {
    /// The source, as the service names itself in its events.
    pub source: &'static str,
    /// The service's name, for people.
    pub service: &'static str,
    /// Where its events name resources: JSON pointers, each to one name or a list of them.
    pub names: &'static [&'static str],
    /// What happened, in the service's own short words, of an event with this detail type; none where these are new to us.
    pub what: fn(detail_type: &str, detail: &dyn Fn(&str) -> Option<String>) -> Option<String>,
    /// Whether its events are about a place, whatever they name.
    pub about_a_place: bool,
}
