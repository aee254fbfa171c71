//! The context of a reconcile or a note: one target with its triggers, lease and remarks.

mod close;
mod ending;
mod remark;
mod remind;
mod state;
mod stop;

use std::{cell::Cell, time::Duration};

use crossover_model::{
    crossover::id,
    duty::Duty,
    error::CloudError,
    journal::{Lease, Memory},
    later::Rest,
    reserved::EVERYTHING,
    topology::{Mode, Policy, Side},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    environment::{DISPENSABLE, Environment, Invocation},
    ports::{Change, LeaseAnswer},
    retry::Patience,
    triggers::Triggers,
};

pub(crate) use close::WriteError;
pub(crate) use ending::{Ending, differences, side_in_doubt};
pub(crate) use remark::Remark;
pub(crate) use state::{TargetState, held_by, intent_remarks, interrupted};
pub(crate) use stop::TakenOver;

/// The longest wait for a lease that another invocation holds, when the trigger is urgent.
const LEASE_TIME: Duration = Duration::from_secs(3);
/// The interval of attempts to acquire it.
const LEASE_PAUSE: Duration = Duration::from_millis(250);
/// The largest difference between two clocks that is not counted: that of two machines, and of a time in full seconds.
pub(crate) const SKEW: Duration = Duration::from_secs(2);
/// A target with what the invocation knows of its trigger.
pub(crate) struct TargetContext<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) invocation: &'a Invocation,
    pub(crate) policy: &'a Policy,
    pub(crate) kind: &'static str,
    /// The sides, if health is known; in the declared order.
    pub(crate) sides: &'a [Side],
    /// What a side of the kind does.
    pub(crate) duty: Duty,
    pub(crate) triggers: Triggers,
    pub(crate) trigger: String,
    /// When it began, by the clock of this machine.
    pub(crate) began: Timestamp,
    pub(crate) remarks: Vec<Remark>,
    /// When it last asked for the lease, by the clock of this machine.
    asked: Cell<Timestamp>,
    /// How far the journal's clock is ahead of ours.
    ahead: Cell<SignedDuration>,
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
        Self {
            environment,
            invocation,
            policy,
            kind,
            sides: &[],
            duty: Duty::Serve,
            triggers,
            trigger,
            began,
            remarks: Vec::new(),
            asked: Cell::new(began),
            ahead: Cell::default(),
        }
    }

    /// The same, of a target with these sides, which do this.
    pub(crate) fn with_sides(self, sides: &'a [Side], duty: Duty) -> Self {
        Self { sides, duty, ..self }
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
            crossover_id: self.new_id(),
            trigger: self.trigger.clone(),
            order: self.triggers.order.clone(),
            rest: Rest::new(),
        };
        let mut answer = Box::pin(self.take(&lease)).await;
        let waiting = self.patience().at_most(LEASE_TIME);
        while insist && matches!(answer, Ok(LeaseAnswer::Held(_))) && waiting.pause(LEASE_PAUSE).await {
            self.asked.set(self.machine_now());
            let lease = Lease { taken: self.now(), crossover_id: self.new_id(), ..lease.clone() };
            answer = Box::pin(self.take(&lease)).await;
        }
        let answer = answer?;
        if self.ahead.get().is_zero() { Ok(answer) } else { Box::pin(self.corrected(answer, lease)).await }
    }

    /// A lease that ends by the journal's clock when our invocation ends, instead of one that our clock, which is wrong, has
    /// written.
    async fn corrected(&self, answer: LeaseAnswer, lease: Lease) -> Result<LeaseAnswer, CloudError> {
        let LeaseAnswer::Taken { epoch, before, .. } = answer else { return Ok(answer) };
        let (journal, name) = (&self.environment.ports.journal, &self.policy.name);
        let patience = self.patience().at_most(DISPENSABLE);
        let (taken, until, crossover_id) = (self.now(), self.by_service(lease.until), self.new_id());
        let lease = Lease { taken, until, crossover_id, ..lease };
        let release = Change { release: Some(lease.taken), ..Change::default() };
        patience.call(name, || journal.write(name, epoch, release)).await?;
        Ok(match self.take(&lease).await? {
            // Nobody had it in between, so what was before our first lease is what was before this one.
            LeaseAnswer::Taken { epoch: ours, at, .. } if ours == epoch + 1 => LeaseAnswer::Taken { epoch: ours, before, at },
            other => other,
        })
    }

    /// Asks for the lease, and compares our clock with the journal's: its time is between those of the request and of the
    /// response, however long we slept meanwhile.
    async fn take(&self, lease: &Lease) -> Result<LeaseAnswer, CloudError> {
        let (journal, name) = (&self.environment.ports.journal, &self.policy.name);
        let sent = Cell::new(self.machine_now());
        let take = || {
            sent.set(self.machine_now());
            journal.take_lease(name, lease)
        };
        let answer = self.patience().at_most(DISPENSABLE).call(name, take).await?;
        if let LeaseAnswer::Taken { at: Some(at), .. } = &answer {
            let ahead = at.duration_since((*at).clamp(sent.get(), self.machine_now().max(sent.get())));
            self.ahead.set(if ahead.unsigned_abs() > SKEW { ahead } else { SignedDuration::ZERO });
        }
        Ok(answer)
    }

    /// Remarks on a clock that is wrong.
    pub(crate) fn remark_on_clock(&mut self) {
        let off = self.ahead.get().unsigned_abs();
        if !off.is_zero() {
            let (seconds, way) = (off.as_secs_f64().round(), if self.ahead.get().is_negative() { "ahead of" } else { "behind" });
            self.remark(format!("the clock of this machine is {seconds} s {way} the journal's"));
        }
    }

    /// How far the journal's clock is ahead of ours.
    pub(crate) fn ahead(&self) -> SignedDuration {
        self.ahead.get()
    }

    /// One of our times, by the journal's clock.
    pub(crate) fn by_service(&self, at: Timestamp) -> Timestamp {
        at.checked_add(self.ahead.get()).unwrap_or(at)
    }

    /// The memory of everything.
    pub(crate) async fn everything(&self) -> Result<Memory, CloudError> {
        let patience = self.patience().at_most(DISPENSABLE);
        let record = patience.call(EVERYTHING, || self.environment.ports.journal.read(EVERYTHING)).await;
        record.map(|record| record.current_memory())
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

    /// Now, by the journal's clock once the lease has told it: the times in records and notices are compared with those that
    /// other machines write.
    pub(crate) fn now(&self) -> Timestamp {
        self.by_service(self.machine_now())
    }

    /// Now, by the clock of this machine: only for the time that has passed, and for the deadline.
    pub(crate) fn machine_now(&self) -> Timestamp {
        self.environment.ports.clock.now()
    }

    /// The id of a crossover that began with this reconcile. Another reconcile that began at the same instant had the lease before,
    /// and may have used the id of that instant.
    pub(crate) fn new_id(&self) -> String {
        id(&self.policy.name, self.by_service(self.asked.get()))
    }

    pub(crate) fn patience(&self) -> Patience<'_> {
        Patience::new(self.environment.ports.clock.as_ref(), self.invocation.deadline).of(&self.policy.name)
    }
}
