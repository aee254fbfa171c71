//! Every fault on every call of a change of the writer, for each engine, then ticks: the desired state is
//! reached, the writer is moved exactly once, one crossover is recorded, and it is told. And faults in
//! every minute of a promotion.

#![expect(clippy::expect_used, reason = "tests")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, answer::Answer, outcome::Outcome};
use crossover_rds::RdsAccount;
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_sns::SnsAccount;
use crossover_tests::{
    database::{ALARM_HOME, Kind, QUARANTINE, TARGET, command, record},
    stage::{Stage, alarm_event, tick},
};
use serde_json::{Value, json};

/// Minutes after which everything has to be settled: a promotion takes four, backups and a standby two.
const MINUTES: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    /// An alarm, and another member takes over.
    Failover,
    /// A person moves the writer while all is well.
    Switchover,
    /// A person brings the writer home.
    Failback,
}

impl Scenario {
    fn of(kind: Kind) -> &'static [Self] {
        // RDS has no switchover for replicas of MySQL.
        if kind == Kind::Replica { &[Self::Failover] } else { &[Self::Failover, Self::Switchover, Self::Failback] }
    }

    /// The stage just before the trigger, and the trigger.
    async fn set_up(self, kind: Kind) -> (Stage, Value) {
        let mut stage = kind.stage();
        if self == Self::Switchover {
            return (stage, command("switchover", &json!({ "away_from": kind.sides()[0] })));
        }
        stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
        let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
        if self == Self::Failover {
            return (stage, event);
        }
        stage.invoke(&event).await.expect("no faults yet");
        stage.set_alarm(ALARM_HOME, AlarmState::Ok);
        stage.ticks(MINUTES).await;
        (stage, command("failback", &json!({})))
    }

    fn desired(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Self::Failback, _) => kind.sides()[0],
            (_, Kind::Aurora) => kind.sides()[2],
            _ => kind.sides()[1],
        }
    }
}

/// Counts how often the writer is begun to be moved, whoever learns of it.
fn count_moves(stage: &Stage) -> Arc<AtomicUsize> {
    let verbs = [
        "rds:PromoteReadReplica",
        "rds:RebootDBInstance",
        "rds:FailoverDBCluster",
        "rds:FailoverGlobalCluster",
        "rds:SwitchoverGlobalCluster",
    ];
    let moves = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&moves);
    stage.sandbox.watch(move |arrival, _| {
        counted.fetch_add(usize::from(arrival.done && verbs.contains(&arrival.call)), Ordering::Relaxed);
    });
    moves
}

/// How many instances clients can write to.
fn open_writers(account: &Account) -> usize {
    account.rds().instances.iter().filter(|instance| account.rds().takes_writes(instance, QUARANTINE)).count()
}

fn check(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// What must hold once a scenario has ended.
async fn ended(stage: &mut Stage, kind: Kind, desired: &str, crossovers: usize, told: usize) -> Result<(), String> {
    let written = stage.sandbox.calls().iter().filter(|call| call.is_write() && call.call.starts_with("rds:")).count();
    let last = stage.invoke(&tick()).await.ok_or("killed without a fault")?;
    let account = stage.sandbox.account();
    check(kind.writer(&account) == Some(desired), || format!("the writer is {:?}", kind.writer(&account)))?;
    let writes = stage.sandbox.calls().iter().filter(|call| call.is_write() && call.call.starts_with("rds:")).count();
    check(writes == written, || "a settled target was written to".to_owned())?;
    check(last.outcome == Outcome::Settled, || format!("not settled in the end: {last:?}"))?;
    let id = desired.rsplit(':').next().unwrap_or_default();
    let leads = kind == Kind::MultiAz || record(&account).starts_with(id);
    check(leads, || format!("the record leads to {}", record(&account)))?;

    let new = &account.dynamodb().crossovers[crossovers..];
    check(new.len() == 1, || format!("{} crossovers recorded: {new:#?}", new.len()))?;
    check(new[0].outcome == Outcome::Completed, || format!("recorded as {}: {:#?}", new[0].outcome, new[0].steps))?;
    let journal = &account.dynamodb().journal[TARGET];
    check(journal.memory.open.is_none(), || "a crossover is left open".to_owned())?;
    check(journal.memory.unsent.is_empty(), || "a notice is left unsent".to_owned())?;
    check(journal.held_at(account.time).is_none(), || "the lease is left held".to_owned())?;
    let completed = |published: &&crossover_sns::sandbox::Published| {
        ["completed", "found"].iter().any(|word| published.subject.contains(word))
    };
    let notices = account.sns().published[told..].iter().filter(completed).count();
    check((1..=2).contains(&notices), || format!("told {notices} times: {:?}", stage.told()))
}

/// Runs a scenario with one fault and what comes after it. Says what is wrong, if anything is.
async fn case(scenario: Scenario, kind: Kind, skip: u32, fault: Fault) -> Result<(), String> {
    let (mut stage, trigger) = scenario.set_up(kind).await;
    let (crossovers, told, moves) =
        (stage.sandbox.account().dynamodb().crossovers.len(), stage.told().len(), count_moves(&stage));
    stage.faults([FaultRule::once("*", skip, fault)]);
    let first = stage.invoke(&trigger).await;
    stage.faults([]);
    stage.wait(Duration::from_secs(61)).await;
    // Lambda delivers an event again when an invocation died; a person whose command failed tries again.
    let given_up =
        |answer: &Answer| trigger.get("command").is_some() && matches!(answer.outcome, Outcome::Failed | Outcome::Held);
    let again = if first.as_ref().is_none_or(given_up) { trigger.clone() } else { tick() };
    stage.invoke(&again).await.ok_or("killed without a fault")?;
    for _ in 0..MINUTES {
        stage.wait(Duration::from_mins(1)).await;
        stage.invoke(&tick()).await.ok_or("killed without a fault")?;
        check(kind != Kind::Replica || open_writers(&stage.sandbox.account()) <= 1, || "two writers are open".to_owned())?;
    }
    let times = moves.load(Ordering::Relaxed);
    check(times == 1, || format!("moved {times} times"))?;
    ended(&mut stage, kind, scenario.desired(kind), crossovers, told).await
}

#[test]
fn every_fault_on_every_call_heals_with_ticks() {
    let mut cases = 0;
    let mut broken = Vec::new();
    for (kind, scenario) in
        Kind::ALL.into_iter().flat_map(|kind| Scenario::of(kind).iter().map(move |scenario| (kind, *scenario)))
    {
        let calls = crossover_sandbox::run(async {
            let (mut stage, trigger) = scenario.set_up(kind).await;
            let before = stage.sandbox.calls().len();
            stage.invoke(&trigger).await.expect("no faults");
            stage.sandbox.calls().len() - before
        });
        let calls = u32::try_from(calls.expect("a runtime")).expect("few calls");
        assert!(calls >= 8, "{kind:?} {scenario:?} makes only {calls} calls");
        // Waiting, it asks the same again and again.
        for skip in (0..calls).filter(|skip| *skip < 30 || *skip + 12 >= calls) {
            for fault in Fault::ALL {
                cases += 1;
                if let Err(what) = crossover_sandbox::run(case(scenario, kind, skip, fault)).expect("a runtime") {
                    broken.push(format!("{kind:?} {scenario:?}, {fault:?} on call {skip}: {what}"));
                }
            }
        }
    }
    println!("{cases} cases of one fault on one call");
    assert!(broken.is_empty(), "{} of {cases} cases:\n{}", broken.len(), broken.join("\n"));
}

/// A fault befalls one call of the invocation of one minute of a promotion.
async fn disturbed(kind: Kind, minute: usize, skip: u32, fault: Fault) -> Result<(), String> {
    let (mut stage, trigger) = Scenario::Failover.set_up(kind).await;
    let moves = count_moves(&stage);
    for passed in 0..=MINUTES {
        let rules = if passed == minute { vec![FaultRule::once("*", skip, fault)] } else { Vec::new() };
        stage.faults(rules);
        let payload = if passed == 0 { trigger.clone() } else { tick() };
        stage.invoke(&payload).await;
        stage.wait(Duration::from_mins(1)).await;
        check(kind != Kind::Replica || open_writers(&stage.sandbox.account()) <= 1, || "two writers are open".to_owned())?;
    }
    stage.faults([]);
    for _ in 0..4 {
        stage.invoke(&tick()).await;
        stage.wait(Duration::from_mins(1)).await;
    }
    let times = moves.load(Ordering::Relaxed);
    check(times == 1, || format!("moved {times} times"))?;
    ended(&mut stage, kind, Scenario::Failover.desired(kind), 0, 0).await
}

#[test]
fn a_fault_in_any_minute_of_a_promotion_does_not_make_a_second_one() {
    let mut cases = 0;
    let mut broken = Vec::new();
    for kind in [Kind::Replica, Kind::Global] {
        for minute in 0..7 {
            for skip in 0..14 {
                for fault in Fault::ALL {
                    cases += 1;
                    if let Err(what) = crossover_sandbox::run(disturbed(kind, minute, skip, fault)).expect("a runtime") {
                        broken.push(format!("{kind:?}, {fault:?} on call {skip} of minute {minute}: {what}"));
                    }
                }
            }
        }
    }
    println!("{cases} faults in the minutes of a promotion");
    assert!(broken.is_empty(), "{} of {cases} cases:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn every_invocation_of_a_promotion_may_be_killed_but_the_last() {
    crossover_sandbox::run(async {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let (mut stage, trigger) = Scenario::Failover.set_up(Kind::Replica).await;
            let moves = count_moves(&stage);
            for (minute, skip) in [4, 6, 7, 9, 3, 8, 5, 7].into_iter().enumerate() {
                stage.faults([FaultRule::once("*", skip, fault)]);
                stage.invoke(&if minute == 0 { trigger.clone() } else { tick() }).await;
                stage.wait(Duration::from_mins(1)).await;
            }
            stage.faults([]);
            stage.ticks(MINUTES).await;
            assert_eq!(moves.load(Ordering::Relaxed), 1, "{fault:?}");
            let healed = ended(&mut stage, Kind::Replica, Scenario::Failover.desired(Kind::Replica), 0, 0).await;
            healed.expect("everything as after an undisturbed one");
        }
    })
    .expect("a runtime");
}
