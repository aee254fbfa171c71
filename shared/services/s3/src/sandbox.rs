//! S3 in the sandbox: buckets and their objects.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_model::error::{CloudError, Fault};
use crossover_sandbox::{Account, Sandbox};
use serde::{Deserialize, Serialize};

use crate::{Object, Objects};

/// The state of S3.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3 {
    /// Buckets.
    pub buckets: Vec<Bucket>,
}

/// S3 in a sandbox account.
pub trait S3Account {
    /// The section.
    fn s3(&self) -> &S3;

    /// The section, mutable.
    fn s3_mut(&mut self) -> &mut S3;
}

impl S3Account for Account {
    fn s3(&self) -> &S3 {
        self.section()
    }

    fn s3_mut(&mut self) -> &mut S3 {
        self.section_mut()
    }
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its Region.
    pub region: String,
    /// Its objects, by key.
    #[serde(default)]
    pub objects: BTreeMap<String, String>,
}

#[async_trait]
impl Objects for Sandbox {
    async fn has_object(&self, object: &Object) -> Result<bool, CloudError> {
        self.call("s3:HeadObject", &path(object), |state, _| Ok(state.account.s3().has_object(object))).await
    }

    async fn has_bucket(&self, region: &str, bucket: &str) -> Result<bool, CloudError> {
        self.call("s3:HeadBucket", bucket, |state, _| {
            Ok(state.account.s3().buckets.iter().any(|found| found.name == bucket && found.region == region))
        })
        .await
    }

    async fn put_object(&self, object: &Object, body: &str) -> Result<(), CloudError> {
        self.call("s3:PutObject", &path(object), |state, _| {
            let bucket = bucket_mut(state.account.s3_mut(), "s3:PutObject", object)?;
            bucket.objects.insert(object.key.clone(), body.to_owned());
            Ok(())
        })
        .await
    }

    async fn delete_object(&self, object: &Object) -> Result<(), CloudError> {
        self.call("s3:DeleteObject", &path(object), |state, _| {
            bucket_mut(state.account.s3_mut(), "s3:DeleteObject", object)?.objects.remove(&object.key);
            Ok(())
        })
        .await
    }
}

impl S3 {
    /// Whether an object exists.
    #[must_use]
    pub fn has_object(&self, object: &Object) -> bool {
        let bucket = self.buckets.iter().find(|bucket| bucket.name == object.bucket && bucket.region == object.region);
        bucket.is_some_and(|bucket| bucket.objects.contains_key(&object.key))
    }
}

fn path(object: &Object) -> String {
    format!("{}/{}", object.bucket, object.key)
}

fn bucket_mut<'a>(s3: &'a mut S3, call: &str, object: &Object) -> Result<&'a mut Bucket, CloudError> {
    let bucket = s3.buckets.iter_mut().find(|bucket| bucket.name == object.bucket && bucket.region == object.region);
    bucket.ok_or_else(|| {
        let missing = CloudError::new(call, Fault::NotFound, "The specified bucket does not exist");
        CloudError { code: "NoSuchBucket".to_owned(), ..missing }
    })
}
