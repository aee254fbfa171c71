//! The behavior of SNS that the controller relies on.

use crossover_engine::ports::Notices;
use crossover_model::notice::Publication;
use crossover_sandbox::{
    cases,
    contract::{Cases, check},
};

/// An SNS with a topic.
pub trait Backend {
    /// Publishes to the topic.
    fn notices(&self) -> &dyn Notices;

    /// The SQS bodies of the messages with this subject.
    fn published(&self, subject: &str) -> impl Future<Output = Vec<String>>;
}

/// What holds of SNS on every backend.
#[must_use]
pub fn cases<B: Backend>() -> Cases<B> {
    cases![a_notice_is_taken,]
}

async fn a_notice_is_taken<B: Backend>(backend: &B) -> Result<(), String> {
    let publication = Publication {
        subject: "a subject".to_owned(),
        bodies: [("default", "text".to_owned()), ("sqs", "{\"number\":1}".to_owned())].into(),
        attributes: [("target", "t".to_owned()), ("empty", String::new())].into(),
    };
    let id = backend.notices().publish(&publication).await.map_err(|error| error.to_string())?;
    check(!id.is_empty(), "no id")?;
    let published = backend.published("a subject").await;
    check(published == ["{\"number\":1}"], format!("{published:?}"))
}
