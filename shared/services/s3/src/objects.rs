//! Calls for S3 objects: whether one exists, and putting or deleting it.

use async_trait::async_trait;
use crossover_model::error::CloudError;

/// An object in S3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// The bucket's Region.
    pub region: String,
    /// The bucket's name.
    pub bucket: String,
    /// The object's key.
    pub key: String,
}

/// Reads and writes of objects through the data plane of their bucket's Region; every write may be repeated.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Whether the object exists (`HeadObject`, which sees every earlier write). Without its bucket
    /// it does not: that response has no message.
    async fn has_object(&self, object: &Object) -> Result<bool, CloudError>;

    /// Whether a bucket of our account exists in this Region (`HeadBucket`).
    async fn has_bucket(&self, region: &str, bucket: &str) -> Result<bool, CloudError>;

    /// Writes the object (`PutObject`).
    async fn put_object(&self, object: &Object, body: &str) -> Result<(), CloudError>;

    /// Deletes the object (`DeleteObject`); a missing one is not an error.
    async fn delete_object(&self, object: &Object) -> Result<(), CloudError>;
}
