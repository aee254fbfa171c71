//! Sets a beacon.

use std::time::Duration;

use crossover_engine::{
    cloud::{BeaconMetric, BeaconObject, Beacons},
    retry::Patience,
};
use crossover_model::{
    error::CloudError,
    step::{Applied, Seen, Step, StepCard},
};

/// How long it may take until a metric's new value can be read.
const METRIC_SEEN_WITHIN: Duration = Duration::from_secs(30);

/// What the object says to a person who finds it.
const BODY: &str = "Set by Crossover. A Route 53 health check looks for this object, and DNS answers accordingly.\n";

/// A beacon to be set. S3 and CloudWatch know no condition here, so it is made idempotent.
#[derive(Debug, Clone, PartialEq)]
pub struct BeaconStep {
    pub(crate) card: StepCard,
    pub(crate) set: Set,
}

/// What is set, and to what.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Set {
    /// An object that shall be there, or not.
    Object(BeaconObject, bool),
    /// A metric that shall have this value.
    Metric(BeaconMetric, f64),
}

impl BeaconStep {
    pub(crate) async fn apply(&self, beacons: &dyn Beacons) -> Result<Applied, CloudError> {
        match &self.set {
            Set::Object(object, true) => beacons.put_object(object, BODY).await?,
            Set::Object(object, false) => beacons.delete_object(object).await?,
            Set::Metric(metric, value) => beacons.put_metric_value(metric, *value).await?,
        }
        Ok(Applied::Done)
    }

    pub(crate) async fn verify(&self, beacons: &dyn Beacons, patience: &Patience<'_>) -> Result<Seen, CloudError> {
        let seen = match &self.set {
            Set::Object(object, there) => patience.call("beacon", || beacons.has_object(object)).await? == *there,
            Set::Metric(metric, value) => {
                let read = patience.call("beacon", || beacons.metric_value(metric)).await?;
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
