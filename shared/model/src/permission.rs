//! Permissions: whether a principal may make a call, checked without making it.

use std::collections::{BTreeMap, BTreeSet};

use crate::arn::Arn;

/// The identity that calls are made with, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The ARN of the user or the role whose policies apply.
    pub principal: String,
    /// The account.
    pub account: String,
    /// The Region of resources that do not name their own.
    pub region: String,
}

impl Caller {
    /// The ARN of a resource of this account in a Region; in none when that is empty.
    #[must_use]
    pub fn arn(&self, service: &str, region: &str, resource: &str) -> String {
        self.arn_of(service, region, &self.account, resource)
    }

    /// The ARN of a resource without an account and a Region, such as a bucket.
    #[must_use]
    pub fn global_arn(&self, service: &str, resource: &str) -> String {
        self.arn_of(service, "", "", resource)
    }

    fn arn_of(&self, service: &str, region: &str, account: &str, resource: &str) -> String {
        let partition = Arn::of(&self.principal).map_or("aws", |arn| arn.partition);
        Arn { partition, service, region, account, resource }.to_string()
    }
}

/// A required permission: an action on a resource, with the condition keys that a policy may use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The action, as `SERVICE:Action`.
    pub action: &'static str,
    /// The ARN of the resource; `*` where the service knows none.
    pub resource: String,
    /// The condition keys of the call.
    pub context: Context,
}

/// Condition keys and their values.
pub type Context = BTreeMap<&'static str, ContextValue>;

/// The value of a condition key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContextValue {
    /// A text.
    Text(String),
    /// Several texts.
    Texts(BTreeSet<String>),
    /// True or false.
    Flag(bool),
}

/// The result of a check of a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Allowed.
    Yes,
    /// Denied, with the reason.
    No(String),
    /// Not known, with the reason.
    Unknown(String),
}
