//! Events of services.

use std::{collections::BTreeSet, fmt};

use jiff::Timestamp;

use crate::{
    arn::id_in,
    text::{excerpt, list},
};

/// The most names that the text of a trigger lists; it counts the rest.
const LISTED: usize = 3;

/// An event of a service. It names resources or locations; their state is read before anything is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceEvent {
    /// The source, as the service names itself in its events.
    pub source: String,
    /// The event, in a short form of the service's own words.
    pub what: String,
    /// The resources and locations that it is about: ids, names, and ARNs both as a whole and by their last part.
    pub names: BTreeSet<String>,
    /// Whether it may be about more than the resources that it names, such as a location.
    pub about_a_place: bool,
    /// The time, if the event has a valid one.
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

/// Reads a text of an event's detail, by its JSON pointer.
pub type Detail<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The events of one service, and what is read from them.
#[derive(Debug)]
pub struct EventSource {
    /// The source, as the service names itself in its events.
    pub source: &'static str,
    /// The service's name, for people.
    pub service: &'static str,
    /// The fields of its events that name resources: JSON pointers to a name or a list of names.
    pub names: &'static [&'static str],
    /// A short text for an event with this detail type; none if the type is unknown.
    pub what: fn(detail_type: &str, detail: Detail<'_>) -> Option<String>,
    /// Whether its events are about a location, whatever they name.
    pub about_a_place: bool,
}
