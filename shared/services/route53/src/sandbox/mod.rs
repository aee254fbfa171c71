//! Route 53 in the sandbox.

mod account;
mod health_checks;
mod hosted_zone;
mod records;
mod watches;

use crate::RecordSet;

pub use hosted_zone::{ControlPlane, HostedZone, Protected};
pub use watches::{HealthCheck, Watches};

/// The state of Route 53.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route53 {
    /// Hosted zones.
    pub hosted_zones: Vec<HostedZone>,
    /// The changes of zones.
    pub control_plane: ControlPlane,
    /// Health checks.
    pub health_checks: Vec<HealthCheck>,
}

/// Route 53 in a sandbox account.
pub trait Route53Account {
    /// The section.
    fn route53(&self) -> &Route53;

    /// The section, mutable.
    fn route53_mut(&mut self) -> &mut Route53;

    /// The record sets of this name (as Route 53 writes it) and type that DNS may answer with now, each as healthy as
    /// its health check is. Empty when there are none at all.
    fn answers<'a>(&'a self, zone: &str, name: &str, kind: &str) -> Vec<&'a RecordSet>;
}
