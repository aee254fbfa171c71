//! A DNS target, for each way to switch one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crossover_cloudwatch::CloudWatchAccount;
use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, guard, outcome::Outcome};
use crossover_route53::{Route53Account, sandbox::Watches};
use crossover_sandbox::{Account, Arrival, FaultRule};
use fastrand::Rng;
use jiff::Timestamp;

use crate::{
    dns::{ALARM_HOME, ALARM_STANDBY, HOME, STANDBY, TARGET, Way, serving},
    simulation::{
        declared::{Declared, Renames},
        history::{History, World},
        run::Run,
        told::untold,
        triggers::{Names, Sort, Target, Trigger, pick},
        trouble::is_cloudwatch_too_slow,
    },
    stage::Stage,
};

const MINUTE: Duration = Duration::from_secs(61);
/// Ticks after which everything is where it belongs: the longest block, three stages, and some.
const HEALING: usize = 24;
const SIDES: [(&str, &str); 2] = [(HOME, ALARM_HOME), (STANDBY, ALARM_STANDBY)];

/// What a watcher has seen.
#[derive(Default)]
struct Seen {
    configured: BTreeSet<&'static str>,
    /// The sides that each invocation knows to be well; none when it could not read the alarms.
    well: BTreeMap<String, Option<BTreeSet<&'static str>>>,
    forced: bool,
    /// The same, as a run of the model.
    run: Run,
    broken: Vec<String>,
}

impl Seen {
    fn see(&mut self, arrival: &Arrival<'_>, account: &Account) {
        self.run.see(arrival, account, &[]);
        let well = self.well.entry(arrival.invocation.to_owned()).or_insert_with(|| Some(BTreeSet::new()));
        match arrival.call {
            "cloudwatch:DescribeAlarms" if !arrival.is_known() || is_cloudwatch_too_slow(account) => *well = None,
            "cloudwatch:DescribeAlarms" | "route53:GetHealthCheckStatus" => {
                let is_healthy = |(side, alarm): &(&'static str, &'static str)| {
                    (state(account, alarm) == AlarmState::Ok || passes(account, side)).then_some(*side)
                };
                if let Some(well) = well {
                    well.extend(SIDES.iter().filter_map(is_healthy));
                }
            }
            _ => {}
        }
        let sets = arrival.is_write() && !["dynamodb:", "sns:"].iter().any(|service| arrival.call.starts_with(service));
        if !sets {
            return;
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
    for check in &mut account.route53_mut().health_checks {
        if let Watches::Endpoint(passes) = &mut check.watches {
            passes.fill(true);
        }
    }
    serving(&account)
}

fn state(account: &Account, alarm: &str) -> AlarmState {
    account.cloudwatch().alarms.iter().find(|found| found.name == alarm).map_or(AlarmState::InsufficientData, |alarm| alarm.state)
}

/// Whether more than half of the checkers of a side's endpoint find it well.
fn passes(account: &Account, side: &str) -> bool {
    let id = if side == HOME { "hc-home" } else { "hc-standby" };
    let check = account.route53().health_checks.iter().find(|check| check.id == id);
    check.is_some_and(|check| {
        matches!(&check.watches, Watches::Endpoint(passes) if passes.iter().filter(|pass| **pass).count() * 2 > passes.len())
    })
}

/// A DNS target, its sides watched by alarms and health checks.
pub(crate) struct DnsTarget {
    names: Names,
    way: Way,
    automatic: bool,
    topology: String,
    before: Account,
    seen: Arc<Mutex<Seen>>,
}

impl DnsTarget {
    /// A world on its stage, watched from now on; and what it is, in words.
    pub(crate) fn new(random: &mut Rng) -> (Self, Stage, String) {
        let way = *pick(random, &Way::ALL);
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
        account.route53_mut().control_plane.in_sync_after_ms = *pick(random, &[200, 5_000, 50_000]);
        account.route53_mut().control_plane.busy_ms = *pick(random, &[0, 0, 300]);
        let seen = Arc::new(Mutex::new(Seen { configured: configured(&account), ..Seen::default() }));
        let stage = Stage::with(account.clone(), &topology);
        let notes = Arc::clone(&seen);
        stage.sandbox.watch(move |arrival, account| lock(&notes).see(arrival, account));
        let sides = SIDES.iter().map(|(side, alarm)| ((*side).to_owned(), (*alarm).to_owned())).collect();
        let names = Names { targets: vec![Target { name: TARGET.to_owned(), sides }] };
        (Self { names, way, automatic, topology, before: account, seen }, stage, format!("{way:?} {keys:?}"))
    }
}

impl World for DnsTarget {
    const CALLS: &'static [&'static str] = &[
        "*",
        "*",
        "route53:*",
        "route53:ChangeResourceRecordSets",
        "route53:GetHealthCheckStatus",
        "dynamodb:*",
        "sns:*",
        "cloudwatch:*",
    ];
    const OUTAGES: &'static [&'static str] = &["dynamodb:*", "sns:*", "cloudwatch:*", "route53:*"];

    fn names(&self) -> &Names {
        &self.names
    }

    fn begins(&self, _: &str, trigger: &Trigger, _: Timestamp) {
        lock(&self.seen).forced |= matches!(trigger.sort, Sort::Forced(_));
    }

    /// The checkers of an endpoint change their mind, and no event tells of it.
    fn change(&mut self, random: &mut Rng, stage: &Stage) -> (String, Trigger) {
        if !self.way.is_of_records() {
            return ("a tick".to_owned(), Trigger::tick());
        }
        let (at, passes) = (random.usize(0..2), random.bool());
        let of = |account: &mut Account, _| {
            if let Watches::Endpoint(all) = &mut account.route53_mut().health_checks[at].watches {
                all.fill(passes);
            }
        };
        stage.sandbox.change(of);
        (format!("health check {at} passes: {passes}"), Trigger::tick())
    }

    /// Route 53 takes its time, and a set in stages takes several ticks.
    fn is_sure(&self, _: &[FaultRule]) -> bool {
        false
    }

    fn topology(&self) -> &str {
        &self.topology
    }

    /// The target is renamed, or a side whose name is in no record of Route 53.
    fn topologies(&self) -> Vec<Declared> {
        let declare = |word: &str, old: &str, new: &str, renames: Renames| {
            let topology = self.topology.replace(&format!("{word} = \"{old}\""), &format!("{word} = \"{new}\""));
            Declared { what: format!("{old} is {new}"), topology, renames }
        };
        let target = declare("name", TARGET, "web", Renames::Target(TARGET.to_owned(), "web".to_owned()));
        let side =
            |old: &str, new: &str| declare("id", old, new, Renames::Side(TARGET.to_owned(), old.to_owned(), new.to_owned()));
        let sides = [side(HOME, "east"), side(STANDBY, "west")];
        let has_own_names = matches!(self.way, Way::Simple | Way::RoutingControl);
        std::iter::once(target).chain(sides.into_iter().filter(|_| has_own_names)).collect()
    }

    fn renamed(&mut self, renames: &Renames) {
        match renames {
            Renames::Target(_, new) => self.names.targets[0].name.clone_from(new),
            Renames::Side(_, old, new) => {
                let sides = self.names.targets[0].sides.iter_mut();
                sides.filter(|(side, _)| side == old).for_each(|(side, _)| side.clone_from(new));
            }
            Renames::Nothing => {}
        }
    }

    fn journal_changed(&self, account: &Account) {
        lock(&self.seen).run.journal_changed(account);
    }

    async fn heal(history: &mut History<Self>) {
        history.resume().await;
        for _ in 0..HEALING {
            history.tick_after(MINUTE).await;
        }
        let broken = history.healed().await;
        history.broken.extend(broken);
    }

    fn seen(&self) -> Vec<String> {
        let seen = lock(&self.seen);
        seen.broken.iter().chain(seen.run.broken()).cloned().collect()
    }
}

impl History<DnsTarget> {
    /// What must hold in the end.
    async fn healed(&mut self) -> Vec<String> {
        let writes = self.writes();
        let last = self.invoke(Trigger::tick()).await.expect("no faults");
        self.again().await;
        let before = &self.world.before;
        let account = self.stage.sandbox.account();
        let record = account.dynamodb().journal.get(TARGET).cloned().unwrap_or_default();
        let (outcome, now) = (last.outcome, configured(&account));
        let held = outcome == Outcome::Held;
        let is_ok = |side: &str| SIDES.iter().any(|(name, alarm)| *name == side && state(&account, alarm) == AlarmState::Ok);
        let is_unhealthy =
            |side: &str| SIDES.iter().any(|(name, alarm)| *name == side && state(&account, alarm) == AlarmState::Alarm);
        let left_alone = record.memory.intent.is_some();
        let stuck = is_unhealthy(HOME) && is_ok(STANDBY) && passes_or_unwatched(&account, STANDBY) && now.contains(HOME);
        let is_due = |(side, _): &(&str, &str)| {
            is_ok(side) && passes_or_unwatched(&account, side) && !guard::flaps(&record.memory, side, account.time)
        };
        let due = self.world.automatic && SIDES.iter().all(is_due);
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
        promises.into_iter().filter(|(holds, _)| !holds).map(|(_, what)| line(what)).chain(untold(&account, &self.held)).collect()
    }

    fn writes(&self) -> usize {
        let calls = ["ChangeResourceRecordSets", "PutObject", "DeleteObject", "PutMetricData", "UpdateRoutingControlStates"];
        self.stage.sandbox.calls().iter().filter(|made| calls.iter().any(|call| made.call.ends_with(call))).count()
    }
}

/// Whether its checkers find it well, or nobody asks them.
fn passes_or_unwatched(account: &Account, side: &str) -> bool {
    let is_endpoint = |check: &crossover_route53::sandbox::HealthCheck| matches!(check.watches, Watches::Endpoint(_));
    let id = if side == HOME { "hc-home" } else { "hc-standby" };
    passes(account, side) || !account.route53().health_checks.iter().any(|check| check.id == id && is_endpoint(check))
}

/// The record sets, without what a switch may change of them.
fn unswitched(account: &Account) -> BTreeSet<String> {
    use crossover_route53::{RecordAnswer, RecordSet, Role, Routing};
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
    account.route53().hosted_zones[0].record_sets.iter().map(bare).collect()
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
