//! The reads of one check: each is repeated for a while, and failures are noted.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crossover_engine::retry::Patience;
use crossover_model::{
    error::{CloudError, Fault},
    finding::Finding,
    rules::{MISSING, NOT_CHECKED},
};

use crate::{concern, words::listed};

const DENIED: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html";

/// How long a read is repeated: an unavailable service must not delay the others.
const LONGEST: Duration = Duration::from_secs(20);
/// How long a read may take: a list of tens of thousands has a page per second. The SDK ends a hanging call much earlier.
const LISTED_IN: Duration = Duration::from_mins(2);
/// How long a read may take if an earlier one of the same type failed in spite of its repetitions.
const ONCE: Duration = Duration::from_secs(5);
/// The most unreadable resources that a finding names.
const NAMED: usize = 3;

/// A failure: the name, if it is one of many, and the error.
type Failed = Vec<(String, CloudError)>;

/// The reads of one check.
pub struct Reading<'a> {
    patience: Patience<'a>,
    /// The failures, by resource type and call.
    unseen: Mutex<BTreeMap<(String, String), Failed>>,
    /// The resource types with a failure in spite of repetitions: each other resource is read once.
    given_up: Mutex<BTreeSet<String>>,
}

impl<'a> Reading<'a> {
    /// Reads, and repeats the read while the patience lasts.
    #[must_use]
    pub fn new(patience: Patience<'a>) -> Self {
        Self { patience, unseen: Mutex::default(), given_up: Mutex::default() }
    }

    /// Reads all of these; `None` after a failure, which is noted.
    pub async fn all<T, F>(&self, of: &str, read: impl FnMut() -> F) -> Option<T>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        self.one(of, "", read).await
    }

    /// Reads one of several resources of the same type.
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

    /// The patience, for reads that wait between their calls.
    #[must_use]
    pub fn patience(&self) -> Patience<'a> {
        self.patience
    }

    /// The findings for failures: one for all failures of the same call.
    pub(crate) fn unseen(&self) -> Vec<Finding> {
        let unseen = self.unseen.lock().unwrap_or_else(PoisonError::into_inner);
        let of_call = |((of, _), failed): (&(String, String), &Failed)| {
            let mut failed = failed.clone();
            let mut found = missing_topics(of, &mut failed);
            found.extend(not_checked(of, &failed));
            found
        };
        unseen.iter().flat_map(of_call).collect()
    }
}

async fn in_time<T>(
    of: &str,
    patience: Patience<'_>,
    read: impl Future<Output = Result<T, CloudError>>,
) -> Result<T, CloudError> {
    let late = || Err(CloudError::new(&format!("reading {of}"), Fault::TimedOut, "no response in time"));
    patience.in_time(read).await.unwrap_or_else(late)
}

/// The topics that do not exist; no right helps to read these.
fn missing_topics(of: &str, failed: &mut Failed) -> Vec<Finding> {
    let is_missing = |(_, error): &(String, CloudError)| of == concern::TOPICS && error.fault == Fault::NotFound;
    let missing = failed.iter().filter(|failed| is_missing(failed)).map(|(topic, _)| {
        let what = "does not exist, so what is sent to it reaches nobody";
        let fix = "create it, or correct what names it: the topic of Crossover's notices, or the actions of the alarms";
        MISSING.finding(format!("topic {topic}"), what, fix)
    });
    let missing = missing.collect();
    failed.retain(|failed| !is_missing(failed));
    missing
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
    let what = format!("could not be read{which}: {error}");
    let fix = if matches!(error.fault, Fault::Unavailable | Fault::TimedOut | Fault::Throttled) {
        "run the check again once the service responds; everything else was checked".to_owned()
    } else {
        format!(
            "allow {} to the role that runs the check, or resolve the error; everything else was checked",
            right_to(&error.call)
        )
    };
    Some(NOT_CHECKED.finding(of, what, fix).see(DENIED))
}

/// The IAM action of a call: its name, except for S3.
fn right_to(call: &str) -> &str {
    match call {
        "s3:ListBuckets" => "s3:ListAllMyBuckets",
        "s3:GetBucketReplication" => "s3:GetReplicationConfiguration",
        call => call,
    }
}
