//! The settings of health checks.

use serde::{Deserialize, Serialize};

/// A health check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    /// Its id.
    pub id: String,
    /// It is disabled and treated as healthy.
    #[serde(default)]
    pub disabled: bool,
    /// Healthy counts as unhealthy, and the reverse.
    #[serde(default)]
    pub inverted: bool,
    /// The resource that it watches.
    pub watches: Watches,
}

/// The resource that a health check watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Watches {
    /// An endpoint: whether it passes at each of the checkers.
    Endpoint(Vec<bool>),
    /// An object in S3: healthy while it exists.
    Object {
        /// The bucket's Region.
        region: String,
        /// The bucket.
        bucket: String,
        /// The object's key.
        key: String,
    },
    /// Whether a metric is below 1, through an alarm that keeps its state while there is no data.
    Metric {
        /// The Region.
        region: String,
        /// The namespace.
        namespace: String,
        /// The metric's name.
        metric: String,
    },
    /// Whether a routing control, by its ARN, is on.
    Control(String),
}
