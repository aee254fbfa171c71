//! One side after another fails while crossovers of the history may still be open and a right is refused for good: the work
//! moves, or a guard holds it for a reason of its own.

use crossover_dynamodb::DynamoDbAccount;
use crossover_kinds::Rehearsal;
use crossover_model::{
    alarm::AlarmState, answer::TargetAnswer, forecast::Forecast, hold::Held, step::StepResult, topology::Side,
};
use crossover_sandbox::{Fault, FaultRule};
use serde_json::json;

use super::{AnyTargets, MINUTE, MORE_TICKS};
use crate::{
    changes::changes_a_resource,
    simulation::{
        history::History,
        triggers::{Trigger, pick},
    },
    stage::{Stage, tick},
};

/// The reasons that may hold the move of the only failed side: no open crossover is one.
const REASONS: [Held; 2] = [Held::NoSideAble, Held::DataLoss];

/// Sides that fail one after another.
const FAILURES: usize = 2;

/// A side that fails.
struct Failing {
    target: String,
    side: String,
    alarms: Vec<String>,
    /// Whether the side itself fails, or only its alarms fire, as if it were not reached.
    itself: bool,
    ticks: usize,
}

impl History<AnyTargets> {
    /// Nothing but one side has failed at a time, and no operator holds anything back.
    pub(super) async fn one_after_another(&mut self) {
        self.resume().await;
        self.note_all("release").await;
        let refused = self.refused();
        self.tell(|_| format!("refused for good: {refused:?}"));
        self.stage.faults(refused.clone());
        let target = self.random.usize(0..self.world.targets.len());
        for _ in 0..FAILURES {
            self.note_all("ack").await;
            let Some(failing) = self.fail_one(target) else { break };
            let last = self.ticks_until_left(&failing).await;
            if let Some(answer) = &last
                && !self.is_reason(answer, &failing)
                && !self.is_held_beside(&failing).await
                && self.world.leaves_undisturbed(&failing, refused.clone()).await
            {
                let (side, name) = (&failing.side, &failing.target);
                self.broken.push(format!("somebody serves: {side} of {name} failed, and its work did not move: {answer:?}"));
            }
            self.restore(&failing);
            if last.is_some() {
                break;
            }
        }
        self.stage.faults([]);
    }

    /// A change that the history has made, refused from now on.
    fn refused(&mut self) -> Option<FaultRule> {
        let calls = self.stage.sandbox.calls();
        let changes: Vec<&str> = calls.iter().filter(|call| changes_a_resource(call)).map(|call| call.call).collect();
        let is_refused = self.random.bool() && !changes.is_empty();
        is_refused.then(|| FaultRule::every(pick::<&str>(&mut self.random, &changes), Fault::Refuse))
    }

    /// A side that serves fails.
    fn fail_one(&mut self, target: usize) -> Option<Failing> {
        let target = &self.world.targets[target];
        let serving: Vec<String> = target.serving(&self.stage.sandbox.account()).into_iter().collect();
        if serving.is_empty() {
            return None;
        }
        let side = pick(&mut self.random, &serving).clone();
        let failing = Failing {
            target: target.target.clone(),
            alarms: alarms_of(target, &side),
            side,
            itself: self.random.bool(),
            ticks: usize::try_from(target.ends_within.as_secs().div_ceil(60)).expect("a few minutes") + MORE_TICKS,
        };
        if failing.itself {
            self.world.toggle(&self.stage, &failing.target, &failing.side);
        }
        failing.alarms.iter().for_each(|alarm| self.stage.set_alarm(alarm, AlarmState::Alarm));
        self.tell(|_| format!("{}/{} fails, itself: {}", failing.target, failing.side, failing.itself));
        Some(failing)
    }

    /// The last answer, when the work is still there after these ticks.
    async fn ticks_until_left(&mut self, failing: &Failing) -> Option<TargetAnswer> {
        let mut last = None;
        for _ in 0..failing.ticks {
            let answer = self.tick_after(MINUTE).await;
            last = answer.targets.into_iter().find(|answer| answer.target == failing.target).or(last);
            if self.world.has_left(&self.stage, failing) {
                return None;
            }
        }
        last
    }

    /// Whether the work may stay: a guard says why, or the move away from this very side is refused.
    fn is_reason(&self, answer: &TargetAnswer, failing: &Failing) -> bool {
        let leaves = self.stage.sandbox.inspect(|account| {
            let open = account.dynamodb().journal.get(&failing.target).and_then(|record| record.memory.open.as_ref());
            open.is_some_and(|open| open.left.contains(&failing.side))
        });
        let is_refused = leaves && answer.steps.iter().any(|step| step.result == StepResult::Refused);
        is_refused || answer.held.is_some_and(|held| REASONS.contains(&held))
    }

    /// Whether a guard holds the move while a tick finishes an earlier crossover, which is what the answer is about then.
    async fn is_held_beside(&mut self, failing: &Failing) -> bool {
        let asked = self.invoke(Trigger::asked(&failing.target)).await.expect("no faults");
        let forecasts = asked.targets.into_iter().filter_map(|answer| answer.forecast);
        forecasts.into_iter().any(|forecast| matches!(forecast, Forecast::Hold { held, .. } if REASONS.contains(&held)))
    }

    fn restore(&mut self, failing: &Failing) {
        if failing.itself {
            self.world.toggle(&self.stage, &failing.target, &failing.side);
        }
        failing.alarms.iter().for_each(|alarm| self.stage.set_alarm(alarm, AlarmState::Ok));
        self.tell(|_| format!("{}/{} is restored", failing.target, failing.side));
    }

    /// A note of this verb on every target.
    pub(super) async fn note_all(&mut self, verb: &str) {
        let targets: Vec<String> = self.world.targets.iter().map(|target| target.target.clone()).collect();
        for target in targets {
            self.invoke(Trigger::noted(verb, &json!({ "target": target }))).await.expect("no faults");
        }
    }
}

impl AnyTargets {
    /// Whether nothing is served on the side any more.
    fn has_left(&self, stage: &Stage, failing: &Failing) -> bool {
        let account = stage.sandbox.account();
        self.targets.iter().any(|it| it.target == failing.target && !it.serving(&account).contains(&failing.side))
    }

    /// Whether the same failure moves the work in the account as it was before the history.
    async fn leaves_undisturbed(&self, failing: &Failing, refused: Option<FaultRule>) -> bool {
        let mut stage = Stage::of(&self.registry, self.before.clone(), &self.topology);
        stage.faults(refused);
        if failing.itself {
            let failures = self.failures(&failing.target, &failing.side);
            stage.sandbox.change(|account, now| failures.iter().for_each(|failure| failure.apply(account, now)));
        }
        failing.alarms.iter().for_each(|alarm| stage.set_alarm(alarm, AlarmState::Alarm));
        for _ in 0..MORE_TICKS {
            stage.wait(MINUTE).await;
            stage.invoke(&tick()).await;
        }
        self.has_left(&stage, failing)
    }
}

fn alarms_of(target: &Rehearsal, side: &str) -> Vec<String> {
    let alarms = |it: &Side| it.alarms.clone();
    target.sides.iter().filter(|it| it.name == side).flat_map(alarms).collect()
}
