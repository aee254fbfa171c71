//! Credentials whose request may outlast a call.

use aws_credential_types::provider::{ProvideCredentials, Result, SharedCredentialsProvider, error::CredentialsError, future};
use tokio::{sync::Mutex, task::JoinHandle};

/// Sends one request, and keeps its response for the next call if the first one could not wait for it:
/// otherwise a slow STS would use up the time of each attempt, and none would succeed.
#[derive(Debug)]
pub(super) struct Kept {
    provider: SharedCredentialsProvider,
    asked: Mutex<Option<JoinHandle<Result>>>,
}

impl Kept {
    pub(super) fn new(provider: impl ProvideCredentials + 'static) -> Self {
        Self { provider: SharedCredentialsProvider::new(provider), asked: Mutex::default() }
    }

    async fn answer(&self) -> Result {
        let mut asked = self.asked.lock().await;
        let answer = asked.get_or_insert_with(|| {
            let provider = self.provider.clone();
            tokio::spawn(async move { provider.provide_credentials().await })
        });
        // A dropped caller leaves the request to the next one.
        let answer = answer.await;
        *asked = None;
        answer.map_err(CredentialsError::unhandled)?
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.answer())
    }
}

#[cfg(test)]
mod tests;
