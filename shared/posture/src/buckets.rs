//! Buckets.

use crossover_model::finding::{Finding, Rule};
use serde::{Deserialize, Serialize};

const REPLICATION: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html";
const VERSIONING: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html";

pub(crate) const BUCKET_VERSIONS: Rule = Rule::warning(
    "bucket-versions",
    "A bucket keeps no versions",
    "Objects that are overwritten or deleted by mistake can't be restored.",
    "Enable versioning on the bucket.",
);
pub(crate) const BUCKET_REPLICATION: Rule = Rule::warning(
    "bucket-replication",
    "A bucket is not replicated",
    "The objects are in one Region, and can't be reached while that Region is lost.",
    "Enable versioning, and replicate the bucket to another Region.",
);

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Whether overwritten and deleted objects are kept; `None` if unknown.
    #[serde(default)]
    pub versioned: Option<bool>,
    /// Whether any of it is replicated; `None` if unknown.
    #[serde(default)]
    pub replicated: Option<bool>,
}

pub(crate) fn findings(buckets: &[Bucket]) -> Vec<Finding> {
    buckets.iter().flat_map(|bucket| [versions(bucket), copies(bucket)]).flatten().collect()
}

fn versions(Bucket { name, versioned, .. }: &Bucket) -> Option<Finding> {
    (*versioned == Some(false)).then(|| {
        let what = "keeps no versions: objects that are overwritten or deleted by mistake are lost";
        let fix = format!("aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled");
        BUCKET_VERSIONS.finding(format!("bucket {name}"), what, fix).see(VERSIONING)
    })
}

fn copies(Bucket { name, replicated, .. }: &Bucket) -> Option<Finding> {
    (*replicated == Some(false)).then(|| {
        let what = "is not replicated: if its Region is lost, its objects can't be reached";
let fix = format!("aws s3api put-bucket-replication --bucket {name} --replication-configuration … to a bucket in another Region; both need versioning");
BUCKET_REPLICATION.finding(format!("bucket {name}"), what, fix).see(REPLICATION)
    })
}
