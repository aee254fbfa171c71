//! The steps of the kind.

use std::time::Duration;

use crossover_engine::retry::Patience;
use crossover_model::{
    error::CloudError,
    step::{Applied, Seen, Step, StepCard, Way},
};
use crossover_route53::RecordsStep;

use crate::{beacon::BeaconStep, clouds::DnsClouds, controls::ControlsStep};

/// A step of the kind.
#[derive(Debug, Clone, PartialEq)]
pub enum DnsStep {
    /// Changes record sets.
    Records(RecordsStep),
    /// Sets a beacon.
    Beacon(BeaconStep),
    /// Sets routing controls.
    Controls(ControlsStep),
    /// A declared record that can't be switched.
    Unmanaged(Unmanaged),
}

/// A declared record that can't be switched while the others are: the crossover is partial because of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmanaged {
    /// Its name and type, as shown to people.
    pub record: String,
    /// Why it can't be switched.
    pub why: String,
    /// Whether there is nothing of it that Crossover may switch: it does not exist, or a traffic policy keeps it.
    pub is_whole: bool,
}

impl Unmanaged {
    pub(crate) fn in_words(&self) -> String {
        format!("{} can't be switched: {}", self.record, self.why)
    }

    fn card(&self) -> StepCard {
        StepCard {
            step: "change-records".to_owned(),
            // Apart from the name of a batch with other record sets of it.
            resource: format!("the declared {}", self.record),
            from: "unknown".to_owned(),
            to: "unchanged".to_owned(),
            way: Way::Homeless,
            undo: None,
        }
    }
}

impl DnsStep {
    pub(crate) async fn apply(&self, clouds: &DnsClouds, patience: &Patience<'_>) -> Result<Applied, CloudError> {
        match self {
            Self::Records(step) => step.apply(clouds.records.as_ref()).await,
            Self::Beacon(step) => step.apply(clouds).await,
            Self::Controls(step) => step.apply(clouds.routing_controls.as_ref(), patience).await,
            Self::Unmanaged(record) => Ok(Applied::Conflict(record.why.clone())),
        }
    }

    pub(crate) async fn verify(steps: &[Self], clouds: &DnsClouds, patience: &Patience<'_>) -> Result<Vec<Seen>, CloudError> {
        let of_records: Vec<&RecordsStep> = steps.iter().filter_map(Self::of_records).collect();
        let mut of_records = RecordsStep::verify(&of_records, clouds.records.as_ref(), patience).await?.into_iter();
        let mut all = Vec::new();
        for step in steps {
            all.push(match step {
                Self::Records(_) => of_records.next().unwrap_or(Seen::NotYet),
                Self::Beacon(step) => step.verify(clouds, patience).await?,
                Self::Controls(step) => step.verify(clouds.routing_controls.as_ref(), patience).await?,
                Self::Unmanaged(record) => Seen::Conflict(record.why.clone()),
            });
        }
        Ok(all)
    }

    fn of_records(&self) -> Option<&RecordsStep> {
        match self {
            Self::Records(step) => Some(step),
            Self::Beacon(_) | Self::Controls(_) | Self::Unmanaged(_) => None,
        }
    }
}

impl Step for DnsStep {
    fn card(&self) -> StepCard {
        match self {
            Self::Records(step) => step.card(),
            Self::Beacon(step) => step.card(),
            Self::Controls(step) => step.card(),
            Self::Unmanaged(record) => record.card(),
        }
    }

    fn seen_within(&self) -> Duration {
        match self {
            Self::Records(step) => step.seen_within(),
            Self::Beacon(step) => step.seen_within(),
            Self::Controls(step) => step.seen_within(),
            Self::Unmanaged(_) => Duration::ZERO,
        }
    }

    fn expected(&self) -> Duration {
        match self {
            Self::Records(step) => step.expected(),
            Self::Beacon(step) => step.expected(),
            Self::Controls(step) => step.expected(),
            Self::Unmanaged(_) => Duration::ZERO,
        }
    }

    fn lingers(&self) -> Duration {
        match self {
            Self::Records(step) => step.lingers(),
            // The records don't change: Route 53 evaluates their health checks itself.
            Self::Beacon(_) | Self::Controls(_) | Self::Unmanaged(_) => Duration::ZERO,
        }
    }
}
