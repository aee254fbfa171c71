//! What is asked of Route 53's health checks.

use async_trait::async_trait;
use crossover_model::error::CloudError;

/// How a health check is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthCheck {
    /// It is not made, and Route 53 takes it for healthy.
    pub disabled: bool,
    /// Healthy counts as unhealthy, and the reverse.
    pub inverted: bool,
}

/// What one of Route 53's checkers reported last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckerReport {
    /// Whether the check passed there, before any inversion.
    pub passed: bool,
    /// The checker's own words, as in `Success: HTTP Status Code 200, OK`.
    pub status: String,
}

/// Reads of health checks.
#[async_trait]
pub trait HealthChecks: Send + Sync {
    /// How it is set (`GetHealthCheck`); none when there is no such health check.
    async fn health_check(&self, id: &str) -> Result<Option<HealthCheck>, CloudError>;

    /// What each checker reported last (`GetHealthCheckStatus`). AWS gives none for a health check
    /// that is calculated from others: that is no evidence, and no error.
    async fn checker_reports(&self, id: &str) -> Result<Vec<CheckerReport>, CloudError>;
}
