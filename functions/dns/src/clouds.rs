//! The services that the kind `dns` calls.

use std::sync::Arc;

use crossover_arc::RoutingControls;
use crossover_cloudwatch::Metrics;
use crossover_route53::{HealthChecks, Records};
use crossover_s3::Objects;
use crossover_sandbox::{
    Sandbox,
    record::{Notes, Recorder},
    rehearsal::OnSandbox,
};

/// The services that the kind calls.
#[derive(Clone)]
pub struct DnsClouds {
    /// Route 53's record sets.
    pub records: Arc<dyn Records>,
    /// Route 53's health checks.
    pub health_checks: Arc<dyn HealthChecks>,
    /// S3, for beacons.
    pub objects: Arc<dyn Objects>,
    /// CloudWatch, for beacons.
    pub metrics: Arc<dyn Metrics>,
    /// ARC.
    pub routing_controls: Arc<dyn RoutingControls>,
}

impl OnSandbox for DnsClouds {
    fn on_sandbox(sandbox: &Sandbox) -> Self {
        let cloud = Arc::new(sandbox.clone());
        Self {
            records: cloud.clone(),
            health_checks: cloud.clone(),
            objects: cloud.clone(),
            metrics: cloud.clone(),
            routing_controls: cloud,
        }
    }

    fn recorded(&self, notes: &Arc<Notes>) -> Self {
        Self {
            records: Arc::new(Recorder::of(&self.records, notes)),
            health_checks: Arc::new(Recorder::of(&self.health_checks, notes)),
            objects: Arc::new(Recorder::of(&self.objects, notes)),
            metrics: Arc::new(Recorder::of(&self.metrics, notes)),
            routing_controls: Arc::new(Recorder::of(&self.routing_controls, notes)),
        }
    }
}

#[cfg(feature = "aws")]
impl crossover_aws::OnAws for DnsClouds {
    fn on_aws(config: &crossover_aws::SdkConfig) -> Self {
        Self {
            records: Arc::new(crossover_route53::Route53Records::new(config)),
            health_checks: Arc::new(crossover_route53::Route53HealthChecks::new(config)),
            objects: Arc::new(crossover_s3::S3Objects::new(config)),
            metrics: Arc::new(crossover_cloudwatch::CloudWatchMetrics::new(config)),
            routing_controls: Arc::new(crossover_arc::ArcRoutingControls::new(config)),
        }
    }
}
