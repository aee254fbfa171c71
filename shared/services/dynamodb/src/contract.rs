//! The behavior of the journal that the controller relies on: leases, memories, crossovers.

use crossover_engine::ports::{Change, Journal, LeaseAnswer, Written};
use crossover_model::{
    crossover::Crossover,
    direction::Direction,
    journal::{Lease, Memory, TargetRecord},
    outcome::Outcome,
    stop::{Stop, StopVerb},
};
use crossover_sandbox::{
    cases,
    contract::{Cases, check},
};
use jiff::{SignedDuration, Timestamp};

/// A table without records, and the journal in it.
pub trait Backend {
    /// The journal.
    fn journal(&self) -> &dyn Journal;

    /// Its time.
    fn now(&self) -> Timestamp;
}

/// What holds of the journal on every backend.
#[must_use]
pub fn cases<B: Backend>() -> Cases<B> {
    cases![
        a_lease_is_given_once,
        a_lease_asked_for_again_is_the_same,
        a_lease_ends_with_its_time,
        a_lease_of_a_clock_that_is_wrong_ends,
        records_are_read_many_at_once,
        a_lease_that_was_not_given_back_is_seen,
        what_is_written_is_remembered,
        a_stale_epoch_writes_nothing,
        crossovers_are_listed_from_the_latest,
        a_stop_needs_no_lease_and_leaves_the_rest,
        a_later_stop_is_not_replaced,
    ]
}

const TARGET: &str = "target";
/// The seconds until the end of a lease that has ended, also by a clock in full seconds.
const ENDED: i64 = -2;

fn lease(holder: &str, at: Timestamp, seconds: i64) -> Lease {
    Lease {
        holder: holder.to_owned(),
        taken: at,
        until: at + SignedDuration::from_secs(seconds),
        crossover_id: format!("{holder}-crossover"),
        trigger: "test".to_owned(),
        order: None,
        rest: crossover_model::later::Rest::new(),
    }
}

async fn take<B: Backend>(backend: &B, lease: &Lease) -> Result<LeaseAnswer, String> {
    backend.journal().take_lease(TARGET, lease).await.map_err(|error| error.to_string())
}

async fn write<B: Backend>(backend: &B, epoch: u64, change: Change<'_>) -> Result<Written, String> {
    backend.journal().write(TARGET, epoch, change).await.map_err(|error| error.to_string())
}

async fn a_lease_is_given_once<B: Backend>(backend: &B) -> Result<(), String> {
    let now = backend.now();
    let first = take(backend, &lease("first", now, 60)).await?;
    let LeaseAnswer::Taken { epoch: 1, before, .. } = &first else { return Err(format!("{first:?}")) };
    check(*before == TargetRecord::default(), format!("there was something before: {before:?}"))?;
    let LeaseAnswer::Held(record) = take(backend, &lease("second", now, 60)).await? else { return Err("given twice".to_owned()) };
    check(record.lease == Some(lease("first", now, 60)) && record.epoch == 1, format!("{record:?}"))?;

    check(write(backend, 1, Change { release: Some(now), ..Change::default() }).await? == Written::Yes, "not released")?;
    let third = take(backend, &lease("third", now, 60)).await?;
    let LeaseAnswer::Taken { epoch: 2, before, .. } = &third else { return Err(format!("{third:?}")) };
    check(before.released == Some(now) && before.interrupted().is_none(), format!("{before:?}"))
}

async fn a_lease_asked_for_again_is_the_same<B: Backend>(backend: &B) -> Result<(), String> {
    let now = backend.now();
    take(backend, &lease("dead", now, ENDED)).await?;
    let mine = lease("mine", now, 60);
    for _ in 0..2 {
        let answer = take(backend, &mine).await?;
        let LeaseAnswer::Taken { epoch: 2, before, .. } = &answer else { return Err(format!("{answer:?}")) };
        check(before.interrupted().is_some_and(|lease| lease.holder == "dead"), format!("{before:?}"))?;
    }
    Ok(())
}

/// A lease ends by the service's clock: that of the caller may be an hour ahead or behind.
async fn a_lease_ends_with_its_time<B: Backend>(backend: &B) -> Result<(), String> {
    let (now, hour) = (backend.now(), SignedDuration::from_hours(1));
    take(backend, &lease("first", now, 60)).await?;
    let ahead = take(backend, &lease("ahead", now + hour, 60)).await?;
    check(matches!(ahead, LeaseAnswer::Held(_)), "a clock that is ahead took it before its end")?;
    check(write(backend, 1, Change { release: Some(now), ..Change::default() }).await? == Written::Yes, "not released")?;
    take(backend, &lease("second", now, ENDED)).await?;
    let behind = take(backend, &lease("behind", now - hour, 3_660)).await?;
    check(matches!(behind, LeaseAnswer::Taken { epoch: 3, .. }), format!("a clock that is behind did not take it: {behind:?}"))
}

async fn a_lease_of_a_clock_that_is_wrong_ends<B: Backend>(backend: &B) -> Result<(), String> {
    let now = backend.now();
    take(backend, &lease("next-year", now, 365 * 86_400)).await?;
    let ours = take(backend, &lease("ours", now, 60)).await?;
    check(matches!(ours, LeaseAnswer::Taken { epoch: 2, .. }), format!("{ours:?}"))
}

async fn records_are_read_many_at_once<B: Backend>(backend: &B) -> Result<(), String> {
    let now = backend.now();
    take(backend, &lease("first", now, 60)).await?;
    let names: Vec<String> = (0..99).map(|number| format!("nobody-{number}")).chain([TARGET.to_owned()]).collect();
    let records = backend.journal().records(&names).await.map_err(|error| error.to_string())?;
    check(records.len() == names.len(), format!("{} records", records.len()))?;
    let of = |name: &str| records[name].as_ref().map_err(ToString::to_string);
    check(of(TARGET)?.lease == Some(lease("first", now, 60)), "the record that is there was not read")?;
    check(*of("nobody-7")? == TargetRecord::default(), "one that is not there is not empty")
}

async fn a_lease_that_was_not_given_back_is_seen<B: Backend>(backend: &B) -> Result<(), String> {
    let now = backend.now();
    take(backend, &lease("dead", now, ENDED)).await?;
    let next = take(backend, &lease("next", now, 10)).await?;
    let LeaseAnswer::Taken { before, .. } = &next else { return Err(format!("{next:?}")) };
    check(before.interrupted() == Some(&lease("dead", now, ENDED)), format!("{before:?}"))
}

fn crossover(id: &str, at: Timestamp) -> Crossover {
    Crossover {
        v: crossover_model::later::Format::NOW,
        id: id.to_owned(),
        target: TARGET.to_owned(),
        kind: "nat".to_owned(),
        direction: Direction::Failover,
        trigger: "test".to_owned(),
        order: None,
        not_healthy: std::collections::BTreeSet::new(),
        left: std::collections::BTreeSet::new(),
        to: std::collections::BTreeSet::new(),
        continued_by: None,
        loss: String::new(),
        could_lose: None,
        reason: "test".to_owned(),
        started: at,
        ended: Some(at),
        outcome: Outcome::Completed,
        steps: Vec::new(),
        notified: None,
        resumed: false,
        continues: false,
        aborted: None,
        timeline: crossover_model::timeline::Timeline::default(),
        rest: crossover_model::later::Rest::new(),
    }
}

async fn what_is_written_is_remembered<B: Backend>(backend: &B) -> Result<(), String> {
    let now = backend.now();
    take(backend, &lease("first", now, 60)).await?;
    let memory = Memory {
        away: [("rtb-1 0.0.0.0/0".to_owned(), "nat-2".to_owned())].into(),
        open: Some(crossover("target-1", now)),
        ..Memory::default()
    };
    // The response of the first may be lost, so the second must do no harm.
    for _ in 0..2 {
        let written =
            write(backend, 1, Change { memory: Some(&memory), ended: &[crossover("target-0", now)], release: None }).await?;
        check(written == Written::Yes, "not written")?;
    }
    let record = backend.journal().read(TARGET).await.map_err(|error| error.to_string())?;
    check(record.memory == memory && record.epoch == 1, format!("{record:?}"))?;
    check(record.lease == Some(lease("first", now, 60)) && record.released.is_none(), format!("{record:?}"))
}

async fn a_stale_epoch_writes_nothing<B: Backend>(backend: &B) -> Result<(), String> {
    let now = backend.now();
    take(backend, &lease("slow", now, ENDED)).await?;
    take(backend, &lease("next", now, 60)).await?;
    let memory = Memory { ready: [("a".to_owned(), now)].into(), ..Memory::default() };
    for ended in [&[crossover("target-1", now)][..], &[]] {
        let written = write(backend, 1, Change { memory: Some(&memory), ended, release: Some(now) }).await?;
        check(written == Written::StaleEpoch, "written with a stale epoch")?;
    }
    let record = backend.journal().read(TARGET).await.map_err(|error| error.to_string())?;
    check(record.memory == Memory::default() && record.released.is_none(), format!("{record:?}"))?;
    let crossovers = backend.journal().crossovers(TARGET, 10).await.map_err(|error| error.to_string())?;
    check(crossovers.is_empty(), format!("{crossovers:?}"))
}

async fn crossovers_are_listed_from_the_latest<B: Backend>(backend: &B) -> Result<(), String> {
    let now = backend.now();
    take(backend, &lease("first", now, 60)).await?;
    for number in 1..=3 {
        let ended = [crossover(&format!("target-{number}"), now)];
        write(backend, 1, Change { ended: &ended, ..Change::default() }).await?;
    }
    let crossovers = backend.journal().crossovers(TARGET, 2).await.map_err(|error| error.to_string())?;
    let ids: Vec<&str> = crossovers.iter().map(|crossover| crossover.id.as_str()).collect();
    check(ids == ["target-3", "target-2"], format!("{ids:?}"))?;
    let others = backend.journal().crossovers("another", 2).await.map_err(|error| error.to_string())?;
    check(others.is_empty(), format!("{others:?}"))
}

fn stop(verb: StopVerb, at: Timestamp) -> Stop {
    Stop {
        verb,
        at,
        given: at,
        operator: "tester".to_owned(),
        reason: "test".to_owned(),
        until: None,
        crossover: None,
        aborted: std::collections::BTreeMap::new(),
        notified: false,
        rest: crossover_model::later::Rest::new(),
    }
}

async fn record_stop<B: Backend>(backend: &B, stop: &Stop) -> Result<Stop, String> {
    backend.journal().stop(TARGET, stop).await.map_err(|error| error.to_string())
}

async fn a_stop_needs_no_lease_and_leaves_the_rest<B: Backend>(backend: &B) -> Result<(), String> {
    let now = backend.now();
    let first = stop(StopVerb::Pause, now);
    check(record_stop(backend, &first).await? == first, "not recorded in an empty record")?;
    let holder = lease("holder", now, 60);
    let LeaseAnswer::Taken { epoch: 1, before, .. } = take(backend, &holder).await? else { return Err("not given".to_owned()) };
    check(before.stop == Some(first), format!("{before:?}"))?;
    let memory = Memory { ready: [("a".to_owned(), now)].into(), ..Memory::default() };
    write(backend, 1, Change { memory: Some(&memory), ..Change::default() }).await?;

    let second = stop(StopVerb::Stop, now + SignedDuration::from_secs(1));
    check(record_stop(backend, &second).await? == second, "not recorded beside a lease")?;
    // The holder's next write keeps it.
    check(write(backend, 1, Change { memory: Some(&memory), ..Change::default() }).await? == Written::Yes, "the epoch changed")?;
    let record = backend.journal().read(TARGET).await.map_err(|error| error.to_string())?;
    let expected = (Some(holder), 1, memory, Some(second));
    check((record.lease.clone(), record.epoch, record.memory.clone(), record.stop.clone()) == expected, format!("{record:?}"))
}

async fn a_later_stop_is_not_replaced<B: Backend>(backend: &B) -> Result<(), String> {
    let now = backend.now();
    let later = stop(StopVerb::Stop, now);
    record_stop(backend, &later).await?;
    let earlier = stop(StopVerb::Resume, now - SignedDuration::from_secs(1));
    check(record_stop(backend, &earlier).await? == later, "an earlier one replaced it")?;
    let notified = Stop { notified: true, ..later };
    check(record_stop(backend, &notified).await? == notified, "the same one was not written again")
}
