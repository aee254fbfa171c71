//! The services that the kind calls.

use std::sync::Arc;

use crossover_sandbox::{
    Sandbox,
    record::{Notes, Recorder},
    rehearsal::OnSandbox,
};

use super::service::Switchboard;

/// The services that the kind calls.
#[derive(Clone)]
pub(crate) struct LampClouds {
    pub(super) switchboard: Arc<dyn Switchboard>,
}

impl OnSandbox for LampClouds {
    fn on_sandbox(sandbox: &Sandbox) -> Self {
        Self { switchboard: Arc::new(sandbox.clone()) }
    }

    fn recorded(&self, notes: &Arc<Notes>) -> Self {
        Self { switchboard: Arc::new(Recorder::of(&self.switchboard, notes)) }
    }
}

#[cfg(feature = "wire")]
impl crossover_aws::OnAws for LampClouds {
    fn on_aws(_: &crossover_aws::SdkConfig) -> Self {
        Self { switchboard: Arc::new(super::service::Dark) }
    }
}
