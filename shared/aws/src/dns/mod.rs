//! Route 53, and the data planes that its health checks watch.

mod beacons;
mod health_checks;
mod read;
mod records;
mod routing_controls;

#[cfg(test)]
mod tests;
mod write;

pub use beacons::AwsBeacons;
pub use health_checks::Route53HealthChecks;
pub use records::Route53Records;
pub use routing_controls::ArcRoutingControls;
