//! Sets a beacon.

use std::time::Duration;

use crossover_cloudwatch::Metric;
use crossover_engine::retry::Patience;
use crossover_model::{
    error::CloudError,
    step::{Applied, Seen, Step, StepCard},
};
use crossover_s3::Object;

use crate::DnsClouds;

/// How long it may take until a metric's new value is readable.
const METRIC_SEEN_WITHIN: Duration = Duration::from_secs(30);

/// The object's content, for a person who finds it.
const BODY: &str = "Set by Crossover. A Route 53 health check requests this object, and DNS answers accordingly.\n";

/// Sets a beacon. S3 and CloudWatch offer no condition here, so the write is idempotent.
#[derive(Debug, Clone, PartialEq)]
pub struct BeaconStep {
    pub(crate) card: StepCard,
    pub(crate) set: Set,
}

/// A beacon and its desired state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Set {
    /// An object that should exist, or not.
    Object(Object, bool),
    /// A metric that should have this value.
    Metric(Metric, f64),
}

impl BeaconStep {
    pub(crate) async fn apply(&self, clouds: &DnsClouds) -> Result<Applied, CloudError> {
        match &self.set {
            Set::Object(object, true) => clouds.objects.put_object(object, BODY).await?,
            Set::Object(object, false) => clouds.objects.delete_object(object).await?,
            Set::Metric(metric, value) => clouds.metrics.put_metric_value(metric, *value).await?,
        }
        Ok(Applied::Done)
    }

    pub(crate) async fn verify(&self, clouds: &DnsClouds, patience: &Patience<'_>) -> Result<Seen, CloudError> {
        let seen = match &self.set {
            Set::Object(object, there) => patience.call("beacon", || clouds.objects.has_object(object)).await? == *there,
            Set::Metric(metric, value) => {
                let read = patience.call("beacon", || clouds.metrics.metric_value(metric)).await?;
                read.is_some_and(|read| (read >= 1.0) == (*value >= 1.0))
            }
        };
        Ok(if seen { Seen::Done } else { Seen::NotYet })
    }
}

impl Step for BeaconStep {
    fn card(&self) -> StepCard {
        self.card.clone()
    }

    fn seen_within(&self) -> Duration {
        match self.set {
            Set::Object(..) => Duration::ZERO,
            Set::Metric(..) => METRIC_SEEN_WITHIN,
        }
    }

    fn expected(&self) -> Duration {
        self.seen_within()
    }
}
