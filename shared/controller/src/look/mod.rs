//! One look at one target: lease and reads together, decide, act, record, tell.

mod close;
mod cross;
mod ending;
mod know;

use std::{collections::BTreeSet, sync::Mutex, time::Duration};

use futures::join;
use jiff::Timestamp;

use crate::{
    answer::TargetAnswer,
    cloud::{CloudError, LeaseAnswer},
    controller::{Controller, Invocation},
    crossover::id,
    decision::{Decision, Hold, Plan, Situation, Verdict, Wish},
    guard,
    health::Readings,
    journal::{Lease, TargetRecord},
    kind::Kind,
    notice::list,
    pace::Bucket,
    retry::Patience,
    step::{Step, StepReport, StepResult},
    topology::{Mode, Target},
    trigger::{AlarmEvent, Command, Trigger},
};
use ending::Ending;
use know::Known;

/// The longest wait for what a crossover can do without: the alarms' truth and the journal.
const DISPENSABLE: Duration = Duration::from_secs(3);
/// The longest wait for SNS.
pub(crate) const NOTICE_TIME: Duration = Duration::from_secs(3);
/// Kept back from the time there is, for the journal and the notices: two writes and [`NOTICE_TIME`].
const CLOSING: Duration = Duration::from_secs(8);
/// The longest wait for a lease that another invocation holds, when there is news to be looked at.
const LEASE_TIME: Duration = Duration::from_secs(3);
/// How often it is asked for again.
const LEASE_PAUSE: Duration = Duration::from_millis(250);
/// What woke us is listed up to so many.
const WAKES_LISTED: usize = 5;
/// How far apart two machines' clocks may be.
const SKEW: Duration = Duration::from_secs(2);

/// What woke us for a target.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wake {
    text: BTreeSet<String>,
    events: Vec<AlarmEvent>,
    command: Option<Command>,
}

impl Wake {
    pub(crate) fn add(&mut self, trigger: &Trigger) {
        self.text.insert(trigger.to_string());
        match trigger {
            Trigger::Alarm(event) => self.events.push(event.clone()),
            Trigger::Manual(command) => self.command = Some(command.clone()),
            Trigger::Tick | Trigger::OwnNotice => {}
        }
    }

    fn text(&self) -> String {
        list(self.text.iter().map(String::as_str), WAKES_LISTED)
    }

    /// Whether there is more to it than a tick, which comes again by itself.
    fn is_news(&self) -> bool {
        self.command.is_some() || !self.events.is_empty()
    }
}

impl<K: Kind> Controller<K> {
    /// Looks at one target, once.
    pub(crate) async fn look(
        &self,
        target: &Target<K::Spec>,
        wake: Wake,
        invocation: &Invocation,
        bucket: &Mutex<Bucket>,
    ) -> TargetAnswer {
        let began = self.ports.clock.now();
        let trigger = wake.text();
        tracing::info!(target = target.policy.name, trigger, "looking");
        let look = Look { controller: self, target, wake, trigger, began, invocation, bucket, remarks: Vec::new() };
        let answer = look.run().await;
        tracing::info!(
            target = answer.target,
            crossover = answer.crossover_id,
            outcome = answer.outcome.as_str(),
            reason = answer.reason,
            took_ms = answer.took_ms,
            "looked"
        );
        answer
    }
}

struct Look<'a, K: Kind> {
    controller: &'a Controller<K>,
    target: &'a Target<K::Spec>,
    wake: Wake,
    trigger: String,
    began: Timestamp,
    invocation: &'a Invocation,
    bucket: &'a Mutex<Bucket>,
    remarks: Vec<String>,
}

impl<K: Kind> Look<'_, K> {
    async fn run(mut self) -> TargetAnswer {
        let (standing, mut readings, mut observed) = join!(self.standing(), self.readings(), self.observe());
        let (epoch, record) = match standing {
            Ok(LeaseAnswer::Taken { epoch, before }) => (Some(epoch), before),
            Ok(LeaseAnswer::Held(record)) if self.is_dry_run() => (None, record),
            Ok(LeaseAnswer::Held(record)) => return self.held_by_another(&record),
            Err(error) => {
                self.remark(format!("the journal could not be used, so nothing is remembered: {error}"));
                (None, TargetRecord::default())
            }
        };
        // What was read while somebody else may have been at work is read again.
        if epoch.is_some() && record.quiet_since().is_some_and(|since| since + SKEW > self.began) {
            (readings, observed) = join!(self.readings(), self.observe());
        }
        let mut known = self.know(epoch, record, &readings);
        let ending = match observed {
            Ok(observed) => {
                let decision = self.decide(&known, &observed);
                self.remarks.extend(decision.remarks.iter().cloned());
                self.carry_out(&mut known, &decision).await
            }
            Err(error) => self.unobserved(&mut known, &error),
        };
        self.finish(known, ending).await
    }

    /// Takes the lease, or in a dry run only reads the record.
    async fn standing(&self) -> Result<LeaseAnswer, CloudError> {
        let journal = &self.controller.ports.journal;
        let name = &self.target.policy.name;
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
            command: self.wake.command.clone(),
        };
        let mut answer = patience.call(name, || journal.take_lease(name, &lease)).await;
        let waiting = self.patience().at_most(LEASE_TIME);
        while self.wake.is_news() && matches!(answer, Ok(LeaseAnswer::Held(_))) && waiting.pause(LEASE_PAUSE).await {
            let lease = Lease { taken: self.now(), ..lease.clone() };
            answer = patience.call(name, || journal.take_lease(name, &lease)).await;
        }
        answer
    }

    async fn readings(&self) -> Readings {
        let alarms = self.target.sides.iter().flat_map(|side| side.alarms.iter().cloned()).collect();
        let patience = self.patience().at_most(DISPENSABLE);
        let reading = patience.call("alarms", || self.controller.ports.alarms.read_alarms(&alarms)).await;
        reading.map_or_else(Readings::EventsOnly, Readings::Now)
    }

    async fn observe(&self) -> Result<K::Observed, CloudError> {
        let patience = Patience::new(self.controller.ports.clock.as_ref(), self.act_until());
        self.controller.kind.observe(self.target, &patience).await
    }

    fn decide(&self, known: &Known, observed: &K::Observed) -> Decision<K::Step> {
        let policy = &self.target.policy;
        // Going home is never urgent: not during a block, and not without knowing what an operator wants.
        let remembers = known.epoch.is_some() || self.is_dry_run();
        let unasked = remembers && guard::blocked_until(policy, &known.written, self.now()).is_none();
        let wish = Wish::new(policy, &known.health, &known.memory, known.command.as_ref(), unasked);
        let situation = Situation { target: self.target, health: &known.health, wish: &wish, memory: &known.memory, observed };
        let mut decision = K::decide(&situation);
        decision.verdict = match decision.verdict {
            Verdict::Settled(reason) => Verdict::Settled(reason),
            wanted => guard::everyone_is_sick(&known.health, &wish).map_or(wanted, Verdict::Hold),
        };
        decision
    }

    async fn carry_out(&mut self, known: &mut Known, decision: &Decision<K::Step>) -> Ending {
        if let Some(open) = &mut known.memory.open {
            open.observe(&decision.away, &decision.home);
            known.memory.away = open.applied_to(std::mem::take(&mut known.memory.away));
        }
        match &decision.verdict {
            Verdict::Settled(reason) => self.settled(known, decision, reason),
            Verdict::Hold(hold) => {
                let shadow = guard::shadow(self.mode(), &format!("hold back: {}", hold.text));
                self.held(known, shadow.as_ref().unwrap_or(hold), Vec::new())
            }
            Verdict::CrossOver(plan) => {
                let planned = plan.steps().map(|step| StepReport::untried(step.card(), StepResult::Planned)).collect();
                let shadow = guard::shadow(self.mode(), &format!("move {}", plan.reason));
                match shadow.or_else(|| self.blocked(known, plan)) {
                    Some(hold) => self.held(known, &hold, planned),
                    None if self.is_dry_run() => Ending::dry_run(format!("would cross over: {}", plan.reason), planned),
                    None => self.cross_over(known, decision, plan).await,
                }
            }
        }
    }

    fn blocked(&self, known: &Known, plan: &Plan<K::Step>) -> Option<Hold> {
        let automatic = plan.asked_by(known.command.as_ref()).is_none() && !plan.left.is_empty();
        let blocked = || guard::blocked(&self.target.policy, &known.memory, &plan.left, &plan.reason, self.now());
        automatic.then(blocked).flatten()
    }

    fn remark(&mut self, remark: String) {
        tracing::warn!(target = self.target.policy.name, trigger = self.trigger, remark);
        self.remarks.push(remark);
    }

    fn is_dry_run(&self) -> bool {
        self.invocation.dry_run || self.wake.command.as_ref().is_some_and(Command::is_dry_run)
    }

    fn mode(&self) -> Mode {
        self.target.policy.mode.unwrap_or(self.controller.mode)
    }

    fn now(&self) -> Timestamp {
        self.controller.ports.clock.now()
    }

    fn act_until(&self) -> Timestamp {
        self.invocation.deadline - CLOSING
    }

    fn patience(&self) -> Patience<'_> {
        Patience::new(self.controller.ports.clock.as_ref(), self.invocation.deadline)
    }
}
