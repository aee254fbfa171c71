//! A publish to the notice topic.

use std::collections::BTreeMap;

/// A publish: a body for each protocol, and attributes to filter by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The subject of a mail: printable ASCII, less than 100 characters.
    pub subject: String,
    /// The bodies by protocol of the subscription; `default` is for the others.
    pub bodies: BTreeMap<&'static str, String>,
    /// Message attributes.
    pub attributes: BTreeMap<&'static str, String>,
}
