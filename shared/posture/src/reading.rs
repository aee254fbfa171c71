//! The reads of one look: each with patience, and what fails noted.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crossover_engine::retry::Patience;
use crossover_model::{
    error::{CloudError, Fault},
    finding::Finding,
    rules::NOT_CHECKED,
};

use crate::words::listed;

const DENIED: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html";

/// How long one thing is tried for: a service that is away must not keep the others waiting.
const LONGEST: Duration = Duration::from_secs(20);
/// How long one thing may take: a list of tens of thousands has a page a second. A call that hangs is ended by the SDK long before.
const LISTED_IN: Duration = Duration::from_mins(2);
/// How long one thing may take of which another could not be read for as long as it was tried.
const ONCE: Duration = Duration::from_secs(5);
/// How many of the things that could not be looked at are named.
const NAMED: usize = 3;

/// What failed: the name, where it is one of many, and why.
type Failed = Vec<(String, CloudError)>;

/// The reads of one look.
pub struct Reading<'a> {
    patience: Patience<'a>,
    /// What could not be read, by what it is of and by the call.
    unseen: Mutex<BTreeMap<(String, String), Failed>>,
    /// The things of which one could not be read for as long as it was tried: each other is asked for once.
    given_up: Mutex<BTreeSet<String>>,
}

impl<'a> Reading<'a> {
    /// Reads for as long as there is patience.
    #[must_use]
    pub fn new(patience: Patience<'a>) -> Self {
        Self { patience, unseen: Mutex::default(), given_up: Mutex::default() }
    }

    /// What all of these are: none when it can't be known, which is noted.
    pub async fn all<T, F>(&self, of: &str, read: impl FnMut() -> F) -> Option<T>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        self.one(of, "", read).await
    }

    /// The same, for one of them.
    pub async fn one<T, F>(&self, of: &str, name: &str, read: impl FnMut() -> F) -> Option<T>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        let given_up = self.given_up.lock().unwrap_or_else(PoisonError::into_inner).contains(of);
        let read =
            if given_up { Box::pin(self.try_once(of, read)).await } else { Box::pin(self.try_for_long(of, name, read)).await };
        read.map_err(|error| {
            let mut unseen = self.unseen.lock().unwrap_or_else(PoisonError::into_inner);
            unseen.entry((of.to_owned(), error.call.clone())).or_default().push((name.to_owned(), error));
        })
        .ok()
    }

    async fn try_for_long<T, F>(&self, of: &str, name: &str, read: impl FnMut() -> F) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        let key = format!("{of} {name}");
        let tries = self.patience.at_most(LONGEST);
        let read = in_time(of, self.patience.at_most(LISTED_IN), tries.call(&key, read)).await;
        if let Err(error) = &read
            && matches!(error.fault, Fault::Unavailable | Fault::TimedOut)
        {
            let mut given_up = self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
            given_up.insert(of.to_owned());
        }
        read
    }

    async fn try_once<T, F>(&self, of: &str, mut read: impl FnMut() -> F) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        in_time(of, self.patience.at_most(ONCE), read()).await
    }

    /// For what waits between its calls.
    #[must_use]
    pub fn patience(&self) -> Patience<'a> {
        self.patience
    }

    /// What could not be looked at: once for all that failed in the same call.
    pub(crate) fn unseen(&self) -> Vec<Finding> {
        let unseen = self.unseen.lock().unwrap_or_else(PoisonError::into_inner);
        unseen.iter().filter_map(|((of, _), failed)| not_checked(of, failed)).collect()
    }
}

async fn in_time<T>(
    of: &str,
    patience: Patience<'_>,
    read: impl Future<Output = Result<T, CloudError>>,
) -> Result<T, CloudError> {
    let late = || Err(CloudError::new(&format!("reading {of}"), Fault::TimedOut, "no answer came in time"));
    patience.in_time(read).await.unwrap_or_else(late)
}

fn not_checked(of: &str, failed: &[(String, CloudError)]) -> Option<Finding> {
    let mut failed: Vec<&(String, CloudError)> = failed.iter().collect();
    failed.sort_by(|a, b| a.0.cmp(&b.0));
    let (first, error) = failed.first()?;
    let which = if first.is_empty() {
        String::new()
    } else {
        let names = failed.iter().take(NAMED).map(|(name, _)| name.clone());
        let more = failed.len().checked_sub(NAMED).filter(|more| *more > 0).map(|more| format!("{more} more"));
        format!(" ({})", listed(names.chain(more)))
    };
    let what = format!("could not be looked at{which}: {error}");
    let fix = if matches!(error.fault, Fault::Unavailable | Fault::TimedOut | Fault::Throttled) {
        "check again once the service answers; everything else was looked at".to_owned()
    } else {
        format!(
            "allow {} to whoever runs the check, or mend what the error says; everything else was looked at",
            right_to(&error.call)
        )
    };
    Some(NOT_CHECKED.finding(of, what, fix).see(DENIED))
}

/// The right to make a call: its name, but for S3.
fn right_to(call: &str) -> &str {
    match call {
        "s3:ListBuckets" => "s3:ListAllMyBuckets",
        "s3:GetBucketReplication" => "s3:GetReplicationConfiguration",
        call => call,
    }
}
