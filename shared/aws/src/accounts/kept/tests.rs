use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use aws_credential_types::Credentials;

use super::*;

/// A slow STS, which takes two seconds.
#[derive(Debug, Default)]
struct Slow {
    asked: Arc<AtomicU32>,
    refuses: bool,
}

impl ProvideCredentials for Slow {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let number = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
            #[expect(clippy::disallowed_methods, reason = "the test's time is paused")]
            tokio::time::sleep(Duration::from_secs(2)).await;
            if self.refuses && number == 1 {
                return Err(CredentialsError::provider_error("refused by the test"));
            }
            Ok(Credentials::new(number.to_string(), "secret", None, None, "test"))
        })
    }
}

async fn within(limit: u64, kept: &Kept) -> Option<Result> {
    tokio::time::timeout(Duration::from_millis(limit), kept.provide_credentials()).await.ok()
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_could_not_wait_leaves_the_answer_to_the_next_one() {
    let slow = Slow::default();
    let asked = Arc::clone(&slow.asked);
    let kept = Kept::new(slow);
    assert!(within(1400, &kept).await.is_none(), "the attempt is over before STS answers");
    let credentials = within(1400, &kept).await.expect("in time").expect("credentials");
    assert_eq!((credentials.access_key_id(), asked.load(Ordering::Relaxed)), ("1", 1), "asked once");
    // A later request, which the SDK makes before the credentials expire, returns new ones.
    let renewed = within(2100, &kept).await.expect("in time").expect("credentials");
    assert_eq!(renewed.access_key_id(), "2");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_reported_and_not_cached() {
    let kept = Kept::new(Slow { refuses: true, ..Slow::default() });
    assert!(within(2100, &kept).await.expect("in time").is_err());
    assert!(within(2100, &kept).await.expect("in time").is_ok());
}
