//! Notices, by SNS.

use async_trait::async_trait;
use aws_config::{Region, SdkConfig};
use aws_sdk_sns::{Client, config::Builder, types::MessageAttributeValue};
use crossover_aws::cloud_error;
use crossover_engine::ports::Notices;
use crossover_model::{
    arn::Arn,
    error::{CloudError, Fault},
    notice::Publication,
};

const PUBLISH: &str = "sns:Publish";

/// An SNS topic.
#[derive(Debug, Clone)]
pub struct SnsNotices {
    client: Client,
    topic_arn: String,
}

impl SnsNotices {
    /// The topic of this ARN, in its Region.
    #[must_use]
    pub fn new(config: &SdkConfig, topic_arn: &str) -> Self {
        let mut builder = Builder::from(config);
        if let Some(region) = Arn::of(topic_arn).map(|arn| arn.region).filter(|region| !region.is_empty()) {
            builder = builder.region(Region::new(region.to_owned()));
        }
        Self { client: Client::from_conf(builder.build()), topic_arn: topic_arn.to_owned() }
    }
}

#[async_trait]
impl Notices for SnsNotices {
    async fn publish(&self, publication: &Publication) -> Result<String, CloudError> {
        let unfit = |error: String| CloudError::new(PUBLISH, Fault::Refused, error);
        let bodies = serde_json::to_string(&publication.bodies).map_err(|error| unfit(error.to_string()))?;
        let mut request = self
            .client
            .publish()
            .topic_arn(&self.topic_arn)
            .subject(&publication.subject)
            .message_structure("json")
            .message(bodies);
        // SNS refuses the whole publish for one empty value.
        for (name, value) in publication.attributes.iter().filter(|(_, value)| !value.is_empty()) {
            let attribute = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            request = request.message_attributes(*name, attribute.map_err(|error| unfit(error.to_string()))?);
        }
        let output = request.send().await.map_err(|error| cloud_error(PUBLISH, error))?;
        Ok(output.message_id.unwrap_or_default())
    }
}
