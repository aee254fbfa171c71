//! What is under way when the fault comes.

use std::time::Duration;

use crossover_ec2::Ec2Account;
use crossover_model::{
    alarm::AlarmState::{Alarm, Ok},
    journal::Memory,
};
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_tests::{
    layout::{self, Layout},
    stage::{ALARM_A, Stage, TARGET, account, alarm_event, command, tick, topology, topology_with},
};
use serde_json::{Value, json};

/// The target that always fails, among those of [`Scenario::OneBadTarget`].
pub(crate) const BAD: usize = 2;
const THREE_SIDES: Layout = Layout { targets: 1, sides: 3, tables: 1 };
const FIVE_TARGETS: Layout = Layout { targets: 5, sides: 2, tables: 1 };

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// An alarm, and everything moves to the other side.
    Failover,
    /// A person leaves a healthy side.
    ManualFailover,
    /// A person moves everything to one side.
    FailoverTo,
    /// A person leaves a side while all of them are well.
    Switchover,
    /// A person brings everything home.
    Failback,
    /// A tick brings everything home, because it has been well for long enough.
    AutomaticFailback,
    /// A person brings everything home to two sides, to one after the other.
    TwoStages,
    /// An alarm, while the journal is so slow that routes move before the plan is written.
    SlowJournal,
    /// An alarm, where the home of a table is not known.
    Homeless,
    /// A tick that finds a lost alarm on five targets, of which one can't ever be read.
    OneBadTarget,
    /// A person says something that is to be remembered.
    Pause,
    Resume,
    Ack,
    Release,
    /// The same, after an invocation died over an order.
    AckAfterDeath,
    ReleaseAfterDeath,
}

impl Scenario {
    pub(crate) const ALL: [Self; 16] = [
        Self::Failover,
        Self::ManualFailover,
        Self::FailoverTo,
        Self::Switchover,
        Self::Failback,
        Self::AutomaticFailback,
        Self::TwoStages,
        Self::SlowJournal,
        Self::Homeless,
        Self::OneBadTarget,
        Self::Pause,
        Self::Resume,
        Self::Ack,
        Self::Release,
        Self::AckAfterDeath,
        Self::ReleaseAfterDeath,
    ];

    pub(crate) fn topology(self) -> String {
        match self {
            Self::AutomaticFailback => {
                topology_with(&[("failback", "\"automatic\""), ("stable_for", "\"5m\""), ("block", "\"10m\"")])
            }
            Self::TwoStages => THREE_SIDES.topology(&[]),
            Self::OneBadTarget => FIVE_TARGETS.topology(&[]),
            _ => topology(),
        }
    }

    fn account(self) -> Account {
        match self {
            Self::TwoStages => return THREE_SIDES.account(),
            Self::OneBadTarget => return FIVE_TARGETS.account(),
            _ => {}
        }
        let mut account = account();
        match self {
            Self::SlowJournal => _ = account.slow_ms.insert("dynamodb:*".to_owned(), 100),
            // Both tables of the first zone serve the other zone's subnets too.
            Self::Homeless => {
                let theirs: Vec<String> =
                    account.ec2_mut().route_tables[4..].iter_mut().flat_map(|table| table.subnets.drain(..)).collect();
                account.ec2_mut().route_tables[2..4]
                    .iter_mut()
                    .zip(theirs)
                    .for_each(|(table, subnet)| table.subnets.push(subnet));
            }
            _ => {}
        }
        account
    }

    /// The stage just before the trigger, and the trigger.
    pub(crate) async fn set_up(self) -> (Stage, Value) {
        let mut stage = Stage::with(self.account(), &self.topology());
        let away = json!({ "away_from": "us-east-1a" });
        let trigger = match self {
            Self::Failover | Self::SlowJournal | Self::Homeless => {
                stage.set_alarm(ALARM_A, Alarm);
                alarm_event(ALARM_A, Alarm, stage.sandbox.now())
            }
            Self::ManualFailover => command("failover", &away),
            Self::FailoverTo => command("failover", &json!({ "to": "us-east-1b" })),
            Self::Switchover => command("switchover", &away),
            Self::Failback => {
                fail_and_recover(&mut stage, &[ALARM_A.to_owned()]).await;
                command("failback", &json!({}))
            }
            Self::AutomaticFailback => {
                fail_and_recover(&mut stage, &[ALARM_A.to_owned()]).await;
                tick()
            }
            Self::TwoStages => {
                fail_and_recover(&mut stage, &[layout::alarm(0, 0), layout::alarm(0, 1)]).await;
                command("failback", &json!({ "target": layout::target(0) }))
            }
            Self::OneBadTarget => {
                (0..FIVE_TARGETS.targets).for_each(|target| stage.set_alarm(&layout::alarm(target, 0), Alarm));
                tick()
            }
            Self::Pause => command("pause", &json!({})),
            Self::Resume => {
                stage.invoke(&command("pause", &json!({}))).await.expect("no faults yet");
                command("resume", &json!({}))
            }
            Self::Ack => {
                fail_and_recover(&mut stage, &[ALARM_A.to_owned()]).await;
                command("ack", &json!({}))
            }
            Self::Release => {
                stage.invoke(&command("failover", &away)).await.expect("no faults yet");
                command("release", &json!({}))
            }
            Self::AckAfterDeath | Self::ReleaseAfterDeath => {
                stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, Fault::KillBefore)]);
                stage.sandbox.change(|account, _| _ = account.slow_ms.insert("dynamodb:*".to_owned(), 100));
                assert!(stage.invoke(&command("failover", &away)).await.is_none(), "it dies");
                stage.wait(Duration::from_secs(61)).await;
                command(if self == Self::AckAfterDeath { "ack" } else { "release" }, &json!({}))
            }
        };
        (stage, trigger)
    }

    /// What goes wrong besides, for as long as the scenario lasts.
    pub(crate) fn lasting(self) -> Vec<FaultRule> {
        let bad = FaultRule { resource: Some(layout::vpc(BAD)), ..FaultRule::every("ec2:DescribeSubnets", Fault::Refuse) };
        if self == Self::OneBadTarget { vec![bad] } else { Vec::new() }
    }

    /// The targets that must be well in the end.
    pub(crate) fn targets(self) -> Vec<String> {
        match self {
            Self::OneBadTarget => (0..FIVE_TARGETS.targets).filter(|target| *target != BAD).map(layout::target).collect(),
            Self::TwoStages => vec![layout::target(0)],
            _ => vec![TARGET.to_owned()],
        }
    }

    /// The steps of the one crossover that each of these must have recorded; none when nothing moves.
    pub(crate) fn steps(self) -> Option<usize> {
        match self {
            Self::Pause | Self::Resume | Self::Ack | Self::Release => None,
            Self::OneBadTarget => Some(1),
            _ => Some(2),
        }
    }

    /// Whether the trigger only has something remembered.
    pub(crate) fn is_a_note(self) -> bool {
        self.steps().is_none() || matches!(self, Self::AckAfterDeath | Self::ReleaseAfterDeath)
    }

    /// Whether the routes lead where they should.
    pub(crate) fn desired(self, stage: &Stage) -> bool {
        let routes = stage.routes();
        let at = |name: &str, gateway: &str| routes.get(name).is_some_and(|to| to == gateway);
        let nat: Vec<&String> = routes.values().filter(|to| to.starts_with("nat-")).collect();
        let at_home = || nat.iter().filter(|to| to.ends_with('1')).count() == 2;
        match self {
            Self::TwoStages => (0..3).all(|side| at(&layout::table(0, side, 0), &layout::gateway(0, side))),
            Self::OneBadTarget => (0..FIVE_TARGETS.targets)
                .all(|target| at(&layout::table(target, 0, 0), &layout::gateway(target, usize::from(target != BAD)))),
            Self::Failback | Self::AutomaticFailback | Self::Pause | Self::Resume => at_home(),
            _ => nat.iter().all(|to| to.ends_with('2')),
        }
    }

    /// Whether what a person wanted remembered is.
    pub(crate) fn remembered(self, memory: &Memory) -> bool {
        let acknowledged = || memory.last_automatic.as_ref().is_none_or(|last| last.acknowledged.is_some());
        match self {
            Self::Pause => memory.pause.is_some(),
            Self::Resume => memory.pause.is_none(),
            Self::Ack => acknowledged() && memory.reviews.is_empty(),
            Self::Release | Self::Failback | Self::AutomaticFailback | Self::TwoStages => memory.intent.is_none(),
            Self::ManualFailover | Self::FailoverTo | Self::Switchover | Self::AckAfterDeath => memory.intent.is_some(),
            _ => true,
        }
    }
}

/// These alarms fire and recover, and nothing is left to wait for.
async fn fail_and_recover(stage: &mut Stage, alarms: &[String]) {
    for alarm in alarms {
        stage.set_alarm(alarm, Alarm);
    }
    stage.invoke(&tick()).await.expect("no faults yet");
    for alarm in alarms {
        stage.set_alarm(alarm, Ok);
    }
    stage.wait(Duration::from_mins(20)).await;
}
