//! The steps of the kind.

use std::time::Duration;

use crossover_controller::{
    cloud::CloudError,
    retry::Patience,
    step::{Applied, RecordsStep, Seen, Step, StepCard},
};

use crate::{DnsClouds, beacon::BeaconStep, controls::ControlsStep};

/// A step of the kind.
#[derive(Debug, Clone, PartialEq)]
pub enum DnsStep {
    /// Changes record sets.
    Records(RecordsStep),
    /// Sets a beacon.
    Beacon(BeaconStep),
    /// Sets routing controls.
    Controls(ControlsStep),
}

impl DnsStep {
    pub(crate) async fn apply(&self, clouds: &DnsClouds) -> Result<Applied, CloudError> {
        match self {
            Self::Records(step) => step.apply(clouds.records.as_ref()).await,
            Self::Beacon(step) => step.apply(clouds.beacons.as_ref()).await,
            Self::Controls(step) => step.apply(clouds.routing_controls.as_ref()).await,
        }
    }

    pub(crate) async fn verify(&self, clouds: &DnsClouds, patience: &Patience<'_>) -> Result<Seen, CloudError> {
        match self {
            Self::Records(step) => step.verify(clouds.records.as_ref(), patience).await,
            Self::Beacon(step) => step.verify(clouds.beacons.as_ref(), patience).await,
            Self::Controls(step) => step.verify(clouds.routing_controls.as_ref(), patience).await,
        }
    }
}

impl Step for DnsStep {
    fn card(&self) -> StepCard {
        match self {
            Self::Records(step) => step.card(),
            Self::Beacon(step) => step.card(),
            Self::Controls(step) => step.card(),
        }
    }

    fn seen_within(&self) -> Duration {
        match self {
            Self::Records(step) => step.seen_within(),
            Self::Beacon(step) => step.seen_within(),
            Self::Controls(step) => step.seen_within(),
        }
    }
}
