//! The source account of a snapshot.

use std::sync::Arc;

use crossover_engine::ports::{Alarms, Clock, Journal};
use crossover_kinds::Backend;
use crossover_sandbox::Account;

/// The source account of a snapshot.
pub struct Origin {
    /// The backend of the services of its kinds.
    pub backend: Backend,
    /// CloudWatch.
    pub alarms: Arc<dyn Alarms>,
    /// The journal, if the memories of the targets are included.
    pub journal: Option<Arc<dyn Journal>>,
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Its id, if known.
    pub account_id: Option<String>,
    /// The Region.
    pub region: String,
}

/// A sandbox account, with the unreadable resources.
pub struct Snapshot {
    /// The readable part.
    pub account: Account,
    /// The unreadable resources, with the errors.
    pub unread: Vec<String>,
}
