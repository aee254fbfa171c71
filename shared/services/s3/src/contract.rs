//! The behavior of S3 that kinds rely on.

use crossover_model::error::Fault;
use crossover_sandbox::{
    cases,
    contract::{Cases, check},
};

use crate::{Object, Objects};

/// An S3 where a case can have buckets.
pub trait Backend {
    /// Objects.
    fn objects(&self) -> &dyn Objects;

    /// A new bucket in us-west-2.
    fn bucket(&self) -> impl Future<Output = String>;
}

/// What holds of S3 on every backend.
#[must_use]
pub fn cases<B: Backend>() -> Cases<B> {
    cases![an_object_is_there_until_it_is_deleted, a_bucket_that_is_not_there_takes_nothing,]
}

async fn an_object_is_there_until_it_is_deleted<B: Backend>(backend: &B) -> Result<(), String> {
    let object = Object { region: "us-west-2".to_owned(), bucket: backend.bucket().await, key: "a/www".to_owned() };
    let beacons = backend.objects();
    let is_there = || async { beacons.has_object(&object).await.map_err(|error| error.to_string()) };
    check(!is_there().await?, "there before it was put")?;
    let bucket = beacons.has_bucket(&object.region, &object.bucket).await;
    check(bucket.as_ref().is_ok_and(|there| *there), format!("no bucket: {bucket:?}"))?;
    for _ in 0..2 {
        beacons.put_object(&object, "text").await.map_err(|error| error.to_string())?;
        check(is_there().await?, "not there")?;
    }
    for _ in 0..2 {
        beacons.delete_object(&object).await.map_err(|error| error.to_string())?;
        check(!is_there().await?, "still there")?;
    }
    Ok(())
}

/// `HeadObject` does not distinguish it: without a bucket there is no object.
async fn a_bucket_that_is_not_there_takes_nothing<B: Backend>(backend: &B) -> Result<(), String> {
    let region = "us-west-2".to_owned();
    let object = Object { region, bucket: "no-such-bucket".to_owned(), key: "www".to_owned() };
    let there = backend.objects().has_object(&object).await;
    check(there.as_ref().is_ok_and(|there| !there), format!("{there:?}"))?;
    let bucket = backend.objects().has_bucket(&object.region, &object.bucket).await;
    check(bucket.as_ref().is_ok_and(|there| !there), format!("{bucket:?}"))?;
    let put = backend.objects().put_object(&object, "text").await;
    check(put.as_ref().is_err_and(|error| error.fault == Fault::NotFound && error.code == "NoSuchBucket"), format!("{put:?}"))
}
