//! Credentials that are waited for longer than a call lasts.

use aws_credential_types::provider::{ProvideCredentials, Result, SharedCredentialsProvider, error::CredentialsError, future};
use tokio::{sync::Mutex, task::JoinHandle};

/// Asks once, and lets the call that comes next have the answer when the one that asked could not wait for it:
/// otherwise a slow STS would use up the time of each attempt, and none would ever get through.
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
        // Whoever is dropped here leaves the question for the next one.
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
