//! Records the reads of S3, for a snapshot.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_model::error::CloudError;
use crossover_sandbox::record::{Recorder, no_write};

use crate::{Object, Objects, S3, sandbox::Bucket};

#[async_trait]
impl<C: Objects + ?Sized> Objects for Recorder<C> {
    async fn has_object(&self, object: &Object) -> Result<bool, CloudError> {
        let answer = self.cloud.has_object(object).await;
        let name = format!("s3://{}/{}", object.bucket, object.key);
        self.note("beacon", &name, answer, |notes: &mut S3Notes, there| notes.object(object, *there))
    }

    async fn has_bucket(&self, region: &str, bucket: &str) -> Result<bool, CloudError> {
        let answer = self.cloud.has_bucket(region, bucket).await;
        self.note("bucket", bucket, answer, |notes: &mut S3Notes, there| notes.bucket(region, bucket, *there))
    }

    async fn put_object(&self, _: &Object, _: &str) -> Result<(), CloudError> {
        no_write("s3:PutObject")
    }

    async fn delete_object(&self, _: &Object) -> Result<(), CloudError> {
        no_write("s3:DeleteObject")
    }
}

/// The results of reading S3: objects without their content, by Region and bucket.
#[derive(Default)]
pub struct S3Notes(BTreeMap<(String, String), BTreeMap<String, String>>);

impl S3Notes {
    fn object(&mut self, object: &Object, there: bool) {
        let objects = self.0.entry((object.region.clone(), object.bucket.clone())).or_default();
        if there {
            objects.insert(object.key.clone(), String::new());
        }
    }

    fn bucket(&mut self, region: &str, bucket: &str, there: bool) {
        let key = (region.to_owned(), bucket.to_owned());
        if there {
            self.0.entry(key).or_default();
        } else {
            self.0.remove(&key);
        }
    }

    /// The section of a sandbox account with these results.
    pub(crate) fn section(self) -> S3 {
        let bucket = |((region, name), objects)| Bucket { name, region, objects };
        S3 { buckets: self.0.into_iter().map(bucket).collect() }
    }
}
