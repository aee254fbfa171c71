//! The environment of a process and of an invocation.

use std::time::Duration;

use crossover_model::{notice::Sender, permission::Caller, topology::Mode, trigger::Own};
use jiff::Timestamp;

use crate::{ports::Ports, told::Told};

/// The longest wait for the notice topic.
pub(crate) const NOTICE_TIME: Duration = Duration::from_secs(3);

/// The longest wait for what a crossover can do without: the current alarms and the journal.
pub(crate) const DISPENSABLE: Duration = Duration::from_secs(3);

/// One invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The holder of leases: unique, even between two deliveries of the same event.
    pub holder: String,
    /// When the invocation is terminated.
    pub deadline: Timestamp,
    /// Whether it is a dry run, whatever the payload says.
    pub dry_run: bool,
    /// Our account and Region, as far as they are known. Alarm names elsewhere are not ours.
    pub own: Option<Own>,
}

/// The environment that all reconciles of a process share.
#[derive(Clone)]
pub struct Environment {
    /// The ports to the cloud.
    pub ports: Ports,
    /// The mode of targets that declare none.
    pub mode: Mode,
    /// Whether the stack is for tests: it changes nothing, whatever a target declares.
    pub staging: bool,
    /// Who makes our calls, as far as that is known; otherwise it is asked where it matters.
    pub caller: Option<Caller>,
    /// What was told without the journal.
    pub told: Told,
    /// What carries out the commands in notices.
    pub sender: Sender,
}
