//! One history: what happens, with what goes wrong meanwhile. The same for every kind; what is particular
//! to one is its [`World`].

use std::{collections::BTreeSet, time::Duration};

use crossover_engine::environment::Invocation;
use crossover_model::{
    alarm::AlarmState::{Alarm, InsufficientData, Ok},
    answer::{Answer, TargetAnswer},
    outcome::Outcome,
    step::StepReport,
};
use crossover_sandbox::{Fault, FaultRule};
use crossover_sns::SnsAccount;
use fastrand::Rng;
use futures::future::join_all;
use jiff::Timestamp;
use serde_json::json;

use super::triggers::{Names, Sort, Trigger, pick};
use crate::stage::{Stage, TIME_LIMIT};

/// The services that a reversible crossover can do without.
pub(crate) const DISPENSABLE: [&str; 3] = ["dynamodb:*", "sns:*", "cloudwatch:*"];
/// Events that are delivered again in the end.
const AGAIN: usize = 3;

/// What is particular to a kind.
pub(crate) trait World: Sized {
    /// What happens in one history.
    const EVENTS: usize = 12;
    /// Of twenty events, how many are something that happens to what is looked after.
    const CHANGES: u8 = 1;
    /// Whether what a tick holds back without the journal may end untold: it tells in one minute of the hour.
    const MAY_END_UNTOLD: bool = false;
    /// The calls that faults befall.
    const CALLS: &'static [&'static str];
    /// The services that are out for a while.
    const OUTAGES: &'static [&'static str] = &DISPENSABLE;

    /// Who is who.
    fn names(&self) -> &Names;

    /// An invocation begins.
    fn begins(&self, holder: &str, trigger: &Trigger, now: Timestamp);

    /// Something happens to what is looked after; an event tells of it, or the next tick finds it. In
    /// words, too.
    fn change(&mut self, random: &mut Rng, stage: &Stage) -> (String, Trigger);

    /// How many seconds pass between two events.
    fn pause(random: &mut Rng) -> u64 {
        random.u64(1..400)
    }

    /// What a person orders.
    fn order(&self, random: &mut Rng) -> Trigger {
        Trigger::order(random, self.names())
    }

    /// Whether everything that was begun is finished at once, whatever these rules let go wrong.
    fn is_sure(&self, rules: &[FaultRule]) -> bool;

    /// The faults end, and so must everything else.
    async fn heal(history: &mut History<Self>);

    /// What a watcher has seen that must not happen.
    fn seen(&self) -> Vec<String>;
}

/// A history under way.
pub(crate) struct History<W> {
    pub(crate) random: Rng,
    pub(crate) world: W,
    pub(crate) stage: Stage,
    /// Events that were delivered, or got lost, and may come again.
    pub(crate) late: Vec<Trigger>,
    /// Who was held back, and when.
    pub(crate) held: Vec<(String, Timestamp)>,
    outage: Option<(FaultRule, usize)>,
    with_story: bool,
    story: Vec<String>,
    pub(crate) broken: Vec<String>,
}

/// One invocation that ended.
struct Done {
    trigger: Trigger,
    began: Timestamp,
    answer: Option<Answer>,
}

/// What is broken in the history of this seed; it tells its story when that is asked for.
pub(crate) fn run<W: World>(seed: u64, with_story: bool, make: &impl Fn(&mut Rng) -> (W, Stage, String)) -> Vec<String> {
    let history = async {
        let mut history = History::new(seed, with_story, make);
        history.run().await;
        history
    };
    let history = crossover_sandbox::run(history).expect("a runtime");
    if with_story {
        println!("{}", history.story.join("\n"));
    }
    history.broken
}

impl<W: World> History<W> {
    fn new(seed: u64, with_story: bool, make: &impl Fn(&mut Rng) -> (W, Stage, String)) -> Self {
        let mut random = Rng::with_seed(seed);
        let (world, stage, title) = make(&mut random);
        let (late, held, broken) = (Vec::new(), Vec::new(), Vec::new());
        Self { random, world, stage, late, held, outage: None, with_story, story: vec![title], broken }
    }

    async fn run(&mut self) {
        for _ in 0..W::EVENTS {
            let pause = W::pause(&mut self.random);
            self.stage.wait(Duration::from_secs(pause)).await;
            let rules = self.trouble();
            self.happen(&rules).await;
        }
        self.stage.faults([]);
        self.tell(|_| "the faults end".to_owned());
        W::heal(self).await;
        let seen = self.world.seen();
        self.broken.extend(seen);
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
            let service = *pick(random, W::OUTAGES);
            self.outage = Some((FaultRule::every(service, fault), random.usize(1..4)));
        }
        for _ in 0..*pick(random, &[0, 0, 1, 1, 2]) {
            let call = *pick(random, W::CALLS);
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
        let told = self.stage.sandbox.inspect(|account| account.sns().published.len());
        for done in self.invoke_all(starts).await {
            self.answered(&done, rules, told);
        }
    }

    /// All of these, each after its while.
    async fn invoke_all(&mut self, starts: Vec<(Duration, Trigger)>) -> Vec<Done> {
        let starts: Vec<(Duration, Trigger, Invocation)> =
            starts.into_iter().map(|(after, trigger)| (after, trigger, self.stage.invocation())).collect();
        let (stage, world) = (&self.stage, &self.world);
        let one = |(after, trigger, invocation): (Duration, Trigger, Invocation)| async move {
            stage.wait(after).await;
            let began = stage.sandbox.now();
            let invocation = Invocation { deadline: began + TIME_LIMIT, ..invocation };
            world.begins(&invocation.holder, &trigger, began);
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

    /// People end their pauses, once the lease of who died is over.
    pub(crate) async fn resume(&mut self) {
        self.stage.wait(TIME_LIMIT).await;
        let targets = self.world.names().targets.iter().map(|target| json!(target.name)).chain([json!(null)]);
        let orders: Vec<Trigger> = targets.map(|target| Trigger::noted("resume", &json!({ "target": target }))).collect();
        for order in orders {
            self.invoke(order).await.expect("no faults");
        }
    }

    /// A tick that nothing goes wrong with, after this time.
    pub(crate) async fn tick_after(&mut self, wait: Duration) -> Answer {
        self.stage.wait(wait).await;
        self.invoke(Trigger::tick()).await.expect("no faults")
    }

    /// The last events come again, with nothing left to do.
    pub(crate) async fn again(&mut self) {
        let again: Vec<Trigger> = self.late.iter().rev().take(AGAIN).cloned().chain([Trigger::tick()]).collect();
        for trigger in again {
            let answer = self.invoke(trigger).await.expect("no faults");
            if !matches!(answer.outcome, Outcome::Settled | Outcome::Held) {
                self.broken.push(format!("twice is once: an old event was answered {}", answer.outcome));
            }
        }
    }

    fn trigger(&mut self) -> Trigger {
        let now = self.stage.sandbox.now();
        let random = &mut self.random;
        let names = self.world.names();
        match random.u8(0..20) {
            0..=6 => self.alarm(),
            7 if !self.late.is_empty() => pick(random, &self.late).clone(),
            8..=10 => self.world.order(random),
            11 | 12 => Trigger::note(random, names),
            13 => Trigger::question(random, names),
            14 => Trigger::garbage(random, names, None),
            15 => {
                let (_, alarm) = pick(random, &names.targets[0].sides).clone();
                let alarm = Trigger::alarm(random, &alarm, Alarm, now);
                Trigger::garbage(random, names, Some(&alarm.payload))
            }
            event if (16..16 + W::CHANGES).contains(&event) => self.change(),
            _ => Trigger::tick(),
        }
    }

    /// An alarm changes, and its event comes, or gets lost.
    fn alarm(&mut self) -> Trigger {
        let random = &mut self.random;
        let target = pick(random, &self.world.names().targets);
        let (_, name) = pick(random, &target.sides).clone();
        let now = self.stage.sandbox.now();
        let becomes = *pick(random, &[Alarm, Alarm, Ok, Ok, Ok, InsufficientData]);
        self.stage.set_alarm(&name, becomes);
        let event = Trigger::alarm(random, &name, becomes, now);
        let what = format!("{name} becomes {}", becomes.as_str());
        self.comes_or_is_lost(&what, event)
    }

    fn change(&mut self) -> Trigger {
        let (what, event) = self.world.change(&mut self.random, &self.stage);
        if event.sort == Sort::Tick {
            self.tell(|_| what);
            return event;
        }
        self.comes_or_is_lost(&what, event)
    }

    fn comes_or_is_lost(&mut self, what: &str, event: Trigger) -> Trigger {
        let lost = self.random.u8(0..5) == 0;
        self.late.push(event.clone());
        self.tell(|_| format!("{what}{}", if lost { ", and its event is lost" } else { "" }));
        if lost { Trigger::tick() } else { event }
    }

    fn told_to(&mut self, done: &Done) {
        let one =
            |target: &TargetAnswer| format!("{} {} ({}) {:?}", target.target, target.outcome, target.reason, target.remarks);
        self.tell(|history| {
            let all = |answer: &Answer| answer.targets.iter().map(one).chain(answer.reason.clone()).collect::<Vec<_>>();
            let said = done.answer.as_ref().map_or_else(|| "KILLED".to_owned(), |answer| all(answer).join(", "));
            let faults = history.stage.sandbox.inspect(|account| format!("{:?}", account.faults));
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
        let by_guard = |target: &&TargetAnswer| {
            target.outcome == Outcome::Held
                && target.held.is_some()
                && !target.remarks.iter().any(|remark| remark.contains("it could not be kept without the journal"))
        };
        let is_told = |target: &&TargetAnswer| {
            let forgetful = target.remarks.iter().any(|remark| remark.contains("the journal could not be used"));
            !(W::MAY_END_UNTOLD && done.trigger.sort == Sort::Tick && forgetful)
        };
        if done.trigger.sort != Sort::Question {
            self.held.extend(answer.targets.iter().filter(by_guard).filter(is_told).map(|target| (target.target.clone(), now)));
        }
        let mut broken = Vec::new();
        let mut check = |holds: bool, what: &str| {
            if !holds {
                broken.push(format!("{what}: {:?} {} was answered {answer:?}", done.trigger.sort, done.trigger.payload));
            }
        };
        // What was begun before may end as it stands, because it is no longer wanted.
        let first_id = |target: &TargetAnswer| crossover_model::crossover::id(&target.target, done.began);
        // Without the journal an alarm and a person do not know of each other; who comes second says so.
        // A reminder of a pause of everything can wait for the journal.
        let is_theirs =
            |step: &StepReport| step.detail.as_ref().is_some_and(|detail| detail.contains("another writer changed it"));
        let wanted = |target: &&TargetAnswer| {
            let began_it = target.crossover_id.as_ref().is_none_or(|id| *id >= first_id(target));
            began_it && target.target != "everything" && !target.steps.iter().any(is_theirs)
        };
        let named: BTreeSet<Outcome> = answer.targets.iter().filter(wanted).map(|target| target.outcome).collect();
        match done.trigger.sort {
            Sort::Garbage => {
                check(matches!(answer.outcome, Outcome::Failed | Outcome::Ignored), "garbage was not refused");
                check(answer.reason.is_some() && answer.targets.is_empty(), "garbage was refused without a reason");
                let heard = self
                    .stage
                    .sandbox
                    .inspect(|account| account.sns().published[told..].iter().any(|it| it.attributes["target"] == "-"));
                check(!rules.is_empty() || answer.outcome == Outcome::Ignored || heard, "it was not told that garbage came");
            }
            Sort::Mixed => check(!answer.targets.is_empty(), "garbage hid the alarm beside it"),
            Sort::Alarm | Sort::Tick | Sort::Order(_) | Sort::Forced(_) => {
                let able = self.world.is_sure(rules);
                let bad = [Outcome::Failed, Outcome::Partial, Outcome::Pending];
                check(!able || bad.iter().all(|bad| !named.contains(bad)), "not its own single point of failure");
            }
            Sort::Note | Sort::Question => {}
        }
        self.broken.extend(broken);
    }
}
