use crossover_engine::ports::Clock;

use crate::{HealthChecks, Records};

/// A Route 53 where a case can have zones and health checks.
pub trait Backend {
    /// Record sets.
    fn records(&self) -> &dyn Records;

    /// Health checks.
    fn health_checks(&self) -> &dyn HealthChecks;

    /// Its time.
    fn clock(&self) -> &dyn Clock;

    /// A new zone for `example.com`, with only the zone's own record sets.
    fn zone(&self) -> impl Future<Output = String>;

    /// A new health check of an endpoint that passes everywhere, where record sets can name it.
    fn health_check(&self) -> impl Future<Output = String>;

    /// A new health check of an endpoint that passes everywhere, where its status can be read.
    fn watched_health_check(&self, disabled: bool) -> impl Future<Output = String>;
}
