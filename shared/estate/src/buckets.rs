//! Buckets.

use crossover_model::finding::Finding;
use serde::{Deserialize, Serialize};

use crate::words::warning;

const REPLICATION: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html";
const VERSIONING: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html";

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Whether what is overwritten or deleted is kept; none when that is not known.
    #[serde(default)]
    pub versioned: Option<bool>,
    /// Whether anything of it is replicated; none when that is not known.
    #[serde(default)]
    pub replicated: Option<bool>,
}

pub(crate) fn findings(buckets: &[Bucket]) -> Vec<Finding> {
    buckets.iter().flat_map(|bucket| [versions(bucket), copies(bucket)]).flatten().collect()
}

fn versions(Bucket { name, versioned, .. }: &Bucket) -> Option<Finding> {
    (*versioned == Some(false)).then(|| {
        warning(
            format!("bucket {name}"),
            "keeps no versions: what is overwritten or deleted by mistake is lost for good",
            format!("aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled"),
            VERSIONING,
        )
    })
}

fn copies(Bucket { name, replicated, .. }: &Bucket) -> Option<Finding> {
    (*replicated == Some(false)).then(|| {
        warning(
            format!("bucket {name}"),
            "is replicated nowhere: with its Region what is in it is out of reach",
            format!("aws s3api put-bucket-replication --bucket {name} --replication-configuration … to a bucket in another Region; both must keep versions"),
            REPLICATION,
        )
    })
}
