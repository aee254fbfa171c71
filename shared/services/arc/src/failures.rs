//! The failures of ARC in a drill.

use crossover_sandbox::{Account, Fault, FaultRule, rehearsal::Failure};
use jiff::Timestamp;

/// The endpoint of the cluster of routing controls in a Region, which no longer responds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointFails {
    /// The endpoint's Region.
    pub region: String,
}

impl EndpointFails {
    fn rule(&self) -> FaultRule {
        FaultRule { resource: Some(self.region.clone()), ..FaultRule::every("route53-recovery-cluster:*", Fault::Timeout) }
    }
}

impl Failure for EndpointFails {
    fn in_words(&self) -> Option<String> {
        None
    }

    fn apply(&self, account: &mut Account, _: Timestamp) {
        account.faults.push(self.rule());
    }

    fn restore(&self, account: &mut Account, _: &Account, _: Timestamp) {
        let rule = self.rule();
        account.faults.retain(|fault| *fault != rule);
    }
}
