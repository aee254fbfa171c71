//! Health checks, and the reports of their checkers.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_route53::{
    Client,
    operation::{get_health_check::GetHealthCheckError, get_health_check_status::GetHealthCheckStatusError},
    types::HealthCheckObservation,
};
use crossover_aws::cloud_error;
use crossover_model::error::CloudError;

use crate::{CheckerReport, HealthCheck, HealthChecks};

const GET: &str = "route53:GetHealthCheck";
const STATUS: &str = "route53:GetHealthCheckStatus";

/// Route 53's health checks.
#[derive(Debug, Clone)]
pub struct Route53HealthChecks {
    client: Client,
}

impl Route53HealthChecks {
    /// Route 53 by this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

#[async_trait]
impl HealthChecks for Route53HealthChecks {
    async fn health_check(&self, id: &str) -> Result<Option<HealthCheck>, CloudError> {
        match self.client.get_health_check().health_check_id(id).send().await {
            Ok(answer) => Ok(answer.health_check.and_then(|check| check.health_check_config).map(|config| HealthCheck {
                disabled: config.disabled.unwrap_or_default(),
                inverted: config.inverted.unwrap_or_default(),
            })),
            Err(error) if matches!(error.as_service_error(), Some(GetHealthCheckError::NoSuchHealthCheck(_))) => Ok(None),
            Err(error) => Err(cloud_error(GET, error)),
        }
    }

    async fn checker_reports(&self, id: &str) -> Result<Vec<CheckerReport>, CloudError> {
        match self.client.get_health_check_status().health_check_id(id).send().await {
            Ok(answer) => Ok(answer.health_check_observations.iter().filter_map(report).collect()),
            // A calculated health check has no checkers.
            Err(error) if matches!(error.as_service_error(), Some(GetHealthCheckStatusError::InvalidInput(_))) => Ok(Vec::new()),
            Err(error) => Err(cloud_error(STATUS, error)),
        }
    }
}

/// A status that is neither a success nor a failure is ignored.
fn report(observation: &HealthCheckObservation) -> Option<CheckerReport> {
    let status = observation.status_report.as_ref()?.status.clone()?;
    let passed = status.starts_with("Success");
    (passed || status.starts_with("Failure")).then_some(CheckerReport { passed, status })
}
