//! The failures of EC2 in a drill.

use crossover_sandbox::{Account, rehearsal::Failure};
use jiff::Timestamp;

use crate::sandbox::Ec2Account;

/// A NAT gateway, an instance or an interface that no longer forwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayFails(pub String);

impl Failure for GatewayFails {
    fn in_words(&self) -> Option<String> {
        Some(format!("{} is failed", self.0))
    }

    fn apply(&self, account: &mut Account, _: Timestamp) {
        let ec2 = account.ec2_mut();
        for gateway in ec2.nat_gateways.iter_mut().filter(|gateway| gateway.id == self.0) {
            "failed".clone_into(&mut gateway.state);
        }
        for instance in ec2.instances.iter_mut().filter(|instance| instance.id == self.0) {
            "stopped".clone_into(&mut instance.state);
        }
        for interface in ec2.interfaces.iter_mut().filter(|interface| interface.id == self.0) {
            "available".clone_into(&mut interface.status);
        }
    }

    fn restore(&self, account: &mut Account, before: &Account, _: Timestamp) {
        let (ec2, before) = (account.ec2_mut(), before.ec2());
        for gateway in ec2.nat_gateways.iter_mut().filter(|gateway| gateway.id == self.0) {
            if let Some(was) = before.nat_gateways.iter().find(|was| was.id == self.0) {
                gateway.state.clone_from(&was.state);
            }
        }
        for instance in ec2.instances.iter_mut().filter(|instance| instance.id == self.0) {
            if let Some(was) = before.instances.iter().find(|was| was.id == self.0) {
                instance.state.clone_from(&was.state);
            }
        }
        for interface in ec2.interfaces.iter_mut().filter(|interface| interface.id == self.0) {
            if let Some(was) = before.interfaces.iter().find(|was| was.id == self.0) {
                interface.status.clone_from(&was.status);
            }
        }
    }
}
