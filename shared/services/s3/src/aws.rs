//! Objects of S3, in the Region of their bucket.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client,
    operation::{head_bucket::HeadBucketError, head_object::HeadObjectError},
    primitives::ByteStream,
};
use crossover_aws::{Regional, cloud_error};
use crossover_model::error::CloudError;

use crate::{Object, Objects};

const HEAD: &str = "s3:HeadObject";
const HEAD_BUCKET: &str = "s3:HeadBucket";
const PUT: &str = "s3:PutObject";
const DELETE: &str = "s3:DeleteObject";

/// S3, in any Region.
#[derive(Debug)]
pub struct S3Objects {
    clients: Regional<Client>,
}

impl S3Objects {
    /// S3 by this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { clients: Regional::new(config, Client::new) }
    }
}

#[async_trait]
impl Objects for S3Objects {
    async fn has_object(&self, object: &Object) -> Result<bool, CloudError> {
        let head = self.clients.client(Some(&object.region)).head_object().bucket(&object.bucket).key(&object.key);
        match head.send().await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.as_service_error(), Some(HeadObjectError::NotFound(_))) => Ok(false),
            Err(error) => Err(cloud_error(HEAD, error)),
        }
    }

    async fn has_bucket(&self, region: &str, bucket: &str) -> Result<bool, CloudError> {
        match self.clients.client(Some(region)).head_bucket().bucket(bucket).send().await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.as_service_error(), Some(HeadBucketError::NotFound(_))) => Ok(false),
            Err(error) => Err(cloud_error(HEAD_BUCKET, error)),
        }
    }

    async fn put_object(&self, object: &Object, body: &str) -> Result<(), CloudError> {
        let put = self.clients.client(Some(&object.region)).put_object().bucket(&object.bucket).key(&object.key);
        let put = put.content_type("text/plain").body(ByteStream::from(body.as_bytes().to_vec()));
        put.send().await.map(drop).map_err(|error| cloud_error(PUT, error))
    }

    async fn delete_object(&self, object: &Object) -> Result<(), CloudError> {
        let delete = self.clients.client(Some(&object.region)).delete_object().bucket(&object.bucket).key(&object.key);
        delete.send().await.map(drop).map_err(|error| cloud_error(DELETE, error))
    }
}
