//! What a look and a note share: one target, what woke us for it, the lease, and what is to be said.

mod close;
mod ending;
mod know;
mod remind;

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;

use crate::{
    cloud::{CloudError, LeaseAnswer},
    controller::{Controller, Invocation},
    crossover::id,
    journal::{EVERYTHING, Lease, Memory},
    notice::list,
    retry::Patience,
    topology::{Mode, Policy},
    trigger::{Aim, AlarmEvent, Command, Order, Question, Trigger},
};

pub(crate) use close::WriteError;
pub(crate) use ending::{Ending, differences};
pub(crate) use know::{Known, interrupted, standing_remarks};
pub(crate) use remind::PAUSE_REMINDER;

/// The longest wait for SNS.
pub(crate) const NOTICE_TIME: Duration = Duration::from_secs(3);
/// The longest wait for what a crossover can do without: the alarms' truth and the journal.
pub(crate) const DISPENSABLE: Duration = Duration::from_secs(3);
/// The longest wait for a lease that another invocation holds, when there is news to be looked at.
const LEASE_TIME: Duration = Duration::from_secs(3);
/// How often it is asked for again.
const LEASE_PAUSE: Duration = Duration::from_millis(250);
/// What woke us is listed up to so many.
const WAKES_LISTED: usize = 5;

/// What woke us for a target.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wake {
    text: BTreeSet<String>,
    pub(crate) events: Vec<AlarmEvent>,
    service: bool,
    pub(crate) order: Option<Order>,
    /// A question changes nothing; what it supposes an operator wants.
    pub(crate) question: bool,
    pub(crate) supposed: Option<Aim>,
    /// The answer shall say how the target stands.
    pub(crate) status: bool,
}

impl Wake {
    pub(crate) fn add(&mut self, trigger: &Trigger) {
        self.text.insert(trigger.to_string());
        match trigger {
            Trigger::Alarm(event) => self.events.push(event.clone()),
            Trigger::Manual(Command::Order(order)) => self.order = Some(order.clone()),
            Trigger::Manual(Command::Question(question)) => {
                self.question = true;
                match question {
                    Question::Plan { aim, .. } => self.supposed.clone_from(aim),
                    Question::Status { .. } => self.status = true,
                    Question::History { .. } => {}
                }
            }
            Trigger::Service(_) => self.service = true,
            Trigger::Manual(Command::Note(_)) | Trigger::Tick | Trigger::OwnNotice => {}
        }
    }

    pub(crate) fn by_hand(text: String) -> Self {
        Self { text: BTreeSet::from([text]), ..Self::default() }
    }

    pub(crate) fn text(&self) -> String {
        list(self.text.iter().map(String::as_str), WAKES_LISTED)
    }

    /// Whether there is more to it than a tick, which comes again by itself.
    pub(crate) fn is_news(&self) -> bool {
        self.order.is_some() || self.service || !self.events.is_empty()
    }
}

/// A target that something happened to.
pub(crate) struct Case<'a> {
    pub(crate) controller: &'a Controller,
    pub(crate) invocation: &'a Invocation,
    pub(crate) policy: &'a Policy,
    pub(crate) kind: &'static str,
    pub(crate) wake: Wake,
    pub(crate) trigger: String,
    pub(crate) began: Timestamp,
    pub(crate) remarks: Vec<String>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(
        controller: &'a Controller,
        invocation: &'a Invocation,
        policy: &'a Policy,
        kind: &'static str,
        wake: Wake,
    ) -> Self {
        let (trigger, began) = (wake.text(), controller.ports.clock.now());
        Self { controller, invocation, policy, kind, wake, trigger, began, remarks: Vec::new() }
    }

    /// Takes the lease, or in a dry run only reads the record. Waits a little for one that is held
    /// when `insist`.
    pub(crate) async fn standing(&self, insist: bool) -> Result<LeaseAnswer, CloudError> {
        let journal = &self.controller.ports.journal;
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
            order: self.wake.order.clone(),
        };
        let mut answer = patience.call(name, || journal.take_lease(name, &lease)).await;
        let waiting = self.patience().at_most(LEASE_TIME);
        while insist && matches!(answer, Ok(LeaseAnswer::Held(_))) && waiting.pause(LEASE_PAUSE).await {
            let lease = Lease { taken: self.now(), ..lease.clone() };
            answer = patience.call(name, || journal.take_lease(name, &lease)).await;
        }
        answer
    }

    /// What is remembered of everything.
    pub(crate) async fn everything(&self) -> Result<Memory, CloudError> {
        let patience = self.patience().at_most(DISPENSABLE);
        let record = patience.call(EVERYTHING, || self.controller.ports.journal.read(EVERYTHING)).await;
        record.map(|record| record.memory)
    }

    pub(crate) fn remark(&mut self, remark: String) {
        tracing::warn!(target = self.policy.name, trigger = self.trigger, remark);
        self.remarks.push(remark);
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        self.invocation.dry_run || self.wake.question || self.wake.order.as_ref().is_some_and(|order| order.dry_run)
    }

    pub(crate) fn mode(&self) -> Mode {
        if self.controller.staging { Mode::Shadow } else { self.policy.mode.unwrap_or(self.controller.mode) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.controller.ports.clock.now()
    }

    pub(crate) fn patience(&self) -> Patience<'_> {
        Patience::new(self.controller.ports.clock.as_ref(), self.invocation.deadline).of(&self.policy.name)
    }
}
