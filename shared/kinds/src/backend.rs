//! The backend of the kinds' services: a sandbox account, or AWS.

use std::sync::Arc;

#[cfg(feature = "aws")]
use crossover_aws::{OnAws, SdkConfig};
use crossover_sandbox::{Sandbox, record::Notes, rehearsal::OnSandbox};

/// The services of a kind, on every backend of this build.
#[cfg(feature = "aws")]
pub trait Clouds: OnSandbox + OnAws {}
#[cfg(feature = "aws")]
impl<C: OnSandbox + OnAws> Clouds for C {}

/// The services of a kind, on every backend of this build.
#[cfg(not(feature = "aws"))]
pub trait Clouds: OnSandbox {}
#[cfg(not(feature = "aws"))]
impl<C: OnSandbox> Clouds for C {}

/// The backend of services.
#[derive(Clone)]
pub struct Backend {
    account: Account,
    /// If present, every read is recorded and no write is made.
    notes: Option<Arc<Notes>>,
}

#[derive(Clone)]
enum Account {
    Sandbox(Sandbox),
    #[cfg(feature = "aws")]
    Aws(Box<SdkConfig>),
}

impl Backend {
    /// An account in memory.
    #[must_use]
    pub fn sandbox(sandbox: &Sandbox) -> Self {
        Self { account: Account::Sandbox(sandbox.clone()), notes: None }
    }

    /// The account and the Region of this configuration.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn aws(config: &SdkConfig) -> Self {
        Self { account: Account::Aws(Box::new(config.clone())), notes: None }
    }

    /// This backend, with every read recorded and no write made.
    #[must_use]
    pub fn recorded(&self, notes: &Arc<Notes>) -> Self {
        Self { notes: Some(notes.clone()), ..self.clone() }
    }

    /// The services of a kind on this backend.
    pub(crate) fn clouds<C: Clouds>(&self) -> C {
        let clouds = match &self.account {
            Account::Sandbox(sandbox) => C::on_sandbox(sandbox),
            #[cfg(feature = "aws")]
            Account::Aws(config) => C::on_aws(config),
        };
        match &self.notes {
            Some(notes) => clouds.recorded(notes),
            None => clouds,
        }
    }
}
