//! One history: what happens, with what goes wrong meanwhile. The same for every kind; what is particular
//! to one is its [`World`].

mod declaring;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_engine::environment::Invocation;
use crossover_model::{
    alarm::AlarmState::{Alarm, InsufficientData, Ok},
    answer::{Answer, TargetAnswer},
    hold::Held,
    notice::Notice,
    outcome::Outcome,
    step::{StepReport, StepResult},
};
use crossover_sandbox::{Account, FaultRule};
use crossover_sns::SnsAccount;
use fastrand::Rng;
use futures::{future::join_all, join};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    declared::{Declared, Renames},
    told::{HeldBack, SKEW, notices},
    triggers::{Names, Sort, Trigger, pick},
    trouble::Trouble,
    versions::Later,
};
use crate::{
    stage::{LAPTOP, Stage, TIME_LIMIT},
    verified::Journal,
};

/// The services that a reversible crossover can do without.
pub(crate) const DISPENSABLE: [&str; 3] = ["dynamodb:*", "sns:*", "cloudwatch:*"];
/// Events that are delivered again in the end.
const AGAIN: usize = 3;

/// Sweeps that overlap: how many, and how long after one another.
const TICKS_AT_ONCE: u32 = 3;
const TICKS_EVERY: [Duration; 3] = [Duration::ZERO, Duration::from_secs(7), Duration::from_secs(25)];

/// How far the clocks of laptops are ahead, in milliseconds.
const CLOCKS: [i64; 6] = [0, 400, 1_900, 90_000, -1_900, -90_000];

/// What is particular to a kind.
pub(crate) trait World: Sized {
    /// What happens in one history.
    const EVENTS: usize = 12;
    /// Of twenty events, how many are something that happens to what is looked after.
    const CHANGES: u8 = 1;
    /// Whether a person aborts what is under way.
    const ABORTS: bool = true;
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

    /// Whether people give the journal the new name at once when they rename something: what is under way can't wait.
    const KNOWS_RENAMES: bool = false;

    /// The topology.
    fn topology(&self) -> &str;

    /// The topologies that may be declared for a while in its place.
    fn topologies(&self) -> Vec<Declared> {
        Vec::new()
    }

    /// Something has another name from now on.
    fn renamed(&mut self, _renames: &Renames) {}

    /// The sides that serve and that AWS itself says are gone, each with its target.
    fn dead(&self, _account: &Account) -> BTreeSet<(String, String)> {
        BTreeSet::new()
    }

    /// The journal was written by somebody else.
    fn journal_changed(&self, _account: &Account) {}

    /// The faults end, and so must everything else.
    async fn heal(history: &mut History<Self>);

    /// What a watcher has seen that must not happen.
    fn seen(&self) -> Vec<String>;
}

/// A history under way.
pub(crate) struct History<W> {
    pub(crate) random: Rng,
    /// Draws clocks and what comes in the middle, so that the other draws of a seed stay as they are.
    pub(super) beside: Rng,
    pub(crate) world: W,
    pub(crate) stage: Stage,
    /// Events that were delivered, or got lost, and may come again.
    pub(crate) late: Vec<Trigger>,
    /// Who was held back, when, and for which sides.
    pub(crate) held: Vec<HeldBack>,
    pub(super) trouble: Trouble,
    /// The topology that is declared for a while, and for how many events more.
    pub(super) declared: Option<(Declared, usize)>,
    /// Whether a record was ended by a person, with what a later version wrote into it.
    pub(super) forgotten: bool,
    later: Later,
    /// The sides of targets that serve and that AWS says are gone, each with its target.
    dead: BTreeMap<(String, String), Dead>,
    with_story: bool,
    story: Vec<String>,
    pub(crate) broken: Vec<String>,
}

/// An episode of a side that serves and that AWS says is gone.
struct Dead {
    /// It was not before.
    not_before: Timestamp,
    /// It surely is, without a pause, since then; none while it is not, and nobody has looked meanwhile.
    surely: Option<Timestamp>,
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
        let (mut random, beside) = (Rng::with_seed(seed), Rng::with_seed(!seed));
        let (world, stage, title) = make(&mut random);
        Self {
            random,
            beside,
            world,
            stage,
            late: Vec::new(),
            held: Vec::new(),
            trouble: Trouble::default(),
            declared: None,
            forgotten: false,
            later: Later::default(),
            dead: BTreeMap::new(),
            with_story,
            story: vec![title],
            broken: Vec::new(),
        }
    }

    async fn run(&mut self) {
        for _ in 0..W::EVENTS {
            let pause = W::pause(&mut self.random);
            self.stage.wait(Duration::from_secs(pause)).await;
            self.declare().await;
            self.another_version();
            let rules = self.trouble.begin([W::CALLS, W::OUTAGES], &mut self.random, self.world.names(), &self.stage.sandbox);
            let before = Journal::without_calls(&self.stage.sandbox);
            self.happen(&rules).await;
            self.broken.extend(Journal::without_calls(&self.stage.sandbox).broken_since(&before));
        }
        self.trouble.end(&self.stage.sandbox);
        self.tell(|_| "the faults end".to_owned());
        self.declare_at_last().await;
        self.take_words_back();
        W::heal(self).await;
        if !self.forgotten {
            let lost = self.stage.sandbox.inspect(|account| self.later.lost(account));
            self.broken.extend(lost);
        }
        self.broken.extend(self.left_behind());
        let seen = self.world.seen();
        self.broken.extend(seen);
        self.broken.extend(self.stage.verify());
    }

    pub(crate) fn tell(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.with_story {
            let line = line(self);
            self.story.push(format!("  {} {line}", self.stage.sandbox.now()));
        }
    }

    /// Another version of Crossover works on the journal between two events.
    fn another_version(&mut self) {
        match self.beside.u8(0..16) {
            0 => {
                let (later, beside) = (&mut self.later, &mut self.beside);
                let name = self.stage.sandbox.change(|account, _| later.write(beside, account));
                self.stage.sandbox.inspect(|account| self.world.journal_changed(account));
                self.tell(|_| format!("a later version has written the record of {name:?}"));
            }
            1 | 2 => self.take_words_back(),
            _ => {}
        }
    }

    fn take_words_back(&mut self) {
        let later = &self.later;
        self.stage.sandbox.change(|account, _| later.take_words_back(account));
        self.stage.sandbox.inspect(|account| self.world.journal_changed(account));
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
        if self.beside.u8(0..4) == 0 {
            let after = Duration::from_millis(self.beside.u64(0..60_000));
            starts.push((after, Trigger::in_the_middle(&mut self.beside, self.world.names(), W::ABORTS)));
        }
        // The sweep begins again before it has ended, as its calls are slow or its schedule is.
        if self.beside.u8(0..8) == 0 {
            let every = *pick(&mut self.beside, &TICKS_EVERY);
            starts.extend((1..=TICKS_AT_ONCE).map(|tick| (every * tick, Trigger::tick())));
        }
        let told = self.stage.sandbox.inspect(|account| account.sns().published.len());
        let meanwhile = (self.random.u8(0..8) == 0).then(|| Duration::from_millis(self.random.u64(0..5000)));
        let began = self.stage.sandbox.now();
        self.look_for_dead(began);
        let all = self.invoke_all(starts, meanwhile).await;
        self.look_for_dead(began);
        for done in all {
            self.answered(&done, rules, told);
        }
    }

    /// Which sides that are gone serve, and since when: not before `began`. One that was mended and is gone again is the same
    /// episode for those who have not looked meanwhile, but they may have looked right before.
    fn look_for_dead(&mut self, began: Timestamp) {
        let now = self.stage.sandbox.now();
        let dead = self.stage.sandbox.inspect(|account| self.world.dead(account));
        self.dead.iter_mut().filter(|(side, _)| !dead.contains(side)).for_each(|(_, episode)| episode.surely = None);
        for side in dead {
            let episode = self.dead.entry(side).or_insert(Dead { not_before: began, surely: None });
            episode.surely.get_or_insert(now);
        }
    }

    /// A settled target is one of which nothing that is gone serves: what is gone later is another episode.
    fn forget_dead(&mut self, answer: &Answer) {
        let dead = self.stage.sandbox.inspect(|account| self.world.dead(account));
        let is_settled = |name: &String| answer.targets.iter().any(|it| it.target == *name && it.outcome == Outcome::Settled);
        self.dead.retain(|side, _| dead.contains(side) || !is_settled(&side.0));
    }

    /// What AWS says is gone and serves is told by the first look at it that nothing goes wrong with.
    fn dead_is_told(&mut self, done: &Done, answer: &Answer) {
        // What the topology does not declare for a while is not looked at.
        if self.dead.is_empty() || self.declared.is_some() {
            return;
        }
        let (told, dead) = self.stage.sandbox.inspect(|account| (notices(account), self.world.dead(account)));
        let was_dead = |episode: &Dead| episode.surely.is_some_and(|since| since <= done.began);
        for ((target, side), Dead { not_before: since, .. }) in
            self.dead.iter().filter(|(side, episode)| dead.contains(side) && was_dead(episode))
        {
            let Some(found) = answer.targets.iter().find(|found| found.target == *target) else { continue };
            let names_it = |notice: &Notice| notice.sides.iter().any(|named| named.side == *side && named.cannot_serve);
            let is_it = |notice: &Notice| notice.target == *target && notice.at + SKEW >= *since && names_it(notice);
            let is_settled = found.outcome == Outcome::Settled;
            let is_untold = found.held == Some(Held::CannotServe) && !told.iter().any(is_it);
            if is_settled || is_untold {
                let what =
                    format!("told: {side} of {target} serves and is gone since {since}, and a tick was answered {found:?}");
                self.broken.push(what);
            }
        }
    }

    /// All of these, each after its while; and `meanwhile` something happens that only the next tick finds.
    async fn invoke_all(&mut self, starts: Vec<(Duration, Trigger)>, meanwhile: Option<Duration>) -> Vec<Done> {
        let mut on_a_machine = |(after, trigger): (Duration, Trigger)| {
            let mut invocation = self.stage.invocation();
            let ahead = self.clock_of(&trigger);
            if ahead.is_some() {
                invocation.holder = format!("{LAPTOP}{}", invocation.holder);
            }
            (after, trigger, invocation, ahead.unwrap_or_default())
        };
        let starts: Vec<_> = starts.into_iter().map(&mut on_a_machine).collect();
        let mut random = meanwhile.map(|_| self.random.fork());
        let (stage, world) = (&self.stage, &RefCell::new(&mut self.world));
        let one = |(after, trigger, invocation, ahead): (Duration, Trigger, Invocation, SignedDuration)| async move {
            stage.wait(after).await;
            let began = stage.sandbox.now();
            let invocation = Invocation { deadline: began + TIME_LIMIT, ..invocation };
            world.borrow().begins(&invocation.holder, &trigger, began);
            let answer = stage.invoke_with_clock(&invocation, ahead, &trigger.payload).await;
            Done { trigger, began, answer }
        };
        let change = async {
            let (after, random) = (meanwhile?, random.as_mut()?);
            stage.wait(after).await;
            let (what, _) = world.borrow_mut().change(random, stage);
            Some(format!("{} meanwhile: {what}", stage.sandbox.now()))
        };
        let (done, changed) = join!(join_all(starts.into_iter().map(one)), change);
        if let Some(what) = changed {
            self.tell(|_| what);
        }
        done
    }

    /// How far the clock of a laptop is ahead on which a person gives a command; none for a function, whose clock is right.
    fn clock_of(&mut self, trigger: &Trigger) -> Option<SignedDuration> {
        let by_hand = matches!(trigger.sort, Sort::Order(_) | Sort::Forced(_) | Sort::Note | Sort::Question);
        let on_laptop = by_hand && self.beside.bool();
        on_laptop.then(|| SignedDuration::from_millis(*pick(&mut self.beside, &CLOCKS)))
    }

    pub(crate) async fn invoke(&mut self, trigger: Trigger) -> Option<Answer> {
        let mut done = self.invoke_all(vec![(Duration::ZERO, trigger)], None).await;
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
                // The alarms that every topology of the world declares.
                let (_, alarm) = pick(random, &names.targets[0].sides[..2]).clone();
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
        let by_guard = |target: &&TargetAnswer| target.outcome == Outcome::Held && target.held.is_some() && target.lost == 0;
        if done.trigger.sort != Sort::Question {
            let held = answer.targets.iter().filter(by_guard);
            let held: Vec<HeldBack> =
                held.map(|target| self.stage.sandbox.inspect(|it| HeldBack::new(target, it, self.world.names(), now))).collect();
            self.held.extend(held);
        }
        if done.trigger.sort == Sort::Tick && rules.is_empty() {
            self.dead_is_told(done, answer);
        }
        // What settles a note has not looked at what is served.
        if done.trigger.sort != Sort::Note {
            self.forget_dead(answer);
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
        // A reminder of a pause of everything, or of a name that is not declared, can wait for the journal: it is of no kind.
        let is_theirs = |step: &StepReport| step.result == StepResult::Conflict;
        let wanted = |target: &&TargetAnswer| {
            let began_it = target.crossover_id.as_ref().is_none_or(|id| *id >= first_id(target));
            began_it && target.kind != "-" && !target.steps.iter().any(is_theirs)
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
