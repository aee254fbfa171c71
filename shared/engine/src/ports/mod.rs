//! The ports through which the engine uses a cloud: one small trait for each concern.
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

pub use alarms::{AlarmReads, Alarms};
pub use clock::Clock;
pub use journal::{Change, Journal, LeaseAnswer, Written};
pub use notices::Notices;
pub use payloads::Payloads;
pub use permissions::{AskPermissions, PermissionNames, Permissions};

/// The ports that the controller needs itself. Each kind holds the ports that it needs.
#[derive(Clone)]
pub struct Ports {
    /// The alarms.
    pub alarms: Arc<dyn Alarms>,
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// The notice topic.
    pub notices: Arc<dyn Notices>,
    /// The parser of payloads.
    pub payloads: Arc<dyn Payloads>,
    /// The permissions in each account.
    pub permissions: Arc<AskPermissions<'static>>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}
