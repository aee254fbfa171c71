//! What the engine asks of a cloud, in its own words: one small trait for each concern.
//!
//! Every method is one call (or one paged read). None of them retries: the engine does, in
//! [`crate::retry`], so that one policy is simulated and swept with faults.

mod alarms;
mod clock;
mod journal;
mod notices;
mod payloads;
mod permissions;

use std::sync::Arc;

pub use alarms::Alarms;
pub use clock::Clock;
pub use journal::{Change, Journal, LeaseAnswer, Written};
pub use notices::Notices;
pub use payloads::Payloads;
pub use permissions::Permissions;

/// What the controller itself needs of the cloud; what a kind needs, the kind holds.
#[derive(Clone)]
pub struct Ports {
    /// CloudWatch.
    pub alarms: Arc<dyn Alarms>,
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// SNS.
    pub notices: Arc<dyn Notices>,
    /// What payloads mean.
    pub payloads: Arc<dyn Payloads>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}
