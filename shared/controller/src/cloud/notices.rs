//! What the controller asks of SNS.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::CloudError;

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

/// Sends notices.
#[async_trait]
pub trait Notices: Send + Sync {
    /// Publishes and returns the message id.
    async fn publish(&self, publication: &Publication) -> Result<String, CloudError>;
}
