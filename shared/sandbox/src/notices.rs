use async_trait::async_trait;
use crossover_engine::ports::Notices;
use crossover_model::{
    error::{CloudError, Fault},
    notice::Publication,
};

use crate::{Published, Sandbox};

/// SNS Publish: the largest message, in bytes.
const PUBLISH_MAX: usize = 262_144;

#[async_trait]
impl Notices for Sandbox {
    async fn publish(&self, publication: &Publication) -> Result<String, CloudError> {
        self.call("sns:Publish", &publication.subject, |state, now| {
            let size: usize = publication.bodies.values().map(String::len).sum();
            if size > PUBLISH_MAX {
                return Err(CloudError::new("sns:Publish", Fault::Refused, format!("{size} bytes; SNS takes {PUBLISH_MAX}")));
            }
            let own = |(key, value): (&&str, &String)| ((*key).to_owned(), value.clone());
            state.account.published.push(Published {
                at: now,
                subject: publication.subject.clone(),
                bodies: publication.bodies.iter().map(own).collect(),
                attributes: publication.attributes.iter().map(own).collect(),
            });
            Ok(format!("message-{}", state.account.published.len()))
        })
        .await
    }
}
