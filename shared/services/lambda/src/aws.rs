//! Functions, by Lambda.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::{SdkConfig, timeout::TimeoutConfig};
use aws_sdk_lambda::{Client, config::Builder, primitives::Blob, types::InvocationType};
use crossover_aws::cloud_error;
use crossover_model::error::CloudError;

use crate::{Functions, Invoked};

const INVOKE: &str = "lambda:Invoke";

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// The longest wait for a response: longer than the timeout of any function in `template.yaml`.
const ANSWER: Duration = Duration::from_secs(75);

/// The functions of an account and a Region.
#[derive(Debug, Clone)]
pub struct LambdaFunctions {
    client: Client,
}

impl LambdaFunctions {
    /// Lambda by this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).read_timeout(ANSWER);
        let timeouts = timeouts.operation_attempt_timeout(ANSWER).operation_timeout(ANSWER);
        Self { client: Client::from_conf(Builder::from(config).timeout_config(timeouts.build()).build()) }
    }

    /// Invokes a function asynchronously.
    ///
    /// # Errors
    /// Lambda can't be reached, or refuses the event.
    pub async fn leave(&self, function: &str, payload: &[u8]) -> Result<(), CloudError> {
        let request = self.client.invoke().function_name(function).invocation_type(InvocationType::Event);
        let left = request.payload(Blob::new(payload)).send().await;
        left.map(|_| ()).map_err(|error| cloud_error(INVOKE, error))
    }
}

#[async_trait]
impl Functions for LambdaFunctions {
    async fn invoke(&self, function: &str, payload: &[u8]) -> Result<Invoked, CloudError> {
        let request = self.client.invoke().function_name(function).payload(Blob::new(payload));
        let output = request.send().await.map_err(|error| cloud_error(INVOKE, error))?;
        let payload = output.payload.map(Blob::into_inner).unwrap_or_default();
        Ok(Invoked { payload, failed: output.function_error.is_some() })
    }
}
