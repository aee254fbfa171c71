//! One look at one target: lease and reads together, decide, act, record, tell.

use std::time::Duration;

use futures::join;
use jiff::Timestamp;

use crate::{
    act,
    answer::{TargetAnswer, sides},
    cloud::{Change, CloudError, LeaseAnswer, Written},
    controller::{Controller, Invocation},
    crossover::{Crossover, Outcome, id},
    decision::{Decision, Direction, Hold, Plan, Situation, Verdict, Wish},
    guard::{self, Wanted},
    health::{Health, Readings, assess, short},
    journal::{Automatic, HeldTold, Intent, Lease, Memory, TargetRecord},
    kind::Kind,
    notice::{About, Notice},
    retry::Patience,
    step::{Step, StepReport, StepResult},
    topology::{Mode, Spec, Target},
    trigger::{AlarmEvent, Command, Trigger},
};

/// The longest wait for what a crossover can do without: the alarms' truth and the journal.
const DISPENSABLE: Duration = Duration::from_secs(3);
/// The longest wait for SNS.
pub(crate) const NOTICE_TIME: Duration = Duration::from_secs(3);
/// Kept back from the time there is, for the journal and the notice.
const CLOSING: Duration = Duration::from_secs(4);
/// How far apart two machines' clocks may be.
const SKEW: Duration = Duration::from_secs(2);
/// The same reason to hold back is told again after this.
const TELL_AGAIN: Duration = Duration::from_secs(3600);
/// A command whose invocation died is carried out by the next one for this long.
const COMMAND_GOOD_FOR: Duration = Duration::from_secs(900);

/// What woke us for a target.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wake {
    text: Vec<String>,
    events: Vec<AlarmEvent>,
    command: Option<Command>,
}

impl Wake {
    pub(crate) fn add(&mut self, trigger: &Trigger) {
        self.text.push(trigger.to_string());
        match trigger {
            Trigger::Alarm(event) => self.events.push(event.clone()),
            Trigger::Manual(command) => self.command = Some(command.clone()),
            Trigger::Tick => {}
        }
    }

    fn is_dry_run(&self) -> bool {
        self.command.as_ref().is_some_and(Command::is_dry_run)
    }
}

impl<K: Kind> Controller<K> {
    /// Looks at one target, once.
    pub(crate) async fn look(&self, target: &Target<K::Spec>, wake: Wake, invocation: &Invocation) -> TargetAnswer {
        let began = self.ports.clock.now();
        let trigger = wake.text.join(", ");
        tracing::info!(target = target.policy.name, trigger, "looking");
        let look = Look { controller: self, target, wake, trigger, began, invocation, remarks: Vec::new() };
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
    remarks: Vec<String>,
}

/// What is known once the target has been read.
struct Known {
    /// Our epoch; none in a dry run and without a journal.
    epoch: Option<u64>,
    /// The memory as it stands in the journal.
    written: Memory,
    /// The memory as it shall be.
    memory: Memory,
    /// The command that is carried out.
    command: Option<Command>,
    /// The lease of an invocation that died a short while ago.
    interrupted: Option<Lease>,
    health: Health,
}

/// How a look ends.
struct Ending {
    outcome: Outcome,
    reason: String,
    crossover_id: Option<String>,
    steps: Vec<StepReport>,
    ended: Vec<Crossover>,
    notice: Option<Notice>,
    retry_can_help: bool,
}

impl Ending {
    fn new(outcome: Outcome, reason: impl Into<String>) -> Self {
        Self {
            outcome,
            reason: reason.into(),
            crossover_id: None,
            steps: Vec::new(),
            ended: Vec::new(),
            notice: None,
            retry_can_help: false,
        }
    }
}

impl<K: Kind> Look<'_, K> {
    async fn run(mut self) -> TargetAnswer {
        let (standing, mut readings, mut observed) = join!(self.standing(), self.readings(), self.observe());
        let (epoch, record) = match standing {
            Ok(LeaseAnswer::Taken { epoch, before }) => (Some(epoch), before),
            Ok(LeaseAnswer::Held(record)) if self.wake.is_dry_run() => (None, record),
            Ok(LeaseAnswer::Held(record)) => return self.held_by_another(&record),
            Err(error) => {
                self.remark(format!("the journal could not be used, so nothing is remembered: {error}"));
                (None, TargetRecord::default())
            }
        };
        if epoch.is_some() && record.quiet_since().is_some_and(|since| since + SKEW > self.began) {
            (readings, observed) = join!(self.readings(), self.observe());
        }
        let known = self.know(epoch, record, &readings);
        let observed = match observed {
            Ok(observed) => observed,
            Err(error) => {
                let ending = self.unobserved(&known, &error);
                return self.finish(known, ending).await;
            }
        };
        let decision = self.decide(&known, &observed);
        self.remarks.extend(decision.remarks.iter().cloned());
        self.carry_out(known, decision).await
    }

    /// Takes the lease, or in a dry run only reads the record.
    async fn standing(&self) -> Result<LeaseAnswer, CloudError> {
        let journal = &self.controller.ports.journal;
        let name = &self.target.policy.name;
        if self.wake.is_dry_run() {
            return self.patience().at_most(DISPENSABLE).call(name, || journal.read(name)).await.map(LeaseAnswer::Held);
        }
        let lease = Lease {
            holder: self.invocation.holder.clone(),
            taken: self.began,
            until: self.invocation.deadline,
            crossover_id: id(name, self.began),
            trigger: self.trigger.clone(),
            command: self.wake.command.clone(),
        };
        self.patience().at_most(DISPENSABLE).call(name, || journal.take_lease(name, &lease)).await
    }

    async fn readings(&self) -> Readings {
        let alarms = self.target.sides.iter().flat_map(|side| side.alarms.iter().cloned()).collect();
        let reading =
            self.patience().at_most(DISPENSABLE).call("alarms", || self.controller.ports.alarms.read_alarms(&alarms)).await;
        reading.map_or_else(Readings::EventsOnly, Readings::Now)
    }

    async fn observe(&self) -> Result<K::Observed, CloudError> {
        self.controller.kind.observe(self.target, &self.patience()).await
    }

    fn know(&mut self, epoch: Option<u64>, record: TargetRecord, readings: &Readings) -> Known {
        let now = self.now();
        if let Readings::EventsOnly(error) = readings {
            self.remark(format!("the alarms could not be read; the event's own content counts: {error}"));
        }
        if self.wake.is_dry_run()
            && let Some(lease) = record.held_at(now)
        {
            self.remark(held_by(lease));
        }
        let health = assess(&self.target.policy, &self.target.sides, readings, &self.wake.events, now);
        let recent = |lease: &&Lease| now.duration_since(lease.taken).unsigned_abs() <= COMMAND_GOOD_FOR;
        let interrupted = record.interrupted().filter(recent).filter(|_| epoch.is_some()).cloned();
        let command = self.wake.command.clone().or_else(|| interrupted.as_ref()?.command.clone());
        let mut memory = record.memory.clone();
        match &command {
            Some(Command::Failover { away_from, reason, operator, .. }) => {
                memory.intent =
                    Some(Intent { away_from: away_from.clone(), operator: operator.clone(), reason: reason.clone(), since: now });
            }
            Some(Command::Failback { side, .. })
                if side.is_none() || *side == memory.intent.as_ref().map(|intent| intent.away_from.clone()) =>
            {
                memory.intent = None;
            }
            _ => {}
        }
        if let Some(intent) = &memory.intent {
            self.remarks.push(format!(
                "{} keeps it away from {} since {}: {}",
                intent.operator,
                intent.away_from,
                short(intent.since),
                intent.reason
            ));
        }
        Known { epoch, written: record.memory, memory, command, interrupted, health }
    }

    fn decide(&self, known: &Known, observed: &K::Observed) -> Decision<K::Step> {
        let wish = Wish::new(&self.target.policy, &known.health, &known.memory, known.command.as_ref());
        let situation = Situation { target: self.target, health: &known.health, wish: &wish, memory: &known.memory, observed };
        let mut decision = K::decide(&situation);
        decision.verdict = match decision.verdict {
            Verdict::Settled(reason) => Verdict::Settled(reason),
            wanted => guard::everyone_is_sick(&known.health, &wish).map_or(wanted, Verdict::Hold),
        };
        decision
    }

    async fn carry_out(mut self, mut known: Known, decision: Decision<K::Step>) -> TargetAnswer {
        if let Some(open) = &mut known.memory.open {
            open.observe(&decision.away);
        }
        let ending = match &decision.verdict {
            Verdict::Settled(reason) => self.settled(&mut known, &decision, reason),
            Verdict::Hold(hold) => self.held(&mut known, hold, Vec::new()),
            Verdict::CrossOver(plan) => {
                let planned = plan.steps().map(|step| StepReport::untried(step.card(), StepResult::Planned)).collect();
                match self.guarded(&known, plan) {
                    Some(hold) => self.held(&mut known, &hold, planned),
                    None if self.wake.is_dry_run() => {
                        Ending { steps: planned, ..Ending::new(Outcome::DryRun, format!("would cross over: {}", plan.reason)) }
                    }
                    None => self.cross_over(&mut known, &decision, plan).await,
                }
            }
        };
        self.finish(known, ending).await
    }

    fn guarded(&self, known: &Known, plan: &Plan<K::Step>) -> Option<Hold> {
        guard::hold(&Wanted {
            mode: self.mode(),
            policy: &self.target.policy,
            memory: &known.memory,
            left: &plan.left,
            automatic: self.is_automatic(known),
            reason: &plan.reason,
            now: self.now(),
        })
    }

    fn is_automatic(&self, known: &Known) -> bool {
        let begun_by_hand = known.memory.open.as_ref().is_some_and(|open| open.command.is_some());
        known.command.is_none() && !begun_by_hand
    }

    async fn cross_over(&mut self, known: &mut Known, decision: &Decision<K::Step>, plan: &Plan<K::Step>) -> Ending {
        let mut ended = Vec::new();
        let mut crossover = self.open(known, plan, &mut ended);
        crossover.report(plan.steps().map(|step| StepReport::untried(step.card(), StepResult::Pending)).collect());
        let crossover_id = crossover.id.clone();
        tracing::info!(
            target = self.target.policy.name,
            crossover = crossover_id,
            trigger = self.trigger,
            reason = plan.reason,
            "crossing over"
        );
        known.memory.open = Some(crossover.clone());

        // The lease already is the intent; its plan is written while the first steps are on their way.
        let opening = self.write(known.epoch, Change { memory: Some(&known.memory), ended: &ended, release: None });
        let acting = act::run(&self.controller.kind, plan, self.controller.ports.clock.as_ref(), self.act_until());
        let (opened, reports) = join!(opening, acting);
        match opened {
            Ok(()) => known.written = known.memory.clone(),
            Err(why) => self.remark(why),
        }
        self.log_steps(&crossover_id, &reports);

        known.memory.away = decision.away.clone();
        for report in reports.iter().filter(|report| report.result.is_good()) {
            if report.card.homeward {
                known.memory.away.remove(&report.card.resource);
            } else {
                known.memory.away.insert(report.card.resource.clone(), report.card.to.clone());
            }
        }
        known.memory.held = None;
        known.memory.ready.retain(|side| decision.ready.contains(side));
        crossover.report(reports);
        crossover.outcome = crossover.outcome_of_steps();
        self.close_or_keep(known, crossover, ended)
    }

    /// The open crossover when this plan goes on with it, or else a new one.
    fn open(&self, known: &mut Known, plan: &Plan<K::Step>, ended: &mut Vec<Crossover>) -> Crossover {
        let now = self.now();
        if let Some(mut open) = known.memory.open.take() {
            if open.direction == plan.direction() && self.wake.command.is_none() {
                open.resumed |= known.interrupted.is_some();
                return open;
            }
            open.ended = Some(now);
            open.outcome = open.outcome_of_steps();
            ended.push(open);
        }
        let id = self.crossover_id(known);
        if self.is_automatic(known) && plan.direction() == Direction::Failover {
            known.memory.last_automatic = Some(Automatic { crossover_id: id.clone(), at: now, left: plan.left.clone() });
        }
        Crossover {
            id,
            target: self.target.policy.name.clone(),
            kind: <K::Spec as Spec>::KIND.to_owned(),
            direction: plan.direction(),
            trigger: self.trigger.clone(),
            command: known.command.clone(),
            reason: plan.reason.clone(),
            started: known.interrupted.as_ref().map_or(self.began, |lease| lease.taken),
            ended: None,
            outcome: Outcome::Pending,
            steps: Vec::new(),
            told: None,
            resumed: known.interrupted.is_some(),
        }
    }

    /// The id that a died invocation had announced in its lease, or else a new one.
    fn crossover_id(&self, known: &Known) -> String {
        let announced = known.interrupted.as_ref().map(|lease| lease.crossover_id.clone());
        announced.unwrap_or_else(|| id(&self.target.policy.name, self.began))
    }

    /// Nothing is left to do: closes what is open, and tells what was found or waits for a person.
    fn settled(&mut self, known: &mut Known, decision: &Decision<K::Step>, reason: &str) -> Ending {
        if self.wake.is_dry_run() {
            return Ending::new(Outcome::DryRun, format!("settled: {reason}"));
        }
        known.memory.held = None;
        let moved = differences(&known.memory.away, &decision.away);
        known.memory.away = decision.away.clone();
        let unknown_ready = !decision.ready.is_subset(&known.memory.ready);
        known.memory.ready = decision.ready.clone();

        if let Some(mut open) = known.memory.open.take() {
            for step in open.steps.iter_mut().filter(|step| step.result == StepResult::Pending) {
                step.result = StepResult::Planned;
                step.detail = Some("no longer wanted".to_owned());
            }
            open.outcome = open.outcome_of_steps();
            open.resumed |= known.interrupted.is_some();
            return self.close_or_keep_settled(known, open);
        }
        if known.epoch.is_some() && !moved.is_empty() {
            return self.found(known, moved);
        }
        let notice = (known.epoch.is_some() && unknown_ready).then(|| {
            let sides: Vec<&str> = decision.ready.iter().map(String::as_str).collect();
            self.about(known).ready(&sides.join(", "))
        });
        Ending { notice, ..Ending::new(Outcome::Settled, reason) }
    }

    /// Work is elsewhere than recorded. A died invocation of ours moved it, or somebody else did.
    fn found(&self, known: &Known, moved: Vec<StepReport>) -> Ending {
        let homeward = moved.iter().all(|step| step.card.homeward);
        let what = if homeward { "was found home again" } else { "was found away from home" };
        let Some(lease) = &known.interrupted else {
            let reason = format!("{} {what}, and no crossover of ours is recorded for it", count(moved.len()));
            let notice = Notice { steps_in_all: moved.len(), steps: moved.clone(), ..self.about(known).found(&reason) };
            return Ending { notice: Some(notice), steps: moved, ..Ending::new(Outcome::Settled, reason) };
        };
        let reason = format!("{} {what}, moved by an invocation that died before it could say so", count(moved.len()));
        let mut crossover = Crossover {
            id: lease.crossover_id.clone(),
            target: self.target.policy.name.clone(),
            kind: <K::Spec as Spec>::KIND.to_owned(),
            direction: if homeward { Direction::Failback } else { Direction::Failover },
            trigger: lease.trigger.clone(),
            command: lease.command.clone(),
            reason: reason.clone(),
            started: lease.taken,
            ended: Some(self.now()),
            outcome: Outcome::Completed,
            steps: moved.clone(),
            told: None,
            resumed: true,
        };
        let notice = self.about(known).crossover(&crossover);
        crossover.told = Some(Outcome::Completed);
        Ending {
            crossover_id: Some(crossover.id.clone()),
            steps: moved,
            ended: vec![crossover],
            notice: Some(notice),
            ..Ending::new(Outcome::Completed, reason)
        }
    }

    fn close_or_keep_settled(&mut self, known: &mut Known, mut open: Crossover) -> Ending {
        open.ended = Some(self.now());
        self.tell_crossover(known, open, Vec::new())
    }

    fn close_or_keep(&mut self, known: &mut Known, mut crossover: Crossover, ended: Vec<Crossover>) -> Ending {
        crossover.ended = (crossover.outcome == Outcome::Completed).then(|| self.now());
        self.tell_crossover(known, crossover, ended)
    }

    /// Tells an outcome once, and files the crossover with the history or with what is open.
    fn tell_crossover(&mut self, known: &mut Known, mut crossover: Crossover, mut ended: Vec<Crossover>) -> Ending {
        if crossover.resumed {
            self.remark("an invocation died over it; this one finished what was left".to_owned());
        }
        let notice = (crossover.told != Some(crossover.outcome)).then(|| self.about(known).crossover(&crossover));
        crossover.told = Some(crossover.outcome);
        let ending = Ending {
            crossover_id: Some(crossover.id.clone()),
            steps: crossover.steps.clone(),
            notice,
            retry_can_help: matches!(crossover.outcome, Outcome::Failed | Outcome::Partial)
                && crossover.steps.iter().any(|step| step.result == StepResult::Failed),
            ..Ending::new(crossover.outcome, crossover.reason.clone())
        };
        if crossover.ended.is_some() {
            known.memory.open = None;
            ended.push(crossover);
        } else {
            known.memory.open = Some(crossover);
        }
        Ending { ended, ..ending }
    }

    /// Holds back, and tells it unless the same was told within the hour.
    fn held(&self, known: &mut Known, hold: &Hold, steps: Vec<StepReport>) -> Ending {
        if self.wake.is_dry_run() {
            return Ending { steps, ..Ending::new(Outcome::DryRun, format!("would be held: {}", hold.text)) };
        }
        let now = self.now();
        // What could not be done now must not happen by itself hours later.
        known.memory.intent.clone_from(&known.written.intent);
        let told = known.written.held.as_ref().is_some_and(|told| told.why == hold.why && now < told.at + TELL_AGAIN);
        let notice = (!told || known.command.is_some()).then(|| {
            known.memory.held = Some(HeldTold { why: hold.why, at: now });
            self.about(known).held(hold, &steps)
        });
        Ending { steps, notice, ..Ending::new(Outcome::Held, hold.text.clone()) }
    }

    /// Another invocation is at work on the target, and will tell what it does.
    fn held_by_another(self, record: &TargetRecord) -> TargetAnswer {
        let reason = record.lease.as_ref().map_or_else(|| "another invocation holds the lease".to_owned(), held_by);
        let ending = Ending { retry_can_help: self.wake.command.is_none(), ..Ending::new(Outcome::Held, reason) };
        self.answer(&Health::new(), ending, None, 0)
    }

    /// The resources could not be read: nothing can be decided.
    fn unobserved(&self, known: &Known, error: &CloudError) -> Ending {
        let reason = format!("the target could not be read, so nothing was decided: {error}");
        if self.wake.is_dry_run() {
            return Ending { retry_can_help: error.retry_can_help(), ..Ending::new(Outcome::Failed, reason) };
        }
        let notice = Some(self.about(known).failed(&reason));
        Ending { notice, retry_can_help: error.retry_can_help(), ..Ending::new(Outcome::Failed, reason) }
    }

    /// Writes down, tells, gives the lease back, answers: in this order, so that dying in between
    /// tells twice rather than never.
    async fn finish(mut self, mut known: Known, ending: Ending) -> TargetAnswer {
        let notice_id = ending.notice.as_ref().map(|notice| notice.id.clone());
        known.memory.unsent.extend(ending.notice.clone());
        if self.wake.is_dry_run() {
            return self.answer(&known.health, ending, None, 0);
        }
        if !known.memory.unsent.is_empty() || !ending.ended.is_empty() {
            self.record(&mut known, &ending.ended, false).await;
            self.publish(&mut known).await;
        }
        let unsent = known.memory.unsent.len();
        self.record(&mut known, &[], true).await;
        self.answer(&known.health, ending, notice_id, unsent)
    }

    async fn record(&mut self, known: &mut Known, ended: &[Crossover], release: bool) {
        let memory = (known.memory != known.written).then_some(&known.memory);
        if memory.is_none() && ended.is_empty() && !release {
            return;
        }
        match self.write(known.epoch, Change { memory, ended, release: release.then(|| self.now()) }).await {
            Ok(()) => known.written = known.memory.clone(),
            Err(why) => self.remark(why),
        }
    }

    async fn write(&self, epoch: Option<u64>, change: Change<'_>) -> Result<(), String> {
        let Some(epoch) = epoch else { return Ok(()) };
        let name = &self.target.policy.name;
        let journal = &self.controller.ports.journal;
        match self.patience().at_most(DISPENSABLE).call(name, || journal.write(name, epoch, change)).await {
            Ok(Written::Yes) => Ok(()),
            Ok(Written::StaleEpoch) => Err("another invocation took the lease meanwhile, and goes on".to_owned()),
            Err(error) => Err(format!("the journal could not be written: {error}")),
        }
    }

    async fn publish(&mut self, known: &mut Known) {
        let mut unsent = Vec::new();
        for notice in std::mem::take(&mut known.memory.unsent) {
            let publication = notice.publication();
            let patience = self.patience().at_most(NOTICE_TIME);
            if let Err(error) = patience.call(&notice.id, || self.controller.ports.notices.publish(&publication)).await {
                let kept = if known.epoch.is_some() {
                    "it is kept in the journal and sent with the next look"
                } else {
                    "it could not be kept either"
                };
                tracing::error!(target = notice.target, crossover = notice.crossover_id, %error, notice = notice.text(), "a notice could not be sent");
                self.remark(format!("notice {} could not be sent, {kept}: {error}", notice.id));
                unsent.push(notice);
            }
        }
        let surplus = unsent.len().saturating_sub(UNSENT_KEPT);
        known.memory.unsent = unsent.split_off(surplus);
    }

    fn answer(self, health: &Health, ending: Ending, notice_id: Option<String>, unsent: usize) -> TargetAnswer {
        let took = self.now().duration_since(self.began).unsigned_abs();
        TargetAnswer {
            target: self.target.policy.name.clone(),
            kind: <K::Spec as Spec>::KIND.to_owned(),
            outcome: ending.outcome,
            reason: ending.reason,
            crossover_id: ending.crossover_id,
            sides: sides(health),
            steps: ending.steps,
            notice_id,
            remarks: self.remarks,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            unsent,
            retry_can_help: ending.retry_can_help,
        }
    }

    fn about<'b>(&'b self, known: &Known) -> About<'b> {
        About {
            policy: &self.target.policy,
            kind: <K::Spec as Spec>::KIND,
            mode: self.mode(),
            function: &self.controller.function,
            trigger: &self.trigger,
            sides: sides(&known.health),
            remarks: &self.remarks,
            now: self.now(),
        }
    }

    fn log_steps(&self, crossover: &str, reports: &[StepReport]) {
        for report in reports {
            tracing::info!(
                target = self.target.policy.name,
                crossover,
                trigger = self.trigger,
                step = report.card.step,
                resource = report.card.resource,
                from = report.card.from,
                to = report.card.to,
                result = report.result.as_str(),
                took_ms = report.took_ms,
                detail = report.detail,
                "step"
            );
        }
    }

    fn remark(&mut self, remark: String) {
        tracing::warn!(target = self.target.policy.name, trigger = self.trigger, remark);
        self.remarks.push(remark);
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

/// Notices that are kept for later; older ones are in the logs.
const UNSENT_KEPT: usize = 20;

fn held_by(lease: &Lease) -> String {
    format!("{} holds the lease until {}, for {}", lease.holder, short(lease.until), lease.trigger)
}

fn count(resources: usize) -> String {
    if resources == 1 { "one resource".to_owned() } else { format!("{resources} resources") }
}

/// What moved between two states of a memory, as steps that need no making.
fn differences(
    recorded: &std::collections::BTreeMap<String, String>,
    observed: &std::collections::BTreeMap<String, String>,
) -> Vec<StepReport> {
    use crate::step::StepCard;
    let step = |resource: &String, from: &str, to: &str, homeward| {
        let card =
            StepCard { step: "found".to_owned(), resource: resource.clone(), from: from.to_owned(), to: to.to_owned(), homeward };
        StepReport::untried(card, StepResult::Already)
    };
    let away = observed
        .iter()
        .filter(|(resource, at)| recorded.get(*resource) != Some(at))
        .map(|(resource, at)| step(resource, recorded.get(resource).map_or("home", String::as_str), at, false));
    let home = recorded
        .iter()
        .filter(|(resource, _)| !observed.contains_key(*resource))
        .map(|(resource, at)| step(resource, at, "home", true));
    away.chain(home).collect()
}
