//! The history checker: a history that is right breaks no promise, and each mutation of it breaks the one that it must.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_model::{
    crossover::Crossover,
    direction::Direction,
    journal::{Lease, Memory, TargetRecord},
    later::{Format, Rest},
    outcome::Outcome,
    pause::{Extent, Pause},
    step::{StepCard, StepReport, StepResult, Way},
    timeline::Timeline,
    trigger::{Aim, Order},
    verify::{Broken, Call, History, Limits, Promise, Violation, growth, verify},
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn at(seconds: i64) -> Timestamp {
    "2026-03-14T03:00:00Z".parse::<Timestamp>().expect("a time") + SignedDuration::from_secs(seconds)
}

fn moved(from: &str, to: &str, began: i64, ended: i64) -> StepReport {
    let card = StepCard {
        step: "promote".to_owned(),
        resource: "writer".to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        way: Way::Away,
        undo: None,
    };
    let times = (Some(at(began)), Some(at(ended)));
    StepReport { began: times.0, ended: times.1, took_ms: 1, ..StepReport::untried(card, StepResult::Done) }
}

/// A crossover to `to` that began and ended at these seconds, as it is in the history.
fn crossover(id: &str, from: &str, to: &str, began: i64, ended: i64) -> Crossover {
    Crossover {
        v: Format::NOW,
        id: id.to_owned(),
        target: "t".to_owned(),
        kind: "k".to_owned(),
        direction: Direction::Failover,
        trigger: "test".to_owned(),
        order: None,
        loss: String::new(),
        could_lose: None,
        reason: "test".to_owned(),
        started: at(began),
        ended: Some(at(ended)),
        outcome: Outcome::Completed,
        steps: vec![moved(from, to, began + 1, ended)],
        notified: Some((Outcome::Completed, at(ended))),
        resumed: false,
        continues: false,
        aborted: None,
        left: std::collections::BTreeSet::new(),
        to: std::collections::BTreeSet::new(),
        continued_by: None,
        not_healthy: std::collections::BTreeSet::new(),
        timeline: Timeline::default(),
        rest: Rest::new(),
    }
}

fn promotion(resource: &str, seconds: i64) -> Call {
    Call {
        at: at(seconds),
        call: "rds:PromoteReadReplica".to_owned(),
        resource: resource.to_owned(),
        target: None,
        refused: false,
        irreversible: true,
    }
}

fn pause(since: i64) -> Pause {
    Pause {
        operator: "o".to_owned(),
        reason: "r".to_owned(),
        since: at(since),
        until: None,
        remind: at(since + 99_999),
        extent: Extent::Automatic,
        rest: Rest::new(),
    }
}

/// A person's order, which passes a pause and not a stop.
fn ordered() -> Order {
    Order {
        direction: Direction::Failover,
        target: "t".to_owned(),
        aim: Aim::To("b".to_owned()),
        force: false,
        accept_data_loss: true,
        reason: "r".to_owned(),
        operator: "o".to_owned(),
        dry_run: false,
        rest: Rest::new(),
    }
}

/// All that is examined of one target.
#[derive(Clone)]
struct Case {
    record: TargetRecord,
    crossovers: Vec<Crossover>,
    everything: Memory,
    calls: Vec<Call>,
    now: i64,
}

impl Case {
    /// Two promotions, one after the other, and one that is open.
    fn right() -> Self {
        let mut open = crossover("t-3", "a", "b", 2_000, 2_060);
        (open.ended, open.outcome, open.notified) = (None, Outcome::Pending, Some((Outcome::Pending, at(2_050))));
        open.steps[0] = StepReport { result: StepResult::Pending, ended: None, ..moved("a", "b", 2_001, 2_060) };
        let lease = Lease {
            holder: "f/1".to_owned(),
            taken: at(2_000),
            until: at(2_060),
            crossover_id: "t-3".to_owned(),
            trigger: "test".to_owned(),
            order: None,
            rest: Rest::new(),
        };
        Self {
            record: TargetRecord {
                epoch: 9,
                lease: Some(lease),
                released: Some(at(2_051)),
                stop: None,
                earlier: None,
                memory: Memory { open: Some(open), finished: 9, ..Memory::default() },
            },
            crossovers: vec![crossover("t-1", "a", "b", 0, 60), crossover("t-2", "b", "a", 1_000, 1_060)],
            everything: Memory::default(),
            calls: vec![promotion("b", 2), promotion("a", 1_002), promotion("b", 2_002)],
            now: 2_100,
        }
    }

    fn history(&self) -> History<'_> {
        History {
            target: "t",
            record: &self.record,
            crossovers: &self.crossovers,
            everything: &self.everything,
            calls: &self.calls,
            now: at(self.now),
        }
    }

    fn broken(&self) -> Vec<Violation> {
        verify(self.history(), Limits::default())
    }
}

fn promises(violations: &[Violation]) -> Vec<Promise> {
    violations.iter().map(|violation| violation.promise).collect()
}

#[test]
fn a_history_that_is_right_breaks_nothing() {
    assert_eq!(Case::right().broken(), []);
}

#[test]
fn a_call_is_of_the_crossover_that_takes_the_place_of_another() {
    // The first one ends with the record of the second, which has made its call by then.
    let mut case = Case::right();
    (case.crossovers[0].ended, case.crossovers[0].outcome) = (Some(at(1_001)), Outcome::Partial);
    case.crossovers[0].steps[0].ended = None;
    case.crossovers[0].steps[0].result = StepResult::Pending;
    case.calls[1].at = at(1_001);
    assert_eq!(case.broken(), []);
}

#[test]
fn a_call_right_before_a_crossover_began_by_a_clock_that_is_ahead_is_of_that_one() {
    let mut case = Case::right();
    (case.crossovers[0].ended, case.crossovers[0].outcome) = (Some(at(1_000)), Outcome::Partial);
    case.crossovers[0].steps[0].ended = None;
    case.crossovers[0].steps[0].result = StepResult::Pending;
    case.calls[1].at = at(999);
    assert_eq!(case.broken(), []);
    // Nor has the later one made a call of the earlier one again.
    case.calls[0].at = at(998);
    case.calls[1].at = at(1_002);
    assert_eq!(case.broken(), []);
}

/// One mutation for each rule: what it breaks, and a word of what is said.
#[test]
fn each_mutation_is_found() {
    type Mutation = (&'static str, Promise, fn(&mut Case));
    let mutations: [Mutation; 21] = [
        ("before t-1 had ended", Promise::OneAtATime, |case| {
            case.crossovers.push(crossover("t-9", "a", "c", 20, 40));
            case.calls.clear();
        }),
        ("before t-3 had ended", Promise::OneAtATime, |case| {
            case.crossovers.push(crossover("t-9", "a", "c", 2_020, 2_040));
            case.calls.clear();
        }),
        ("t-1 is in the history twice", Promise::OneAtATime, |case| case.crossovers.push(case.crossovers[0].clone())),
        ("one on c", Promise::OneAtATime, |case| case.calls.push(promotion("c", 30))),
        ("the epoch is 9, and was 10", Promise::OneAtATime, |case| case.record.memory.finished = 10),
        ("again at", Promise::TwiceIsOnce, |case| case.calls.push(promotion("b", 30))),
        ("not ended properly", Promise::KilledAnywhere, |case| case.crossovers[0].ended = None),
        ("not ended properly", Promise::KilledAnywhere, |case| case.crossovers[0].ended = Some(at(-5))),
        ("not ended properly", Promise::KilledAnywhere, |case| case.crossovers[1].outcome = Outcome::Pending),
        ("not ended properly", Promise::KilledAnywhere, |case| case.crossovers[1].outcome = Outcome::Held),
        ("its step on writer is not done", Promise::Told, |case| case.crossovers[0].steps[0].result = StepResult::Failed),
        ("nobody was told of t-2", Promise::Told, |case| case.crossovers[1].notified = None),
        ("t-3 is open since", Promise::KilledAnywhere, |case| case.now += 24 * 3_600),
        ("nobody was told of t-3", Promise::Told, |case| {
            case.record.memory.open.as_mut().expect("open").notified = None;
            case.now += 1_300;
        }),
        ("f/1 did not release its lease", Promise::KilledAnywhere, |case| {
            (case.record.released, case.record.memory.finished) = (None, 8);
            case.now += 1_300;
        }),
        ("is unsent since", Promise::Told, |case| {
            let notice = crossover_model::notice::refused(&[], "", "k", crossover_model::topology::Mode::Armed, "1", at(2_000));
            case.record.memory.unsent.push(notice);
            case.now += 3_700;
        }),
        ("after the stop of", Promise::StopMeansStop, |case| case.record.memory.pause = Some(pause(1_980))),
        ("after the stop of", Promise::StopMeansStop, |case| case.everything.pause = Some(pause(1_980))),
        ("after the stop of", Promise::StopMeansStop, |case| {
            case.record.memory.pause = Some(Pause { until: Some(at(1_003)), ..pause(980) });
        }),
        ("after the stop of", Promise::StopMeansStop, |case| {
            case.record.memory.pause = Some(Pause { extent: Extent::Orders, ..pause(1_980) });
            case.record.memory.open.as_mut().expect("open").order = Some(ordered());
        }),
        ("before t-2 had ended", Promise::OneAtATime, |case| {
            case.calls.clear();
            case.crossovers[1].ended = Some(at(2_090));
        }),
    ];
    for (number, (words, promise, mutate)) in mutations.into_iter().enumerate() {
        let mut case = Case::right();
        mutate(&mut case);
        let broken = case.broken();
        assert_eq!(promises(&broken), [promise], "{number}: {broken:?}");
        assert!(broken[0].to_string().contains(words), "{number}: {}", broken[0]);
        assert!(broken[0].to_string().starts_with(&format!("{promise}: t: ")), "{number}: {}", broken[0]);
    }
}

#[test]
fn what_is_allowed_is_not_found() {
    let allowed: [fn(&mut Case); 9] = [
        // A person passes a pause.
        |case| {
            case.record.memory.pause = Some(pause(1_980));
            case.record.memory.open.as_mut().expect("open").order = Some(ordered());
        },
        // The call was under way when the pause was recorded, or was made after its end.
        |case| case.record.memory.pause = Some(pause(1_995)),
        |case| case.record.memory.pause = Some(Pause { until: Some(at(2_000)), ..pause(1_500) }),
        // The service refused it, or it can be undone.
        |case| case.calls.push(Call { refused: true, ..promotion("c", 30) }),
        |case| case.calls.push(Call { irreversible: false, ..promotion("b", 30) }),
        // A crossover replaces an open one, of which a part remained.
        |case| {
            case.crossovers[0].outcome = Outcome::Partial;
            case.crossovers[0].steps[0].result = StepResult::Conflict;
            case.crossovers.push(crossover("t-9", "a", "c", 59, 120));
            case.calls.clear();
        },
        // It was found, not made.
        |case| {
            let mut found = crossover("t-9", "a", "c", 20, 20);
            (found.steps[0].began, found.steps[0].ended) = (None, None);
            case.crossovers.push(found);
            case.calls.clear();
        },
        // A step in place.
        |case| {
            let mut waits = crossover("t-9", "a", "c", 20, 40);
            waits.steps[0].card.way = Way::InPlace;
            case.crossovers.push(waits);
            case.calls.clear();
        },
        // A holder died, and the next one has the lease now.
        |case| {
            (case.record.released, case.record.memory.finished) = (None, 8);
            case.record.lease.as_mut().expect("a lease").until = at(2_200);
        },
    ];
    for (number, change) in allowed.into_iter().enumerate() {
        let mut case = Case::right();
        change(&mut case);
        assert_eq!(case.broken(), [], "{number}");
    }
}

#[test]
fn epochs_grow_and_what_ended_stays() {
    let before = Case::right();
    assert_eq!(growth(before.history(), before.history()), []);
    let mut after = before.clone();
    after.record.epoch = 10;
    after.crossovers.push(crossover("t-3", "a", "b", 2_000, 2_099));
    assert_eq!(growth(before.history(), after.history()), []);
    after.record.epoch = 8;
    assert_eq!(promises(&growth(before.history(), after.history())), [Promise::OneAtATime]);
    let mut changed = before.clone();
    changed.crossovers[0].steps[0].card.to = "c".to_owned();
    let broken = growth(before.history(), changed.history());
    assert!(matches!(&broken[..], [Violation { broken: Broken::Rewritten { crossover }, .. }] if crossover == "t-1"));
    changed.crossovers.remove(0);
    assert_eq!(promises(&growth(before.history(), changed.history())), [Promise::KilledAnywhere]);
}

proptest! {
    /// Whatever times a record has, it is examined.
    #[test]
    fn any_time_is_examined(number in 0_usize..6, seconds in prop_oneof![Just(Timestamp::MIN), Just(Timestamp::MAX), Just(at(0))]) {
        let mut case = Case::right();
        match number {
            0 => case.crossovers[0].started = seconds,
            1 => case.crossovers[1].ended = Some(seconds),
            2 => case.crossovers[0].steps[0].began = Some(seconds),
            3 => case.calls[0].at = seconds,
            4 => case.record.memory.pause = Some(Pause { since: seconds, ..pause(0) }),
            _ => case.record.lease.as_mut().expect("a lease").until = seconds,
        }
        let _ = case.broken();
        let _ = verify(History { now: seconds, ..case.history() }, Limits { open: Duration::MAX, ..Limits::default() });
    }
}
