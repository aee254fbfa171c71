//! Calls that change resources of targets.

use crossover_sandbox::Call;

/// The services that Crossover itself needs, and no target.
const OWN: [&str; 2] = ["dynamodb:", "sns:"];

/// Whether a call changes one of the targets' resources.
#[must_use]
pub fn changes_a_resource(call: &Call) -> bool {
    call.is_write() && !OWN.iter().any(|service| call.call.starts_with(service))
}
