//! Crossovers on the sandbox: its clock makes every call take 30 ms, and nothing else takes any time.

use std::{collections::BTreeMap, time::Duration};

use crossover_engine::environment::Invocation;
use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_sandbox::{Account, Call, Limit, round_trips};
use crossover_tests::{
    database::{self, Kind},
    dns::{self, Way},
    fleet::{alarm, fleet, moved, zones},
    stage::{ALARM_A, Stage, TIME_LIMIT, alarm_event, tick, topology},
};
use futures::{StreamExt, join, stream};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    figure::{Figure, ratio},
    parts::tables_of_one_target,
};

const REPLACE: &str = "ec2:ReplaceRoute";
/// What keeps some crossovers from two round trips.
const JOURNAL: &str = "what can't be taken back is in the journal before it is begun";
const CHECKS: &str = "which health checks there are, only the records say; the second look of a process knows";
/// Executions at once of a function of a kind (the template's `ReservedConcurrency`).
const RESERVED: usize = 20;
const SWEPT: usize = 1000;
const LOST: usize = 500;

/// The figures of the sandbox.
#[must_use]
pub fn figures() -> Vec<Figure> {
    let all = async {
        let mut figures = Vec::new();
        for tables in [1, 8, 50] {
            let stage = tables_stage(tables);
            let what = format!("nat, {tables} {}", if tables == 1 { "table" } else { "tables" });
            figures.extend(trips(&what, stage, ALARM_A, |call| call.call == REPLACE, "").await);
        }
        let change = |call: &Call| call.call == "route53:ChangeResourceRecordSets";
        figures.extend(trips("dns, a record alone", Way::Simple.stage(), dns::ALARM_HOME, change, "").await);
        figures.extend(
            trips("dns, a pair with health checks, first look", Way::Failover.stage(), dns::ALARM_HOME, change, CHECKS).await,
        );
        for kind in Kind::ALL {
            let bound = if matches!(kind, Kind::Replica | Kind::Global) { JOURNAL } else { "" };
            let begun = |call: &Call| call.call.starts_with("rds:") && call.is_write();
            figures.extend(trips(&format!("database, {kind:?}"), kind.stage(), database::ALARM_HOME, begun, bound).await);
        }
        for tables in [64, 200, 500] {
            figures.extend(many_tables(tables).await);
        }
        figures.extend(quiet_sweep().await);
        figures.push(worst_tick().await);
        figures.extend(lost_zone().await);
        figures.extend(lost_zone_by_events().await);
        figures
    };
    crossover_sandbox::run(all).expect("a runtime")
}

fn tables_stage(tables: usize) -> Stage {
    let (mut account, _) = tables_of_one_target(tables, true);
    account.limits.clear();
    Stage::with(account, &topology())
}

/// How many calls there were of each name.
pub(crate) fn counted(calls: &[Call]) -> BTreeMap<&'static str, usize> {
    let mut counted = BTreeMap::new();
    for call in calls {
        *counted.entry(call.call).or_default() += 1;
    }
    counted
}

/// The round trips until the last call of the first stage was answered; then the same event again.
async fn trips(what: &str, mut stage: Stage, alarm: &str, is_step: fn(&Call) -> bool, bound: &'static str) -> Vec<Figure> {
    stage.set_alarm(alarm, AlarmState::Alarm);
    let event = alarm_event(alarm, AlarmState::Alarm, stage.sandbox.now());
    stage.invoke(&event).await.expect("nobody kills it");
    let calls = stage.sandbox.calls();
    let first = calls.iter().find(|call| is_step(call)).expect("a step");
    // All steps of a stage begin together.
    let until = calls.iter().filter(|call| is_step(call) && call.began <= first.ended).map(|call| call.ended).max();
    let before: Vec<Call> = calls.iter().filter(|call| Some(call.ended) <= until).cloned().collect();
    let trips = f64::from(u32::try_from(round_trips(&before)).expect("a small number"));
    let until_step = Figure::at_most(1, format!("{what}: dependent round trips"), trips, 2.0, "round trips").bound_by(bound);

    stage.ticks(30).await;
    let before = stage.sandbox.calls().len();
    let event = alarm_event(alarm, AlarmState::Alarm, stage.sandbox.now());
    let again = stage.invoke(&event).await.expect("nobody kills it");
    assert_eq!(again.outcome, Outcome::Settled, "{what}: {again:?}");
    let settled = stage.sandbox.calls().split_off(before);
    let writes = settled.iter().filter(|call| call.is_write() && !call.call.starts_with("dynamodb:")).count();
    let detail = json!({ "crossover": counted(&calls), "settled": counted(&settled) });
    let what = format!("{what}: writes to resources when settled");
    vec![until_step, Figure::at_most(3, what, ratio(writes as u64, 1), 0.0, "writes").of(detail)]
}

/// The request limits of EC2 (EC2 API Reference, "Request throttling") and of CloudWatch's `DescribeAlarms` (CloudWatch User
/// Guide, "CloudWatch service quotas").
fn limit(account: &mut Account) {
    account.limits.insert("cloudwatch:DescribeAlarms".to_owned(), Limit { burst: 9, per_second: 9 });
    account.limits.insert(REPLACE.to_owned(), Limit { burst: 50, per_second: 5 });
    for call in ["RouteTables", "Subnets", "NatGateways"] {
        account.limits.insert(format!("ec2:Describe{call}"), Limit { burst: 100, per_second: 20 });
    }
}

/// How long the bucket itself takes for so many writes, in seconds.
fn bucket(writes: usize) -> f64 {
    ratio(writes.saturating_sub(50) as u64, 5)
}

fn replaced(calls: &[Call]) -> (usize, Option<Timestamp>) {
    let all = || calls.iter().filter(|call| call.call == REPLACE);
    (all().count(), all().filter(|call| !call.failed).map(|call| call.ended).max())
}

/// Moves so many tables, which a tick goes on with every minute, the first of them so long after the event; the calls that were
/// made, how many seconds it took and how many ticks.
async fn move_tables(tables: usize, first_tick: Duration) -> (usize, f64, u32) {
    let (mut account, _) = tables_of_one_target(tables, true);
    limit(&mut account);
    let mut stage = Stage::with(account, &topology());
    stage.set_alarm(ALARM_A, AlarmState::Alarm);
    let began = stage.sandbox.now();
    let event = alarm_event(ALARM_A, AlarmState::Alarm, began);
    let mut answer = stage.invoke(&event).await.expect("nobody kills it");
    let mut ticks = 0;
    while answer.outcome == Outcome::Pending {
        ticks += 1;
        assert!(ticks < 6, "{answer:?}");
        // One that comes while somebody is at work finds the lease taken, and does nothing.
        next_minute(&stage, began + first_tick - TIME_LIMIT).await;
        answer = stage.invoke(&tick()).await.expect("nobody kills it");
    }
    let (calls, last) = replaced(&stage.sandbox.calls());
    (calls, last.expect("a route").duration_since(began).as_secs_f64(), ticks)
}

/// How long 500 tables take at most, whenever the ticks come.
async fn worst_tick() -> Figure {
    let mut by_tick = BTreeMap::new();
    for first in [1, 15, 30, 45, 51, 60] {
        let (_, took, _) = move_tables(500, Duration::from_secs(first)).await;
        by_tick.insert(first, took / bucket(500));
    }
    let worst = by_tick.values().copied().fold(0.0, f64::max);
    let bound = "a function ends after a minute, and the next tick may be almost a minute off by then";
    let what = "modelled, 500 tables: time to the last one, with the ticks at their worst";
    Figure::at_most(2, what, worst, 1.1, "of the bucket's").bound_by(bound).of(json!({ "by_seconds_to_the_first_tick": by_tick }))
}

async fn many_tables(tables: usize) -> Vec<Figure> {
    let (calls, took, ticks) = move_tables(tables, TIME_LIMIT).await;
    let detail = json!({ "seconds": took, "bucket_seconds": bucket(tables), "invocations": 1 + ticks, "calls": calls });
    let what = format!("modelled, {tables} tables: time to the last one");
    vec![
        Figure::at_most(2, what, took / bucket(tables), 1.1, "of the bucket's").of(detail),
        Figure::at_most(
            2,
            format!("modelled, {tables} tables: calls made"),
            ratio(calls as u64, tables as u64),
            1.1,
            "of those needed",
        ),
    ]
}

/// Waits until the schedule's next tick.
async fn next_minute(stage: &Stage, began: Timestamp) {
    let passed = stage.sandbox.now().duration_since(began).unsigned_abs();
    let into_it = u64::try_from(passed.as_millis() % TIME_LIMIT.as_millis()).unwrap_or_default();
    stage.wait(TIME_LIMIT.saturating_sub(Duration::from_millis(into_it))).await;
}

async fn quiet_sweep() -> Vec<Figure> {
    let (mut account, topology) = fleet(SWEPT, "");
    limit(&mut account);
    let mut stage = Stage::with(account, &topology);
    let (mut longest, mut calls) = (0.0_f64, BTreeMap::new());
    for _ in 0..10 {
        let (began, before) = (stage.sandbox.now(), stage.sandbox.calls().len());
        let answer = stage.invoke(&tick()).await.expect("nobody kills it");
        assert_eq!(answer.outcome, Outcome::Settled, "{answer:?}");
        longest = longest.max(stage.sandbox.now().duration_since(began).as_secs_f64());
        calls = counted(&stage.sandbox.calls()[before..]);
        next_minute(&stage, began).await;
    }
    // Two alarms of each, a hundred a call.
    let (made, needed) = (calls.get("cloudwatch:DescribeAlarms").copied().unwrap_or_default(), SWEPT * 2 / 100);
    vec![
        Figure::at_most(6, "sweep of 1,000 quiet targets: the longest of ten", longest, 60.0, "s")
            .of(json!({ "calls_of_one": calls })),
        Figure::at_most(6, "the same: reads of alarms made", ratio(made as u64, needed as u64), 1.1, "of those needed"),
    ]
}

/// The same by the alarms' events: an invocation for each, twenty at once, beside the ticks.
async fn lost_zone_by_events() -> Vec<Figure> {
    let (mut account, topology) = fleet(LOST * 3, "");
    limit(&mut account);
    let stage = Stage::with(account, &topology);
    let unhealthy: Vec<String> =
        (0..LOST * 3).filter(|number| zones(*number)[0] == "us-east-1a").map(|number| alarm(number, "us-east-1a")).collect();
    let began = stage.sandbox.now();
    for alarm in &unhealthy {
        stage.set_alarm(alarm, AlarmState::Alarm);
    }
    let invoke = async |holder: &str, payload: &Value| {
        let invocation =
            Invocation { holder: holder.to_owned(), deadline: stage.sandbox.now() + TIME_LIMIT, dry_run: false, own: None };
        stage.invoke_as(&invocation, payload).await.expect("nobody kills it")
    };
    let event = |alarm: &String| {
        let (holder, event) = (alarm.clone(), alarm_event(alarm, AlarmState::Alarm, began));
        async move { invoke(&holder, &event).await }
    };
    let events = stream::iter(unhealthy.iter().map(event)).buffer_unordered(RESERVED).collect::<Vec<_>>();
    let ticks = async {
        for number in 1.. {
            next_minute(&stage, began).await;
            invoke(&format!("tick {number}"), &tick()).await;
            if moved(&stage.sandbox.account()) == LOST {
                break;
            }
            assert!(number < 10, "{} are moved", moved(&stage.sandbox.account()));
        }
    };
    join!(events, ticks);
    let calls = stage.sandbox.calls();
    let (made, last) = replaced(&calls);
    let took = last.expect("a route").duration_since(began).as_secs_f64();
    let failed: Vec<Call> = calls.iter().filter(|call| call.failed).cloned().collect();
    let detail = json!({ "seconds": took, "calls": counted(&calls), "throttled": counted(&failed) });
    let what = "a zone lost to 500 targets, by 500 events: time to the last one";
    let bound = "twenty processes that know nothing of one another ask for the same five writes a second";
    vec![
        Figure::at_most(6, what, took / bucket(LOST), 1.1, "of the bucket's").bound_by(bound).of(detail),
        Figure::at_most(6, "the same, by events: writes made", ratio(made as u64, LOST as u64), 1.1, "of those needed")
            .bound_by(bound),
    ]
}

/// A zone is lost to 500 of 1,500 targets at once.
async fn lost_zone() -> Vec<Figure> {
    let targets = LOST * 3;
    let (mut account, topology) = fleet(targets, "");
    limit(&mut account);
    let mut stage = Stage::with(account, &topology);
    for number in (0..targets).filter(|number| zones(*number)[0] == "us-east-1a") {
        stage.set_alarm(&alarm(number, "us-east-1a"), AlarmState::Alarm);
    }
    let began = stage.sandbox.now();
    let mut ticks = 0;
    let mut after_each = Vec::new();
    while moved(&stage.sandbox.account()) < LOST {
        ticks += 1;
        assert!(ticks < 10, "{after_each:?}");
        stage.invoke(&tick()).await.expect("nobody kills it");
        after_each.push(moved(&stage.sandbox.account()));
        next_minute(&stage, began).await;
    }
    let calls = stage.sandbox.calls();
    let (made, last) = replaced(&calls);
    let took = last.expect("a route").duration_since(began).as_secs_f64();
    // Each target's tables are read before and after, 100 calls at once and 20 a second after that.
    let reads = ratio((2 * LOST).saturating_sub(100) as u64, 20);
    let limits = bucket(LOST).max(reads);
    let detail = json!({
        "seconds": took, "bucket_seconds": bucket(LOST), "reads_seconds": reads,
        "ticks": ticks, "moved_after_each": after_each, "calls": made,
    });
    let what = "a zone lost to 500 targets: time to the last one";
    vec![
        Figure::at_most(6, what, took / limits, 1.1, "of the buckets'").of(detail),
        Figure::at_most(6, "a zone lost to 500 targets: writes made", ratio(made as u64, LOST as u64), 1.1, "of those needed"),
    ]
}
