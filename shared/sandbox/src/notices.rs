use async_trait::async_trait;
use crossover_controller::cloud::{CloudError, Notices, Publication};

use crate::{Published, Sandbox};

#[async_trait]
impl Notices for Sandbox {
    async fn publish(&self, publication: &Publication) -> Result<String, CloudError> {
        self.call("sns:Publish", &publication.subject, |state, now| {
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
