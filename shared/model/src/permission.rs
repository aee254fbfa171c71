//! What the controller asks of IAM: whether somebody may do something, without doing it.

use std::collections::{BTreeMap, BTreeSet};

use crate::arn::Arn;

/// Who calls are made as, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The ARN of the user or the role whose policies count.
    pub principal: String,
    /// The account that is called.
    pub account: String,
    /// The Region that is called where a resource does not say its own.
    pub region: String,
}

impl Caller {
    /// The ARN of something of this account in a Region; in none when that is empty.
    #[must_use]
    pub fn arn(&self, service: &str, region: &str, resource: &str) -> String {
        self.arn_of(service, region, &self.account, resource)
    }

    /// The ARN of something that names neither an account nor a Region, as a bucket.
    #[must_use]
    pub fn global_arn(&self, service: &str, resource: &str) -> String {
        self.arn_of(service, "", "", resource)
    }

    fn arn_of(&self, service: &str, region: &str, account: &str, resource: &str) -> String {
        let partition = Arn::of(&self.principal).map_or("aws", |arn| arn.partition);
        Arn { partition, service, region, account, resource }.to_string()
    }
}

/// Something that has to be allowed: an action on a resource, under the condition keys that a policy may ask for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The action, as in `ec2:ReplaceRoute`.
    pub action: &'static str,
    /// The ARN of the resource; `*` where the service knows none.
    pub resource: String,
    /// The condition keys of the call (Service Authorization Reference).
    pub context: Context,
}

/// Condition keys and their values.
pub type Context = BTreeMap<&'static str, ContextValue>;

/// The value of a condition key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContextValue {
    /// A text.
    Text(String),
    /// Several of them.
    Texts(BTreeSet<String>),
    /// A yes or no.
    Flag(bool),
}

/// Whether something is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// It is.
    Yes,
    /// It is not; why.
    No(String),
    /// It can't be said; why.
    Unknown(String),
}
