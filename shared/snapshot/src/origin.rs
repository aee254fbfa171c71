//! The account that a snapshot is taken of.

use std::sync::Arc;

use crossover_engine::ports::{Alarms, Clock, Journal};
use crossover_kinds::Backend;
use crossover_sandbox::Account;

/// The account that a snapshot is taken of.
pub struct Origin {
    /// Where the services of its kinds are called.
    pub backend: Backend,
    /// CloudWatch.
    pub alarms: Arc<dyn Alarms>,
    /// The journal, where what is remembered of the targets is to be taken too.
    pub journal: Option<Arc<dyn Journal>>,
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Its id, where that is known.
    pub account_id: Option<String>,
    /// The Region.
    pub region: String,
}

/// A sandbox account, and what is missing in it.
pub struct Snapshot {
    /// What could be read.
    pub account: Account,
    /// What could not be, and why.
    pub unread: Vec<String>,
}
