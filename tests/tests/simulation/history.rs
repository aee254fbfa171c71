//! One history: what happens, with what goes wrong meanwhile.

use std::{collections::BTreeSet, time::Duration};

use crossover_controller::{
    answer::{Answer, TargetAnswer},
    cloud::AlarmState::{Alarm, InsufficientData, Ok},
    controller::Invocation,
    crossover::Outcome,
    step::StepReport,
};
use crossover_sandbox::{Account, Fault, FaultRule, Limit};
use crossover_tests::{
    layout::{self, Layout},
    stage::{Stage, TIME_LIMIT},
    watch::LeaseWatch,
};
use fastrand::Rng;
use futures::future::join_all;
use jiff::Timestamp;

use crate::{
    moments::Moments,
    triggers::{Sort, Trigger, pick},
};

/// What happens in one history.
const EVENTS: usize = 12;
/// The services that a reversible crossover can do without.
const DISPENSABLE: [&str; 3] = ["dynamodb:*", "sns:*", "cloudwatch:*"];

/// A history under way.
pub(crate) struct History {
    pub(crate) random: Rng,
    pub(crate) layout: Layout,
    pub(crate) automatic: bool,
    limited: bool,
    pub(crate) stage: Stage,
    pub(crate) moments: Moments,
    /// Events that were delivered, or got lost, and may come again.
    pub(crate) late: Vec<Trigger>,
    /// Who was held back, and when.
    pub(crate) held: Vec<(String, Timestamp)>,
    outage: Option<(FaultRule, usize)>,
    with_story: bool,
    pub(crate) story: Vec<String>,
    pub(crate) broken: Vec<String>,
}

/// One invocation that ended.
struct Done {
    trigger: Trigger,
    began: Timestamp,
    answer: Option<Answer>,
}

impl History {
    pub(crate) fn new(seed: u64, with_story: bool) -> Self {
        let mut random = Rng::with_seed(seed);
        let layout = Layout {
            targets: *pick(&mut random, &[1, 1, 1, 3]),
            sides: *pick(&mut random, &[2, 2, 3]),
            tables: *pick(&mut random, &[1, 2]),
        };
        let automatic = random.bool();
        let mut keys = vec![("block", "\"10m\"")];
        if automatic {
            keys.extend([("failback", "\"automatic\""), ("stable_for", "\"5m\"")]);
        }
        let mut account = layout.account();
        account.routes_lag_ms = *pick(&mut random, &[0, 0, 200]);
        if random.bool() {
            account.slow_ms.insert("dynamodb:*".to_owned(), 100);
        }
        let limited = random.u8(0..4) == 0;
        if limited {
            account.limits.insert("ec2:ReplaceRoute".to_owned(), Limit { burst: 1, per_second: 1 });
        }
        let topology = layout.topology(&keys);
        let moments = Moments::new(layout, &account, LeaseWatch::new(&topology));
        let stage = Stage::with(account, &topology);
        let watcher = moments.clone();
        stage.sandbox.watch(move |arrival, account| watcher.notes().see(arrival, account));
        let (late, held, broken) = (Vec::new(), Vec::new(), Vec::new());
        let story = vec![format!("{layout:?} {keys:?} limited: {limited}")];
        Self { random, layout, automatic, limited, stage, moments, late, held, outage: None, with_story, story, broken }
    }

    pub(crate) async fn run(&mut self) {
        for _ in 0..EVENTS {
            let pause = self.random.u64(1..400);
            self.stage.wait(Duration::from_secs(pause)).await;
            let rules = self.trouble();
            self.happen(&rules).await;
        }
        self.heal().await;
        let seen = self.moments.notes().all_broken();
        self.broken.extend(seen);
    }

    /// What is broken, after the story when that was asked for.
    pub(crate) fn told(self) -> Vec<String> {
        if self.with_story {
            println!("{}", self.story.join("\n"));
        }
        self.broken
    }

    pub(crate) fn tell(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.with_story {
            let line = line(self);
            self.story.push(format!("  {} {line}", self.stage.sandbox.now()));
        }
    }

    /// What goes wrong with the calls of the next event. An outage lasts for several.
    fn trouble(&mut self) -> Vec<FaultRule> {
        let random = &mut self.random;
        let mut rules = Vec::new();
        match &mut self.outage {
            Some((rule, left)) if *left > 0 => {
                *left -= 1;
                rules.push(rule.clone());
            }
            _ => self.outage = None,
        }
        if self.outage.is_none() && random.u8(0..10) == 0 {
            let fault = *pick(random, &[Fault::Timeout, Fault::ServerError, Fault::Throttle, Fault::Refuse]);
            let service = *pick(random, &DISPENSABLE);
            self.outage = Some((FaultRule::every(service, fault), random.usize(1..4)));
        }
        for _ in 0..*pick(random, &[0, 0, 1, 1, 2]) {
            let call = *pick(random, &["*", "*", "ec2:*", "ec2:ReplaceRoute", "dynamodb:*", "sns:*", "cloudwatch:*"]);
            let fault = *pick(random, &Fault::ALL);
            let always = random.u8(0..4) == 0 && !fault.is_of_the_process();
            rules.push(if always { FaultRule::every(call, fault) } else { FaultRule::once(call, random.u32(0..14), fault) });
        }
        self.stage.faults(rules.iter().cloned());
        rules
    }

    /// One or several invocations, at the same time or so.
    async fn happen(&mut self, rules: &[FaultRule]) {
        let many = *pick(&mut self.random, &[1, 1, 1, 2, 2, 3]);
        let mut starts = Vec::new();
        for _ in 0..many {
            let trigger = self.trigger();
            let after = match self.random.u8(0..4) {
                0 | 1 => 0,
                2 => self.random.u64(0..300),
                _ => self.random.u64(0..130_000),
            };
            if self.random.u8(0..5) == 0 {
                starts.push((Duration::from_millis(self.random.u64(0..1000)), trigger.clone()));
            }
            starts.push((Duration::from_millis(after), trigger));
        }
        let told = self.stage.sandbox.look(|account| account.published.len());
        for done in self.invoke_all(starts).await {
            self.answered(&done, rules, told);
        }
    }

    /// All of these, each after its while.
    async fn invoke_all(&mut self, starts: Vec<(Duration, Trigger)>) -> Vec<Done> {
        let starts: Vec<(Duration, Trigger, Invocation)> =
            starts.into_iter().map(|(after, trigger)| (after, trigger, self.stage.invocation())).collect();
        let (stage, moments) = (&self.stage, &self.moments);
        let one = |(after, trigger, invocation): (Duration, Trigger, Invocation)| async move {
            stage.wait(after).await;
            let began = stage.sandbox.now();
            let invocation = Invocation { deadline: began + TIME_LIMIT, ..invocation };
            moments.begins(&invocation.holder, trigger.sort, began);
            let answer = stage.invoke_as(&invocation, &trigger.payload).await;
            Done { trigger, began, answer }
        };
        join_all(starts.into_iter().map(one)).await
    }

    pub(crate) async fn invoke(&mut self, trigger: Trigger) -> Option<Answer> {
        let mut done = self.invoke_all(vec![(Duration::ZERO, trigger)]).await;
        done.pop().and_then(|done| {
            self.told_to(&done);
            done.answer
        })
    }

    fn trigger(&mut self) -> Trigger {
        let (layout, now) = (self.layout, self.stage.sandbox.now());
        let random = &mut self.random;
        match random.u8(0..20) {
            0..=6 => self.alarm(),
            7 if !self.late.is_empty() => pick(random, &self.late).clone(),
            8..=10 => Trigger::order(random, layout),
            11 | 12 => Trigger::note(random, layout),
            13 => Trigger::question(random, layout),
            14 => Trigger::garbage(random, None),
            15 => {
                let alarm = layout::alarm(0, random.usize(0..layout.sides));
                let alarm = Trigger::alarm(random, &alarm, Alarm, now);
                Trigger::garbage(random, Some(&alarm.payload))
            }
            16 => {
                self.gateway();
                Trigger::tick()
            }
            _ => Trigger::tick(),
        }
    }

    /// An alarm changes, and its event comes, or gets lost.
    fn alarm(&mut self) -> Trigger {
        let random = &mut self.random;
        let (target, side) = (random.usize(0..self.layout.targets), random.usize(0..self.layout.sides));
        let (name, now) = (layout::alarm(target, side), self.stage.sandbox.now());
        let becomes = *pick(random, &[Alarm, Alarm, Ok, Ok, Ok, InsufficientData]);
        self.stage.set_alarm(&name, becomes);
        let event = Trigger::alarm(random, &name, becomes, now);
        let lost = random.u8(0..5) == 0;
        self.late.push(event.clone());
        self.tell(|_| format!("{name} becomes {}{}", becomes.as_str(), if lost { ", and its event is lost" } else { "" }));
        if lost { Trigger::tick() } else { event }
    }

    /// A gateway breaks or is mended.
    fn gateway(&mut self) {
        let gateways = self.layout.targets * self.layout.sides;
        let at = self.random.usize(0..gateways);
        let change = |account: &mut Account, _| {
            let gateway = &mut account.nat_gateways[at];
            let becomes = if gateway.state == "failed" { "available" } else { "failed" };
            becomes.clone_into(&mut gateway.state);
            format!("{} is {}", gateway.id, gateway.state)
        };
        let line = self.stage.sandbox.change(change);
        self.tell(|_| line);
    }

    fn told_to(&mut self, done: &Done) {
        let one =
            |target: &TargetAnswer| format!("{} {} ({}) {:?}", target.target, target.outcome, target.reason, target.remarks);
        self.tell(|history| {
            let all = |answer: &Answer| answer.targets.iter().map(one).chain(answer.reason.clone()).collect::<Vec<_>>();
            let said = done.answer.as_ref().map_or_else(|| "KILLED".to_owned(), |answer| all(answer).join(", "));
            let faults = history.stage.sandbox.look(|account| format!("{:?}", account.faults));
            format!("{:?} begun {} {}: {said}\n      {faults}", done.trigger.sort, done.began, done.trigger.payload)
        });
    }

    /// Checks an answer as soon as it is there.
    fn answered(&mut self, done: &Done, rules: &[FaultRule], told: usize) {
        self.told_to(done);
        let Some(answer) = &done.answer else { return };
        let now = self.stage.sandbox.now();
        // Who holds the lease tells what it does. With the journal and SNS gone at once only the answer and
        // the log can tell, and they do.
        let elsewhere = ["holds the lease", "took the lease"];
        let by_guard = |target: &&TargetAnswer| {
            target.outcome == Outcome::Held
                && !elsewhere.iter().any(|words| target.reason.contains(words))
                && !target.remarks.iter().any(|remark| remark.contains("without the journal it could not be kept"))
        };
        if done.trigger.sort != Sort::Question {
            self.held.extend(answer.targets.iter().filter(by_guard).map(|target| (target.target.clone(), now)));
        }
        let mut broken = Vec::new();
        let mut check = |holds: bool, what: &str| {
            if !holds {
                broken.push(format!("{what}: {:?} {} was answered {answer:?}", done.trigger.sort, done.trigger.payload));
            }
        };
        // What was begun before may end as it stands, because it is no longer wanted.
        let first_id = |target: &TargetAnswer| crossover_controller::crossover::id(&target.target, done.began);
        // Without the journal an alarm and a person do not know of each other; who comes second says so.
        // A reminder of a pause of everything can wait for the journal.
        let is_theirs =
            |step: &StepReport| step.detail.as_ref().is_some_and(|detail| detail.contains("somebody else changed it"));
        let wanted = |target: &&TargetAnswer| {
            let began_it = target.crossover_id.as_ref().is_none_or(|id| *id >= first_id(target));
            began_it && target.target != "everything" && !target.steps.iter().any(is_theirs)
        };
        let named: BTreeSet<Outcome> = answer.targets.iter().filter(wanted).map(|target| target.outcome).collect();
        match done.trigger.sort {
            Sort::Garbage => {
                check(matches!(answer.outcome, Outcome::Failed | Outcome::Ignored), "garbage was not refused");
                check(answer.reason.is_some() && answer.targets.is_empty(), "garbage was refused without a reason");
                let heard =
                    self.stage.sandbox.look(|account| account.published[told..].iter().any(|it| it.attributes["target"] == "-"));
                check(!rules.is_empty() || answer.outcome == Outcome::Ignored || heard, "it was not told that garbage came");
            }
            Sort::Mixed => check(!answer.targets.is_empty(), "garbage hid the alarm beside it"),
            Sort::Alarm | Sort::Tick | Sort::Order(_) | Sort::Forced(_) => {
                let without = |rule: &FaultRule| DISPENSABLE.contains(&rule.call.as_str()) && !rule.fault.is_of_the_process();
                let able = !self.limited && rules.iter().all(without);
                let bad = [Outcome::Failed, Outcome::Partial, Outcome::Pending];
                check(!able || bad.iter().all(|bad| !named.contains(bad)), "not its own single point of failure");
            }
            Sort::Note | Sort::Question => {}
        }
        self.broken.extend(broken);
    }
}
