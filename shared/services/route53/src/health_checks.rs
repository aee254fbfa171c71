//! Calls for Route 53's health checks.

use async_trait::async_trait;
use crossover_model::error::CloudError;

/// The settings of a health check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthCheck {
    /// It is disabled, and Route 53 treats it as healthy.
    pub disabled: bool,
    /// Healthy counts as unhealthy, and the reverse.
    pub inverted: bool,
}

/// The last report of one of Route 53's checkers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckerReport {
    /// Whether the check passed there, before any inversion.
    pub passed: bool,
    /// The checker's status, as in `Success: HTTP Status Code 200, OK`.
    pub status: String,
}

/// Reads of health checks.
#[async_trait]
pub trait HealthChecks: Send + Sync {
    /// The settings (`GetHealthCheck`); `None` if the health check does not exist.
    async fn health_check(&self, id: &str) -> Result<Option<HealthCheck>, CloudError>;

    /// The last report of each checker (`GetHealthCheckStatus`). AWS returns none for a health check
    /// that is calculated from others: that is no evidence, and no error.
    async fn checker_reports(&self, id: &str) -> Result<Vec<CheckerReport>, CloudError>;
}
