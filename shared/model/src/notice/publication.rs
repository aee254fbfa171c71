//! One publish.

use std::collections::BTreeMap;

/// One publish: a body for each protocol, and attributes to filter by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The subject of a mail: printable ASCII, at most 100 characters (SNS Publish).
    pub subject: String,
    /// Bodies by SNS protocol (`default`, `email`, `sms`, `https`, `sqs`, …).
    pub bodies: BTreeMap<&'static str, String>,
    /// Message attributes.
    pub attributes: BTreeMap<&'static str, String>,
}
