//! Lights another bulb.

use crossover_engine::retry::Patience;
use crossover_model::{
    error::{CloudError, Fault},
    step::{Applied, Seen, Step, StepCard, Way},
};

use super::service::Switchboard;

/// Lights a bulb in place of the one that is lit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LightStep {
    pub(super) house: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) way: Way,
}

impl Step for LightStep {
    fn card(&self) -> StepCard {
        let (step, resource) = ("light-bulb".to_owned(), self.house.clone());
        StepCard { step, resource, from: self.from.clone(), to: self.to.clone(), way: self.way, undo: None }
    }
}

impl LightStep {
    pub(super) async fn apply(&self, switchboard: &dyn Switchboard) -> Result<Applied, CloudError> {
        match switchboard.light(&self.house, &self.from, &self.to).await {
            Ok(()) => Ok(Applied::Done),
            Err(error) if error.fault == Fault::NotFound => Ok(Applied::Conflict(error.to_string())),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn verify(&self, switchboard: &dyn Switchboard, patience: &Patience<'_>) -> Result<Seen, CloudError> {
        let lit = patience.call(&self.house, || switchboard.house(&self.house)).await?.lit;
        Ok(match lit {
            lit if lit == self.to => Seen::Done,
            lit if lit == self.from => Seen::NotYet,
            lit => Seen::Conflict(format!("{lit} is lit")),
        })
    }
}
