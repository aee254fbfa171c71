//! What an invocation works with.

use std::time::Duration;

use crossover_model::{topology::Mode, trigger::Own};
use jiff::Timestamp;

use crate::ports::Ports;

/// The longest wait for SNS.
pub(crate) const NOTICE_TIME: Duration = Duration::from_secs(3);

/// The longest wait for what a crossover can do without: the alarms' truth and the journal.
pub(crate) const DISPENSABLE: Duration = Duration::from_secs(3);

/// One invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Who we are, for the lease: unique, also between two deliveries of one event.
    pub holder: String,
    /// When we are ended.
    pub deadline: Timestamp,
    /// Only say what would happen, whatever the payload asks for.
    pub dry_run: bool,
}

/// What every reconcile of a process works with, whatever the target.
#[derive(Clone)]
pub struct Environment {
    /// The cloud.
    pub ports: Ports,
    /// The mode, where a target declares none.
    pub mode: Mode,
    /// Whether it acts on nothing, whatever a target declares: a stack to try changes in.
    pub staging: bool,
    /// Where we are, as far as that is known: names of alarms elsewhere are not ours.
    pub own: Option<Own>,
    /// The function's name, for the commands in notices.
    pub function: String,
}
