//! The context of a reconcile or a note: one target with its triggers, lease and remarks.

mod close;
mod ending;
mod remark;
mod remind;
mod state;

use std::time::Duration;

use crossover_model::{
    crossover::id,
    error::CloudError,
    journal::{Lease, Memory},
    later::Rest,
    reserved::EVERYTHING,
    topology::{Mode, Policy},
};
use jiff::Timestamp;

use crate::{
    environment::{DISPENSABLE, Environment, Invocation},
    ports::LeaseAnswer,
    retry::Patience,
    triggers::Triggers,
};

pub(crate) use close::WriteError;
pub(crate) use ending::{Ending, differences, side_in_doubt};
pub(crate) use remark::Remark;
pub(crate) use state::{TargetState, intent_remarks, interrupted};

/// The longest wait for a lease that another invocation holds, when the trigger is urgent.
const LEASE_TIME: Duration = Duration::from_secs(3);
/// The interval of attempts to acquire it.
const LEASE_PAUSE: Duration = Duration::from_millis(250);
/// A target with what the invocation knows of its trigger.
pub(crate) struct TargetContext<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) invocation: &'a Invocation,
    pub(crate) policy: &'a Policy,
    pub(crate) kind: &'static str,
    pub(crate) triggers: Triggers,
    pub(crate) trigger: String,
    pub(crate) began: Timestamp,
    pub(crate) remarks: Vec<Remark>,
}

impl<'a> TargetContext<'a> {
    pub(crate) fn new(
        environment: &'a Environment,
        invocation: &'a Invocation,
        policy: &'a Policy,
        kind: &'static str,
        triggers: Triggers,
    ) -> Self {
        let (trigger, began) = (triggers.text(), environment.ports.clock.now());
        Self { environment, invocation, policy, kind, triggers, trigger, began, remarks: Vec::new() }
    }

    /// Acquires the lease, or in a dry run only reads the record. With `insist` it waits a little for a lease that is
    /// held.
    pub(crate) async fn acquire_lease(&self, insist: bool) -> Result<LeaseAnswer, CloudError> {
        let journal = &self.environment.ports.journal;
        let name = &self.policy.name;
        let patience = self.patience().at_most(DISPENSABLE);
        if self.is_dry_run() {
            return patience.call(name, || journal.read(name)).await.map(LeaseAnswer::Held);
        }
        let lease = Lease {
            holder: self.invocation.holder.clone(),
            taken: self.began,
            until: self.invocation.deadline,
            crossover_id: id(name, self.began),
            trigger: self.trigger.clone(),
            order: self.triggers.order.clone(),
            rest: Rest::new(),
        };
        let mut answer = patience.call(name, || journal.take_lease(name, &lease)).await;
        let waiting = self.patience().at_most(LEASE_TIME);
        while insist && matches!(answer, Ok(LeaseAnswer::Held(_))) && waiting.pause(LEASE_PAUSE).await {
            let lease = Lease { taken: self.now(), ..lease.clone() };
            answer = patience.call(name, || journal.take_lease(name, &lease)).await;
        }
        answer
    }

    /// The memory of everything.
    pub(crate) async fn everything(&self) -> Result<Memory, CloudError> {
        let patience = self.patience().at_most(DISPENSABLE);
        let record = patience.call(EVERYTHING, || self.environment.ports.journal.read(EVERYTHING)).await;
        record.map(|record| record.memory)
    }

    pub(crate) fn remark(&mut self, remark: String) {
        tracing::warn!(target = self.policy.name, trigger = self.trigger, remark);
        self.remarks.push(Remark::Text(remark));
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        self.invocation.dry_run || self.triggers.question || self.triggers.order.as_ref().is_some_and(|order| order.dry_run)
    }

    pub(crate) fn mode(&self) -> Mode {
        if self.environment.staging { Mode::Shadow } else { self.policy.mode.unwrap_or(self.environment.mode) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.environment.ports.clock.now()
    }

    pub(crate) fn patience(&self) -> Patience<'_> {
        Patience::new(self.environment.ports.clock.as_ref(), self.invocation.deadline).of(&self.policy.name)
    }
}
