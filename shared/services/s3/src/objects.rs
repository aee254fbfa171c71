//! What is asked of S3: whether an object is there, and to put or delete it.

use async_trait::async_trait;
use crossover_model::error::CloudError;

/// An object in S3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// The bucket's Region.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// The object's key.
    pub key: String,
}

/// Reads and writes of objects through the data plane of their bucket's Region; every write may be made again.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Whether the object is there (`HeadObject`, which sees every write before it). Without its bucket
    /// there is none: that answer has no words in it.
    async fn has_object(&self, object: &Object) -> Result<bool, CloudError>;

    /// Writes the object (`PutObject`).
    async fn put_object(&self, object: &Object, body: &str) -> Result<(), CloudError>;

    /// Deletes the object (`DeleteObject`); one that is not there is no error.
    async fn delete_object(&self, object: &Object) -> Result<(), CloudError>;
}
