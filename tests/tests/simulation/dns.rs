//! Histories of a DNS target, for each way to switch one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crossover_controller::{answer::Answer, cloud::AlarmState, controller::Invocation, crossover::Outcome, guard};
use crossover_sandbox::{Account, Arrival, Fault, FaultRule, Watches};
use crossover_tests::{
    dns::{ALARM_HOME, ALARM_STANDBY, HOME, STANDBY, TARGET, Way, command, serving},
    stage::{Stage, TIME_LIMIT},
};
use fastrand::Rng;
use futures::future::join_all;
use serde_json::json;

use crate::{
    promises::untold,
    triggers::{Trigger, pick},
};

const EVENTS: usize = 10;
const MINUTE: Duration = Duration::from_secs(61);
/// Ticks after which everything is where it belongs: the longest block, three stages, and some.
const HEALING: usize = 24;
const SIDES: [(&str, &str); 2] = [(HOME, ALARM_HOME), (STANDBY, ALARM_STANDBY)];
const CALLS: [&str; 8] = [
    "*",
    "*",
    "route53:*",
    "route53:ChangeResourceRecordSets",
    "route53:GetHealthCheckStatus",
    "dynamodb:*",
    "sns:*",
    "cloudwatch:*",
];

/// What a watcher has seen.
#[derive(Default)]
struct Seen {
    configured: BTreeSet<&'static str>,
    /// The sides that each invocation knows to be well; none when it could not read the alarms.
    well: BTreeMap<String, Option<BTreeSet<&'static str>>>,
    forced: bool,
    broken: Vec<String>,
}

impl Seen {
    fn see(&mut self, arrival: &Arrival<'_>, account: &Account) {
        let well = self.well.entry(arrival.invocation.to_owned()).or_insert_with(|| Some(BTreeSet::new()));
        match arrival.call {
            "cloudwatch:DescribeAlarms" if !arrival.is_known() => *well = None,
            "cloudwatch:DescribeAlarms" | "route53:GetHealthCheckStatus" => {
                let is_well = |(side, alarm): &(&'static str, &'static str)| {
                    (state(account, alarm) == AlarmState::Ok || passes(account, side)).then_some(*side)
                };
                if let Some(well) = well {
                    well.extend(SIDES.iter().filter_map(is_well));
                }
            }
            _ => {}
        }
        let (now, known) = (configured(account), well.clone());
        if now.is_empty() {
            self.broken.push(format!("somebody serves: nobody answers after {} of {}", arrival.call, arrival.invocation));
        }
        let unknown = |side: &&&str| known.as_ref().is_some_and(|known| !known.contains(**side));
        if let Some(side) = now.difference(&self.configured).find(unknown).filter(|_| !self.forced) {
            self.broken.push(format!("somebody serves: {} let {side} answer and did not know it to be well", arrival.invocation));
        }
        self.configured = now;
    }
}

/// Who would answer if every endpoint were well: what Crossover has set, and not what Route 53 makes of it.
fn configured(account: &Account) -> BTreeSet<&'static str> {
    let mut account = account.clone();
    for check in &mut account.health_checks {
        if let Watches::Endpoint(passes) = &mut check.watches {
            passes.fill(true);
        }
    }
    serving(&account)
}

fn state(account: &Account, alarm: &str) -> AlarmState {
    account.alarms.iter().find(|found| found.name == alarm).map_or(AlarmState::InsufficientData, |alarm| alarm.state)
}

/// Whether more than half of the checkers of a side's endpoint find it well.
fn passes(account: &Account, side: &str) -> bool {
    let id = if side == HOME { "hc-home" } else { "hc-standby" };
    let check = account.health_checks.iter().find(|check| check.id == id);
    check.is_some_and(|check| {
        matches!(&check.watches, Watches::Endpoint(passes) if passes.iter().filter(|pass| **pass).count() * 2 > passes.len())
    })
}

struct History {
    random: Rng,
    way: Way,
    automatic: bool,
    stage: Stage,
    seen: Arc<Mutex<Seen>>,
    late: Vec<Trigger>,
    story: Vec<String>,
}

/// The history of this seed: its story, and what is broken.
pub(crate) fn run(seed: u64) -> (Vec<String>, Vec<String>) {
    let history = async {
        let mut history = History::new(seed);
        let broken = history.run().await;
        (history.story, broken)
    };
    crossover_sandbox::run(history).expect("a runtime")
}

impl History {
    fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let way = *pick(&mut random, &Way::ALL);
        let automatic = random.bool();
        let mut keys = vec!["block = \"10m\""];
        if automatic {
            keys.extend(["failback = \"automatic\"", "stable_for = \"5m\""]);
        }
        if way == Way::Weighted && random.bool() {
            keys.push("stages = [10, 50, 100]");
        }
        let topology = way.topology().replacen("[[dns]]", &format!("[[dns]]\n{}", keys.join("\n")), 1);
        let mut account = way.account();
        account.route53.in_sync_after_ms = *pick(&mut random, &[200, 5_000, 50_000]);
        account.route53.busy_ms = *pick(&mut random, &[0, 0, 300]);
        let watched = Arc::new(Mutex::new(Seen { configured: configured(&account), ..Seen::default() }));
        let stage = way.stage_with(account, &topology);
        let notes = Arc::clone(&watched);
        stage.sandbox.watch(move |arrival, account| lock(&notes).see(arrival, account));
        Self { random, way, automatic, stage, seen: watched, late: Vec::new(), story: vec![format!("{way:?} {keys:?}")] }
    }

    async fn run(&mut self) -> Vec<String> {
        let before = self.stage.sandbox.account();
        for _ in 0..EVENTS {
            let pause = self.random.u64(1..400);
            self.stage.wait(Duration::from_secs(pause)).await;
            self.trouble();
            self.happen().await;
        }
        self.stage.faults([]);
        for _ in 0..HEALING {
            self.stage.wait(MINUTE).await;
            self.invoke(vec![(Duration::ZERO, Trigger::tick())]).await;
        }
        let mut broken = self.healed(&before).await;
        broken.extend(lock(&self.seen).broken.clone());
        broken
    }

    /// What goes wrong with the calls of the next event.
    fn trouble(&mut self) {
        let random = &mut self.random;
        let mut rules = Vec::new();
        for _ in 0..*pick(random, &[0, 0, 1, 1, 2]) {
            let (call, fault) = (*pick(random, &CALLS), *pick(random, &Fault::ALL));
            let always = random.u8(0..4) == 0 && !fault.is_of_the_process();
            rules.push(if always { FaultRule::every(call, fault) } else { FaultRule::once(call, random.u32(0..14), fault) });
        }
        self.story.push(format!("faults {rules:?}"));
        self.stage.faults(rules);
    }

    /// One or several invocations, at the same time or so.
    async fn happen(&mut self) {
        let many = *pick(&mut self.random, &[1, 1, 2, 2, 3]);
        let mut starts = Vec::new();
        for _ in 0..many {
            let after = *pick(&mut self.random, &[0, 0, 200, 60_000]);
            starts.push((Duration::from_millis(after), self.trigger()));
        }
        self.invoke(starts).await;
    }

    async fn invoke(&mut self, starts: Vec<(Duration, Trigger)>) -> Vec<Option<Answer>> {
        let starts: Vec<(Duration, Trigger, Invocation)> =
            starts.into_iter().map(|(after, trigger)| (after, trigger, self.stage.invocation())).collect();
        let stage = &self.stage;
        let one = |(after, trigger, invocation): (Duration, Trigger, Invocation)| async move {
            stage.wait(after).await;
            let invocation = Invocation { deadline: stage.sandbox.now() + TIME_LIMIT, ..invocation };
            let answer = stage.invoke_as(&invocation, &trigger.payload).await;
            (trigger, answer)
        };
        let done = join_all(starts.iter().map(|(after, trigger, invocation)| one((*after, trigger.clone(), invocation.clone()))));
        let mut answers = Vec::new();
        for (trigger, answer) in done.await {
            let now = self.stage.sandbox.now();
            self.story.push(format!(
                "{now} {} gives {answer:?}; {:?}",
                trigger.payload,
                configured(&self.stage.sandbox.account())
            ));
            answers.push(answer);
        }
        answers
    }

    fn trigger(&mut self) -> Trigger {
        let now = self.stage.sandbox.now();
        let random = &mut self.random;
        match random.u8(0..12) {
            0..=5 => self.alarm(),
            6 if !self.late.is_empty() => pick(random, &self.late).clone(),
            7 => self.order(),
            8 if self.way.is_of_records() => {
                let (at, passes) = (random.usize(0..2), random.bool());
                let of = |account: &mut Account, _| {
                    if let Watches::Endpoint(all) = &mut account.health_checks[at].watches {
                        all.fill(passes);
                    }
                };
                self.stage.sandbox.change(of);
                self.story.push(format!("{now} health check {at} passes: {passes}"));
                Trigger::tick()
            }
            _ => Trigger::tick(),
        }
    }

    /// An alarm changes, and its event comes, or gets lost.
    fn alarm(&mut self) -> Trigger {
        let (_, name) = *pick(&mut self.random, &SIDES);
        let becomes = *pick(&mut self.random, &[AlarmState::Alarm, AlarmState::Ok, AlarmState::Ok, AlarmState::InsufficientData]);
        self.stage.set_alarm(name, becomes);
        let now = self.stage.sandbox.now();
        self.story.push(format!("{now} {name} becomes {}", becomes.as_str()));
        let event = Trigger::alarm(&mut self.random, name, becomes, now);
        self.late.push(event.clone());
        if self.random.u8(0..5) == 0 { Trigger::tick() } else { event }
    }

    fn order(&mut self) -> Trigger {
        let (side, _) = *pick(&mut self.random, &SIDES);
        let (verb, more) = match self.random.u8(0..6) {
            0 | 1 => ("failover", json!({ "away_from": side })),
            2 => ("switchover", json!({ "away_from": side })),
            3 => ("release", json!({})),
            4 => {
                lock(&self.seen).forced = true;
                ("failover", json!({ "away_from": side, "force": true }))
            }
            _ => ("failback", json!({})),
        };
        Trigger::sent(command(verb, &more))
    }

    /// What must hold in the end.
    async fn healed(&mut self, before: &Account) -> Vec<String> {
        let writes = self.writes();
        let last = self.invoke(vec![(Duration::ZERO, Trigger::tick())]).await.pop().flatten().expect("no faults");
        let account = self.stage.sandbox.account();
        let record = account.journal.get(TARGET).cloned().unwrap_or_default();
        let (outcome, now) = (last.outcome, configured(&account));
        let held = outcome == Outcome::Held;
        let is_ok = |side: &str| SIDES.iter().any(|(name, alarm)| *name == side && state(&account, alarm) == AlarmState::Ok);
        let is_sick = |side: &str| SIDES.iter().any(|(name, alarm)| *name == side && state(&account, alarm) == AlarmState::Alarm);
        let left_alone = record.memory.intent.is_some();
        let stuck = is_sick(HOME) && is_ok(STANDBY) && passes_or_unwatched(&account, STANDBY) && now.contains(HOME);
        let is_due = |(side, _): &(&str, &str)| {
            is_ok(side) && passes_or_unwatched(&account, side) && !guard::flaps(&record.memory, side, account.time)
        };
        let due = self.automatic && SIDES.iter().all(is_due);
        let promises = [
            (held || outcome == Outcome::Settled, "killed anywhere: it is neither settled nor held in the end"),
            (held || record.memory.open.is_none(), "killed anywhere: a crossover is left open"),
            (record.memory.unsent.is_empty(), "told: a notice is left unsent"),
            (record.held_at(account.time).is_none(), "killed anywhere: the lease is left held"),
            (!stuck || left_alone, "somebody serves: home has failed, and it still answers"),
            (!due || left_alone || now == configured(before), "killed anywhere: what is due at home does not go there"),
            (self.writes() == writes, "twice is once: a settled target was written to"),
            (unswitched(&account) == unswitched(before), "nothing but what had to: a record has changed otherwise"),
        ];
        let line = |what: &str| format!("{what}: {now:?} {last:?} {:?}", record.memory);
        promises.into_iter().filter(|(holds, _)| !holds).map(|(_, what)| line(what)).chain(untold(&account, &[])).collect()
    }

    fn writes(&self) -> usize {
        let calls = ["ChangeResourceRecordSets", "PutObject", "DeleteObject", "PutMetricData", "UpdateRoutingControlStates"];
        self.stage.sandbox.calls().iter().filter(|made| calls.iter().any(|call| made.call.ends_with(call))).count()
    }
}

/// Whether its checkers find it well, or nobody asks them.
fn passes_or_unwatched(account: &Account, side: &str) -> bool {
    let is_endpoint = |check: &crossover_sandbox::HealthCheck| matches!(check.watches, Watches::Endpoint(_));
    let id = if side == HOME { "hc-home" } else { "hc-standby" };
    passes(account, side) || !account.health_checks.iter().any(|check| check.id == id && is_endpoint(check))
}

/// The record sets, without what a switch may change of them.
fn unswitched(account: &Account) -> BTreeSet<String> {
    use crossover_controller::cloud::{RecordAnswer, RecordSet, Role, Routing};
    let bare = |set: &RecordSet| {
        let mut set = set.clone();
        match &mut set.routing {
            Routing::Failover(role) => *role = Role::Primary,
            Routing::Weighted(weight) => *weight = 0,
            _ => {
                if let RecordAnswer::Values { values, .. } = &mut set.answer {
                    values.retain(|value| !value.starts_with("192.0.2."));
                }
            }
        }
        format!("{set:?}")
    };
    account.hosted_zones[0].record_sets.iter().map(bare).collect()
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
