//! The services that the kind `nat` calls.

use std::sync::Arc;

use crossover_ec2::Routes;
use crossover_sandbox::{
    Sandbox,
    record::{Notes, Recorder},
    rehearsal::OnSandbox,
};

/// The services that the kind calls.
#[derive(Clone)]
pub struct NatClouds {
    /// EC2.
    pub routes: Arc<dyn Routes>,
}

impl OnSandbox for NatClouds {
    fn on_sandbox(sandbox: &Sandbox) -> Self {
        Self { routes: Arc::new(sandbox.clone()) }
    }

    fn recorded(&self, notes: &Arc<Notes>) -> Self {
        Self { routes: Arc::new(Recorder::of(&self.routes, notes)) }
    }
}

#[cfg(feature = "aws")]
impl crossover_aws::OnAws for NatClouds {
    fn on_aws(config: &crossover_aws::SdkConfig) -> Self {
        Self { routes: Arc::new(crossover_ec2::Ec2Routes::new(config)) }
    }
}
