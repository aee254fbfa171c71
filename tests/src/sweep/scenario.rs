//! What is under way when the fault comes.

use std::{collections::BTreeSet, time::Duration};

use crossover_kinds::Rehearsal;
use crossover_model::{
    alarm::AlarmState::{self, Alarm, Ok},
    outcome::Outcome,
};
use crossover_sandbox::{Fault, FaultRule};
use serde_json::{Value, json};

use super::{
    ending::Ending,
    subject::{SetUp, Subject},
};
use crate::{
    changes::changes_a_resource,
    stage::{Stage, alarm_event, command, tick},
};

/// Longer than the lease of an invocation that died.
pub(super) const MINUTE: Duration = Duration::from_secs(61);
/// Nothing is left to wait for.
const QUIET: Duration = Duration::from_mins(20);

/// What is under way when the fault comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// An alarm fires, and work moves to another side.
    Failover,
    /// The alarms of all targets fire, their events are lost, and a tick finds that.
    LostEvents,
    /// A person leaves a healthy side.
    ManualFailover,
    /// A person moves everything to one side.
    FailoverTo,
    /// A person leaves a side while all of them are healthy.
    Switchover,
    /// A person brings everything home.
    Failback,
    /// A tick brings everything home, because it has been healthy for long enough.
    AutomaticFailback,
    /// A person brings everything home to all sides but one, to one after the other.
    FailbackOfSeveral,
    /// An alarm fires, while the journal is so slow that work moves before the plan is written.
    SlowJournal,
    /// A person pauses a target.
    Pause,
    /// A person ends a pause.
    Resume,
    /// A person acknowledges a crossover.
    Ack,
    /// A person releases a target.
    Release,
    /// The same as `Ack`, after an invocation died over an order.
    AckAfterDeath,
    /// The same as `Release`, after an invocation died over an order.
    ReleaseAfterDeath,
}

impl Scenario {
    /// All that need no particular topology.
    pub const ALL: [Self; 13] = [
        Self::Failover,
        Self::LostEvents,
        Self::ManualFailover,
        Self::FailoverTo,
        Self::Switchover,
        Self::Failback,
        Self::SlowJournal,
        Self::Pause,
        Self::Resume,
        Self::Ack,
        Self::Release,
        Self::AckAfterDeath,
        Self::ReleaseAfterDeath,
    ];

    /// The stage just before the trigger, and the trigger.
    pub(super) async fn set_up(self, subject: &Subject) -> SetUp {
        let mut account = subject.account.clone();
        if self == Self::SlowJournal {
            account.slow_ms.insert("dynamodb:*".to_owned(), 100);
        }
        let all = subject.rehearsals();
        let one = all[0];
        let (left, other) = sides(subject, one);
        let of_target = |verb: &str, mut more: Value| {
            more["target"] = json!(one.target);
            command(verb, &more)
        };
        let away = || json!({ "away_from": left });
        let mut stage = subject.stage(account);
        let trigger = match self {
            Self::Failover | Self::SlowJournal => {
                let alarms = alarms_of(one, &left);
                set_alarms(&stage, &alarms, Alarm);
                alarm_event(&alarms[0], Alarm, stage.sandbox.now())
            }
            Self::LostEvents => {
                for target in &subject.targets {
                    let (left, _) = sides(subject, target);
                    set_alarms(&stage, &alarms_of(target, &left), Alarm);
                }
                tick()
            }
            Self::ManualFailover => of_target("failover", away()),
            Self::FailoverTo => of_target("failover", json!({ "to": other })),
            Self::Switchover => of_target("switchover", away()),
            Self::Failback => {
                fail_and_recover(&mut stage, one, &alarms_of(one, &left)).await;
                of_target("failback", json!({}))
            }
            Self::AutomaticFailback => {
                fail_and_recover(&mut stage, one, &alarms_of(one, &left)).await;
                tick()
            }
            Self::FailbackOfSeveral => {
                let last = one.sides.len() - 1;
                let alarms: Vec<String> = one.sides[..last].iter().flat_map(|side| side.alarms.clone()).collect();
                fail_and_recover(&mut stage, one, &alarms).await;
                of_target("failback", json!({}))
            }
            Self::Pause => of_target("pause", json!({})),
            Self::Resume => {
                stage.invoke(&of_target("pause", json!({}))).await.expect("no faults yet");
                of_target("resume", json!({}))
            }
            Self::Ack => {
                fail_and_recover(&mut stage, one, &alarms_of(one, &left)).await;
                of_target("ack", json!({}))
            }
            Self::Release => {
                stage.invoke(&of_target("failover", away())).await.expect("no faults yet");
                stage.ticks(minutes(one)).await;
                of_target("release", json!({}))
            }
            Self::AckAfterDeath | Self::ReleaseAfterDeath => {
                // The invocation dies at the first call that changes a resource.
                let write = first_write(subject, &of_target("failover", away())).await;
                stage.faults([FaultRule::once(write, 0, Fault::KillBefore)]);
                stage.sandbox.change(|account, _| _ = account.slow_ms.insert("dynamodb:*".to_owned(), 100));
                assert!(stage.invoke(&of_target("failover", away())).await.is_none(), "it dies");
                stage.faults([]);
                stage.wait(MINUTE).await;
                of_target(if self == Self::AckAfterDeath { "ack" } else { "release" }, json!({}))
            }
        };
        SetUp::new(stage, trigger)
    }

    /// Whether the trigger only has something remembered.
    pub(super) fn is_a_note(self) -> bool {
        self.moves_nothing() || matches!(self, Self::AckAfterDeath | Self::ReleaseAfterDeath)
    }

    pub(super) fn moves_nothing(self) -> bool {
        matches!(self, Self::Pause | Self::Resume | Self::Ack | Self::Release)
    }

    /// Checks that without a fault the scenario ends as it is meant to.
    pub(super) fn check(self, subject: &Subject, ending: &Ending) -> Result<(), String> {
        let all = subject.rehearsals();
        for target in all.iter().copied() {
            let (left, _) = sides(subject, target);
            let home = target.serving(&subject.account);
            let ended = ending.of(&target.target)?;
            let concerned = self == Self::LostEvents || target.target == all[0].target;
            let completed = ended.crossovers.iter().filter(|(outcome, _)| *outcome == Outcome::Completed).count();
            let moves = usize::from(concerned && !self.moves_nothing());
            if (completed, ended.crossovers.len()) != (moves, moves) {
                return Err(format!("{} recorded {:?}", target.target, ended.crossovers));
            }
            let is_home = match self {
                Self::Failback | Self::AutomaticFailback | Self::FailbackOfSeveral | Self::Pause | Self::Resume => true,
                _ => !concerned,
            };
            let right = if is_home { ended.serving == home } else { !ended.serving.contains(&left) && !ended.serving.is_empty() };
            if !right {
                return Err(format!("{} is served by {:?}", target.target, ended.serving));
            }
            let remembered = &ended.remembered;
            let right = !concerned
                || match self {
                    Self::Pause => remembered.paused,
                    Self::Resume => !remembered.paused,
                    Self::Ack => !remembered.unacknowledged && remembered.reviews == 0,
                    Self::Release | Self::Failback | Self::AutomaticFailback | Self::FailbackOfSeveral => {
                        remembered.intent.is_none()
                    }
                    Self::ManualFailover | Self::FailoverTo | Self::Switchover | Self::AckAfterDeath => {
                        remembered.intent.is_some()
                    }
                    // The tick after the release finishes the order, and keeps what it wants.
                    Self::ReleaseAfterDeath | Self::Failover | Self::LostEvents | Self::SlowJournal => true,
                };
            if !right {
                return Err(format!("{} remembers {remembered:?}", target.target));
            }
        }
        Result::Ok(())
    }
}

/// The ticks that a crossover of a target takes.
pub(super) fn minutes(target: &Rehearsal) -> usize {
    usize::try_from(target.ends_within.as_secs().div_ceil(60)).expect("a few minutes")
}

/// The side that is left, which is the first one that serves, and another one.
fn sides(subject: &Subject, target: &Rehearsal) -> (String, String) {
    let serving: BTreeSet<String> = target.serving(&subject.account);
    let names = || target.sides.iter().map(|side| side.name.clone());
    let left = names().find(|side| serving.contains(side)).expect("a side that serves");
    let other = names().find(|side| *side != left).expect("another side");
    (left, other)
}

fn alarms_of(target: &Rehearsal, side: &str) -> Vec<String> {
    target.sides.iter().filter(|of| of.name == side).flat_map(|of| of.alarms.clone()).collect()
}

fn set_alarms(stage: &Stage, alarms: &[String], becomes: AlarmState) {
    for alarm in alarms {
        stage.set_alarm(alarm, becomes);
    }
}

/// These alarms fire and recover, and nothing is left to wait for.
async fn fail_and_recover(stage: &mut Stage, target: &Rehearsal, alarms: &[String]) {
    set_alarms(stage, alarms, Alarm);
    stage.invoke(&tick()).await.expect("no faults yet");
    set_alarms(stage, alarms, Ok);
    stage.ticks(minutes(target)).await;
    stage.wait(QUIET).await;
}

/// The first call with which this trigger changes a resource.
async fn first_write(subject: &Subject, trigger: &Value) -> &'static str {
    let mut stage = subject.stage(subject.account.clone());
    stage.invoke(trigger).await.expect("no faults");
    let calls = stage.sandbox.calls();
    calls.iter().find(|call| changes_a_resource(call)).expect("a write").call
}
