//! What must hold of a database at every moment: checked with each call as it arrives.

mod begun;

use std::collections::{BTreeMap, BTreeSet};

use crossover_cloudwatch::CloudWatchAccount;
use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{
    alarm::AlarmState,
    crossover::Crossover,
    pause::{Action, Pause},
    reserved::EVERYTHING,
};
use crossover_rds::{DbInstance, RdsAccount, serves};
use crossover_sandbox::{Account, Arrival};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::Value;

use super::scene::{Fence, MAX_LAG, Scene};
use crate::{
    database::{Kind, TARGET, endpoint, is_quarantine, record},
    simulation::{
        run::Run,
        triggers::{Sort, Trigger},
    },
};

/// The statuses of what takes no writes, whoever may reach it.
const SHUT: [&str; 4] = ["stopping", "stopped", "deleting", "failed"];
/// What passes at most between the last read of a command about pausing and the call.
const GATE: SignedDuration = SignedDuration::from_secs(5);
/// The words of the steps that can't be taken back.
const ONE_WAY: [&str; 2] = ["promote-read-replica", "failover-global-cluster"];

/// Their calls.
const ONE_WAY_CALLS: [&str; 3] = ["rds:PromoteReadReplica", "rds:PromoteReadReplicaDBCluster", "rds:FailoverGlobalCluster"];

pub(super) struct Watch {
    scene: Scene,
    /// What the target is called now.
    pub(super) target: String,
    callers: BTreeMap<String, Caller>,
    /// Of replicas: who takes the writes, from the moment on when that was asked for.
    pub(super) writer: String,
    /// The crossovers that have begun to move the writer, and to whom.
    begun: BTreeMap<String, String>,
    /// The crossovers that were written down as one-way plans, and what was known then.
    planned: BTreeMap<String, Planned>,
    /// The last of these.
    last: String,
    /// Whether a person had the writer moved without the journal.
    pub(super) unrecorded: bool,
    leads: String,
    /// The same, as a run of the model.
    run: Run,
    /// The instances with changes that wait, before this call.
    pending: BTreeSet<String>,
    /// The last command about pausing of the target and of everything, and when it was recorded.
    stops: BTreeMap<String, (Timestamp, Timestamp)>,
    broken: Vec<String>,
}

/// What an invocation has seen.
#[derive(Debug, Clone, Default)]
struct Caller {
    sort: Option<Sort>,
    began: Option<Timestamp>,
    accepts: bool,
    healthy: BTreeSet<String>,
    unhealthy: BTreeSet<String>,
    /// It could not read the alarms.
    blind: bool,
    /// It could not use the journal.
    forgetful: bool,
    /// Who was the writer and served, by their descriptions.
    writers: BTreeSet<String>,
    /// Whose last sample was good enough, and whose was a sample at all.
    good: BTreeSet<String>,
    known: BTreeSet<String>,
    writer_is: WriterIs,
    /// In what status each instance was.
    statuses: BTreeMap<String, String>,
    /// Which instances have changes that wait.
    pending: BTreeSet<String>,
    /// The sides whose alarms fire only because data is missing.
    missing: BTreeSet<String>,
}

/// How an invocation has seen the writer that is left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum WriterIs {
    #[default]
    OutOfReach,
    /// Clients may write to it.
    Open,
    /// A fence around it was asked for.
    Fenced,
}

/// A one-way plan, when it was written down.
#[derive(Debug, Clone)]
struct Planned {
    at: Timestamp,
    to: String,
    by: Caller,
    /// Whether a person took the loss, also with an earlier one that this one goes on with.
    accepted: bool,
}

/// The identifier of what an instance is a replica of.
pub(super) fn follows(instance: &DbInstance) -> Option<&str> {
    instance.source.as_deref().and_then(|source| source.rsplit(':').next())
}

/// Whether clients may write to an instance that is no replica.
fn is_open(instance: &DbInstance) -> bool {
    let fenced = instance.security_groups.len() == 1 && instance.security_groups.iter().all(|group| is_quarantine(group));
    instance.source.is_none() && !SHUT.contains(&instance.status.as_str()) && (!fenced || instance.security_groups_pending)
}

/// The instances with changes that wait for their maintenance window.
fn pending(account: &Account) -> BTreeSet<String> {
    account.rds().instances.iter().filter(|instance| !instance.pending.is_empty()).map(|instance| instance.id.clone()).collect()
}

impl Watch {
    pub(super) fn new(scene: Scene, account: &Account) -> Self {
        Self {
            writer: scene.home().id.clone(),
            scene,
            target: TARGET.to_owned(),
            callers: BTreeMap::new(),
            begun: BTreeMap::new(),
            planned: BTreeMap::new(),
            last: String::new(),
            unrecorded: false,
            leads: record(account),
            run: Run::default(),
            pending: pending(account),
            stops: BTreeMap::new(),
            broken: Vec::new(),
        }
    }

    pub(super) fn begins(&mut self, holder: &str, trigger: &Trigger, now: Timestamp) {
        let accepts = trigger.payload.get("accept_data_loss") == Some(&Value::Bool(true));
        let caller = Caller { sort: Some(trigger.sort), began: Some(now), accepts, ..Caller::default() };
        self.callers.insert(holder.to_owned(), caller);
    }

    /// The writer was moved by others: a crossover that goes on may move it again.
    pub(super) fn moved_by_others(&mut self) {
        self.begun.clear();
    }

    /// The journal was written by another version.
    pub(super) fn journal_changed(&mut self, account: &Account) {
        self.run.journal_changed(account);
    }

    pub(super) fn broken(&self) -> Vec<String> {
        self.broken.iter().chain(self.run.broken()).cloned().collect()
    }

    fn broke(&mut self, arrival: &Arrival<'_>, what: &str) {
        let Arrival { invocation, call, resource, at, .. } = arrival;
        self.broken.push(format!("{what}: {invocation} called {call} on {resource} at {at}"));
    }

    pub(super) fn see(&mut self, arrival: &Arrival<'_>, account: &Account) {
        let mut caller = self.callers.remove(arrival.invocation).unwrap_or_default();
        let is_forced = matches!(caller.sort, Some(Sort::Forced(_)));
        self.run.see(arrival, account, if is_forced { &[] } else { &ONE_WAY_CALLS });
        self.learn(&mut caller, arrival, account);
        if arrival.is_write() && caller.sort == Some(Sort::Question) {
            self.broke(arrival, "dry run is the same run: a question wrote");
        }
        if arrival.call == "dynamodb:TransactWriteItems" && arrival.done && arrival.resource == self.target {
            self.written(&caller, arrival, account);
        }
        if arrival.call == "dynamodb:UpdateItem" && arrival.done {
            self.stop_recorded(arrival, account);
        }
        if arrival.call == "rds:ModifyDBInstance" && arrival.done {
            self.modified(&caller, arrival, account);
        }
        if arrival.call == "rds:ModifyDBInstance" && arrival.resource == self.writer {
            caller.writer_is = WriterIs::Fenced;
        }
        self.pending = pending(account);
        if arrival.call.starts_with("rds:") && arrival.is_write() && arrival.done {
            self.changed(&caller, arrival, account);
        }
        if arrival.call == "route53:ChangeResourceRecordSets" && arrival.done {
            self.led(&caller, arrival, account);
        }
        self.callers.insert(arrival.invocation.to_owned(), caller);
    }

    /// What the caller learns with this call.
    fn learn(&self, caller: &mut Caller, arrival: &Arrival<'_>, account: &Account) {
        let region = if arrival.resource.is_empty() { &account.region } else { arrival.resource };
        let is_there = |id: &str| self.scene.side(id).is_some_and(|side| side.region == region);
        match arrival.call {
            "cloudwatch:DescribeAlarms" if arrival.is_known() => {
                // The alarms are awaited for less than a slow service takes.
                caller.blind |= account.slow_ms.contains_key("cloudwatch:*");
                for side in &self.scene.sides {
                    let Some(alarm) = account.cloudwatch().alarms.iter().find(|alarm| alarm.name == side.alarm) else { continue };
                    match alarm.state {
                        AlarmState::Ok => _ = caller.healthy.insert(side.id.clone()),
                        AlarmState::Alarm => _ = caller.unhealthy.insert(side.id.clone()),
                        AlarmState::InsufficientData => {}
                    }
                    caller.missing.remove(&side.id);
                    caller.missing.extend((alarm.state == AlarmState::Alarm && alarm.data.is_missing).then(|| side.id.clone()));
                }
            }
            "cloudwatch:DescribeAlarms" => caller.blind = true,
            call if call.starts_with("dynamodb:") && !arrival.is_known() => caller.forgetful = true,
            "rds:DescribeDBInstances" if arrival.is_known() && self.scene.kind == Kind::Replica => {
                let described = account.rds().described(region, arrival.at).instances;
                for instance in described.iter().filter(|instance| is_there(&instance.id)) {
                    caller.statuses.insert(instance.id.clone(), instance.status.clone());
                    caller.pending.remove(&instance.id);
                    caller.pending.extend((!instance.pending.is_empty()).then(|| instance.id.clone()));
                    if instance.source.is_none() && serves(&instance.status) {
                        caller.writers.insert(instance.id.clone());
                    }
                    if instance.id == self.writer && caller.writer_is != WriterIs::Fenced {
                        caller.writer_is = if is_open(instance) { WriterIs::Open } else { WriterIs::OutOfReach };
                    }
                }
            }
            // What it saw before does not stand: it decides from its last look.
            "rds:DescribeDBInstances"
                if !arrival.is_known()
                    && caller.writer_is == WriterIs::Open
                    && self.scene.side(&self.writer).is_some_and(|side| side.region == region) =>
            {
                caller.writer_is = WriterIs::OutOfReach;
            }
            "rds:DescribeDBClusters" | "rds:DescribeGlobalClusters" | "rds:DescribeDBInstances" if arrival.is_known() => {
                caller
                    .writers
                    .extend(self.scene.kind.writer(account).and_then(|writer| self.scene.side(writer)).map(|it| it.id.clone()));
            }
            "cloudwatch:GetMetricData" if arrival.is_known() => {
                for side in self.scene.sides.iter().filter(|side| side.region == region) {
                    let (good, known) = self.sample(account, &side.id, arrival.at);
                    caller.good.remove(&side.id);
                    caller.known.remove(&side.id);
                    caller.good.extend(good.then(|| side.id.clone()));
                    caller.known.extend(known.then(|| side.id.clone()));
                }
            }
            _ => {}
        }
    }

    /// Whether a replica's last good sample allows for a promotion, and whether there is one that is
    /// recent enough.
    fn sample(&self, account: &Account, id: &str, now: Timestamp) -> (bool, bool) {
        let unit = if self.scene.kind == Kind::Replica { 1.0 } else { 1000.0 };
        let series = account.rds().lags.iter().find(|series| series.id == id);
        let minute = Timestamp::from_second(now.as_second() - now.as_second().rem_euclid(60)).unwrap_or(now);
        let at = |at: &Timestamp| {
            let series = series?;
            let counted = series.counts_on_since.map_or(0.0, |since| at.duration_since(since).as_secs_f64().max(0.0));
            let steady =
                series.each_minute.filter(|_| series.since.is_none_or(|since| *at >= since)).map(|value| value + counted);
            steady.or_else(|| series.samples.iter().find(|sample| sample.at == *at).map(|sample| sample.value))
        };
        // Since when nothing has arrived, though the lag is measured.
        let mut last: Option<(Timestamp, f64)> = None;
        for minute in (1..=60).rev().map(|minutes: i64| minute - minutes.minutes()) {
            let Some(value) = at(&minute).filter(|value| *value >= 0.0) else { continue };
            let has_grown = |(before, was): (Timestamp, f64)| value + 10.0 >= was + minute.duration_since(before).as_secs_f64();
            if !(self.scene.counts_on() && last.is_some_and(has_grown)) {
                last = Some((minute, value));
            }
        }
        let most = SignedDuration::from_mins(self.scene.max_age());
        let last = last.filter(|(at, _)| now.duration_since(*at) <= most).map(|(_, value)| value);
        (last.is_some_and(|value| value <= MAX_LAG * unit), last.is_some())
    }

    /// What is open in the journal.
    fn written(&mut self, caller: &Caller, arrival: &Arrival<'_>, account: &Account) {
        let Some(memory) = account.dynamodb().journal.get(&self.target).map(|record| &record.memory) else { return };
        let Some((open, to, one_way)) = memory.open.as_ref().and_then(|open| self.chosen(open)) else { return };
        if let Some(begun) = self.begun.get(&open.id).filter(|begun| **begun != to) {
            let what = format!("one at a time: {} has begun with {begun}, and then chose {to}", open.id);
            self.broke(arrival, &what);
        }
        let before = self.planned.get(&open.id).map(|before| before.to.clone());
        if before.as_ref().is_some_and(|before| *before != to) && memory.intent.is_none() {
            self.broke(arrival, "one at a time: another one was chosen half way");
        }
        if one_way && before.is_none_or(|before| before != to) {
            let accepted = caller.accepts || open.order.as_ref().is_some_and(|order| order.accept_data_loss);
            let new = Planned { at: arrival.at, to, by: caller.clone(), accepted };
            let earlier = self.planned.get(&self.last).filter(|last| last.to == new.to && !self.begun.contains_key(&self.last));
            let continues = earlier.map(|earlier| Planned { accepted: accepted || earlier.accepted, ..earlier.clone() });
            self.planned.insert(open.id.clone(), continues.unwrap_or(new));
            self.last.clone_from(&open.id);
        }
    }

    /// Whom a crossover makes the writer, and whether that can't be taken back.
    fn chosen<'c>(&self, crossover: &'c Crossover) -> Option<(&'c Crossover, String, bool)> {
        let card = crossover.steps.iter().map(|step| &step.card).find(|card| card.resource.ends_with(" writer"))?;
        Some((crossover, self.scene.side(&card.to)?.id.clone(), ONE_WAY.contains(&card.step.as_str())))
    }

    /// The record leads to the writer, and to nobody else.
    fn led(&mut self, caller: &Caller, arrival: &Arrival<'_>, account: &Account) {
        let leads = record(account);
        if leads == self.leads {
            return;
        }
        let of = |id: &str, region: &str| leads == endpoint(region, id);
        let to = self.scene.sides.iter().find(|side| of(&side.id, &side.region)).map(|side| side.id.clone());
        self.leads = leads;
        let Some(to) = to else { return self.broke(arrival, "the record leads to none of the members") };
        let is_writer = match self.scene.kind {
            Kind::Replica => to == self.writer,
            kind => kind.writer(account).and_then(|writer| self.scene.side(writer)).is_some_and(|side| side.id == to),
        };
        let was_known = caller.writers.contains(&to);
        if !was_known || (self.scene.kind == Kind::Replica && !is_writer) {
            self.broke(arrival, &format!("the record was led to {to}, which is not the writer, or not available"));
        }
    }

    fn stop_recorded(&mut self, arrival: &Arrival<'_>, account: &Account) {
        let Some(stop) = account.dynamodb().journal.get(arrival.resource).and_then(|record| record.stop.as_ref()) else { return };
        if self.stops.get(arrival.resource).is_none_or(|(at, _)| *at != stop.at) {
            self.stops.insert(arrival.resource.to_owned(), (stop.at, arrival.at));
        }
    }

    /// Whether a command about pausing that was recorded long enough before it forbids it.
    fn is_stopped(&self, by_hand: bool, arrival: &Arrival<'_>, account: &Account) -> bool {
        let action = if by_hand { Action::Order } else { Action::Begin };
        [EVERYTHING, &self.target].into_iter().any(|name| {
            let pause = account.dynamodb().journal.get(name).and_then(|record| record.current_memory().pause);
            let known = self.stops.get(name).is_some_and(|(_, at)| *at + GATE < arrival.at);
            known && pause.is_some_and(|pause| pause.until.is_none() && pause.extent.holds(action))
        })
    }

    /// Whether a pause forbids it.
    fn is_paused(&self, caller: &Caller, arrival: &Arrival<'_>, account: &Account) -> bool {
        let before = |name: &str| {
            let recorded = self.stops.get(name).map(|(_, at)| *at);
            recorded.zip(caller.began).is_none_or(|(recorded, began)| recorded < began)
        };
        let pause_of = |name: &str| account.dynamodb().journal.get(name)?.current_memory().pause.filter(|_| before(name));
        let lasting = |pause: &Pause| pause.lasts(arrival.at);
        [pause_of(EVERYTHING), pause_of(&self.target)].into_iter().flatten().any(|pause| lasting(&pause))
    }

    fn fences_by_group(&self) -> bool {
        self.scene.fence == Fence::Group
    }
}
