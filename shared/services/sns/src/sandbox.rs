//! SNS in the sandbox: it keeps the published messages.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_engine::ports::Notices;
use crossover_model::{
    error::{CloudError, Fault},
    notice::Publication,
};
use crossover_sandbox::{Account, Sandbox, Section, Service, keys};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The state of SNS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sns {
    /// The published messages, in order.
    pub published: Vec<Published>,
}

impl Section for Sns {
    const SERVICES: &'static [Service] = &[Service::new("sns", "SNS")];

    const RESOURCES: bool = false;

    keys!(published);
}

/// SNS in a sandbox account.
pub trait SnsAccount {
    /// The section.
    fn sns(&self) -> &Sns;

    /// The section, mutable.
    fn sns_mut(&mut self) -> &mut Sns;
}

impl SnsAccount for Account {
    fn sns(&self) -> &Sns {
        self.section()
    }

    fn sns_mut(&mut self) -> &mut Sns {
        self.section_mut()
    }
}

/// A published notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// When it was published.
    pub at: Timestamp,
    /// The subject of the mail.
    pub subject: String,
    /// What each protocol's subscribers get.
    pub bodies: BTreeMap<String, String>,
    /// The message attributes, by which subscriptions filter.
    pub attributes: BTreeMap<String, String>,
}

/// The topic of a sandbox.
#[derive(Clone)]
pub struct SandboxNotices(pub Sandbox);

/// SNS Publish: the largest message, in bytes.
const PUBLISH_MAX: usize = 262_144;
/// SNS Publish, `Subject`: it must be "less than 100 characters long".
const SUBJECT_BELOW: usize = 100;

#[async_trait]
impl Notices for SandboxNotices {
    async fn publish(&self, publication: &Publication) -> Result<String, CloudError> {
        self.0
            .call("sns:Publish", &publication.subject, |state, now| {
                let size: usize = publication.bodies.values().map(String::len).sum();
                if size > PUBLISH_MAX {
                    return Err(CloudError::new("sns:Publish", Fault::Refused, format!("{size} bytes; SNS takes {PUBLISH_MAX}")));
                }
                if publication.subject.len() >= SUBJECT_BELOW {
                    return Err(CloudError::new("sns:Publish", Fault::Refused, "Invalid parameter: Subject"));
                }
                let own = |(key, value): (&&str, &String)| ((*key).to_owned(), value.clone());
                state.account.sns_mut().published.push(Published {
                    at: now,
                    subject: publication.subject.clone(),
                    bodies: publication.bodies.iter().map(own).collect(),
                    attributes: publication.attributes.iter().map(own).collect(),
                });
                Ok(format!("message-{}", state.account.sns().published.len()))
            })
            .await
    }
}
